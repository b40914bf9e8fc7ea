"""Accounts and what is kept of the people behind them."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.core import serializers
from django.utils import timezone

from moderation.fediverse.base import AccountSeen
from moderation.intake import retention
from moderation.intake.personal import personal_columns
from moderation.models import Account, Delivery, SignUp, Trace
from tests.factories import make_account, make_instance
from tests.moderation.envelopes import envelope, recorded

pytestmark = pytest.mark.django_db


def account(**changes):
    return {**recorded("admin_account_1.json"), "email": "Jo.Hn+x@Mail.Example", "ip": "192.0.2.77", **changes}


def told(event, at, **changes):
    return envelope(event, account(**changes), at=f"2026-08-01T{at}:00:00Z")


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_newest_standing_stands_in_whatever_order_it_is_told(deliver, order, together):
    versions = [told("account.created", 14, approved=False), told("account.updated", 15, silenced=True), told("account.updated", 16, suspended=True)]
    if together:
        deliver(*(versions[n] for n in order))
    else:
        for n in order:
            deliver(versions[n])
    found = Account.objects.get()
    assert (found.approved, found.silenced, found.suspended) == (True, False, True)


def test_post_tells_nothing_of_its_authors_standing(deliver):
    deliver(told("account.updated", 14, silenced=True), envelope("status.created", recorded("statuses.ndjson")[0], at="2026-08-01T15:00:00Z"))
    found = Account.objects.get()
    assert (found.silenced, found.confirmed) == (True, True)


def test_late_standing_is_taken_although_a_newer_post_was_seen(deliver):
    deliver(envelope("status.created", recorded("statuses.ndjson")[0], at="2026-08-01T15:00:00Z"))
    deliver(told("account.updated", 14, silenced=True))
    assert Account.objects.get().silenced


def test_older_profile_does_not_overwrite_a_newer_one(deliver):
    newer, older = account(), account()
    newer["account"] = {**newer["account"], "display_name": "now"}
    older["account"] = {**older["account"], "display_name": "then"}
    deliver(envelope("account.updated", newer, at="2026-08-01T16:00:00Z"))
    deliver(envelope("account.updated", older, at="2026-08-01T15:00:00Z"))
    assert Account.objects.get().display_name == "now"


def test_mail_and_address_are_kept_as_hash_domain_and_prefix_alone(deliver):
    deliver(told("account.created", 14))
    found = Account.objects.get()
    assert (found.email_domain, found.ip_prefix) == ("mail.example", "192.0.2.0/24")
    assert len(found.email_hash) == len(found.ip_hash) == 64
    everything = serializers.serialize("json", [*Account.objects.all(), *SignUp.objects.all(), *Delivery.objects.all()]).lower()
    assert "jo.hn" not in everything
    assert "192.0.2.77" not in everything
    assert abs(found.personal_until - timezone.now() - timedelta(days=30)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("ip", "prefix"),
    [("2001:db8:1:2::3", "2001:db8:1::/48"), ("::ffff:192.0.2.77", "192.0.2.0/24"), ("fe80::1%eth0", "fe80::/48"), ("300.1.1.1", ""), ("", "")],
)
def test_address_prefix_is_that_of_its_kind(deliver, ip, prefix):
    assert deliver(told("account.created", 14, ip=ip))
    assert Account.objects.get().ip_prefix == prefix


@pytest.mark.parametrize(
    ("other", "same"),
    [("john@mail.example", True), ("JOHN+news@MAIL.example", True), ("john@other.example", False), ("johnny@mail.example", False)],
)
def test_one_mailbox_has_one_hash_however_it_is_written(deliver, other, same):
    deliver(told("account.created", 14), told("account.created", 14, id="2", email=other))
    one, two = Account.objects.order_by("pk").values_list("email_hash", flat=True)
    assert (one == two) == same


def test_hash_says_nothing_to_another_instance_or_without_our_key(deliver, settings):

    here, there = make_instance(), make_instance()
    seen = AccountSeen(remote_id="1", username="a", email="a@b.example", ip="192.0.2.1")
    mine = personal_columns(here, seen)
    assert mine["email_hash"] != personal_columns(there, seen)["email_hash"]
    settings.SECRET_KEY = "another " * 10
    assert mine["ip_hash"] != personal_columns(here, seen)["ip_hash"]


def test_who_reports_keeps_their_address_to_themselves(deliver):
    report = recorded("admin_report_1.json")
    deliver(envelope("report.created", report))
    reporter = Account.objects.get(remote_id=report["account"]["id"])
    target = Account.objects.get(remote_id=report["target_account"]["id"])
    assert (reporter.email_hash, reporter.personal_until) == ("", None)
    assert target.email_hash


def test_hearing_the_same_again_keeps_personal_data_no_longer(deliver):
    deliver(told("account.created", 14))
    soon = timezone.now() + timedelta(days=2)
    Account.objects.update(personal_until=soon)
    deliver(told("account.updated", 15))
    assert Account.objects.get().personal_until == soon


def test_instance_can_keep_personal_data_for_a_shorter_time(instance, deliver):
    instance.keep_personal_days = 3
    instance.save()
    deliver(told("account.created", 14))
    assert Account.objects.get().personal_until < timezone.now() + timedelta(days=3, minutes=1)


def test_personal_data_is_erased_when_its_time_is_over(deliver):
    deliver(told("account.created", 14))
    found = Account.objects.get()
    gone = Trace.objects.create(instance=found.instance, account=found, action="signup_ip", object_hash=1, object="192.0.2.0/24", at=timezone.now())
    kept = Trace.objects.create(instance=found.instance, account=found, action="link", object_hash=1, object="https://a.example", at=timezone.now())
    assert retention.erase_expired() == {"accounts": 0, "traces": 0, "sign_ups": 0, "bodies": 0}
    Account.objects.update(personal_until=timezone.now() - timedelta(seconds=1))
    assert retention.erase_expired() == {"accounts": 1, "traces": 1, "sign_ups": 0, "bodies": 0}
    found.refresh_from_db()
    assert (found.email_hash, found.email_domain, found.ip_hash, found.ip_prefix, found.personal_until) == ("", "", "", "", None)
    assert found.username == "mastodonpy_test"
    assert list(Trace.objects.all()) == [kept] and gone


@pytest.mark.parametrize(("outcome", "days", "kept"), [("pending", None, True), ("approved", 29, True), ("rejected", 31, False)])
def test_reason_of_a_sign_up_is_kept_until_long_after_the_answer(outcome, days, kept):
    closed_at = timezone.now() - timedelta(days=days) if days else None
    SignUp.objects.create(account=make_account(), reason="I sing.", outcome=outcome, created_at=timezone.now(), closed_at=closed_at)
    retention.erase_expired()
    assert (SignUp.objects.get().reason == "I sing.") == kept


def test_raw_body_that_failed_is_erased_after_seven_days(deliver):
    deliver(b"not json", b"not json either")
    older, newer = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=older.pk).update(done_at=timezone.now() - timedelta(days=7, minutes=1))
    assert retention.erase_expired()["bodies"] == 1
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.body, older.state, len(older.body_sha256)) == (None, "failed", 64)
    assert bytes(newer.body) == b"not json either"
