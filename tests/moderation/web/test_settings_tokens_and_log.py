"""API tokens are shown once; the policy log shows every change and whether it was tampered with."""

import re

import pytest
from django.urls import reverse

from moderation.models import ApiToken, PolicyChange, Role, broken_at
from moderation.models.policy_log import log_change
from moderation.models.secrets import token_hash
from moderation.web.settings.policy_log import differences
from tests.factories import make_instance, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    person = make_person(username="ines", role=Role.OWNER)
    client.force_login(person)
    return person


@pytest.fixture
def garden():
    return make_instance(slug="garden", domain="garden.social")


def make_token(client, **given):
    return client.post(reverse("token_new"), {"name": "the forum", "instance": "garden", "scopes": ["write:posts", "read:cases"], **given})


def test_a_token_is_shown_once_and_only_its_hash_is_kept(client, owner, garden):
    response = make_token(client)
    token = re.search(r"<code>([\w-]{43})</code>", response.content.decode())[1]
    assert "no-store" in response["Cache-Control"]
    row = ApiToken.objects.get()
    assert (row.token_hash, row.scopes, row.instance, row.created_by) == (token_hash(token), ["read:cases", "write:posts"], garden, owner)
    assert token not in client.get(reverse("token_settings")).content.decode()
    assert token not in str(list(PolicyChange.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 81}, "at most 80"),
        ({"instance": "nowhere"}, "Choose an instance from the list."),
        ({"instance": ""}, "Choose an instance."),
        ({"scopes": []}, "Tick at least one."),
        ({"scopes": ["write:everything"]}, "Tick only what is in the list."),
    ],
)
def test_a_wrong_token_gets_a_sentence_and_is_not_made(client, owner, garden, wrong, sentence):
    response = make_token(client, **wrong)
    assert response.status_code == 422
    assert response.content.decode().count(sentence) >= 2
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_logged_once(client, owner, garden):
    make_token(client)
    row = ApiToken.objects.get()
    for _n in range(2):
        client.post(reverse("token_revoke", args=[row.pk]))
    row.refresh_from_db()
    assert row.revoked_at
    assert list(PolicyChange.objects.values_list("subject", "after")) == [
        ("token the forum", {"instance": "garden", "scopes": ["read:cases", "write:posts"]}),
        ("token the forum", {"done": "revoked"}),
    ]


def test_the_log_shows_what_changed_who_did_it_and_that_it_holds(client, owner):
    log_change(by=owner, subject="queue reports", before={"version": 1, "units_a_day": 60.0}, after={"version": 2, "units_a_day": 40.0})
    log_change(by=None, subject="instance garden", before=None, after={"domain": "<i>garden.social</i>", "secret": True})
    client.force_login(make_person(role=Role.MODERATOR))
    page = client.get(reverse("policy_log")).content.decode()
    for words in ("All 2 lines fit together.", "ines", "by command, on the server", "<del>60</del>", "<ins>40</ins>", "&lt;i&gt;garden.social"):
        assert words in page


@pytest.mark.parametrize("harm", [{"after": {"units_a_day": 320}}, {"by_name": "somebody"}, {"subject": "queue waves"}, {"previous_hash": "0" * 64}])
def test_a_changed_line_is_told_with_its_number(client, owner, harm):
    for units in (60, 50, 40):
        log_change(by=owner, subject="queue reports", before=None, after={"units_a_day": units})
    PolicyChange.objects.filter(number=2).update(**harm)
    assert broken_at() == 2
    assert "Line 2 does not fit" in client.get(reverse("policy_log")).content.decode()


def test_a_line_that_was_taken_out_is_told(owner):
    for units in (60, 50, 40):
        log_change(by=owner, subject="queue reports", before=None, after={"units_a_day": units})
    PolicyChange.objects.filter(number=2).delete()
    assert broken_at() == 2


def test_a_line_survives_its_person(client, owner):
    somebody = make_person(username="tomas", role=Role.OWNER)
    log_change(by=somebody, subject="queue reports", before=None, after={"units_a_day": 1})
    somebody.delete()
    assert broken_at() is None
    assert "tomas" in client.get(reverse("policy_log")).content.decode()


def test_a_long_log_has_pages(client, owner):
    for n in range(60):
        log_change(by=owner, subject=f"rule {n}", before=None, after={"name": "x"})
    assert client.get(reverse("policy_log")).content.decode().count('id="line-') == 50
    older = client.get(reverse("policy_log"), {"page": "2"}).content.decode()
    assert older.count('id="line-') == 10
    for page in ("0", "x", "99999"):
        assert client.get(reverse("policy_log"), {"page": page}).status_code == 200


def test_differences_name_only_what_changed():
    assert differences({"name": "a", "live": True, "queue": "x"}, {"name": "b", "live": False, "queue": "x"}) == [
        {"what": "name", "before": "a", "after": "b"},
        {"what": "live", "before": "yes", "after": "no"},
    ]


def test_a_line_about_one_value_alone_is_told_too(client, owner):
    log_change(by=None, subject="slop model of garden", before="prior-1", after="garden-2")
    client.force_login(owner)
    page = client.get("/settings/policy-log/").content.decode()
    assert "slop model of garden" in page and "<del>prior-1</del> → <ins>garden-2</ins>" in page


def test_the_log_is_told_in_the_reader_s_language(client, owner):
    log_change(by=None, subject="person ana", before={"role": "moderator"}, after={"role": "lead", "done": "one-time link made"})
    owner.language = "es"
    owner.save()
    client.force_login(owner)
    page = client.get("/settings/policy-log/").content.decode()
    assert "persona ana" in page and "<del>moderación</del> → <ins>coordinación</ins>" in page and "enlace de un solo uso creado" in page
