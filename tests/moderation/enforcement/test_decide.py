"""Deciding a case: one act, recorded with what it was based on."""

import uuid

import pytest

from moderation.enforcement import decisions
from moderation.enforcement.errors import NotAllowed
from moderation.models import Action, Case, CaseEvent, DecidedPost, Decision, Finding, QueuePolicy, Reservation, StaleState, Writeback
from moderation.queues import claims
from moderation.wellbeing import conceal
from tests import factories

from .helpers import claimed_case, decide

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting():
    return factories.make_instance(mode="act", domain="garden.example")


def offered(case, person):
    return {offer.action: offer for offer in decisions.available(case, person)}


def test_a_limit_writes_one_decision_one_strike_and_closes_the_case(moderator, acting):
    account = factories.make_account(acting)
    case = claimed_case(moderator, account)
    report = factories.make_report(account, case=case)
    (decision,) = decide(case, moderator, reason="Spam", notify=True)
    case.refresh_from_db()
    assert (case.state, case.claim) == (Case.State.DECIDED, None)
    assert (decision.account, decision.policy, decision.action) == (account, case.queue.policy, Action.LIMIT)
    rows = list(Writeback.objects.filter(decision=decision).order_by("order"))
    assert [(row.call, row.state) for row in rows] == [("account_action", "pending"), ("resolve_reports", "pending")]
    assert rows[0].params == {
        "account_id": account.remote_id,
        "type": "silence",
        "text": "Spam",
        "send_email_notification": True,
        "report_id": report.remote_id,
    }
    assert Reservation.objects.get(case=case).closed_at


def test_a_second_click_decides_nothing(moderator):
    case = claimed_case(moderator)
    decide(case, moderator, Action.NO_ACTION)
    with pytest.raises(StaleState):
        decide(case, moderator, Action.NO_ACTION)
    assert Decision.objects.count() == 1


def test_a_page_from_an_older_claim_decides_nothing(moderator):
    case = claimed_case(moderator)
    old = case.claim
    claims.release(moderator)
    case = claims.claim(moderator, Case.objects.get(pk=case.pk))
    with pytest.raises(StaleState):
        decisions.decide(case_id=case.pk, claim=old, by=moderator, action=Action.NO_ACTION)
    with pytest.raises(StaleState):
        decisions.decide(case_id=case.pk, claim=uuid.uuid4(), by=moderator, action=Action.NO_ACTION)
    assert not Decision.objects.exists()


def test_nobody_decides_under_a_colleagues_claim(moderator):
    case = claimed_case(moderator)
    with pytest.raises(StaleState):
        decide(case, factories.make_person(), Action.NO_ACTION)


def test_a_decision_keeps_what_was_shown_and_what_the_machine_had_said(moderator, acting):
    account = factories.make_account(acting)
    post = factories.make_post(account)
    Finding.objects.create(post=post, detector="slop", model_version="prior-1", score=0.9, verdict="cant_tell", explanation={"words": ["buy"]})
    Finding.objects.create(account=account, detector="coordination", model_version="c-2", score=None, verdict="unlikely")
    case = factories.make_case(account)
    factories.make_report(account, posts=[post], case=case)
    case = claims.claim(moderator, case)
    assert conceal.reveal(case=case, person=moderator, claim=case.claim, part_id=f"post-{post.pk}-text")
    (decision,) = decide(case, moderator)
    kept = Decision.objects.get()
    assert [entry["id"] for entry in kept.shown] == [f"post-{post.pk}-text"]
    assert [(said["detector"], said["model_version"], said["score"], said["verdict"], said["post"]) for said in kept.findings] == [
        ("slop", "prior-1", 0.9, "cant_tell", post.remote_id),
        ("coordination", "c-2", None, "unlikely", None),
    ]
    assert kept.findings[0]["explanation"] == {"words": ["buy"]}
    assert [row.post_id for row in DecidedPost.objects.filter(decision=decision)] == [post.pk]
    assert not kept.unseen
    Finding.objects.all().delete()
    assert Decision.objects.get().findings == kept.findings


def test_a_decision_made_without_looking_says_so(moderator):
    (decision,) = decide(claimed_case(moderator), moderator)
    assert decision.unseen


def test_a_decision_is_never_changed_or_deleted(moderator):
    (decision,) = decide(claimed_case(moderator), moderator)
    with pytest.raises(TypeError):
        decision.save()
    with pytest.raises(TypeError):
        decision.delete()


def test_the_policy_in_force_is_kept(moderator):
    case = claimed_case(moderator)
    (decision,) = decide(case, moderator)
    QueuePolicy.objects.create(queue=case.queue, version=2, units_a_day=1)
    assert Decision.objects.get().policy.version == 1 == decision.policy.version


