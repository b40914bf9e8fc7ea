"""Reports: opened, closed here or there, and opened again."""

from itertools import permutations

import pytest

from moderation.models import Account, Report
from tests.moderation.envelopes import envelope, recorded

pytestmark = pytest.mark.django_db


def told(at, closed_by=None, **changes):
    """The report as it was at an hour; `closed_by`: the remote id of who closed it."""
    report = recorded("admin_report_1.json")
    stamp = f"2026-08-01T{at}:00:00.000Z"
    closer = {**recorded("admin_account_1.json"), "id": closed_by} if closed_by else None
    report |= {"updated_at": stamp, "action_taken": bool(closed_by), "action_taken_at": stamp if closed_by else None, "action_taken_by_account": closer}
    return envelope("report.created" if at == 14 else "report.updated", {**report, **changes}, at=stamp)


def test_report_waits_to_be_routed_with_its_posts(deliver):
    deliver(told(14, comment="api <b>crimes", rules=[{"id": "7", "text": "Be kind."}]))
    report = Report.objects.get()
    thing = recorded("admin_report_1.json")
    assert (report.state, report.category, report.comment, report.resolved_at) == ("waiting", "other", "api <b>crimes", None)
    assert report.rules == [{"id": "7", "text": "Be kind."}]
    assert (report.target.remote_id, report.reporter.remote_id) == (thing["target_account"]["id"], thing["account"]["id"])
    assert {post.remote_id for post in report.posts.all()} == {post["id"] for post in thing["statuses"]}
    assert (report.origin, report.reporter_domain) == ("local", "")


def test_report_from_elsewhere_names_the_instance_it_came_from(deliver):
    deliver(told(14, account={**recorded("admin_account_2.json"), "id": "-99", "username": "far.example", "domain": "far.example"}))
    report = Report.objects.get()
    assert (report.origin, report.reporter_domain) == ("federated", "far.example")


def test_report_without_a_reporter_is_taken(deliver):
    assert deliver(told(14, account=None))
    assert Report.objects.get().reporter is None


def test_report_closed_by_somebody_there_is_closed_elsewhere(deliver):
    deliver(told(14), told(15, closed_by="99"))
    report = Report.objects.get()
    assert report.resolved_at
    assert report.resolved_elsewhere


def test_our_own_echo_is_not_closed_elsewhere(instance, deliver):
    instance.agent_account_id = "77"
    instance.save()
    deliver(told(14), told(15, closed_by="77"))
    report = Report.objects.get()
    assert report.resolved_at
    assert not report.resolved_elsewhere


def test_report_first_heard_of_when_closed_waits_for_nobody(deliver):
    deliver(told(15, closed_by="99"))
    assert Report.objects.get().state == "routed"


def test_report_opened_again_waits_again(deliver):
    deliver(told(14))
    Report.objects.update(state="routed")
    deliver(told(15, closed_by="99"))
    assert Report.objects.get().state == "routed"
    deliver(told(16))
    report = Report.objects.get()
    assert (report.state, report.resolved_at, report.resolved_elsewhere) == ("waiting", None, False)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_newest_version_stands_in_whatever_order_versions_come(deliver, order, together):
    versions = [told(14), told(15, closed_by="99"), told(16, category="spam")]
    if together:
        deliver(*(versions[n] for n in order))
    else:
        for n in order:
            deliver(versions[n])
    report = Report.objects.get()
    assert (report.category, report.resolved_at, report.resolved_elsewhere, report.state) == ("spam", None, False, "waiting")


def test_post_that_joins_a_report_later_is_tied_to_it_once(deliver):
    posts = recorded("statuses.ndjson")[:2]
    deliver(told(14, statuses=posts[:1]))
    deliver(told(15, statuses=posts))
    deliver(told(16, statuses=posts[1:]))
    assert Report.objects.get().posts.count() == 2


def test_many_reports_on_one_account_make_one_account(deliver):
    deliver(*(told(14, id=str(n)) for n in range(50)))
    assert Report.objects.count() == 50
    assert Account.objects.count() == 2
