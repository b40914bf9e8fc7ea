"""Groups as rows: what one run found is laid over what earlier runs found and moderators did."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classifiers.coordination import VERSION
from moderation.models import Account, Case, Cluster, Member, Trace

from . import neighbours

OVERLAP = 0.3  # of the smaller of two: then they are one group
EXAMPLES = 12  # objects told with a group


def record(instance, acts, found):
    """Write the groups of one run; how many there are. A known group keeps its id; one that was opened only gets proposals.

    Nothing dissolves by itself: a group that is not found again stays as it was.
    """
    suspended = set(Account.objects.filter(instance=instance, suspended=True).values_list("pk", flat=True))
    told = []
    for group in found:
        members = {acts.events.accounts[each]: True for each in group.accounts} | {acts.events.accounts[each]: False for each in group.attached}
        if group.q <= settings.COORDINATION_Q and group.kind != "feed" and not members.keys() <= suspended:
            told.append((members, group, _claim(acts, group)))
    with transaction.atomic():
        neighbours.serialise([instance.pk])
        known = _known(instance)
        heirs = _inherit([members for members, *_ in told], known)
        for (members, group, claim), cluster in zip(told, heirs, strict=True):
            _write(instance, cluster, known.get(cluster and cluster.pk, ({}, False))[0], members, group, claim)
    return len(told)


def _known(instance):
    """{id: ({account id: Member}, cluster)} of the instance's groups."""
    known = {cluster.pk: ({}, cluster) for cluster in Cluster.objects.filter(instance=instance, kind=Cluster.Kind.GROUP)}
    opened = set(Case.objects.filter(cluster__in=known, first_claimed_at__isnull=False).values_list("cluster_id", flat=True))
    for member in Member.objects.filter(cluster__in=known, post=None):
        known[member.cluster_id][0][member.account_id] = member
    for pk in opened:
        known[pk][1].pinned = True
    return known


def _inherit(groups, known):
    """For each group (its accounts) the Cluster whose identity it takes, the largest overlap first; None for a new one."""
    places = {}
    for pk, (members, _) in known.items():
        for account in members:
            places.setdefault(account, []).append(pk)
    overlaps = []
    for number, accounts in enumerate(groups):
        shared = {}
        for account in accounts:
            for pk in places.get(account, ()):
                shared[pk] = shared.get(pk, 0) + 1
        overlaps += [(-common, pk, number) for pk, common in shared.items() if common >= OVERLAP * min(len(accounts), len(known[pk][0]))]
    heirs, taken = [None] * len(groups), set()
    for _, pk, number in sorted(overlaps):
        if heirs[number] is None and pk not in taken:
            heirs[number] = known[pk][1]
            taken.add(pk)
    return heirs


def _write(instance, cluster, before, members, group, claim):
    cluster = cluster or Cluster(instance=instance, kind=Cluster.Kind.GROUP)
    size = cluster.size
    if cluster.pk is None or not cluster.pinned:
        cluster.claim, cluster.q_value, cluster.model_version = claim, group.q, VERSION
        cluster.first_seen_at = _time(group.first_seen)
    cluster.last_seen_at = max(_time(group.last_seen), cluster.last_seen_at) if cluster.pk else _time(group.last_seen)
    cluster.save()
    if not cluster.pinned:
        gone = [member.pk for account, member in before.items() if account not in members and not member.left_out]
        Member.objects.filter(pk__in=gone).delete()
    changed = [member for account, member in before.items() if account in members and member.certain != members[account]]
    for member in changed:
        member.certain = members[member.account_id]
    Member.objects.bulk_update(changed, ["certain"])
    Member.objects.bulk_create(
        Member(cluster=cluster, account_id=account, certain=certain, proposed=cluster.pinned) for account, certain in members.items() if account not in before
    )
    cluster.size = cluster.accounts_count = cluster.members.filter(left_out=False, proposed=False).count()
    if not cluster.innocent and not cluster.pinned and (cluster.notable_at is None or cluster.size > size):
        cluster.notable_at, cluster.route_again = cluster.notable_at or timezone.now(), True
    cluster.save(update_fields=["size", "accounts_count", "notable_at", "route_again"])


def _claim(acts, group):
    """What is claimed, in numbers: {"kind", "accounts", "objects", "seconds", "meetings", "expected", "signals", "examples"}."""
    shown = group.objects[:EXAMPLES]
    hashes = [thing for pair in shown if pair not in acts.names for thing in pair[1:]]
    words = dict(Trace.objects.filter(object_hash__in=hashes).values_list("object_hash", "object")) if hashes else {}
    return {
        "kind": group.kind,
        "accounts": len(group.accounts) + len(group.attached),
        "objects": len(group.objects),
        "seconds": round(group.seconds, 1),
        "meetings": group.observed,
        "expected": round(group.expected, 4),
        "signals": group.signals,
        "examples": [{"action": action, "object": acts.names.get((action, thing), words.get(thing, ""))} for action, thing in shown],
    }


def _time(seconds):
    return datetime.fromtimestamp(seconds, UTC)
