"""The index of near-duplicates: band rows of representatives, looked up in bulk and capped, and changed by one worker at a time."""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from classifiers.near_duplicates import CANDIDATES_PER_KEY, band_keys
from moderation.models import Band, Post

# The first of the two numbers of our advisory locks; the second is the instance.
_LOCK = 0x6E64

_LOOKUP = {
    "postgresql": """
        SELECT wanted.key, found.post_id
        FROM unnest(%s::bigint[]) AS wanted(key)
        CROSS JOIN LATERAL (SELECT post_id FROM moderation_band WHERE key = wanted.key ORDER BY post_id DESC LIMIT %s) AS found""",
    "sqlite": """
        SELECT band.key, band.post_id
        FROM json_each(%s) AS wanted
        JOIN moderation_band AS band
          ON band.id IN (SELECT id FROM moderation_band WHERE key = wanted.value ORDER BY post_id DESC LIMIT %s)""",
}


def keys_of(post, prepared):
    """The keys under which a post of its instance is found."""
    return band_keys(prepared, owner=post.instance_id)


def serialise(instance_ids):
    """Let one transaction at a time change the clusters and the index of each instance; held until the transaction ends.

    Two workers that meet the same new text would otherwise both make it a representative. SQLite needs nothing: an
    IMMEDIATE transaction is alone.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for instance_id in sorted(set(instance_ids)):
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, instance_id])


def lookup(keys):
    """{key: [ids of the newest CANDIDATES_PER_KEY representatives, newest first]}, in one query; keys of nobody are missing."""
    found = defaultdict(list)
    if keys:
        wanted = sorted(set(keys))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_LOOKUP["postgresql"], [wanted, CANDIDATES_PER_KEY])
            else:
                cursor.execute(_LOOKUP["sqlite"], [str(wanted), CANDIDATES_PER_KEY])
            for key, post_id in cursor.fetchall():
                found[key].append(post_id)
    for ids in found.values():
        ids.sort(reverse=True)
    return found


def watermark():
    """The number of the newest band row: what comes in later has a higher one."""
    return Band.objects.aggregate(newest=Max("id"))["newest"] or 0


def newer(keys, than):
    """{key: [ids of representatives]} indexed after watermark `than`."""
    found = defaultdict(list)
    wanted = set(keys)
    for key, post_id in Band.objects.filter(id__gt=than).values_list("key", "post_id"):
        if key in wanted:
            found[key].append(post_id)
    return found


def index(entries):
    """Make posts findable. `entries`: pairs of (post id, keys). Call it under `serialise`."""
    rows = [(key, post_id) for post_id, keys in entries for key in keys]
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            keys, posts = (list(column) for column in zip(*rows, strict=True))
            cursor.execute("INSERT INTO moderation_band (key, post_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])", [keys, posts])
        else:
            cursor.executemany("INSERT INTO moderation_band (key, post_id) VALUES (%s, %s)", rows)


def drop(post_ids):
    """Take posts out of the index."""
    Band.objects.filter(post_id__in=post_ids).delete()


def indexed_keys(post_ids):
    """{post id: set of keys} of those of the posts that are indexed."""
    found = defaultdict(set)
    for post_id, key in Band.objects.filter(post_id__in=post_ids).values_list("post_id", "key"):
        found[post_id].add(key)
    return found


def forget_old(limit=1000):
    """Take up to `limit` posts out of the index that came in more than KEEP_INDEX_DAYS ago; the number taken out.

    Representatives stay while their cluster grows, and for good where a moderator called it innocent: a greeting that
    is known must not become a wave again each month.
    """
    limit_date = timezone.now() - timedelta(days=settings.KEEP_INDEX_DAYS)
    old = Post.objects.filter(Exists(Band.objects.filter(post=OuterRef("pk"))), received_at__lt=limit_date)
    living = Q(membership__cluster__innocent=True) | Q(membership__cluster__last_seen_at__gte=limit_date)
    chosen = list(old.exclude(living).order_by("pk").values_list("pk", flat=True)[:limit])
    drop(chosen)
    return len(chosen)
