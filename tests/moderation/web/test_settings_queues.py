"""Limits are lowered at once and never raised in passing; severities only rise."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.models import Case, Category, PolicyChange, Queue, QueuePolicy, Role, Severity
from moderation.queues import claims
from moderation.web.settings import policies
from moderation.wellbeing import limits
from tests.factories import make_account, make_case, make_person, make_post, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    person = make_person(username="ines", role=Role.OWNER)
    client.force_login(person)
    return person


@pytest.fixture
def reports():
    return Queue.objects.get(slug="reports")


def work_in(queue):
    person = make_person()
    case = claims.claim(person, make_case(queue=queue))
    claims.release(person, case)
    return person


def post_policy(client, slug="reports", **given):
    return client.post(reverse("queue_policy", args=[slug]), {"units_a_day": "60", "claim_minutes": "30", "note": "", **given})


def test_lowering_writes_a_version_that_limits_everybody_at_once(client, owner, reports):
    person = work_in(reports)
    assert post_policy(client, units_a_day="20", note="A hard week.").status_code == 302
    assert (reports.policy.version, reports.policy.units_a_day, reports.policy.note, reports.policy.created_by) == (2, 20, "A hard week.", owner)
    assert [meter.cap for meter in limits.meters(person, [reports])] == [20]


def test_raising_is_refused_with_its_reason_once_somebody_has_worked_there(client, owner, reports):
    work_in(reports)
    response = post_policy(client, units_a_day="61")
    assert response.status_code == 422
    assert response.content.decode().count("Raising a limit needs notice and the consent of everyone it concerns") == 2
    assert reports.policies.count() == 1
    assert PolicyChange.objects.count() == 0


def test_a_lowered_limit_cannot_be_put_back_in_passing(client, owner, reports):
    work_in(reports)
    post_policy(client, units_a_day="10")
    assert post_policy(client, units_a_day="60").status_code == 422
    assert reports.policy.units_a_day == 10


def test_a_queue_nobody_has_worked_in_is_set_freely_up_to_the_ceiling(client, owner, reports):
    assert post_policy(client, units_a_day="120").status_code == 302
    assert post_policy(client, units_a_day="321").status_code == 422
    assert reports.policy.units_a_day == 120


def test_a_case_that_waits_does_not_make_a_queue_used_but_a_decision_does(reports):
    case = make_case(queue=reports)
    assert not policies.in_use(reports)
    person = make_person()
    claims.claim(person, case)
    assert policies.in_use(reports)
    case.refresh_from_db()
    claims.close(case, person, case.claim)
    assert policies.in_use(reports)


@given(wanted=st.lists(st.integers(0, 320), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_limit_of_a_used_queue_never_rises_whatever_is_asked_in_whatever_order(wanted):
    queue = Queue.objects.create(slug=f"q-{Queue.objects.count()}", name="A queue")
    QueuePolicy.objects.create(queue=queue, version=1, units_a_day=100)
    make_case(queue=queue, state=Case.State.DECIDED)
    for units in wanted:
        before = queue.policy.units_a_day
        try:
            policies.write_version(queue=queue, by=None, units_a_day=float(units), claim_minutes=30, hidden_actions=[])
        except policies.WouldRaise:
            assert units > before
        assert queue.policy.units_a_day == min(before, units)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"units_a_day": ""}, "Enter a number of units."),
        ({"units_a_day": "many"}, "Enter units as a number"),
        ({"units_a_day": "-1"}, "Units cannot be less than 0."),
        ({"units_a_day": "nan"}, "Enter units as a number"),
        ({"units_a_day": "1e9"}, "No queue may ask for more than 320"),
        ({"claim_minutes": "0"}, "at least 5 minutes"),
        ({"claim_minutes": "99999999999999999999"}, "at most 1440 minutes"),
        ({"claim_minutes": "2.5"}, "Enter minutes as a whole number"),
        ({"hidden_actions": "no_action"}, "Choose only actions from the list."),
        ({"hidden_actions": "explode"}, "Choose only actions from the list."),
    ],
)
def test_a_wrong_policy_gets_a_sentence_and_writes_no_version(client, owner, reports, wrong, sentence):
    response = post_policy(client, **wrong)
    assert response.status_code == 422
    assert response.content.decode().count(sentence) >= 2
    assert reports.policies.count() == 1


def test_saying_the_same_again_writes_no_version(client, owner, reports):
    post_policy(client)
    assert reports.policies.count() == 1


def test_everybody_sees_the_versions_and_who_wrote_them(client, owner, reports):
    post_policy(client, units_a_day="20", hidden_actions=["suspend", "reject"], note="Suspensions go to the owners.")
    client.force_login(make_person(role=Role.MODERATOR))
    page = client.get(reverse("queue_policy", args=["reports"])).content.decode()
    for words in ("Version 2", "Version 1", "Suspensions go to the owners.", "Reject, Suspend", "ines"):
        assert words in page
    assert "Write a new version" not in page


def test_a_queue_is_renamed_and_its_people_named(client, owner, reports):
    worker, auditor = make_person(username="tomas"), make_person(role=Role.AUDITOR)
    path = reverse("queue_details", args=["reports"])
    assert client.post(path, {"name": "Accounts", "description": "", "workers": [auditor.pk]}).status_code == 422
    assert client.post(path, {"name": "", "workers": ["x"]}).status_code == 422
    assert client.post(path, {"name": "Accounts", "description": "", "workers": [worker.pk]}).status_code == 302
    reports.refresh_from_db()
    assert (reports.name, list(reports.workers.all())) == ("Accounts", [worker])
    assert PolicyChange.objects.get().after == {"name": "Accounts", "description": "", "workers": ["tomas"]}


def test_a_milder_severity_is_refused_with_its_reason(client, owner):
    response = client.post(reverse("category", args=["threat"]), {"name": "Threat", "severity": "1"})
    assert response.status_code == 422
    assert "counts as raising a limit" in response.content.decode()
    assert Category.objects.get(slug="threat").severity == Severity.S3


def test_a_harder_severity_reaches_cases_that_wait_and_leaves_decided_ones(client, owner):
    account = make_account()
    post = make_post(account)
    waiting, decided = make_case(account, severity=0), make_case(severity=0, state=Case.State.DECIDED)
    make_report(account, [post], case=waiting, state="routed")
    assert client.post(reverse("category", args=["spam"]), {"name": "Spam", "severity": "3"}).status_code == 302
    waiting.refresh_from_db()
    decided.refresh_from_db()
    assert (waiting.severity, decided.severity) == (3, 0)
    assert waiting.worst_units > 0
    assert waiting.priority > decided.priority


@pytest.mark.parametrize("severity", ["", "9", "-1", "x"])
def test_a_severity_that_does_not_exist_is_refused(client, owner, severity):
    response = client.post(reverse("category", args=["spam"]), {"name": "Spam", "severity": severity})
    assert response.status_code == 422
    assert "Choose a severity from the list." in response.content.decode()
