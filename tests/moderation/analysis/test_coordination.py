"""Accounts that act together: from posts to a case's group, and what moderators did to it."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from moderation.analysis import coordination
from moderation.analysis.pump import analyse_waiting
from moderation.models import Cluster, Member, Trace
from tests.factories import make_account, make_case, make_instance, make_post, make_report, make_sign_up

pytestmark = pytest.mark.django_db


def act_together(accounts, links=6, start=0):
    """Each account posts each link, minutes apart from the others, one link every five hours; they are analysed."""
    base = timezone.now() - timedelta(days=5)
    for number in range(start, start + links):
        for order, account in enumerate(accounts):
            at = base + timedelta(hours=5 * number, seconds=20 * order)
            make_post(account, text="", links=[f"https://shop.example/{number}?utm_source=x"], created_at=at)
    while analyse_waiting():
        pass


@pytest.fixture
def instance():
    instance = make_instance()
    base = timezone.now() - timedelta(days=6)
    for number in range(40):
        account = make_account(instance)
        for each in range(5):
            make_post(account, text="", links=[f"https://news.example/{(number * 7 + each * 3) % 60}"], created_at=base + timedelta(hours=number + 20 * each))
    while analyse_waiting():
        pass
    return instance


def test_accounts_that_post_the_same_links_in_step_become_a_group(instance):
    accounts = [make_account(instance) for _ in range(5)]
    act_together(accounts)
    assert coordination.refresh(instance) == 1
    group = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    assert set(group.members.values_list("account_id", flat=True)) == {account.pk for account in accounts}
    assert group.size == group.accounts_count == 5
    assert group.notable_at and group.route_again
    assert group.claim["objects"] >= 6
    assert group.claim["examples"][0]["object"].startswith("shop.example")


def test_a_group_keeps_its_identity_when_it_grows(instance):
    accounts = [make_account(instance) for _ in range(6)]
    act_together(accounts[:4])
    coordination.refresh(instance)
    before = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    act_together(accounts, start=6)
    coordination.refresh(instance)
    after = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    assert (after.pk, after.size) == (before.pk, 6)


def test_refreshing_again_changes_nothing(instance):
    act_together([make_account(instance) for _ in range(4)])
    coordination.refresh(instance)
    Cluster.objects.update(route_again=False)
    before = list(Member.objects.order_by("pk").values())
    coordination.refresh(instance)
    assert list(Member.objects.order_by("pk").values()) == before
    assert not Cluster.objects.filter(route_again=True).exists()


def test_an_opened_group_only_gets_proposals(instance):
    accounts = [make_account(instance) for _ in range(6)]
    act_together(accounts[:4])
    coordination.refresh(instance)
    group = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    case = make_case(accounts[0], cluster=group)
    case.first_claimed_at = timezone.now()
    case.save()
    act_together(accounts, start=6)
    coordination.refresh(instance)
    group.refresh_from_db()
    assert group.pinned and group.size == 4
    assert set(group.members.filter(proposed=True).values_list("account_id", flat=True)) == {account.pk for account in accounts[4:]}


def test_a_member_left_out_stays_left_out(instance):
    accounts = [make_account(instance) for _ in range(5)]
    act_together(accounts)
    coordination.refresh(instance)
    Member.objects.filter(account=accounts[0]).update(left_out=True)
    coordination.refresh(instance)
    group = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    assert group.size == 4
    assert group.members.get(account=accounts[0]).left_out


def test_declared_bots_are_no_group(instance):
    act_together([make_account(instance, bot=True) for _ in range(5)])
    assert coordination.refresh(instance) == 0


def test_a_post_leaves_a_trace_of_each_thing_it_does():
    post = make_post(
        links=["https://www.Example.org/a/?utm_source=feed&id=3#top", "not a link"],
        tags=["Cats", "art"],
        media=[{"blurhash": "LKO2", "width": 10, "height": 20}],
        in_reply_to_account_id="77",
    )
    traces = {(trace.action, trace.object) for trace in coordination.traces_of([post])}
    assert traces == {
        ("link", "example.org/a?id=3"),
        ("domain", "example.org"),
        ("hashtags", "art cats"),
        ("media", "LKO2 10x20"),
        ("reply", "77"),
    }


def test_a_post_analysed_twice_leaves_its_traces_once():
    post = make_post(links=["https://example.org/a"])
    analyse_waiting()
    post.state = post.State.PENDING
    post.save()
    analyse_waiting()
    assert Trace.objects.count() == 2


def test_a_boost_leaves_no_trace():
    assert coordination.traces_of([make_post(boost_of="https://example.org/1", links=["https://example.org/a"])]) == []


def test_sign_ups_with_one_story_become_a_group(instance):
    start = timezone.now() - timedelta(days=3)
    for number in range(80):
        account = make_account(instance, approved=False, ip_prefix=f"net {number}", email_domain=f"mail-{number % 5}.example")
        make_sign_up(account, reason=f"{number * 7919} reasons, {number} gardens and {number * 31} friends", created_at=start + timedelta(minutes=50 * number))
    sleepers = [make_account(instance, approved=False, ip_prefix=f"far {number}", email_domain=f"mail-{number % 5}.example") for number in range(6)]
    for number, account in enumerate(sleepers):
        make_sign_up(account, reason="My cousin told me that this place is friendly.", created_at=start + timedelta(minutes=1500 + 9 * number))
    coordination.refresh(instance)
    group = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    assert set(group.members.values_list("account_id", flat=True)) == {account.pk for account in sleepers}
    assert group.claim["kind"] == "sign_ups"
    assert {"action": "signup_reason", "object": "My cousin told me that this place is friendly."} in group.claim["examples"]


def test_reporters_of_one_target_at_once_become_a_group_and_federated_reports_do_not(instance):
    start, victim, other = timezone.now() - timedelta(days=3), make_account(instance), make_account(instance)
    reporters = [make_account(instance) for _ in range(8)]
    for number, account in enumerate(reporters):
        make_report(victim, reporter=account, created_at=start + timedelta(seconds=50 * number))
        server = make_account(instance, domain=f"far-{number}.example")
        make_report(other, reporter=server, origin="federated", created_at=start + timedelta(seconds=50 * number))
    coordination.refresh(instance)
    group = Cluster.objects.get(kind=Cluster.Kind.GROUP)
    assert set(group.members.values_list("account_id", flat=True)) == {account.pk for account in reporters}
    assert group.claim["examples"] == [{"action": "report", "object": victim.acct}]


def test_the_command_names_a_bad_line_skips_it_and_says_so_at_the_end(monkeypatch):
    rows = [{"account": f"a{who}", "action": "link", "object": f"x{thing}", "at": 20_000 * thing + who} for thing in range(8) for who in range(4)]
    lines = [json.dumps(row) for row in rows] + ["{", json.dumps({**rows[0], "at": "noon"}), json.dumps({**rows[0], "action": "dance"})]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode())))
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("find_coordination", stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert [line.partition(":")[0] for line in err.getvalue().splitlines()] == ["Line 33", "Line 34", "Line 35"]
    (group,) = map(json.loads, out.getvalue().splitlines())
    assert (sorted(group["accounts"]), group["attached"], group["signals"]) == (["a0", "a1", "a2", "a3"], [], {"link": 8})
    assert 0 <= group["q_value"] <= 0.05
