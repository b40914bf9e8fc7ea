"""Send posts from a file as a Mastodon server would: real HTTP, real signatures."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from moderation.demo import mastodon_json, posts
from moderation.demo.sending import Sender, Unreachable
from moderation.management.progress import Progress


class Command(BaseCommand):
    help = (
        'Sends the rows of an NDJSON file to a webhook, signed as Mastodon signs. A row is a post {"id", "text", "author", "at"} or a delivery '
        '{"event", "object"} that is sent as it is. The last line says how many were delivered; the exit code is 0 only if all were.'
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="NDJSON, also gzipped; - for standard input")
        parser.add_argument("--to", required=True, help="the webhook's address")
        parser.add_argument("--secret", required=True, help="the webhook's secret")
        parser.add_argument("--rate", type=float, help="deliveries a second at most")
        parser.add_argument("--parallel", type=int, default=4, help="connections at once (4)")
        parser.add_argument("--domain", default="demo.example", help="the domain that posts are said to come from")
        parser.add_argument("--shift-to-now", action="store_true", help="move all times together so that the newest is now")

    def handle(self, *, file, to, secret, rate, parallel, domain, shift_to_now, **options):
        if urlsplit(to).scheme not in ("http", "https"):
            raise CommandError(f"{to} is not an address. Give the webhook's, such as http://localhost:8000/webhooks/mastodon/demo/")
        if (rate is not None and rate <= 0) or parallel < 1:
            raise CommandError("--rate and --parallel must be above 0.")
        try:
            bodies = bodies_of(list(posts.read_rows(file)), domain, shift_to_now)
        except (OSError, EOFError, posts.NotPosts) as error:
            raise CommandError(str(error)) from error
        sender = Sender(to, secret, rate=rate, parallel=parallel)
        progress = Progress(self.stderr, "Sending", len(bodies))
        try:
            sender.send_all(bodies, lambda: progress.show(sender.done))
        except Unreachable as error:
            raise CommandError(f"{error}. {sender.delivered:,} of {len(bodies):,} were delivered; sending again does no harm.") from error
        progress.finish(sender.done)
        refused = {str(status): count for status, count in sorted(sender.answers.items()) if not 200 <= status < 300}
        self.stdout.write(json.dumps({"rows": len(bodies), "delivered": sender.delivered, "refused": refused, "tried_again": sender.retries}))
        if refused:
            raise CommandError(f"{len(bodies) - sender.delivered:,} of {len(bodies):,} were not taken.")


def bodies_of(rows, domain, shift_to_now):
    """The webhook bodies of `rows`, in their order."""
    now = timezone.now()
    plain = [row for row in rows if "event" not in row]
    timed = posts.with_times(plain, now)
    if shift_to_now:
        timed = posts.shifted(timed, now - timedelta(seconds=1))
    made = (mastodon_json.body("status.created", status, at) for _, at, status in posts.statuses(timed, domain))
    return [_as_it_is(row, now) if "event" in row else next(made) for row in rows]


def _as_it_is(row, now):
    envelope = {"event": row["event"], "created_at": row.get("created_at") or mastodon_json.stamp(now), "object": row["object"]}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
