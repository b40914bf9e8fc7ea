"""The first owner, and links that work once."""

import threading
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from moderation.models import OneTimeLink, Person, PolicyChange, Role, broken_at
from moderation.models.secrets import token_hash
from moderation.web.settings import invitations
from tests.factories import make_person

PASSWORD = "quiet harbour at dusk"
pytestmark = pytest.mark.django_db


def welcome_owner(client, code, name="ines", password=PASSWORD):
    return client.post(reverse("welcome_first"), {"code": code, "name": name, "password": password})


def test_the_printed_code_makes_the_owner_and_signs_them_in(client):
    response = welcome_owner(client, invitations.first_run_code())
    assert response.status_code == 302
    owner = Person.objects.get()
    assert (owner.username, owner.role) == ("ines", Role.OWNER)
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_code_is_read_whatever_its_case_blanks_and_hyphens(client):
    code = invitations.first_run_code().lower().replace("-", " ")
    assert welcome_owner(client, code).status_code == 302


def test_a_wrong_code_makes_nobody_and_says_so_at_its_field(client):
    invitations.first_run_code()
    response = welcome_owner(client, "AAAA-BBBB-CCCC-DDDD")
    assert response.status_code == 422
    assert "This is not the code" in response.content.decode()
    assert not Person.objects.exists()


def test_a_code_survives_a_mistake_in_the_other_fields(client):
    code = invitations.first_run_code()
    make_person(username="ines", role=Role.MODERATOR)
    assert welcome_owner(client, code, name="Ines").status_code == 422
    assert welcome_owner(client, code, name="two words").status_code == 422
    assert welcome_owner(client, code, name="tomas", password="short").status_code == 422
    assert welcome_owner(client, code, name="tomas").status_code == 302


def test_an_older_code_stops_working(client):
    old = invitations.first_run_code()
    invitations.first_run_code()
    assert welcome_owner(client, old).status_code == 422
    assert not Person.objects.exists()


def test_nobody_becomes_a_second_first_owner(client):
    code = invitations.first_run_code()
    welcome_owner(client, code)
    client.logout()
    response = welcome_owner(client, code, name="tomas")
    assert response.status_code == 409
    assert Person.objects.count() == 1
    assert "already set up" in client.get(reverse("welcome_first")).content.decode()


def test_a_link_lets_in_once_and_looking_at_it_does_not_use_it_up(client):
    person = invitations.add(by=None, name="tomas", role=Role.MODERATOR)
    path = reverse("welcome", args=[invitations.new_link(person=person, by=None)])
    assert client.get(path).status_code == 200
    assert client.get(path)["Cache-Control"].count("no-store") == 1
    assert client.post(path, {"password": "short"}).status_code == 422
    assert client.post(path, {"password": PASSWORD}).status_code == 302
    client.logout()
    assert client.post(path, {"password": "another quiet harbour"}).status_code == 410
    assert client.get(path).status_code == 410
    assert client.login(username="tomas", password=PASSWORD)


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_its_person(client):
    person = invitations.add(by=None, name="tomas", role=Role.MODERATOR)
    old = invitations.new_link(person=person, by=None)
    late = invitations.new_link(person=person, by=None)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    let_go = invitations.new_link(person=make_person(is_active=False), by=None)
    for token in (old, late, let_go, "no-such-link", "x" * 500):
        assert client.post(reverse("welcome", args=[token]), {"password": PASSWORD}).status_code == 410
    assert not Person.objects.get(username="tomas").has_usable_password()


def test_a_link_does_not_pass_a_second_factor_by(client):
    person = make_person(username="tomas")
    TOTP.activate(person, generate_totp_secret())
    path = reverse("welcome", args=[invitations.new_link(person=person, by=None)])
    response = client.post(path, {"password": PASSWORD})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_link_keeps_no_token_in_the_database():
    person = make_person()
    token = invitations.new_link(person=person, by=None)
    assert not OneTimeLink.objects.filter(token_hash=token).exists()
    assert token not in str(list(PolicyChange.objects.values()))


def race(work, times):
    """Call `work(n)` from `times` threads at once; what each returned, or the exception it raised."""
    barrier, found = threading.Barrier(times), [None] * times

    def run(n):
        try:
            connection.ensure_connection()  # connecting takes longer than the work, and would put the threads in a row
            barrier.wait(timeout=30)
            found[n] = work(n)
        except Exception as error:
            found[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


needs_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="real races need PostgreSQL")


@pytest.mark.postgres
@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_use_a_link_at_once_gets_in():
    person = invitations.add(by=None, name="tomas", role=Role.MODERATOR)
    token = invitations.new_link(person=person, by=None)
    found = race(lambda n: invitations.use_link(token=token, password=f"{PASSWORD} {n}"), 6)
    assert sum(isinstance(each, Person) for each in found) == 1
    assert sum(isinstance(each, invitations.LinkUsed) for each in found) == 5


@pytest.mark.postgres
@needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("codes", [1, 4], ids=["one code", "a code each"])
def test_one_of_several_first_owners_at_once_is_made(codes):
    # Codes made by two starts at the same moment can both be there.
    links = [OneTimeLink(purpose=OneTimeLink.Purpose.FIRST_OWNER, token_hash=token_hash(f"CODE{n}")) for n in range(codes)]
    OneTimeLink.objects.bulk_create(links)
    found = race(lambda n: invitations.make_first_owner(code=f"CODE-{n % codes}", name=f"owner-{n}", password=PASSWORD), 4)
    assert sum(isinstance(each, Person) for each in found) == 1
    assert sum(isinstance(each, invitations.LinkUsed) for each in found) == 3
    assert Person.objects.count() == 1


@pytest.mark.postgres
@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one():
    owners = [make_person(role=Role.OWNER) for _n in range(2)]
    found = race(lambda n: invitations.change(person=owners[1 - n], by=owners[n], role=Role.MODERATOR), 2)
    assert sum(isinstance(each, invitations.NotPossible) for each in found) == 1
    assert Person.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.postgres
@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_policy_log_holds_when_many_write_at_once():
    found = race(lambda n: [invitations.add(by=None, name=f"person-{n}-{k}", role=Role.MODERATOR) for k in range(5)], 6)
    assert all(isinstance(each, list) for each in found), found
    assert list(PolicyChange.objects.values_list("number", flat=True)) == list(range(1, 31))
    assert broken_at() is None
