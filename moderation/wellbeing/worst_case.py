"""What showing everything a case holds may cost, before anything is shown."""

import math
from collections import defaultdict

from moderation.models import Case, Post

from .ledger import price
from .parts import MOST_POSTS, MOST_RESERVED, UNKNOWN_MEDIA

MOST_ROWS = 5000
NEWEST_INSTEAD = 5  # posts shown of an account when its reports name none
SAMPLE_SHARE, SAMPLE_LEAST = 0.05, 3  # of a wave's members, looked at beside its representative


def sample_size(size):
    """How many members of a wave of `size` are looked at, blind, beside its representative: 5 %, at least 3, never more than there are."""
    return min(max(SAMPLE_LEAST, math.ceil(SAMPLE_SHARE * size)), max(size - 1, 0))


def worst_units(cases):
    """{case id: exposure units}, at most MOST_RESERVED each, in one query. `cases` come with post and cluster representative selected.

    Counts every text at the case's severity, and what describes a medium at S3 until somebody has seen it.
    """
    accounts = [case.pk for case in cases if case.kind == Case.Kind.ACCOUNT]
    described = defaultdict(dict)
    if accounts:
        rows = Post.objects.filter(reports__case__in=accounts).order_by("-pk").values_list("reports__case", "pk", "media")
        for case, post, media in rows[:MOST_ROWS]:
            described[case][post] = _is_described(media)
    return {case.pk: min(_units(case, described[case.pk]), MOST_RESERVED) for case in cases}


def _units(case, described):
    text, alt = price(case.severity, "text"), price(max(case.severity, UNKNOWN_MEDIA), "text")
    if case.kind == Case.Kind.ACCOUNT:
        posts = list(described.values())[:MOST_POSTS]
        texts = len(posts) or NEWEST_INSTEAD
        return (texts + 2) * text + sum(posts) * alt  # and the profile, and the comments of those who reported
    if case.kind == Case.Kind.POST:
        return 2 * text + _is_described(case.post.media) * alt
    if case.kind == Case.Kind.SIGN_UP:
        return 2 * text
    looked_at = 1 + sample_size(case.size)
    shown = case.cluster.representative
    return looked_at * (text + (_is_described(shown.media) * alt if shown else 0))


def _is_described(media):
    return any(isinstance(medium, dict) and medium.get("description") for medium in media)