@pytest.mark.parametrize("action", [Action.NO_ACTION, Action.NOTE, Action.WARN, Action.MARK_SENSITIVE, Action.LIMIT, Action.FREEZE, Action.SUSPEND])
def test_every_offered_action_says_what_it_will_do_and_can_be_taken(moderator, acting, action):
    case = claimed_case(moderator, factories.make_account(acting, username="rose"))
    offer = offered(case, moderator)[action]
    assert offer.allowed, offer.why_not
    assert offer.sentence.endswith(".")
    assert "@rose" in offer.sentence
    assert offer.undo
    decide(case, moderator, action, reason="Because")


def test_only_a_suspension_and_a_rejection_are_destructive(moderator):
    offers = offered(factories.make_case(), moderator)
    assert [action for action, offer in offers.items() if offer.destructive] == [Action.SUSPEND]
    account = factories.make_account(approved=False)
    sign_up = factories.make_case(account, kind="sign_up", sign_up=factories.make_sign_up(account))
    assert [(action, offer.destructive) for action, offer in offered(sign_up, moderator).items()] == [(Action.APPROVE, False), (Action.REJECT, True)]


def test_observe_mode_is_said_before_it_is_done(moderator):
    offers = offered(factories.make_case(), moderator)
    assert all("observe mode" in offer.sentence for offer in offers.values())


def test_an_account_of_another_server_cannot_be_warned_or_frozen(moderator, acting):
    case = claimed_case(moderator, factories.make_account(acting, domain="far.example"))
    offers = offered(case, moderator)
    assert [action for action, offer in offers.items() if not offer.allowed] == [Action.WARN, Action.FREEZE]
    assert "lives on another server" in offers[Action.FREEZE].why_not
    with pytest.raises(NotAllowed, match="lives on another server"):
        decide(case, moderator, Action.FREEZE)
    assert not Decision.objects.exists()
    case.refresh_from_db()
    assert case.state == Case.State.CLAIMED


def test_an_action_the_queue_hides_is_neither_offered_nor_taken(moderator):
    case = claimed_case(moderator)
    QueuePolicy.objects.create(queue=case.queue, version=2, units_a_day=60, hidden_actions=[Action.SUSPEND])
    assert Action.SUSPEND not in offered(case, moderator)
    with pytest.raises(NotAllowed):
        decide(case, moderator, Action.SUSPEND)


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT, Action.UNDO, "nonsense"])
def test_an_action_of_another_kind_of_case_is_not_taken(moderator, action):
    with pytest.raises(NotAllowed):
        decide(claimed_case(moderator), moderator, action)


def test_a_warning_needs_words_and_is_always_mailed(moderator, acting):
    case = claimed_case(moderator, factories.make_account(acting))
    with pytest.raises(NotAllowed, match="Write what"):
        decide(case, moderator, Action.WARN, reason="  ")
    (decision,) = decide(case, moderator, Action.WARN, reason="Please stop", rule="No adverts")
    assert decision.notify
    assert decision.writebacks.get().params["text"] == "No adverts\n\nPlease stop"


def test_an_auditor_is_offered_nothing():
    assert decisions.available(factories.make_case(), factories.make_person(role="auditor")) == []


def test_a_forum_reads_decisions_and_is_sent_nothing(moderator):
    forum = factories.make_instance(software="forum", mode="act", domain="forum.example")
    case = claimed_case(moderator, factories.make_account(forum))
    assert "learns of it when it next asks" in offered(case, moderator)[Action.LIMIT].sentence
    decide(case, moderator)
    assert not Writeback.objects.exists()


def test_an_action_for_everybody_waiting_on_the_same_account_takes_their_cases_along(moderator, acting):
    post = factories.make_post(factories.make_account(acting))
    alone = factories.make_case(post.account, kind="post", post=post)
    case = claimed_case(moderator, post.account)
    decide(case, moderator, Action.SUSPEND)
    alone.refresh_from_db()
    assert alone.state == Case.State.DECIDED
    assert CaseEvent.objects.get(case=alone, kind="gathered").data == {"into": str(case.public_id)}


def test_offers_cost_the_same_few_queries_however_large_the_wave(moderator, acting, django_assert_max_num_queries):
    posts = [factories.make_post(factories.make_account(acting)) for _number in range(12)]
    wave = factories.make_wave(posts)
    case = factories.make_case(posts[0].account, kind="cluster", cluster=wave)
    with django_assert_max_num_queries(4):
        decisions.available(case, moderator)
