"""What came in during a week and what became of it. Each function asks the database a fixed number of times.

Every event belongs to the one week in which it happened by our own clock (`received_at`, a decision's `created_at`), so
that what comes later changes a later week. Only what an instance tells of itself (`resolved_at`) goes by its clock.
"""

from collections import Counter
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from moderation.models import Action, Case, Cluster, Decision, Report, SignUp

# How many domains, categories or rules are named; the rest is told as one figure.
NAMED = 20
# What a decision means for somebody who asks what became of a report.
RESOLUTIONS = ("no_action", "content_removed", "account_removed", "other_action", "strike", "elsewhere")
RESOLUTION_OF = {
    Action.NO_ACTION: "no_action",
    Action.NOTE: "no_action",
    Action.APPROVE: "no_action",
    Action.WARN: "strike",
    Action.MARK_SENSITIVE: "other_action",
    Action.LIMIT: "other_action",
    Action.FREEZE: "other_action",
    Action.SUSPEND: "account_removed",
    Action.REJECT: "account_removed",
}
# Upper bounds of the sizes of waves; None: no bound.
SIZES = ((2, 9), (10, 99), (100, 999), (1000, None))


def within(field, week):
    """The condition that `field` lies in the week: from its start, to before its end."""
    return Q(**{f"{field}__gte": week.start, f"{field}__lt": week.end})


def named(counts, limit=NAMED):
    """{name: amount} of the `limit` largest, and {"names", "amount"} of all the others."""
    ordered = sorted(((name, amount) for name, amount in counts.items() if amount), key=lambda pair: (-pair[1], pair[0]))
    rest = ordered[limit:]
    return dict(ordered[:limit]), {"names": len(rest), "amount": sum(amount for _, amount in rest)}


def reports(week):
    """Reports received, by origin and category, and reports resolved, by what became of them."""
    received = Report.objects.filter(within("received_at", week)).order_by().values("origin", "category").annotate(n=Count("pk"))
    origins, categories = Counter(), Counter()
    for row in received:
        origins[row["origin"]] += row["n"]
        categories[row["category"]] += row["n"]
    by_category, other_categories = named(categories)
    resolutions = Counter(dict.fromkeys(RESOLUTIONS, 0))
    for _, resolution, amount in _resolved(week):
        resolutions[resolution] += amount
    return {
        "received": origins.total(),
        "local": origins[Report.Origin.LOCAL],
        "federated": origins[Report.Origin.FEDERATED],
        "by_category": by_category,
        "other_categories": other_categories,
        "resolved": resolutions.total(),
        "by_resolution": dict(resolutions),
    }


def _resolved(week):
    """(reporter's domain, resolution, reports) of reports resolved in the week.

    A report is resolved by the first decision on its account in its case, or by being closed at the instance, whichever
    comes first. One whose posts are gone from the instance, and whose account stays untouched, is "content removed".
    """
    deciding = (
        Decision.objects.filter(case=OuterRef("case"), created_at__gte=OuterRef("received_at"))
        .filter(Q(account=None) | Q(account=OuterRef("target")))
        .exclude(action=Action.UNDO)
        .order_by("created_at", "pk")
    )
    gone = Report.posts.through.objects.filter(report=OuterRef("pk"), post__gone_at__lt=week.end)
    with_decision = Report.objects.annotate(decided=Subquery(deciding.values("created_at")[:1])).order_by()
    by_decision = (
        with_decision.filter(case__in=Decision.objects.filter(within("created_at", week)).values("case"))
        .filter(within("decided", week))
        .exclude(resolved_elsewhere=True, resolved_at__lte=F("decided"))
        .annotate(action=Subquery(deciding.values("action")[:1]), gone=Exists(gone))
        .values("reporter_domain", "action", "gone")
        .annotate(n=Count("pk"))
    )
    at_the_instance = (
        with_decision.filter(within("resolved_at", week), resolved_elsewhere=True)
        .filter(Q(decided=None) | Q(decided__gte=F("resolved_at")))
        .annotate(gone=Exists(gone))
        .values("reporter_domain", "gone")
        .annotate(n=Count("pk"))
    )
    for row in by_decision:
        resolution = RESOLUTION_OF[row["action"]]
        yield row["reporter_domain"], "content_removed" if row["gone"] and resolution == "no_action" else resolution, row["n"]
    for row in at_the_instance:
        yield row["reporter_domain"], "content_removed" if row["gone"] else "elsewhere", row["n"]


