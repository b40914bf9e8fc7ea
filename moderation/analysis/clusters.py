"""What a moderator does to a wave, and what later posts then respect."""

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from classifiers.near_duplicates import prepare, similarity
from moderation.models import Cluster, Detector, Finding, Member, log_change

from . import neighbours, notability


class NotInCluster(ValueError):
    """The members named are not, or not all, in this cluster."""


class CannotMerge(ValueError):
    """Two clusters of different instances or kinds are never one."""


def recount(cluster):
    """Count a wave's posts and accounts again, without those left out."""
    counts = cluster.members.filter(left_out=False).aggregate(
        size=Count("pk"), accounts=Count("account", distinct=True), first=Min("post__created_at"), last=Max("post__created_at")
    )
    cluster.size, cluster.accounts_count = counts["size"], counts["accounts"]
    cluster.first_seen_at = counts["first"] or cluster.first_seen_at
    cluster.last_seen_at = counts["last"] or cluster.last_seen_at
    cluster.save(update_fields=["size", "accounts_count", "first_seen_at", "last_seen_at"])


def promote(cluster):
    """Give a wave that lost its representative the oldest member that is left; later posts are compared with that one."""
    heir = cluster.members.filter(left_out=False).exclude(post=None).select_related("post").order_by("post_id").first()
    represent(cluster, heir.post if heir else None)


def represent(cluster, post):
    """Make `post` the representative, make it findable, and measure every member against it."""
    cluster.representative = post
    cluster.save(update_fields=["representative"])
    if post is None:
        return
    prepared = prepare(post.text)
    if post.pk not in neighbours.indexed_keys([post.pk]):
        neighbours.index([(post.pk, neighbours.keys_of(post, prepared))])
    members = list(cluster.members.filter(post__isnull=False).select_related("post"))
    for member in members:
        member.similarity = similarity(prepared, prepare(member.post.text))
    Member.objects.bulk_update(members, ["similarity"], batch_size=500)


def _lock(*clusters):
    """Lock what the pump locks and read the clusters again."""
    neighbours.serialise(cluster.instance_id for cluster in clusters)
    for cluster in clusters:
        cluster.refresh_from_db()


def _members(cluster, member_ids):
    members = list(cluster.members.filter(pk__in=member_ids).select_related("post"))
    if not members or len(members) != len(set(member_ids)):
        raise NotInCluster("Some of these are no longer in this wave.")
    return members


@transaction.atomic
def leave_out(*, cluster, member_ids, by):
    """Take members out of what the cluster counts and one decision reaches.

    A later post that resembles one of them more than it resembles the representative stays out too.
    Raises NotInCluster.
    """
    _lock(cluster)
    members = _members(cluster, member_ids)
    cluster.members.filter(pk__in=[member.pk for member in members]).update(left_out=True, left_out_by=by)
    posts = [member.post for member in members if member.post]
    indexed = neighbours.indexed_keys([post.pk for post in posts])
    neighbours.index([(post.pk, neighbours.keys_of(post, prepare(post.text))) for post in posts if post.pk not in indexed])
    if cluster.representative_id in {post.pk for post in posts}:
        promote(cluster)
    recount(cluster)


@transaction.atomic
def take_back(*, cluster, member_ids):
    """Undo `leave_out`. Raises NotInCluster."""
    _lock(cluster)
    members = _members(cluster, member_ids)
    cluster.members.filter(pk__in=[member.pk for member in members]).update(left_out=False, left_out_by=None)
    recount(cluster)
    notability.judge([cluster])


@transaction.atomic
def split(*, cluster, member_ids, by):
    """Make a new cluster of some members; later posts join whichever representative they resemble more. Returns the new one.

    Raises NotInCluster.
    """
    _lock(cluster)
    members = _members(cluster, member_ids)
    new = Cluster.objects.create(
        instance=cluster.instance,
        kind=cluster.kind,
        model_version=cluster.model_version,
        q_value=cluster.q_value,
        pinned=cluster.pinned,
        # Who splits what was to be decided wants to decide both parts.
        notable_at=cluster.notable_at and timezone.now(),
        route_again=cluster.notable_at is not None,
        claim={**cluster.claim, "split_from": str(cluster.public_id), "split_by": by.pk if by else None},
    )
    cluster.members.filter(pk__in=[member.pk for member in members]).update(cluster=new, left_out=False, left_out_by=None)
    if cluster.representative_id in {member.post_id for member in members}:
        promote(cluster)
    promote(new)
    for changed in (cluster, new):
        recount(changed)
    _restate_findings(new)
    notability.judge([new])
    return new


@transaction.atomic
def merge(*, into, cluster, by):
    """Move everything of `cluster` to `into`; what resembles either joins `into` from now on. `cluster` stays, empty, for its history.

    Raises CannotMerge.
    """
    if into.pk == cluster.pk or into.instance_id != cluster.instance_id or into.kind != cluster.kind:
        raise CannotMerge("These two cannot become one.")
    _lock(into, cluster)
    cluster.members.update(cluster=into)
    cluster.representative = None
    cluster.claim = {**cluster.claim, "merged_into": str(into.public_id), "merged_by": by.pk if by else None}
    cluster.notable_at, cluster.route_again = None, False
    cluster.save(update_fields=["representative", "claim", "notable_at", "route_again"])
    recount(cluster)
    if into.representative:
        represent(into, into.representative)
    else:
        promote(into)
    recount(into)
    _restate_findings(into)
    notability.judge([into])


@transaction.atomic
def mark_innocent(*, cluster, by):
    """People say this, and it is no wave: later posts join it quietly and make no case."""
    _lock(cluster)
    cluster.innocent, cluster.innocent_by = True, by
    cluster.notable_at, cluster.route_again = None, False
    cluster.save(update_fields=["innocent", "innocent_by", "notable_at", "route_again"])
    log_change(by=by, subject=f"cluster {cluster.public_id}", before={"innocent": False}, after={"innocent": True})
    _restate_findings(cluster)


@transaction.atomic
def unmark_innocent(*, cluster, by):
    """Take `mark_innocent` back; the cluster is judged anew."""
    _lock(cluster)
    cluster.innocent, cluster.innocent_by = False, None
    cluster.save(update_fields=["innocent", "innocent_by"])
    log_change(by=by, subject=f"cluster {cluster.public_id}", before={"innocent": True}, after={"innocent": False})
    _restate_findings(cluster)
    notability.judge([cluster])


def _restate_findings(cluster):
    """Findings of the members say which cluster they are in and what is thought of it now."""
    of_members = Finding.objects.filter(detector=Detector.NEAR_DUPLICATES, post__membership__cluster=cluster)
    findings = list(of_members.select_related("post__membership"))
    for finding in findings:
        finding.verdict = notability.verdict(cluster)
        finding.explanation = {**finding.explanation, "cluster": str(cluster.public_id), "size": cluster.size}
    Finding.objects.bulk_update(findings, ["verdict", "explanation"], batch_size=500)
