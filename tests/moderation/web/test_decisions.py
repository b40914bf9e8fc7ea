"""The decision page, undo, appeals and the outbox as a moderator sees them."""

import uuid

import pytest

from moderation.enforcement import decisions
from moderation.models import Appeal, Case, Category, Decision, Mode, Queue, Writeback
from moderation.queues import claims
from tests.factories import make_account, make_case, make_instance, make_person, make_post, make_report, make_wave

pytestmark = pytest.mark.django_db


def decided(action="limit", by=None, instance=None, **given):
    by = by or make_person()
    case = make_case(make_post().account, reports_count=1, reporters_count=1)
    if instance:
        Case.objects.filter(pk=case.pk).update(instance=instance)
    make_report(case.account, case=case)
    claims.claim(by, case)
    case.refresh_from_db()
    return decisions.decide(case_id=case.pk, claim=case.claim, by=by, action=action, **given)[0]


def url(decision, verb=""):
    return f"/decisions/{decision.public_id}/{verb}"


@pytest.mark.parametrize("role", ["moderator", "lead", "owner", "auditor"])
def test_everybody_who_works_here_can_read_why_something_was_decided(client, role):
    decision = decided(reason="It sells remixes.", note="Third time.", rule="No advertising")
    client.force_login(make_person(role=role))
    shown = client.get(url(decision)).content.decode()
    for told in ("It sells remixes.", "Third time.", "No advertising", decision.moderator.username, "version 1 of the queue", "Undo opens the case again"):
        assert told.replace("'", "&#x27;") in shown


def test_the_record_names_the_models_and_what_had_been_shown(client):
    decision = decided()
    Decision.objects.filter(pk=decision.pk).update(
        findings=[{"detector": "slop", "verdict": "cant_tell", "score": 0.42, "model_version": "prior-7"}],
        shown=[{"part": "text", "id": "post-1-text", "sha256": "ab" * 32}],
    )
    client.force_login(make_person(role="auditor"))
    shown = client.get(url(decision)).content.decode()
    for told in ("slop and spam", "can&#x27;t tell", "42", "prior-7", "post-1-text", "ab" * 32):
        assert told in shown


def test_undo_keeps_both_on_record_and_opens_the_case(client):
    moderator = make_person()
    decision = decided(by=moderator)
    client.force_login(moderator)
    shown = client.post(url(decision, "undo/"), follow=True).content.decode()
    assert "This no longer stands" in shown
    assert "Look at the case" in shown
    assert Decision.objects.get(supersedes=decision).action == "undo"
    assert Case.objects.get(pk=decision.case_id).state == Case.State.OPEN


def test_a_second_undo_does_nothing_and_says_so(client):
    decision = decided()
    client.force_login(make_person())
    client.post(url(decision, "undo/"))
    shown = client.post(url(decision, "undo/"), follow=True).content.decode()
    assert "Nothing was done twice" in shown
    assert Decision.objects.filter(action="undo").count() == 1


def test_an_appeal_opens_the_case_for_a_second_look(client):
    decision = decided()
    client.force_login(make_person())
    shown = client.post(url(decision, "appeal/"), {"text": "I grow beans and nothing else."}, follow=True).content.decode()
    assert "waits for a second look" in shown
    assert "I grow beans and nothing else." in shown
    assert Appeal.objects.get().decision == decision
    assert Case.objects.get(pk=decision.case_id).second_look
    again = client.post(url(decision, "appeal/"), {"text": "Again."}, follow=True).content.decode()
    assert "being appealed already" in again


def test_an_appeal_without_words_is_asked_for_them(client):
    decision = decided()
    client.force_login(make_person())
    assert client.post(url(decision, "appeal/"), {"text": " "}).status_code == 422
    assert not Appeal.objects.exists()


def test_anybody_may_ask_a_colleague_to_look_again(client):
    moderator = make_person()
    decision = decided(by=moderator)
    client.force_login(moderator)
    client.post(url(decision, "second-look/"))
    assert Case.objects.get(pk=decision.case_id).second_look
    shown = client.post(url(decision, "second-look/"), follow=True).content.decode()
    assert "open already" in shown


def test_a_refusal_is_shown_with_what_to_do_and_can_be_sent_again(client):
    decision = decided(instance=make_instance(mode=Mode.ACT))
    step = decision.writebacks.order_by("order").first()
    Writeback.objects.filter(decision=decision).update(state="refused", error="The token may not do this.")
    client.force_login(make_person())
    shown = client.get(url(decision)).content.decode()
    assert "Limiting: refused by the instance." in shown
    assert "The token may not do this." in shown
    client.post(url(decision, f"steps/{step.pk}/"), {"seen": "1"})
    step.refresh_from_db()
    assert step.seen_at
    client.post(url(decision, f"steps/{step.pk}/"))
    step.refresh_from_db()
    assert step.state == Writeback.State.PENDING


@pytest.mark.parametrize("verb", ["undo/", "appeal/", "second-look/", "steps/1/"])
def test_auditors_and_links_change_nothing(client, verb):
    decision = decided()
    client.force_login(make_person(role="auditor"))
    assert client.post(url(decision, verb), {"text": "x"}).status_code == 403
    client.force_login(make_person())
    assert client.get(url(decision, verb)).status_code == 405


def test_a_decision_that_does_not_exist_is_not_found(client):
    client.force_login(make_person())
    assert client.get(f"/decisions/{uuid.uuid4()}/").status_code == 404


def decided_wave(by, size=3):
    instance = make_instance()
    posts = [make_post(make_account(instance)) for _number in range(size)]
    category = Category.objects.get(slug="spam")
    wave, queue = make_wave(posts), Queue.objects.get(slug="waves")
    case = Case.objects.create(kind="cluster", instance=instance, cluster=wave, size=size, category=category, severity=category.severity, queue=queue)
    case = claims.claim(by, case)
    return decisions.decide(case_id=case.pk, claim=case.claim, by=by, action="limit")


def test_one_of_a_wave_taken_back_alone_leaves_the_case_decided_and_says_that_nothing_waits(client):
    moderator = make_person()
    first, second, third = decided_wave(moderator)
    client.force_login(moderator)
    assert "the case stays decided for the others" in client.get(url(first)).content.decode()
    shown = client.post(url(first, "undo/"), {"only_this": "1"}, follow=True).content.decode()
    assert "The case stays decided for the others." in shown
    assert f"No report on @{first.account.acct} is open, so nothing waits about them." in shown
    assert "the case is open again" not in shown
    assert Case.objects.get(pk=first.case_id).state == Case.State.DECIDED
    client.post(url(second, "undo/"), {"only_this": "1"})
    assert "the case is open again" in client.post(url(third, "undo/"), {"only_this": "1"}, follow=True).content.decode()


def test_one_of_a_wave_taken_back_alone_says_that_its_reports_wait(client):
    moderator = make_person()
    first, *_others = decided_wave(moderator)
    make_report(first.account, case=first.case, state="routed")
    client.force_login(moderator)
    shown = client.post(url(first, "undo/"), {"only_this": "1"}, follow=True).content.decode()
    assert "The reports on those taken back wait to be put into a case." in shown
    assert "nothing waits" not in shown