def reporter_domains(week):
    """Where reports came from (empty: the instance itself): received, resolved, and acted on of the resolved."""
    received = Report.objects.filter(within("received_at", week)).order_by().values("reporter_domain").annotate(n=Count("pk"))
    amounts = {row["reporter_domain"]: Counter(received=row["n"]) for row in received}
    for domain, resolution, amount in _resolved(week):
        of_domain = amounts.setdefault(domain, Counter())
        of_domain["resolved"] += amount
        if resolution not in ("no_action", "elsewhere"):
            of_domain["acted"] += amount
    ordered = sorted(amounts, key=lambda domain: (-amounts[domain]["received"], -amounts[domain]["resolved"], domain))
    rest = sum((amounts[domain] for domain in ordered[NAMED:]), Counter())
    line = lambda counts: {name: counts[name] for name in ("received", "resolved", "acted")}  # noqa: E731
    return {
        "domains": [{"domain": domain, **line(amounts[domain])} for domain in ordered[:NAMED]],
        "others": {"names": len(ordered[NAMED:]), **line(rest)},
    }


def sign_ups(week):
    """Sign-ups received, and approved and rejected, each in the week it happened."""
    here = SignUp.objects.order_by()
    return here.aggregate(
        received=Count("pk", filter=within("received_at", week)),
        approved=Count("pk", filter=within("closed_at", week) & Q(outcome=SignUp.Outcome.APPROVED)),
        rejected=Count("pk", filter=within("closed_at", week) & Q(outcome=SignUp.Outcome.REJECTED)),
        waiting=Count("pk", filter=Q(received_at__lt=week.end, needs_approval=True) & (Q(closed_at=None) | Q(closed_at__gte=week.end))),
    )


def waves(week):
    """Waves and groups that became large enough to be a case in the week, by how large they were at its end."""
    counted = Q(members__left_out=False, members__proposed=False, members__added_at__lt=week.end)
    found = (
        Cluster.objects.filter(within("notable_at", week))
        .annotate(n=Count("members", filter=counted, distinct=True), people=Count("members__account", filter=counted, distinct=True))
        .order_by()
        .values_list("kind", "n", "people")
    )
    sizes = {kind: Counter() for kind in Cluster.Kind.values}
    members, accounts, largest = Counter(), Counter(), dict.fromkeys(Cluster.Kind.values, 0)
    for kind, n, people in found:
        sizes[kind][next((str(low) for low, high in reversed(SIZES) if n >= low), str(SIZES[0][0]))] += 1
        members[kind] += n
        accounts[kind] += people
        largest[kind] = max(largest[kind], n)
    return {
        kind: {
            "found": sizes[kind].total(),
            "members": members[kind],
            "accounts": accounts[kind],
            "largest": largest[kind],
            "by_size": {str(low): sizes[kind][str(low)] for low, _ in SIZES},
        }
        for kind in Cluster.Kind.values
    }


def waiting(week):
    """Cases that wait at the end of the week, by queue and by how long they have waited then."""
    day, whole_week = week.end - timedelta(days=1), week.end - timedelta(days=7)
    undecided = Q(state__in=[Case.State.OPEN, Case.State.CLAIMED, Case.State.HELD]) | Q(decided_at__gte=week.end)
    rows = (
        Case.objects.filter(undecided, opened_at__lt=week.end)
        .order_by("queue__position", "queue__pk")
        .values("queue__slug", "queue__name")
        .annotate(
            day=Count("pk", filter=Q(opened_at__gte=day)),
            week=Count("pk", filter=Q(opened_at__gte=whole_week, opened_at__lt=day)),
            older=Count("pk", filter=Q(opened_at__lt=whole_week)),
        )
    )
    return [{"queue": row["queue__slug"], "name": row["queue__name"], "day": row["day"], "week": row["week"], "older": row["older"]} for row in rows]
