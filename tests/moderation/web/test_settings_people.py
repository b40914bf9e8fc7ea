"""Inviting, changing a role, letting go."""

import re

import pytest
from django.urls import reverse

from moderation.models import Case, Meter, Person, PolicyChange, Role
from moderation.queues import claims
from tests.factories import make_case, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    person = make_person(username="ines", role=Role.OWNER)
    client.force_login(person)
    return person


def test_an_invitation_shows_a_link_once_that_lets_somebody_in(client, owner):
    page = client.post(reverse("invite"), {"name": "tomas", "role": "lead"})
    assert page["Cache-Control"].count("no-store") == 1
    path = re.search(r"/welcome/[\w-]+/", page.content.decode())[0]
    assert path.split("/")[2] not in client.get(reverse("people_settings")).content.decode()
    client.logout()
    assert client.post(path, {"password": "quiet harbour at dusk"}).status_code == 302
    assert Person.objects.get(username="tomas").role == Role.LEAD


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "", "role": "lead"}, "Enter a name."),
        ({"name": "two words", "role": "lead"}, "no blanks"),
        ({"name": "INES", "role": "lead"}, "already somebody"),
        ({"name": "tomas", "role": "king"}, "Choose a role."),
        ({"name": "tomas"}, "Choose a role."),
        ({"name": "a\x00b", "role": "lead"}, "Null characters"),
        ({}, "Enter a name."),
    ],
)
def test_a_wrong_invitation_gets_a_sentence_above_and_at_its_field(client, owner, given, sentence):
    response = client.post(reverse("invite"), given)
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(sentence) >= 2
    assert "error-summary" in page
    assert Person.objects.count() == 1


def test_the_list_of_people_says_nothing_of_their_work(client, owner):
    busy, idle = make_person(username="busy"), make_person(username="idle")
    for _n in range(3):
        case = claims.claim(busy, make_case())
        claims.close(case, busy, case.claim)
    page = client.get(reverse("people_settings")).content.decode()
    rows = dict(re.findall(r'<tr><th scope="row"><a href="[^"]*">(\w+)</a></th>(.*?)</tr>', page, re.S))
    assert rows["busy"] == rows["idle"]
    assert idle.role in rows["idle"]


def test_the_last_owner_stays_owner_and_stays_active(client, owner):
    make_person(role=Role.OWNER, is_active=False)
    response = client.post(reverse("person_settings", args=[owner.pk]), {"role": "moderator"})
    assert response.status_code == 422
    assert "is the only owner" in response.content.decode()
    response = client.post(reverse("person_activity", args=[owner.pk]), {"active": "no"}, follow=True)
    assert "is the only owner" in response.content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == (Role.OWNER, True)


def test_an_owner_can_leave_when_there_is_another(client, owner):
    make_person(role=Role.OWNER)
    assert client.post(reverse("person_settings", args=[owner.pk]), {"role": "auditor"}).status_code == 302
    owner.refresh_from_db()
    assert owner.role == Role.AUDITOR
    assert client.get(reverse("invite")).status_code == 403


@pytest.mark.parametrize("how", ["let go", "made an auditor"])
def test_who_may_no_longer_take_cases_lets_go_of_those_they_hold(client, owner, how):
    person = make_person()
    case = claims.claim(person, make_case())
    if how == "let go":
        client.post(reverse("person_activity", args=[person.pk]), {"active": "no"})
    else:
        client.post(reverse("person_settings", args=[person.pk]), {"role": "auditor"})
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (Case.State.OPEN, None)
    assert not Meter.objects.filter(person=person, reserved__gt=0).exists()


def test_letting_somebody_go_ends_their_sessions_and_they_can_come_back(client, owner, django_user_model):
    person = make_person(username="tomas")
    theirs = type(client)()
    theirs.force_login(person)
    assert theirs.get(reverse("settings")).status_code == 200
    client.post(reverse("person_activity", args=[person.pk]), {"active": "no"})
    assert theirs.get(reverse("settings")).status_code == 302
    client.post(reverse("person_activity", args=[person.pk]), {"active": "yes"})
    assert type(client)().login(username="tomas", password="correct horse battery")


def test_every_change_of_a_person_is_in_the_policy_log(client, owner):
    client.post(reverse("invite"), {"name": "tomas", "role": "moderator"})
    tomas = Person.objects.get(username="tomas")
    client.post(reverse("person_settings", args=[tomas.pk]), {"role": "lead"})
    client.post(reverse("person_settings", args=[tomas.pk]), {"role": "lead"})
    client.post(reverse("person_activity", args=[tomas.pk]), {"active": "no"})
    lines = list(PolicyChange.objects.values_list("by_name", "subject", "after"))
    assert lines == [
        ("ines", "person tomas", {"role": "moderator", "active": True}),
        ("ines", "person tomas", {"done": "one-time link made"}),
        ("ines", "person tomas", {"role": "lead", "active": True}),
        ("ines", "person tomas", {"role": "lead", "active": False}),
    ]
