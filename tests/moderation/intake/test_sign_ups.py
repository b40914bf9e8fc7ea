"""Sign-ups, until somebody has answered."""

from itertools import permutations

import pytest

from moderation.fediverse.base import AccountSeen
from moderation.intake import ingest
from moderation.models import SignUp
from tests.moderation.envelopes import envelope, recorded

pytestmark = pytest.mark.django_db


def told(event, at, **changes):
    account = {**recorded("admin_account_1.json"), "invite_request": "I sing.", **changes}
    return envelope(event, account, at=f"2026-08-01T{at}:00:00Z")


def test_account_that_needs_approval_waits(deliver):
    deliver(told("account.created", 14, approved=False, confirmed=False))
    sign_up = SignUp.objects.get()
    assert (sign_up.state, sign_up.outcome, sign_up.needs_approval, sign_up.reason) == ("waiting", "pending", True, "I sing.")
    assert sign_up.account.confirmed is False


def test_approval_at_the_instance_ends_the_wait(deliver):
    deliver(told("account.created", 14, approved=False))
    deliver(told("account.approved", 15))
    sign_up = SignUp.objects.get()
    assert (sign_up.state, sign_up.outcome, sign_up.needs_approval) == ("routed", "approved", True)
    assert sign_up.closed_at


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_approved_stays_approved_in_whatever_order_it_is_told(deliver, order, together):
    versions = [told("account.created", 14, approved=False), told("account.approved", 15), told("account.updated", 16)]
    if together:
        deliver(*(versions[n] for n in order))
    else:
        for n in order:
            deliver(versions[n])
    sign_up = SignUp.objects.get()
    assert (sign_up.outcome, sign_up.state, sign_up.needs_approval, sign_up.reason) == ("approved", "routed", True, "I sing.")


def test_sign_up_heard_of_after_its_approval_waits_for_nobody(deliver):
    deliver(told("account.updated", 16))
    deliver(told("account.created", 14, approved=False))
    sign_up = SignUp.objects.get()
    assert (sign_up.outcome, sign_up.state) == ("approved", "routed")


def test_open_registration_is_counted_and_waits_for_nobody(deliver):
    deliver(told("account.created", 14, invite_request=None))
    sign_up = SignUp.objects.get()
    assert (sign_up.needs_approval, sign_up.outcome, sign_up.state) == (False, "approved", "routed")


def test_change_of_an_old_account_is_no_sign_up(deliver):
    deliver(told("account.updated", 14))
    assert not SignUp.objects.exists()


def test_remote_account_is_no_sign_up(deliver):
    remote = dict.fromkeys(["email", "ip", "confirmed", "disabled", "approved", "locale", "ips", "role"])
    deliver(told("account.updated", 14, domain="far.example", **remote))
    assert not SignUp.objects.exists()


def test_sign_up_that_was_rejected_here_stays_rejected_when_it_is_seen_waiting(deliver, instance):
    deliver(told("account.created", 14, approved=False))
    SignUp.objects.update(outcome="rejected", state="routed")
    ingest.take(instance, AccountSeen(remote_id=SignUp.objects.get().account.remote_id, username="a", approved=False))
    sign_up = SignUp.objects.get()
    assert (sign_up.outcome, sign_up.state) == ("rejected", "routed")


def test_forum_can_tell_of_a_sign_up_without_an_event(instance):
    ingest.take(instance, AccountSeen(remote_id="7", username="a", approved=False, sign_up_reason="hello"))
    assert SignUp.objects.get().reason == "hello"
