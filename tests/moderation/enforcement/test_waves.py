"""One decision on a wave or a group: one Decision for each account, and nobody who was left out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.analysis import clusters
from moderation.enforcement import decisions
from moderation.enforcement.errors import NotAllowed
from moderation.models import Action, Case, Cluster, DecidedPost, Decision, Finding, Member, Report, Writeback
from moderation.queues import claims, routing
from moderation.wellbeing import conceal
from tests import factories

from .helpers import account_on, decide, send_all, settle, states

pytestmark = pytest.mark.django_db


def wave_of(instance, stub=None, count=4, posts_each=1):
    """A wave of `count` accounts with `posts_each` posts, and its open case."""
    accounts = [account_on(stub, instance, str(500 + number)) if stub else factories.make_account(instance) for number in range(count)]
    posts = [factories.make_post(account, text="Buy now") for account in accounts for _number in range(posts_each)]
    cluster = factories.make_wave(posts)
    return case_of(cluster)


def case_of(cluster):
    queue, category = factories.Queue.objects.get(slug="waves"), factories.Category.objects.get(slug="spam")
    return Case.objects.create(
        instance=cluster.instance, kind="cluster", cluster=cluster, queue=queue, category=category, severity=category.severity, size=cluster.size
    )


@pytest.fixture
def acting():
    return factories.make_instance(mode="act")


def test_every_account_of_a_wave_gets_its_own_decision_in_one_act(stub, instance, moderator):
    case = claims.claim(moderator, wave_of(instance, stub, count=4, posts_each=2))
    made = decide(case, moderator)
    assert len({decision.batch for decision in made}) == 1
    assert len({decision.account_id for decision in made}) == len(made) == 4
    assert DecidedPost.objects.count() == 8
    send_all(rounds=40)
    assert stub.strike_counts() == {str(500 + number): 1 for number in range(4)}
    assert {state for _call, state in states()} == {"confirmed"}


def test_whoever_is_left_out_is_not_reached_and_stays_remembered(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=4))
    innocent = Member.objects.filter(cluster=case.cluster).last()
    elsewhere = factories.make_wave([factories.make_post()]).members.get()
    made = decide(case, moderator, left_out=[innocent.pk, elsewhere.pk])
    assert innocent.account_id not in {decision.account_id for decision in made}
    assert len(made) == 3
    innocent.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (innocent.left_out, innocent.left_out_by, elsewhere.left_out) == (True, moderator, False)
    case.cluster.refresh_from_db()
    assert (case.cluster.size, case.cluster.accounts_count) == (3, 3)
    assert case.events.get(kind="left_out").data == {"members": [innocent.pk]}


def test_a_proposed_member_is_not_reached_until_somebody_accepts_it(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3))
    Member.objects.filter(pk=Member.objects.last().pk).update(proposed=True)
    assert len(decide(case, moderator)) == 2


def test_a_decision_that_reaches_nobody_is_not_made(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=2))
    with pytest.raises(NotAllowed, match="Nobody is left"):
        decide(case, moderator, left_out=list(Member.objects.values_list("pk", flat=True)))
    assert not Decision.objects.exists()
    assert not Member.objects.filter(left_out=True).exists()


def test_the_sentence_counts_whom_it_reaches(moderator, acting):
    case = wave_of(acting, count=4)
    offer = {offer.action: offer for offer in decisions.available(case, moderator)}[Action.LIMIT]
    assert "these 4 accounts" in offer.sentence


def test_freezing_a_wave_asks_to_leave_out_those_who_live_elsewhere(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3))
    member = Member.objects.first()
    member.account.domain = "far.example"
    member.account.save()
    with pytest.raises(NotAllowed, match="1 of these accounts lives on another server"):
        decide(case, moderator, Action.FREEZE)
    assert len(decide(case, moderator, Action.FREEZE, left_out=[member.pk])) == 2


def test_a_group_of_sign_ups_is_not_turned_away_in_one_act(moderator, acting):
    accounts = [factories.make_account(acting, approved=False) for _number in range(3)]
    cluster = Cluster.objects.create(instance=acting, kind="group", size=3, accounts_count=3)
    Member.objects.bulk_create([Member(cluster=cluster, account=account) for account in accounts])
    case = claims.claim(moderator, case_of(cluster))
    offer = {offer.action: offer for offer in decisions.available(case, moderator)}[Action.REJECT]
    assert not offer.allowed
    assert "for each sign-up alone" in offer.why_not
    with pytest.raises(NotAllowed, match="for each sign-up alone"):
        decide(case, moderator, Action.REJECT)
    assert len(decide(case, moderator, Action.LIMIT)) == 3


def test_reports_on_the_accounts_of_a_wave_are_decided_with_it(stub, instance, moderator):
    case = wave_of(instance, stub, count=3)
    reported = Member.objects.filter(cluster=case.cluster).first().account
    single = factories.make_case(reported)
    stub.add_report("1", reported.remote_id)
    report = factories.make_report(reported, remote_id="1", case=single)
    decide(claims.claim(moderator, case), moderator)
    single.refresh_from_db()
    report.refresh_from_db()
    assert (single.state, report.case) == (Case.State.DECIDED, case)
    send_all(rounds=40)
    report.refresh_from_db()
    assert stub.reports["1"]["closed_by"]
    assert report.resolved_at


def test_no_action_on_a_wave_leaves_the_reports_on_its_accounts_to_their_own_cases(moderator, acting):
    case = wave_of(acting, count=3)
    account = Member.objects.first().account
    single = factories.make_case(account)
    report = factories.make_report(account, case=single)
    decide(claims.claim(moderator, case), moderator, Action.NO_ACTION)
    single.refresh_from_db()
    report.refresh_from_db()
    assert (single.state, report.case) == (Case.State.OPEN, single)
    assert not Writeback.objects.exists()


def test_each_decision_keeps_what_concerns_its_account(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3))
    representative, second, third = (member.post for member in Member.objects.filter(cluster=case.cluster).order_by("pk"))
    Finding.objects.create(post=second, detector="slop", model_version="p", score=0.5, verdict="cant_tell")
    for post in (representative, second):
        conceal.reveal(case=case, person=moderator, claim=case.claim, part_id=f"post-{post.pk}-text")
    made = {decision.account_id: decision for decision in decide(case, moderator)}
    shown = {account: [entry["id"] for entry in decision.shown] for account, decision in made.items()}
    of_all, own = f"post-{representative.pk}-text", f"post-{second.pk}-text"
    assert shown == {representative.account_id: [of_all], second.account_id: [of_all, own], third.account_id: [of_all]}
    said = {account: [each["detector"] for each in decision.findings] for account, decision in made.items()}
    assert said[second.account_id] == ["slop", "near_duplicates"]
    assert said[third.account_id] == ["near_duplicates"]
    assert made[third.account_id].findings[0]["explanation"]["cluster"] == str(case.cluster.public_id)


def test_a_whole_wave_is_taken_back_at_once(stub, instance, moderator):
    case = claims.claim(moderator, wave_of(instance, stub, count=3))
    made = decide(case, moderator)
    send_all(rounds=40)
    undone = decisions.undo(decision=made[1], by=moderator)
    assert {decision.supersedes_id for decision in undone} == {decision.pk for decision in made}
    settle()
    assert not any(stub.accounts[str(500 + number)]["silenced"] for number in range(3))
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


def test_one_account_of_a_wave_is_taken_back_alone_and_its_reports_wait_again(stub, instance, moderator):
    case = wave_of(instance, stub, count=3)
    account = Member.objects.filter(cluster=case.cluster).first().account
    stub.add_report("1", account.remote_id)
    report = factories.make_report(account, remote_id="1", case=case, state="routed")
    made = decide(claims.claim(moderator, case), moderator)
    send_all(rounds=40)
    (mine,) = [decision for decision in made if decision.account == account]
    (undone,) = decisions.undo(decision=mine, by=moderator, only_this=True)
    assert undone.supersedes == mine
    settle()
    assert [stub.accounts[str(500 + number)]["silenced"] for number in range(3)] == [False, True, True]
    assert stub.reports["1"]["closed_by"] is None
    case.refresh_from_db()
    report.refresh_from_db()
    assert (case.state, report.case, report.state, report.resolved_at) == (Case.State.DECIDED, None, Report.State.WAITING, None)
    # The rest can still be taken back, and nothing is taken back twice.
    assert len(decisions.undo(decision=made[1], by=moderator)) == 2


def test_an_account_left_out_at_the_second_look_is_taken_out_of_the_first_decision(stub, instance, moderator):
    case = claims.claim(moderator, wave_of(instance, stub, count=3))
    made = decide(case, moderator)
    send_all(rounds=40)
    claims.reopen(Case.objects.get(pk=case.pk), moderator)
    case = claims.claim(moderator, Case.objects.get(pk=case.pk))
    innocent = Member.objects.filter(cluster=case.cluster).last()
    again = decide(case, moderator, left_out=[innocent.pk])
    settle()
    assert [stub.accounts[str(500 + number)]["silenced"] for number in range(3)] == [True, True, False]
    assert stub.strike_counts() == {str(500 + number): 1 for number in range(3)}
    assert {decision.supersedes_id for decision in again} == {decision.pk for decision in made if decision.account_id != innocent.account_id}
    assert Decision.objects.get(account=innocent.account_id, action=Action.UNDO)


def test_a_large_wave_is_decided_in_a_bounded_number_of_queries(moderator, acting, django_assert_max_num_queries):
    case = claims.claim(moderator, wave_of(acting, count=60))
    with django_assert_max_num_queries(45):
        assert len(decide(case, moderator)) == 60


def test_whoever_is_left_out_is_spared_with_all_their_posts(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3, posts_each=2))
    first, second = Member.objects.filter(cluster=case.cluster).order_by("pk")[:2]
    assert first.account_id == second.account_id
    offer = {offer.action: offer for offer in decisions.available(case, moderator, left_out=[first.pk])}[Action.LIMIT]
    assert "these 2 accounts" in offer.sentence
    assert decisions.left_out_accounts(case, [first.pk, second.pk]) == 1
    made = decide(case, moderator, left_out=[first.pk])
    assert len(made) == 2
    assert first.account_id not in {decision.account_id for decision in made}
    assert set(Member.objects.filter(left_out=True)) == {first, second}
    case.cluster.refresh_from_db()
    assert (case.cluster.size, case.cluster.accounts_count) == (4, 2)


def test_an_account_left_out_before_is_spared_with_what_it_posted_since(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3, posts_each=2))
    first = Member.objects.filter(cluster=case.cluster).order_by("pk").first()
    Member.objects.filter(pk=first.pk).update(left_out=True)
    assert first.account_id not in {decision.account_id for decision in decide(case, moderator)}


def test_who_came_after_the_page_was_made_is_not_reached_and_waits_for_a_new_case(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3))
    Cluster.objects.update(notable_at=case.opened_at)
    mark = Member.objects.latest("pk").pk
    late = factories.make_post(factories.make_account(acting), text="Buy now")
    Member.objects.create(cluster=case.cluster, account=late.account, post=late, similarity=1.0)
    Cluster.objects.update(size=4, accounts_count=4)
    offer = {offer.action: offer for offer in decisions.available(case, moderator, up_to=mark)}[Action.LIMIT]
    assert "these 3 accounts" in offer.sentence
    made = decide(case, moderator, up_to=mark)
    assert late.account_id not in {decision.account_id for decision in made}
    assert not DecidedPost.objects.filter(post=late).exists()
    assert decisions.came_later(made[0]) == 1
    routing.route_waiting()
    new = Case.objects.get(kind="cluster", state=Case.State.OPEN)
    assert (new.cluster, new.previous) == (case.cluster, case)


def test_where_nobody_came_later_the_wave_is_not_routed_again(moderator, acting):
    case = claims.claim(moderator, wave_of(acting, count=3))
    made = decide(case, moderator, up_to=Member.objects.latest("pk").pk)
    case.cluster.refresh_from_db()
    assert not case.cluster.route_again
    assert decisions.came_later(made[0]) == 0


@pytest.mark.parametrize("action", [Action.WARN, Action.LIMIT, Action.SUSPEND])
def test_nothing_is_done_to_a_wave_that_a_colleague_marked_as_harmless_meanwhile(moderator, acting, action):
    case = claims.claim(moderator, wave_of(acting, count=3))
    clusters.mark_innocent(cluster=case.cluster, by=factories.make_person())
    with pytest.raises(decisions.FoundHarmless, match="marked this wave as harmless meanwhile. Nothing was done"):
        decide(Case.objects.get(pk=case.pk), moderator, action, reason="Stop")
    assert not Decision.objects.exists()
    assert len(decide(Case.objects.get(pk=case.pk), moderator, Action.NO_ACTION)) == 3


def test_whom_the_instance_has_deleted_stays_suspended_when_the_rest_of_a_wave_is_taken_back(stub, instance, moderator):
    case = claims.claim(moderator, wave_of(instance, stub, count=3))
    first = Member.objects.filter(cluster=case.cluster).order_by("pk").first()
    made = decide(case, moderator, Action.SUSPEND, left_out=list(Member.objects.exclude(pk=first.pk).values_list("pk", flat=True)))
    settle()
    Decision.objects.filter(pk=made[0].pk).update(created_at=timezone.now() - timedelta(days=31))
    Member.objects.update(left_out=False)
    claims.reopen(Case.objects.get(pk=case.pk), moderator)
    again = decide(claims.claim(moderator, Case.objects.get(pk=case.pk)), moderator, Action.SUSPEND)
    settle()
    by_account = {decision.account_id: decision for decision in again}
    assert not decisions.undoable(by_account.pop(first.account_id))[0]
    rest = list(by_account.values())
    undone = decisions.undo(decision=rest[0], by=moderator)
    assert {decision.supersedes for decision in undone} == set(rest)
    settle()
    assert [stub.accounts[str(500 + number)]["suspended"] for number in range(3)] == [True, False, False]
