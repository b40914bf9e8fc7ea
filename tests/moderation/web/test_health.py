"""What a monitor reads."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Delivery
from tests.factories import make_case, make_instance, make_person, make_post

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_alive_and_says_so_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_a_quiet_system_is_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "broker": "ok", "workers": "ok", "oldest_waiting_seconds": 0}


def test_a_delivery_that_nobody_took_for_long_means_no_worker_is_at_work(client):
    Delivery.objects.create(instance=make_instance(), body=b"{}", body_sha256="0" * 64, received_at=timezone.now() - timedelta(hours=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["workers"] == "late"


def test_a_broker_that_does_not_answer_is_named(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"] == "does not answer"


def test_metrics_count_what_waits_and_name_no_person(client):
    moderator = make_person(username="moderator-with-a-name")
    make_post()
    make_case()
    text = client.get("/metrics").content.decode()
    assert 'breakwater_waiting_rows{table="posts"} 1.0' in text
    assert 'breakwater_cases{queue="reports",state="open"} 1.0' in text
    assert moderator.username not in text


def test_a_public_site_shows_its_metrics_to_the_token_only(client, settings):
    settings.PUBLIC = True
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200
