"""The commands that set Breakwater up without a browser."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from moderation.models import Instance, Mode, OneTimeLink, Person, PolicyChange, Role, broken_at
from moderation.web.settings import invitations
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def connect(*arguments):
    out = io.StringIO()
    call_command("connect_instance", *arguments, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def add_person(*arguments, stdin=None, monkeypatch=None):
    out = io.StringIO()
    if stdin is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command("add_person", *arguments, stdout=out)
    return out.getvalue().strip()


def test_connecting_prints_where_to_send_webhooks_and_a_new_secret(settings):
    settings.BREAKWATER_URL = "https://mod.example"
    answer = connect("garden", "--domain", "garden.social")
    assert set(answer) == {"slug", "webhook_url", "secret", "mode"}
    assert answer["webhook_url"] == "https://mod.example/webhooks/mastodon/garden/"
    assert answer["mode"] == "observe"
    assert len(answer["secret"]) == 40
    assert int(answer["secret"], 16)
    garden = Instance.objects.get(slug="garden")
    assert (garden.base_url, garden.domain, garden.webhook_secret) == ("https://garden.social", "garden.social", answer["secret"])


def test_connecting_again_with_the_same_arguments_changes_and_logs_nothing():
    arguments = ("garden", "--domain", "garden.social", "--secret", "a" * 40, "--token", "key", "--mode", "act")
    first = connect(*arguments)
    lines = PolicyChange.objects.count()
    assert connect(*arguments) == first
    assert connect("garden", "--domain", "garden.social") == first
    assert (Instance.objects.count(), PolicyChange.objects.count()) == (1, lines)


def test_a_changed_secret_leaves_the_old_one_accepted():
    connect("garden", "--domain", "garden.social", "--secret", "a" * 40)
    assert connect("garden", "--domain", "garden.social", "--secret", "b" * 40)["secret"] == "b" * 40
    garden = Instance.objects.get(slug="garden")
    assert (garden.webhook_secret, garden.previous_webhook_secret) == ("b" * 40, "a" * 40)


def test_an_address_follows_a_new_domain_unless_it_was_given():
    connect("garden", "--domain", "garden.social")
    connect("garden", "--domain", "orchard.social")
    assert Instance.objects.get().base_url == "https://orchard.social"
    connect("garden", "--domain", "orchard.social", "--url", "http://127.0.0.1:4000/")
    connect("garden", "--domain", "meadow.social")
    assert Instance.objects.get().base_url == "http://127.0.0.1:4000"


@pytest.mark.parametrize(
    "address", ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "https://api.garden.social", "https://10.0.0.4:8443"]
)
def test_usable_addresses_are_kept(address):
    connect("garden", "--domain", "garden.social", "--url", address)
    assert Instance.objects.get().base_url == address


@pytest.mark.parametrize(
    "address",
    [
        "http://garden.social",
        "http://10.0.0.4",
        "http://localhost.garden.social",
        "http://127.0.0.1@garden.social",
        "https://name:word@garden.social",
        "https://garden.social/api",
        "https://garden.social/?a=b",
        "https://garden.social:99999",
        "https://[::1",
        "ftp://garden.social",
        "garden.social",
        "https://",
        "https://garden.social\\@elsewhere.example",
        "https://gar den.social",
    ],
)
def test_addresses_that_are_not_safe_are_refused_with_a_sentence(address):
    with pytest.raises(CommandError, match=r"\.$"):
        connect("garden", "--domain", "garden.social", "--url", address)
    assert not Instance.objects.exists()


@pytest.mark.parametrize(
    ("slug", "domain"),
    [
        ("Garden Social", "garden.social"),
        ("", "garden.social"),
        ("a" * 41, "x.example"),
        ("new", "x.example"),
        ("garden", "https://garden.social"),
        ("garden", "garden..social"),
        ("garden", ""),
    ],
)
def test_names_and_domains_of_other_shapes_are_refused(slug, domain):
    with pytest.raises(CommandError, match=r"\.$"):
        connect(slug, "--domain", domain)
    assert not Instance.objects.exists()


def test_secrets_and_tokens_never_reach_the_policy_log():
    connect("garden", "--domain", "garden.social", "--secret", "c" * 40, "--token", "tokentoken")
    connect("garden", "--domain", "garden.social", "--secret", "d" * 40, "--token", "other-token")
    kept = json.dumps(list(PolicyChange.objects.values("subject", "before", "after")))
    for secret in ("c" * 40, "d" * 40, "tokentoken", "other-token"):
        assert secret not in kept
    assert "secret replaced" in kept
    assert broken_at() is None


def test_a_command_that_fails_half_way_changes_nothing():
    connect("garden", "--domain", "garden.social", "--secret", "a" * 40)
    with pytest.raises(CommandError):
        connect("garden", "--domain", "orchard.social", "--secret", "two words", "--mode", "act")
    garden = Instance.objects.get()
    assert (garden.domain, garden.webhook_secret, garden.mode) == ("garden.social", "a" * 40, Mode.OBSERVE)


def test_adding_a_person_prints_a_link_that_lets_them_in(client):
    link = add_person("ines", "--role", "lead")
    person = Person.objects.get(username="ines")
    assert (person.role, person.has_usable_password()) == (Role.LEAD, False)
    path = link[link.index("/welcome/") :]
    response = client.post(path, {"password": "quiet harbour at dusk"})
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(person.pk)


def test_adding_a_person_takes_a_password_from_standard_input(client, monkeypatch):
    answer = add_person("tomas", "--role", "moderator", "--password-stdin", stdin="quiet harbour at dusk\n", monkeypatch=monkeypatch)
    assert "quiet" not in answer
    assert not OneTimeLink.objects.exists()
    assert client.login(username="tomas", password="quiet harbour at dusk")


@pytest.mark.parametrize("password", ["", "short", "password123"])
def test_a_password_that_is_easy_to_guess_is_refused(password, monkeypatch):
    with pytest.raises(CommandError, match=r"\.$"):
        add_person("tomas", "--role", "moderator", "--password-stdin", stdin=password + "\n", monkeypatch=monkeypatch)
    assert not Person.objects.exists()


@pytest.mark.parametrize("name", ["Ines", "two words", "", "a\x00b", "x" * 151])
def test_a_name_that_is_taken_or_unusable_is_refused(name):
    make_person(username="ines")
    with pytest.raises(CommandError, match=r"\.$"):
        add_person(name, "--role", "moderator")
    assert Person.objects.count() == 1


def test_the_first_run_code_is_printed_only_while_there_is_no_owner():
    first, second, after = io.StringIO(), io.StringIO(), io.StringIO()
    call_command("first_run_code", stdout=first)
    call_command("first_run_code", stdout=second)
    code = second.getvalue().split()[-1]
    assert first.getvalue().split()[-1] != code
    invitations.make_first_owner(code=code, name="ines", password="quiet harbour at dusk")
    call_command("first_run_code", stdout=after)
    assert after.getvalue() == ""
