"""What was said before we closed a report, and comes after, opens nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.fediverse.base import AccountSeen, ReportSeen
from moderation.intake import ingest
from moderation.models import Report
from tests.factories import make_instance

pytestmark = pytest.mark.django_db


def seen(*, updated_at, category="spam", resolved_at=None):
    target = AccountSeen(remote_id="41", username="seller")
    return ReportSeen(
        remote_id="7", target=target, created_at=timezone.now() - timedelta(hours=2), updated_at=updated_at, category=category, resolved_at=resolved_at
    )


@pytest.fixture
def closed():
    """A report that we closed a minute ago."""
    instance = make_instance()
    ingest.take(instance, seen(updated_at=timezone.now() - timedelta(hours=1)), event="report.created")
    Report.objects.update(state=Report.State.ROUTED, resolved_at=timezone.now() - timedelta(minutes=1))
    return instance


def test_an_older_update_that_comes_late_opens_nothing_and_tells_its_category(closed):
    ingest.take(closed, seen(updated_at=timezone.now() - timedelta(minutes=5), category="legal"), event="report.updated")
    report = Report.objects.get()
    assert report.resolved_at is not None
    assert (report.state, report.category) == (Report.State.ROUTED, "legal")


def test_a_report_opened_again_after_we_closed_it_waits(closed):
    ingest.take(closed, seen(updated_at=timezone.now()), event="report.updated")
    report = Report.objects.get()
    assert (report.state, report.resolved_at) == (Report.State.WAITING, None)


def test_a_report_that_is_open_when_we_ask_waits_whenever_it_was_changed(closed):
    ingest.take(closed, seen(updated_at=timezone.now() - timedelta(minutes=30)))
    assert Report.objects.get().state == Report.State.WAITING
