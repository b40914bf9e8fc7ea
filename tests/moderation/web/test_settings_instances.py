"""Connecting an instance in the browser, seeing whether it works, and mending what does not."""

import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation.fediverse.base import Check, Passing
from moderation.intake.signature import sign
from moderation.models import ApiToken, Case, Decision, Delivery, Instance, Mode, PolicyChange, Role, Writeback, broken_at
from moderation.web.settings import arriving, connections
from moderation.web.settings.instances import SCOPES
from tests.factories import make_account, make_case, make_instance, make_person
from tests.stub_mastodon import AGENT, StubMastodon

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    person = make_person(username="ines", role=Role.OWNER)
    client.force_login(person)
    return person


@pytest.fixture
def garden():
    return make_instance(slug="garden", domain="garden.social", base_url="https://garden.social", webhook_secret="a" * 40, api_token="a-token")


def send(client, name, **given):
    return client.post(reverse(name, args=["garden"]), given)


def deliver(client, secret, body=b'{"event": "thing.happened", "created_at": "2026-01-01T00:00:00.000Z", "object": {}}'):
    return client.post(reverse("webhook", args=["garden"]), body, content_type="application/json", headers={"X-Hub-Signature": sign(body, secret)}).status_code


def failed_delivery(instance, **given):
    n = Delivery.objects.count()
    values = {"body": b"{", "body_sha256": f"{n:064}", "size": 1, "state": Delivery.State.FAILED, "error": "The body is not JSON.", "attempts": 2}
    return Delivery.objects.create(instance=instance, **{**values, **given})


def refused_writeback(instance, **given):
    account = make_account(instance, remote_id="17")
    case = make_case(account, state=Case.State.DECIDED)
    decision = Decision.objects.create(case=case, account=account, moderator=make_person(), action="limit")
    values = {"call": "account_action", "params": {"account_id": "17"}, "state": Writeback.State.REFUSED, "error": "It ranks too high."}
    return Writeback.objects.create(instance=instance, decision=decision, **{**values, **given})


def test_a_new_instance_is_observed_and_its_page_says_what_to_set_up(client, owner, settings):
    settings.BREAKWATER_URL = "https://mod.example"
    response = client.post(reverse("instance_new"), {"software": "mastodon", "domain": "Garden.Social", "slug": "garden", "address": ""}, follow=True)
    page = response.content.decode()
    for words in (
        "https://mod.example/webhooks/mastodon/garden/",
        "report.created",
        "admin:write:reports",
        "read:accounts",
        "Manage Users",
        "Payload template",
    ):
        assert words in page
    garden = Instance.objects.get()
    assert (garden.domain, garden.base_url, garden.mode, garden.webhook_secret) == ("garden.social", "https://garden.social", Mode.OBSERVE, "")
    assert "There is none yet" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"domain": ""}, "Enter the domain."),
        ({"domain": "https://garden.social"}, "Enter only the domain"),
        ({"slug": "Garden Social!"}, "small letters"),
        ({"slug": "new"}, "already the name of a page"),
        ({"slug": "taken"}, "already an instance with this short name"),
        ({"software": "toaster"}, "Choose what it runs."),
        ({"address": "http://garden.social"}, "Use https://."),
        ({"address": "https://garden.social/api/v1"}, "without a path"),
        ({"address": "https://me:word@garden.social"}, "Leave the name and password out"),
        ({"address": "javascript:alert(1)"}, "This is not an address."),
    ],
)
def test_a_wrong_field_gets_a_sentence_above_and_at_its_place(client, owner, wrong, sentence):
    make_instance(slug="taken")
    response = client.post(reverse("instance_new"), {"software": "mastodon", "domain": "garden.social", "slug": "garden", "address": "", **wrong})
    assert response.status_code == 422
    assert response.content.decode().count(sentence) >= 2
    assert Instance.objects.count() == 1


def test_a_pasted_secret_is_used_at_once_and_never_shown_again(client, owner, garden):
    assert deliver(client, "b" * 40) == 401
    assert send(client, "instance_secret", secret=" " + "b" * 40 + "\n").status_code == 302
    assert deliver(client, "b" * 40) == 202
    page = client.get(reverse("instance_settings", args=["garden"])).content.decode()
    assert "b" * 40 not in page
    assert "a" * 40 not in page
    assert "a-token" not in page


