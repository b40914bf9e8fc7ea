"""The four things that wait for a case, each put into cases in one transaction. The callers and the rules are in `routing`.

All go the same way: wait for one's turn, read what waits, lock or open its cases, record. Cases are always locked before
what waits is written, as a decision does it.
"""

from collections import defaultdict
from functools import wraps

from django.db import connection, transaction
from django.db.models import Q

from moderation.models import Case, Cluster, Detector, Finding, Member, Report, SignUp, Verdict

from . import closing
from .conditions import Facts
from .opening import RELATED, open_cases, place

_TURN = 0x726F757465  # the number of our advisory lock


def in_turn(route):
    """Run `route` in a transaction, one at a time over all workers.

    Each locks many cases and inserts others; two at once could wait for each other in a ring, and would read the same
    rows. What is no router (claims, decisions) goes on meanwhile. SQLite needs nothing: an IMMEDIATE transaction is alone.
    """

    @wraps(route)
    def alone(limit, placing):
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
            return route(limit, placing)

    return alone


@in_turn
def reports(limit, placing):
    """All reports on one account meet in one case."""
    rows = list(Report.objects.filter(state=Report.State.WAITING).order_by("pk")[:limit])
    cases = open_cases(Case.Kind.ACCOUNT, {row.target_id: _new(placing, Case.Kind.ACCOUNT, row, account_id=row.target_id) for row in rows})
    rows = [row for row in rows if row.target_id in cases]
    told = defaultdict(list)
    for row in rows:
        row.case, row.state = cases[row.target_id], Report.State.ROUTED
        told[row.case_id].append(row.pk)
    Report.objects.bulk_update(rows, ["case", "state"])
    _place(cases, placing, {case: ([], {"reports": new}) for case, new in told.items()})
    return len(rows)


@in_turn
def sign_ups(limit, placing):
    """Each account that waits for approval has a case."""
    rows = list(SignUp.objects.filter(state=SignUp.State.WAITING).select_related("account").order_by("pk")[:limit])
    asking = {row.pk: row for row in rows if row.needs_approval and row.outcome == SignUp.Outcome.PENDING}
    cases = open_cases(Case.Kind.SIGN_UP, {pk: _new(placing, Case.Kind.SIGN_UP, row.account, account=row.account, sign_up=row) for pk, row in asking.items()})
    rows = [row for row in rows if row.pk in cases or row.pk not in asking]
    SignUp.objects.filter(pk__in=[row.pk for row in rows]).update(state=SignUp.State.ROUTED)
    _place(cases, placing, {cases[row.pk].pk: ([{"kind": "sign_up"}], {}) for row in rows if row.pk in cases})
    return len(rows)


@in_turn
def clusters(limit, placing):
    """A wave or group large enough to matter has a case, unless somebody said that it is none. It takes in its posts' own cases."""
    rows = list(Cluster.objects.filter(route_again=True).order_by("pk")[:limit])
    notable = {row.pk: row for row in rows if row.notable_at and not row.innocent and row.size}
    cases = open_cases(Case.Kind.CLUSTER, {pk: _new(placing, Case.Kind.CLUSTER, row, cluster=row, size=row.size) for pk, row in notable.items()})
    rows = [row for row in rows if row.pk in cases or row.pk not in notable]
    told = {}
    for row in (row for row in rows if row.pk in cases):
        case = cases[row.pk]
        case.size = row.size
        told[case.pk] = ([{"kind": row.kind, "size": row.size, "accounts": row.accounts_count, "claim": row.claim}], {"size": row.size})
    placed = _place(cases, placing, told)
    closing.close_joined(placed)
    for row in rows:
        # One that has grown since it was read stays marked, and is raised again.
        Cluster.objects.filter(pk=row.pk, size=row.size).update(route_again=False)
    return len(rows)


@in_turn
def posts(limit, placing):
    """Posts that are likely slop: an account has one case for them at a time, and those of a wave are in the wave's case."""
    likely = Finding.objects.filter(detector=Detector.SLOP, verdict=Verdict.LIKELY, routed=False, post__isnull=False)
    rows = list(likely.select_related("post").order_by("pk")[:limit])
    covered = _covered([row.post for row in rows])
    alone = [row for row in rows if row.post_id not in covered]
    cases = _cases_of_accounts({row.post.account_id for row in alone})
    strongest = {row.post.account_id: row.post for row in sorted(alone, key=lambda row: row.score or 0) if row.post.account_id not in cases}
    opened = open_cases(Case.Kind.POST, {post.pk: _new(placing, Case.Kind.POST, post, account_id=account, post=post) for account, post in strongest.items()})
    cases.update({case.account_id: case for case in opened.values()})
    rows = [row for row in rows if row.post_id in covered or row.post.account_id in cases]
    Finding.objects.filter(pk__in=[row.pk for row in rows]).update(routed=True)
    by_account = defaultdict(list)
    for row in (row for row in rows if row.post_id not in covered):
        by_account[row.post.account_id].append(row)
    told = {cases[account].pk: (_slop(cases[account], new), {"posts": [row.post_id for row in new]}) for account, new in by_account.items()}
    _place(cases, placing, told)
    return len(rows)


def _new(placing, kind, row, **subject):
    """An unsaved case on the instance of `row`; where it goes is decided when all that came in is known."""
    category = placing.category_for(None, Facts(kind=kind))
    return Case(kind=kind, instance_id=row.instance_id, queue=placing.queue_for(None), category=category, severity=category.severity, **subject)


def _place(cases, placing, told):
    """Place the cases that something is told of, one kind at a time: likely posts may raise the case of an account too."""
    fresh = [case for case in cases.values() if case.pk in told]
    for kind in {case.kind for case in fresh}:
        place([case for case in fresh if case.kind == kind], placing, told)
    return fresh


def _covered(posts):
    """Ids of `posts` that need no case of their own: gone, in a wave that has one or was found innocent, or had one before."""
    ids = [post.pk for post in posts]
    members = Member.objects.filter(post__in=ids, left_out=False).filter(Q(cluster__notable_at__isnull=False) | Q(cluster__innocent=True))
    had_one = Case.objects.filter(kind=Case.Kind.POST, post__in=ids)
    return {post.pk for post in posts if post.gone_at} | set(members.values_list("post", flat=True)) | set(had_one.values_list("post", flat=True))


def _cases_of_accounts(accounts):
    """{account id: its undecided case}, locked; the report case before the post's."""
    rows = Case.objects.filter(kind__in=[Case.Kind.ACCOUNT, Case.Kind.POST], account__in=accounts).exclude(state=Case.State.DECIDED)
    found = {}
    for case in rows.order_by("account_id", "kind", "pk").select_for_update(of=("self",), no_key=True).select_related(*RELATED):
        case.is_new = False
        found.setdefault(case.account_id, case)
    return found


def _slop(case, findings):
    before = next((reason for reason in case.reasons if reason["kind"] == "slop"), {"posts": 0, "score": 0})
    score = max([before["score"], *(row.score or 0 for row in findings)])
    return [{"kind": "slop", "posts": before["posts"] + len(findings), "score": score}]
