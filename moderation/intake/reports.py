"""Reports: opened, closed and opened again at the instance."""

from dataclasses import dataclass
from datetime import datetime

from moderation.fediverse.base import ReportSeen
from moderation.models import Report

from .columns import identity, report_columns
from .upsert import assign, upsert


@dataclass(frozen=True)
class ReportSighting:
    """One version of a report, as columns; accounts and posts by their remote ids."""

    remote_id: str
    version: datetime
    true_at: datetime  # when the instance said so: asked just now, or the version it told of
    target_id: str
    reporter_id: str | None
    post_ids: tuple[str, ...]
    columns: dict


def report_sighting(instance, seen: ReportSeen, asked_at=None):
    """`asked_at`: when the instance was asked for what is so now; None for a delivery, which tells of its version and may be late."""
    version = seen.updated_at or seen.created_at
    # Closed by the account our token belongs to: the echo of our own decision.
    ours = bool(instance.agent_account_id) and seen.resolved_by == instance.agent_account_id
    return ReportSighting(
        remote_id=identity(seen.remote_id),
        version=version,
        true_at=asked_at or version,
        target_id=identity(seen.target.remote_id),
        reporter_id=identity(seen.reporter.remote_id) if seen.reporter else None,
        post_ids=tuple(identity(post.remote_id) for post in seen.posts),
        columns={**report_columns(seen), "resolved_elsewhere": seen.resolved_at is not None and not ours},
    )


def upsert_reports(instance, sightings, accounts, posts):
    """{remote id: Report} of all `sightings`, each brought up to the newest version and tied to its posts."""
    wanted = {}
    for sighting in sightings:
        known = wanted.get(sighting.remote_id)
        if known is None or sighting.version >= known.version:
            wanted[sighting.remote_id] = sighting

    def build(remote_id, sighting):
        reporter = accounts.get(sighting.reporter_id)
        return Report(
            instance=instance,
            remote_id=remote_id,
            target=accounts[sighting.target_id],
            reporter=reporter,
            reporter_domain=reporter.domain if reporter else "",
            origin=Report.Origin.FEDERATED if reporter and reporter.domain else Report.Origin.LOCAL,
            # Closed before we heard of it: nobody has to look at it here.
            state=Report.State.ROUTED if sighting.columns["resolved_at"] else Report.State.WAITING,
            **sighting.columns,
        )

    reports = upsert(Report.objects.filter(instance=instance), "remote_id", wanted, build, _merge)
    ties = {(reports[sighting.remote_id].pk, posts[post_id].pk) for sighting in sightings for post_id in sighting.post_ids}
    tie = Report.posts.through
    tie.objects.bulk_create([tie(report_id=report, post_id=post) for report, post in sorted(ties)], ignore_conflicts=True)
    return reports


def _merge(report, sighting):
    if sighting.version < (report.updated_at or report.created_at):
        return set()
    columns = sighting.columns
    reopened = report.resolved_at is not None and columns["resolved_at"] is None
    if reopened and sighting.true_at < report.resolved_at:
        # It tells of before we closed it: assigned, or given another category, and late.
        reopened, columns = False, {name: value for name, value in columns.items() if name not in ("resolved_at", "resolved_elsewhere")}
    changed = assign(report, columns)
    if reopened:
        changed |= assign(report, {"state": Report.State.WAITING})
    return changed