def test_the_old_secret_is_accepted_until_the_change_is_finished(client, owner, garden):
    send(client, "instance_secret", secret="b" * 40)
    assert deliver(client, "a" * 40) == 202
    assert "accept only the new secret" in client.get(reverse("instance_settings", args=["garden"])).content.decode()
    send(client, "instance_rotated")
    garden.refresh_from_db()
    assert (garden.webhook_secret, garden.previous_webhook_secret) == ("b" * 40, "")


def test_a_secret_made_here_is_shown_once_and_not_cached(client, owner, garden):
    response = send(client, "instance_secret", secret="")
    garden.refresh_from_db()
    assert garden.webhook_secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert garden.webhook_secret not in client.get(reverse("instance_settings", args=["garden"])).content.decode()


@pytest.mark.parametrize("secret", ["two words", "ünïcode-secret", "x" * 501, "line\nbreak"])
def test_a_secret_that_cannot_be_one_changes_nothing(client, owner, garden, secret):
    response = send(client, "instance_secret", secret=secret)
    assert response.status_code == 422
    assert secret not in response.content.decode()
    garden.refresh_from_db()
    assert garden.webhook_secret == "a" * 40


def test_acting_asks_for_a_token_and_for_being_sure(client, owner, garden):
    assert "Tick this" in send(client, "instance_mode", mode="act").content.decode()
    send(client, "instance_mode", mode="act", sure="on")
    garden.refresh_from_db()
    assert garden.acts
    send(client, "instance_mode", mode="observe")
    Instance.objects.update(api_token="")
    assert "access token first" in send(client, "instance_mode", mode="act", sure="on").content.decode()
    garden.refresh_from_db()
    assert not garden.acts


def test_another_address_does_not_get_the_token_of_the_old_one(client, owner, garden):
    send(client, "instance_address", domain="garden.social", address="https://elsewhere.example")
    garden.refresh_from_db()
    assert (garden.base_url, garden.api_token) == ("https://elsewhere.example", "")


def test_a_new_name_for_the_same_address_keeps_the_token(client, owner, garden):
    Instance.objects.update(base_url="https://api.garden.social")
    send(client, "instance_address", domain="orchard.social", address="https://api.garden.social/")
    garden.refresh_from_db()
    assert (garden.domain, garden.base_url, garden.api_token) == ("orchard.social", "https://api.garden.social", "a-token")


@pytest.mark.parametrize(("days", "status", "kept"), [("7", 302, 7), ("0", 302, 0), ("", 302, None), ("-1", 422, 30), ("3651", 422, 30), ("x", 422, 30)])
def test_personal_data_is_kept_as_long_as_the_page_says(client, owner, garden, days, status, kept):
    Instance.objects.update(keep_personal_days=30)
    assert send(client, "instance_retention", days=days).status_code == status
    garden.refresh_from_db()
    assert garden.keep_personal_days == kept


def test_disconnecting_forgets_the_keys_and_keeps_the_history(client, owner, garden):
    Instance.objects.update(mode=Mode.ACT)
    token = ApiToken.objects.create(name="x", instance=garden, token_hash="0" * 64)
    writeback = refused_writeback(garden)
    assert send(client, "instance_disconnect", slug="gardn").status_code == 422
    assert send(client, "instance_disconnect", slug="garden").status_code == 302
    garden.refresh_from_db()
    token.refresh_from_db()
    assert (garden.webhook_secret, garden.previous_webhook_secret, garden.api_token, garden.mode) == ("", "", "", Mode.OBSERVE)
    assert token.revoked_at
    assert Writeback.objects.filter(pk=writeback.pk).exists()


def test_every_change_is_logged_without_its_secrets(client, owner, garden):
    send(client, "instance_secret", secret="b" * 40)
    send(client, "instance_token", token="other-token")
    send(client, "instance_mode", mode="act", sure="on")
    send(client, "instance_address", domain="garden.social", address="https://elsewhere.example")
    send(client, "instance_retention", days="7")
    send(client, "instance_rotated")
    lines = list(PolicyChange.objects.values("by_name", "subject", "before", "after"))
    assert len(lines) == 6
    assert {(line["by_name"], line["subject"]) for line in lines} == {("ines", "instance garden")}
    kept = json.dumps(lines)
    assert not any(secret in kept for secret in ("a" * 40, "b" * 40, "a-token", "other-token"))
    assert broken_at() is None


