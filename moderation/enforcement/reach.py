"""Whom and what a decision on a case reaches, and what the machine had said of it."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q

from moderation.models import Account, Case, Cluster, Detector, Finding, Member, Post, Verdict

from .actions import Reached


@dataclass
class Target:
    """One account a decision reaches, with the posts it is about."""

    account: Account
    post_ids: list[int] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)


def members(case, left_out=(), up_to=None):
    """The members a decision on a cluster's case reaches: accepted where a person had to, and of accounts that nobody left out.

    A decision is about accounts: whoever is left out (now, by `left_out`, ids of members, or before) is so with every
    post. `up_to`: the id of the last member that had come when the page was made; later ones are not reached.
    """
    spared = Member.objects.filter(Q(left_out=True) | Q(pk__in=list(left_out)), cluster=case.cluster_id)
    reaching = Member.objects.filter(cluster=case.cluster_id, left_out=False, proposed=False).exclude(account__in=spared.values("account"))
    return reaching if up_to is None else reaching.filter(pk__lte=up_to)


def came_later(case, up_to):
    """How many members a decision does not reach only because they came after `up_to`."""
    if case.kind != Case.Kind.CLUSTER or up_to is None:
        return 0
    return members(case).filter(pk__gt=up_to).count()


def targets(case, up_to=None):
    """[Target], one an account, in the order of their ids."""
    if case.kind == Case.Kind.CLUSTER:
        found = {}
        for member in members(case, up_to=up_to).select_related("account").order_by("account_id", "pk"):
            target = found.setdefault(member.account_id, Target(member.account))
            if member.post_id:
                target.post_ids.append(member.post_id)
                target.similarities.append(member.similarity)
        return list(found.values())
    if case.kind == Case.Kind.POST:
        return [Target(case.account or case.post.account, [case.post_id])]
    posts = Post.objects.filter(reports__case=case, account=case.account_id).order_by("pk").distinct()
    return [Target(case.account, list(posts.values_list("pk", flat=True)))]


def reached(case, left_out=(), up_to=None):
    """Reached: whom a sentence speaks of; at most two queries, however large the wave."""
    if case.kind == Case.Kind.CLUSTER:
        accounts = Account.objects.filter(pk__in=members(case, left_out, up_to).values("account"))
        counts = accounts.aggregate(all=Count("pk"), remote=Count("pk", filter=~Q(domain="")), waiting=Count("pk", filter=Q(approved=False)))
        name = f"@{accounts.first().acct}" if counts["all"] == 1 else ""
        return Reached(name, counts["all"], counts["remote"], counts["waiting"], case.instance.domain)
    account = case.account or case.post.account
    # A forum may ask about somebody of whom it says nothing else.
    waiting = account.approved is not True if case.kind == Case.Kind.SIGN_UP else account.approved is False
    return Reached(f"@{account.acct}", 1, int(bool(account.domain)), int(waiting), case.instance.domain)


def findings(case, found):
    """{account id: [what the machine had said of it and of its posts]}, as a decision keeps it; `found`: [Target]."""
    if case.kind == Case.Kind.CLUSTER:
        member_rows = Member.objects.filter(cluster=case.cluster_id)
        rows = Finding.objects.filter(Q(post__in=member_rows.values("post")) | Q(account__in=member_rows.values("account")))
    else:
        rows = Finding.objects.filter(Q(post__in=found[0].post_ids) | Q(account=found[0].account.pk))
    owners = {post_id: target.account.pk for target in found for post_id in target.post_ids}
    said = defaultdict(list)
    for row in rows.order_by("pk").select_related("post").only("detector", "model_version", "score", "verdict", "explanation", "account", "post__remote_id"):
        owner = owners.get(row.post_id) if row.post_id else row.account_id
        said[owner].append(
            {
                "detector": row.detector,
                "model_version": row.model_version,
                "score": row.score,
                "verdict": row.verdict,
                "explanation": row.explanation,
                "post": row.post.remote_id if row.post_id else None,
            }
        )
    if case.kind == Case.Kind.CLUSTER:
        for target in found:
            said[target.account.pk].append(_membership(case.cluster, target))
    return said


def _membership(cluster, target):
    known = [value for value in target.similarities if value is not None]
    return {
        "detector": Detector.NEAR_DUPLICATES.value if cluster.kind == Cluster.Kind.WAVE else Detector.COORDINATION.value,
        "model_version": cluster.model_version,
        "score": min(known) if known else None,
        "verdict": Verdict.LIKELY.value,
        "explanation": {"cluster": str(cluster.public_id), "size": cluster.size, "q_value": cluster.q_value, "claim": cluster.claim},
        "post": None,
    }


def shown_to(case, found):
    """{account id: the part of `case.shown` that concerns it}: what is its own, and what stands for all of a wave."""
    if case.kind != Case.Kind.CLUSTER:
        return {found[0].account.pk: case.shown}
    own = {}
    for target in found:
        own[f"account-{target.account.pk}"] = target.account.pk
        own.update({f"post-{post_id}": target.account.pk for post_id in target.post_ids if post_id != case.cluster.representative_id})
    by_owner = defaultdict(list)
    for entry in case.shown:
        # Ids of parts are such as post-12-text (wellbeing.parts).
        by_owner[own.get(str(entry["id"]).rpartition("-")[0])].append(entry)
    return {target.account.pk: by_owner[None] + by_owner[target.account.pk] for target in found}
