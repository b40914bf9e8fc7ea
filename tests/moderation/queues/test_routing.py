"""What waits goes into cases, and nothing vanishes on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Case, Category, Detector, Finding, Queue, Report, RoutingRule, SignUp, Verdict
from moderation.queues import claims, routing
from tests.factories import make_account, make_case, make_instance, make_person, make_post, make_report, make_sign_up, make_wave

pytestmark = pytest.mark.django_db


def likely(post, score=0.97):
    return Finding.objects.create(post=post, detector=Detector.SLOP, verdict=Verdict.LIKELY, score=score, model_version="test")


def decide(case):
    case.move(Case.State.DECIDED, decided_at=timezone.now())
    return case


def test_all_reports_on_one_account_meet_in_one_case():
    account = make_account()
    reports = [make_report(account), make_report(account), make_report(account, reporter=make_account(account.instance))]
    assert routing.route_waiting() == 3
    case = Case.objects.get()
    assert (case.kind, case.account, case.queue.slug, case.category.slug) == ("account", account, "reports", "spam")
    assert (case.reports_count, case.reporters_count) == (3, 3)
    assert set(case.reports.all()) == set(reports)
    assert set(Report.objects.values_list("state", flat=True)) == {"routed"}
    assert [event.kind for event in case.events.all()] == ["opened"]
    assert routing.route_waiting() == 0


@pytest.mark.parametrize("state", ["open", "claimed", "held"])
def test_a_report_joins_the_case_that_is_not_decided_and_raises_it(state):
    report = make_report()
    routing.route_waiting()
    case = report.target.cases.get()
    before = case.priority
    if state == "claimed":
        claims.claim_next(make_person())
    if state == "held":
        case.move(Case.State.HELD)
    make_report(report.target, category="legal")
    routing.route_waiting()
    case.refresh_from_db()
    assert (case.state, case.reports_count, case.reporters_count) == (state, 2, 2)
    assert case.priority > before
    assert case.category.slug == "legal"
    assert case.events.last().kind == "raised"


def test_a_report_on_a_decided_account_opens_a_new_case_that_knows_the_old_one():
    report = make_report()
    routing.route_waiting()
    old = decide(report.target.cases.get())
    make_report(report.target)
    routing.route_waiting()
    new = Case.objects.get(state="open")
    assert new.previous == old
    assert new.reports_count == 1


def test_the_machine_raises_a_severity_and_never_lowers_it():
    account = make_account()
    make_report(account, category="legal")
    routing.route_waiting()
    make_report(account, category="spam")
    routing.route_waiting()
    assert Case.objects.get().category.slug == "legal"
    assert Case.objects.get().severity == 2


def test_without_any_rule_everything_still_ends_in_the_queue_of_reports():
    RoutingRule.objects.all().delete()
    make_report()
    sign_up = make_sign_up()
    wave = make_wave([make_post() for _ in range(3)], notable_at=timezone.now(), route_again=True)
    routing.route_waiting()
    assert Case.objects.count() == 3
    assert set(Case.objects.values_list("queue__slug", flat=True)) == {"reports"}
    assert sign_up.cases.get().category.slug == "sign_up"
    assert wave.cases.get().category.slug == "spam"


def test_the_first_live_rule_by_position_decides():
    urgent = Queue.objects.create(slug="urgent", name="Urgent")
    RoutingRule.objects.update(position=10)
    RoutingRule.objects.create(name="draft", position=0, live=False, queue=urgent, conditions={})
    RoutingRule.objects.create(name="many", position=1, queue=urgent, conditions={"min_reporters": 2}, category=Category.objects.get(slug="harassment"))
    few, many = make_account(), make_account()
    for account in (few, many, many):
        make_report(account)
    routing.route_waiting()
    assert few.cases.get().queue.slug == "reports"
    assert many.cases.get().queue.slug == "urgent"
    assert many.cases.get().severity == 2
    make_report(few)
    routing.route_waiting()
    assert few.cases.get().queue.slug == "urgent"


def test_a_case_somebody_looks_at_keeps_its_queue():
    urgent = Queue.objects.create(slug="urgent", name="Urgent")
    RoutingRule.objects.create(name="many", position=0, queue=urgent, conditions={"min_reporters": 2})
    report = make_report()
    routing.route_waiting()
    claims.claim_next(make_person())
    make_report(report.target)
    routing.route_waiting()
    assert Case.objects.get().queue.slug == "reports"


def test_a_sign_up_has_a_case_until_it_is_answered_at_the_instance():
    sign_up = make_sign_up()
    routing.route_waiting()
    case = sign_up.cases.get()
    assert (case.queue.slug, case.account) == ("sign-ups", sign_up.account)
    SignUp.objects.update(outcome=SignUp.Outcome.APPROVED, closed_at=timezone.now())
    routing.route_waiting()
    case.refresh_from_db()
    assert case.state == "decided"
    assert case.events.last().kind == "closed_elsewhere"


def test_a_sign_up_that_needs_no_approval_makes_no_case():
    make_sign_up(needs_approval=False)
    assert routing.route_waiting() == 1
    assert not Case.objects.exists()


def test_a_case_leaves_the_queue_when_all_its_reports_were_resolved_at_the_instance():
    first = make_report()
    second = make_report(first.target)
    routing.route_waiting()
    case = first.target.cases.get()
    Report.objects.filter(pk=first.pk).update(resolved_at=timezone.now(), resolved_elsewhere=True)
    routing.route_waiting()
    case.refresh_from_db()
    assert case.state == "open"
    Report.objects.filter(pk=second.pk).update(resolved_at=timezone.now(), resolved_elsewhere=True)
    routing.route_waiting()
    case.refresh_from_db()
    assert case.state == "decided"
    assert case.events.last().kind == "closed_elsewhere"
    assert not case.decisions.exists()


def test_a_case_somebody_looks_at_is_not_taken_from_them_when_it_is_resolved_elsewhere():
    report = make_report()
    routing.route_waiting()
    case = claims.claim_next(make_person())
    Report.objects.filter(pk=report.pk).update(resolved_at=timezone.now(), resolved_elsewhere=True)
    routing.route_waiting()
    case.refresh_from_db()
    assert case.state == "claimed"


def test_a_report_that_comes_in_resolved_is_kept_in_a_closed_case():
    report = make_report(resolved_at=timezone.now(), resolved_elsewhere=True)
    routing.route_waiting()
    report.refresh_from_db()
    assert report.case.state == "decided"


def test_a_wave_opens_one_case_and_raises_it_as_it_grows():
    posts = [make_post() for _ in range(4)]
    wave = make_wave(posts, notable_at=timezone.now(), route_again=True)
    routing.route_waiting()
    case = wave.cases.get()
    assert (case.kind, case.size, case.queue.slug, case.account) == ("cluster", 4, "waves", None)
    assert case.reasons[0]["kind"] == "wave"
    type(wave).objects.update(size=40, route_again=True)
    routing.route_waiting()
    grown = wave.cases.get()
    assert grown.size == 40
    assert grown.priority > case.priority
    wave.refresh_from_db()
    assert wave.route_again is False


@pytest.mark.parametrize("given", [{"innocent": True, "notable_at": timezone.now()}, {"notable_at": None}])
def test_an_innocent_or_small_cluster_makes_no_case(given):
    wave = make_wave([make_post()], route_again=True, **given)
    routing.route_waiting()
    wave.refresh_from_db()
    assert not wave.route_again
    assert not Case.objects.exists()


@pytest.mark.parametrize("change", [{"innocent": True}, {"size": 0}])
def test_a_case_on_a_wave_that_is_none_any_more_leaves_the_queue(change):
    wave = make_wave([make_post() for _ in range(3)], notable_at=timezone.now(), route_again=True)
    routing.route_waiting()
    type(wave).objects.update(notable_at=None, **change)
    routing.route_waiting()
    case = wave.cases.get()
    assert case.state == "decided"
    assert case.events.last().kind == "dissolved"


def test_likely_slop_of_one_account_makes_one_case_at_a_time():
    account = make_account()
    posts = [make_post(account) for _ in range(3)]
    for post, score in zip(posts, (0.95, 0.99, 0.96), strict=True):
        likely(post, score)
    assert routing.route_waiting() == 3
    case = Case.objects.get()
    assert (case.kind, case.post, case.account, case.category.slug) == ("post", posts[1], account, "slop")
    assert case.reasons == [{"kind": "slop", "posts": 3, "score": 0.99}]
    likely(make_post(account))
    assert routing.route_waiting() == 1
    assert Case.objects.get().reasons[0]["posts"] == 4
    decide(Case.objects.get())
    likely(make_post(account))
    routing.route_waiting()
    assert Case.objects.filter(state="open").count() == 1


def test_likely_slop_of_a_reported_account_raises_the_case_that_is_there():
    report = make_report()
    likely(make_post(report.target))
    routing.route_waiting()
    case = Case.objects.get()
    assert case.kind == "account"
    assert {reason["kind"] for reason in case.reasons} == {"slop"}


def test_what_the_machine_cannot_tell_makes_no_case():
    Finding.objects.create(post=make_post(), detector=Detector.SLOP, verdict=Verdict.CANT_TELL, score=0.5, model_version="test")
    assert routing.route_waiting() == 0
    assert not Case.objects.exists()


def test_a_wave_takes_in_the_cases_of_its_posts():
    instance = make_instance()
    posts = [make_post(make_account(instance)) for _ in range(3)]
    likely(posts[0])
    routing.route_waiting()
    single = Case.objects.get()
    wave = make_wave(posts, notable_at=timezone.now(), route_again=True)
    for post in posts[1:]:
        likely(post)
    assert routing.route_waiting() == 3
    single.refresh_from_db()
    assert single.state == "decided"
    assert single.events.last().data == {"case": str(wave.cases.get().public_id)}
    assert Case.objects.filter(state="open").count() == 1


def test_severity_comes_before_age_and_age_before_nothing_else():
    now = timezone.now()
    mild_old = routing.priority(severity=1, reporters=1, opened_at=now - timedelta(days=365))
    grave_new = routing.priority(severity=2, reporters=1, opened_at=now)
    assert grave_new > mild_old
    assert routing.priority(severity=1, reporters=1, opened_at=now) < mild_old
    assert routing.priority(severity=1, reporters=9, opened_at=now) > routing.priority(severity=1, reporters=2, opened_at=now)
    assert 0 < routing.priority(severity=0, reporters=0, opened_at=now) < 2**31


def test_a_second_look_goes_where_the_rules_put_those():
    person = make_person()
    case = make_case()
    decide(case)
    again = claims.reopen(case, person, second_look=True)
    assert again.pk == case.pk
    assert (again.state, again.queue.slug, again.second_look, again.decided_at) == ("open", "second-look", True, None)


def test_reopening_where_a_newer_case_is_open_raises_that_one():
    account = make_account()
    old = decide(make_case(account))
    newer = make_case(account)
    again = claims.reopen(old, make_person(), second_look=True)
    assert again.pk == newer.pk
    assert again.second_look
    old.refresh_from_db()
    assert old.state == "decided"
