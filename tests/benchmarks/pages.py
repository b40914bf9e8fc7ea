"""The queue page and a case page with a million posts stored: queries and time.

    DATABASE_URL=postgres://…/an_empty_database python -m tests.benchmarks.pages [--posts 1000000] [--requests 200]

Fills the database (about two minutes for a million posts), then asks each page in the same process through Django's
whole request cycle, as a signed-in moderator. Prints queries, p50 and p95 in milliseconds.
"""

import argparse
import json
import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from moderation.models import Account, Case, Category, Instance, Person, Post, Queue, Report
from moderation.queues import claims

ACCOUNTS, CASES = 20_000, 20_000


def fill(posts):
    """`posts` posts by 20,000 accounts, most of them reported: 20,000 open cases."""
    now = timezone.now()
    instance = Instance.objects.create(slug="bench", domain="bench.example", base_url="https://bench.example")
    Account.objects.bulk_create([Account(instance=instance, remote_id=str(n), username=f"user{n}") for n in range(ACCOUNTS)], batch_size=2000)
    accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, posts, 10_000):
        Post.objects.bulk_create(_post(instance, accounts[n % ACCOUNTS], n, now) for n in range(start, min(start + 10_000, posts)))
    queue, category = Queue.objects.get(slug="reports"), Category.objects.get(slug="spam")
    counts = {"reports_count": 1, "reporters_count": 1}
    about = {"instance": instance, "kind": "account", "queue": queue, "category": category, "severity": category.severity, **counts}
    Case.objects.bulk_create([Case(account_id=pk, **about) for pk in accounts[:CASES]], batch_size=2000)
    cases = dict(Case.objects.values_list("account_id", "pk"))
    Report.objects.bulk_create(
        [
            Report(instance=instance, remote_id=str(pk), target_id=pk, reporter_id=accounts[-1], case_id=case, category="spam", created_at=now, state="routed")
            for pk, case in cases.items()
        ],
        batch_size=2000,
    )
    first_post = dict(Post.objects.filter(account_id__in=list(cases)[:200]).order_by("-pk").values_list("account_id", "pk"))
    through = Report.posts.through
    reports = Report.objects.filter(target_id__in=first_post).values_list("pk", "target_id")
    through.objects.bulk_create([through(report_id=report, post_id=first_post[target]) for report, target in reports])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _post(instance, account_id, number, at):
    text = f"Post {number} about trains."
    values = {"text": text, "content": f"<p>{text}</p>", "created_at": at, "state": Post.State.ANALYSED}
    return Post(instance=instance, account_id=account_id, remote_id=str(number), **values)


def measure(client, url, requests):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    count = len(queries)
    assert answer.status_code == 200, (url, answer.status_code)
    taken = []
    for _ in range(requests):
        begun = time.perf_counter()
        client.get(url)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return {"queries": count, "p50_ms": round(taken[len(taken) // 2], 1), "p95_ms": round(taken[int(len(taken) * 0.95)], 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    if not Instance.objects.exists():
        fill(options.posts)
    person, _ = Person.objects.get_or_create(username="bench")
    client = Client()
    client.force_login(person)
    print("queue page", json.dumps(measure(client, reverse("queue", args=["reports"]), options.requests)), flush=True)
    case = Case.objects.filter(claimed_by=person, state="claimed").first() or claims.claim_next(person)
    print("case page", json.dumps(measure(client, reverse("case", args=[case.public_id]), options.requests)), flush=True)


if __name__ == "__main__":
    main()