class Answering:
    """A platform whose test answers as told."""

    agent_account_id = "99"

    def __init__(self, answer):
        self.answer, self.closed = answer, False

    def check(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        self.agent_account_id = "99"
        return self.answer

    def close(self):
        self.closed = True


def test_the_test_says_which_direction_failed_and_why(client, owner, garden, monkeypatch, settings):
    settings.PUBLIC = True
    platform = Answering([Check("Access token", False, "It no longer accepts our token.")])
    monkeypatch.setattr(connections, "platform_for", lambda instance: platform)
    page = send(client, "instance_test").content.decode()
    assert "It no longer accepts our token." in page
    assert "Both directions need you" in page
    assert platform.closed
    Delivery.objects.create(instance=garden, body=None, body_sha256="1" * 64, state=Delivery.State.INGESTED)
    platform.answer = [Check("Access token", True, "It belongs to @breakwater.")]
    assert "Both directions work." in send(client, "instance_test").content.decode()
    garden.refresh_from_db()
    assert garden.agent_account_id == "99"


def test_an_instance_that_cannot_be_reached_is_a_sentence_not_an_error(client, owner, garden, monkeypatch):
    monkeypatch.setattr(connections, "platform_for", lambda instance: Answering(Passing("garden.social cannot be reached.")))
    response = send(client, "instance_test")
    assert response.status_code == 200
    assert "garden.social cannot be reached." in response.content.decode()


def test_testing_a_closed_port_of_this_machine_answers_with_a_sentence(client, owner):
    make_instance(slug="garden", base_url="http://127.0.0.1:9")
    response = send(client, "instance_test")
    assert response.status_code == 200
    assert "cannot be reached" in response.content.decode()


def test_the_scopes_and_permissions_the_page_asks_for_are_enough(client, owner, garden):
    with StubMastodon(scopes=SCOPES) as stub:
        Instance.objects.update(base_url=stub.url, api_token=stub.token)
        response = send(client, "instance_test")
        assert response.context["outwards_fine"], response.context["outwards"]
        assert stub.strikes == []
    garden.refresh_from_db()
    assert garden.agent_account_id == AGENT


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_the_page_asks_for_is_needed(client, owner, garden, scope):
    with StubMastodon(scopes=set(SCOPES) - {scope}) as stub:
        Instance.objects.update(base_url=stub.url, api_token=stub.token)
        response = send(client, "instance_test")
        assert not response.context["outwards_fine"]
        assert "scope" in response.content.decode()


def checks(instance):
    return {check.name: (check.ok, check.detail) for check in arriving.check(instance)}


def test_bad_signatures_are_a_problem_until_a_good_one_comes(client, garden):
    deliver(client, "wrong")
    garden.refresh_from_db()
    ok, detail = checks(garden)["Signatures"]
    assert not ok
    assert "Paste the webhook's secret below once more" in detail
    assert deliver(client, "a" * 40) == 202
    assert checks(garden)["Signatures"][0]


def test_an_address_only_this_machine_knows_is_told_before_anybody_waits(garden, settings):
    settings.PUBLIC = False
    assert "Set BREAKWATER_URL" in checks(garden)["Breakwater's address"][1]
    garden.base_url = "http://127.0.0.1:3000"
    assert checks(garden)["Breakwater's address"][0]


def test_too_large_unreadable_and_unknown_deliveries_are_told(client, owner, garden):
    Instance.objects.update(too_large_count=2, too_large_at=timezone.now())
    failed_delivery(garden, event="report.created")
    Delivery.objects.create(instance=garden, body_sha256="9" * 64, state=Delivery.State.IGNORED, event="thing.happened")
    Delivery.objects.create(instance=garden, body_sha256="8" * 64, state=Delivery.State.IGNORED, event="status.created")
    page = client.get(reverse("instance_settings", args=["garden"])).content.decode()
    for words in ("2 deliveries were larger than 5 MB", "must be empty", "The body is not JSON.", "<code>thing.happened</code>"):
        assert words in page
    assert arriving.unknown_events(garden) == {"thing.happened": 1}


def test_a_failed_delivery_is_read_again_while_its_body_exists(client, owner, garden):
    kept, erased, elsewhere = failed_delivery(garden), failed_delivery(garden, body=None), failed_delivery(make_instance())
    send(client, "delivery_retry", delivery=str(kept.pk))
    send(client, "delivery_retry", delivery=str(erased.pk))
    send(client, "delivery_retry", delivery=str(elsewhere.pk))
    states = {row.pk: (row.state, row.attempts) for row in Delivery.objects.all()}
    assert states == {kept.pk: ("received", 0), erased.pk: ("failed", 2), elsewhere.pk: ("failed", 2)}


def test_all_failed_deliveries_of_an_instance_are_read_again(client, owner, garden):
    for _n in range(3):
        failed_delivery(garden)
    response = client.post(reverse("delivery_retry", args=["garden"]), {"delivery": "all"}, follow=True)
    assert "3 deliveries are being read again." in response.content.decode()
    assert not Delivery.objects.filter(state=Delivery.State.FAILED).exists()


@pytest.mark.parametrize("given", ["", "x", "-1", "٣", "9" * 30])
def test_a_delivery_that_is_none_is_a_sentence(client, owner, garden, given):
    response = client.post(reverse("delivery_retry", args=["garden"]), {"delivery": given}, follow=True)
    assert "nothing to read again" in response.content.decode()


def test_a_refusal_is_shown_with_what_to_do_and_sent_again_once(client, owner, garden):
    Instance.objects.update(mode=Mode.ACT)
    writeback = refused_writeback(garden)
    page = client.get(reverse("instance_settings", args=["garden"])).content.decode()
    assert "It ranks too high." in page
    assert "https://garden.social/admin/accounts/17" in page
    path = reverse("writeback_retry", args=["garden", writeback.pk])
    assert "being sent again" in client.post(path, follow=True).content.decode()
    assert "Nothing was sent twice" in client.post(path, follow=True).content.decode()
    writeback.refresh_from_db()
    assert writeback.state == Writeback.State.PENDING


def test_a_refusal_of_an_observed_instance_is_not_sent_and_says_why(client, owner, garden):
    writeback = refused_writeback(garden)
    page = client.post(reverse("writeback_retry", args=["garden", writeback.pk]), follow=True).content.decode()
    assert "observe mode" in page
    writeback.refresh_from_db()
    assert writeback.state == Writeback.State.REFUSED


def test_a_refusal_that_was_read_leaves_the_list_twice_is_once(client, owner, garden):
    writeback = refused_writeback(garden)
    for _n in range(2):
        page = client.post(reverse("writeback_seen", args=["garden", writeback.pk]), follow=True).content.decode()
        assert "It ranks too high." not in page
    writeback.refresh_from_db()
    assert writeback.seen_at


def test_a_writeback_of_another_instance_is_not_reached_through_this_one(client, owner, garden):
    writeback = refused_writeback(make_instance(slug="orchard"))
    assert client.post(reverse("writeback_seen", args=["garden", writeback.pk])).status_code == 404


def test_what_an_instance_says_is_never_markup(client, owner, garden):
    refused_writeback(garden, error="<script>alert(1)</script>", params={"account_id": '"><script>'})
    failed_delivery(garden, event="<b>x</b>", error="<img src=x onerror=alert(1)>")
    page = client.get(reverse("instance_settings", args=["garden"])).content.decode()
    assert not re.search(r"<script>alert|<img|<b>x", page)


def test_a_forum_is_connected_by_a_token_and_has_nothing_to_send(client, owner):
    make_instance(slug="garden", software="forum", webhook_secret="", api_token="")
    page = client.get(reverse("instance_settings", args=["garden"])).content.decode()
    assert "It has no token yet." in page
    assert "Payload template" not in page
    assert "Observe or act" not in page
    assert "nothing to send" in send(client, "instance_test").content.decode()


def test_the_list_says_where_a_refusal_waits_to_be_read(client, owner, garden):
    orchard = make_instance(slug="orchard", domain="orchard.social")
    refused_writeback(garden)
    refused_writeback(orchard, seen_at=timezone.now())
    page = client.get(reverse("instance_list")).content.decode()
    assert reverse("instance_settings", args=["garden"]) + "#refused" in page
    assert reverse("instance_settings", args=["orchard"]) + "#refused" not in page


@pytest.mark.django_db
def test_an_owner_says_how_far_apart_near_copies_may_be_and_it_is_logged(client):
    instance = make_instance()
    client.force_login(make_person(role="owner"))
    path = reverse("instance_waves", args=[instance.slug])
    assert client.post(path, {"days": "a week"}).status_code == 422
    assert client.post(path, {"days": "0"}).status_code == 422
    client.post(path, {"days": "60"})
    instance.refresh_from_db()
    assert instance.wave_days == 60
    assert PolicyChange.objects.get().after["wave_days"] == 60
    client.post(path, {"days": ""})
    instance.refresh_from_db()
    assert instance.wave_days is None
