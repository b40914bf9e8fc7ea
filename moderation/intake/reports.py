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
    target_id: str
    reporter_id: str | None
    post_ids: tuple[str, ...]
    columns: dict


def report_sighting(instance, seen: ReportSeen):
    # Closed by the account our token belongs to: the echo of our own decision.
    ours = bool(instance.agent_account_id) and seen.resolved_by == instance.agent_account_id
    return ReportSighting(
        remote_id=identity(seen.remote_id),
        version=seen.updated_at or seen.created_at,
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
    reopened = report.resolved_at is not None and sighting.columns["resolved_at"] is None
    changed = assign(report, sighting.columns)
    if reopened:
        changed |= assign(report, {"state": Report.State.WAITING})
    return changed
