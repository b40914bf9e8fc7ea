"""A person's own page: limits, opt-outs, language."""

import pytest

from moderation.models import Category, Limit, OptOut, Queue
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client):
    person = make_person()
    client.force_login(person)
    return person


def test_a_limit_can_be_lowered_at_once_and_taken_back_to_that_of_the_queue(client, person):
    client.post("/me/limits/reports/", {"units": "12.5"})
    assert Limit.objects.get(person=person).units_a_day == 12.5
    assert "12.5 units left today" in client.get("/me/").content.decode()
    client.post("/me/limits/reports/", {"units": "20"})
    assert Limit.objects.get(person=person).units_a_day == 20
    client.post("/me/limits/reports/", {"restore": "1", "units": "20"})
    assert not Limit.objects.exists()


@pytest.mark.parametrize("units", ["61", "-1", "nan", "inf", "many", ""])
def test_a_limit_above_the_queue_s_own_or_none_at_all_is_refused_in_words(client, person, units):
    response = client.post("/me/limits/reports/", {"units": units})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Limit.objects.exists()


def test_opting_out_is_for_oneself_and_can_be_taken_back(client, person):
    threat, nudity = Category.objects.get(slug="threat"), Category.objects.get(slug="nudity")
    client.post("/me/opt-outs/", {"categories": [threat.pk, nudity.pk]})
    assert set(OptOut.objects.filter(person=person).values_list("category", flat=True)) == {threat.pk, nudity.pk}
    client.post("/me/opt-outs/", {"categories": [nudity.pk]})
    assert [row.category for row in OptOut.objects.filter(person=person)] == [nudity]


def test_language_time_zone_and_mail_are_one_s_own(client, person):
    client.post("/me/preferences/", {"language": "es", "time_zone": "America/Lima", "wants_weekly_report": "on"})
    person.refresh_from_db()
    assert (person.language, person.time_zone, person.wants_weekly_report) == ("es", "America/Lima", True)
    assert '<html lang="es">' in client.get("/me/").content.decode()
    assert client.post("/me/preferences/", {"language": "xx", "time_zone": "Mars"}).status_code == 422


def test_the_language_can_be_changed_from_any_page_signed_in_or_not(client):
    response = client.post("/language/", {"language": "es", "next": "/accounts/login/"})
    assert response.url == "/accounts/login/"
    assert '<html lang="es">' in client.get("/accounts/login/").content.decode()
    assert client.post("/language/", {"language": "es", "next": "https://evil.example/"}).url == "/"
    assert client.post("/language/", {"language": "../../etc"}).status_code == 302


def test_auditors_have_no_meters(client):
    client.force_login(make_person(role="auditor"))
    assert "Your limits" not in client.get("/me/").content.decode()
    assert client.post("/me/limits/reports/", {"units": "3"}).status_code == 403


def test_nobody_can_open_somebody_else_s_page(client, person):
    other = make_person(username="somebody-else")
    Limit.objects.create(person=other, queue=Queue.objects.get(slug="reports"), units_a_day=7)
    assert "7 units" not in client.get("/me/").content.decode()
    for path in (f"/me/{other.pk}/", "/me/somebody-else/", f"/people/{other.pk}/"):
        assert client.get(path).status_code == 404
