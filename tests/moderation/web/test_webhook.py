"""The door for deliveries: what it answers decides whether an instance tries again or drops a delivery for ever."""

import io

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from moderation import tasks
from moderation.intake import deliveries, signature
from moderation.intake.signature import sign, verify
from moderation.models import Delivery, Instance
from moderation.web import webhook
from tests.factories import make_instance

pytestmark = pytest.mark.django_db
SECRET = "a" * 40
BODY = b'{"event": "status.created"}'


@pytest.fixture
def instance():
    return make_instance(webhook_secret=SECRET)


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """Doorbells that were rung."""
    rung = []
    monkeypatch.setattr(tasks, "ring", rung.append)
    return rung


def post(instance, body=BODY, secret=SECRET, slug=None, **headers):
    headers.setdefault("HTTP_X_HUB_SIGNATURE", sign(body, secret))
    slug = slug or instance.slug
    return Client().post(f"/webhooks/mastodon/{slug}/", body, content_type="application/json", **headers)


def test_signed_delivery_is_stored_raw_before_the_answer(instance, rings):
    body = b'  {"a": "\xc3\xa9\xff" }\n'
    answer = post(instance, body)
    assert answer.status_code == 202
    assert answer.content == b""
    delivery = Delivery.objects.get()
    assert bytes(delivery.body) == body
    assert (delivery.instance, delivery.state, delivery.size) == (instance, "received", len(body))
    assert rings == [tasks.ingest_deliveries]


def test_second_copy_of_a_body_is_answered_and_not_stored_again(instance, rings):
    assert [post(instance).status_code for _ in range(2)] == [202, 202]
    assert Delivery.objects.count() == 1
    assert len(rings) == 1


def test_same_body_from_two_instances_is_two_deliveries(instance):
    other = make_instance(webhook_secret=SECRET)
    post(instance)
    post(other)
    assert Delivery.objects.count() == 2


def test_delivery_costs_one_statement_once_the_instance_is_known(instance, django_assert_num_queries):
    post(instance, b"first")
    with django_assert_num_queries(1):
        post(instance, b"second")


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=abc", "sha256=" + "0" * 64, "sha256=" + "é" * 64, "\udcff"])
def test_wrong_signature_is_401_and_counted(instance, header):
    assert post(instance, HTTP_X_HUB_SIGNATURE=header).status_code == 401
    instance.refresh_from_db()
    assert instance.bad_signature_count == 1
    assert instance.bad_signature_at
    assert not Delivery.objects.exists()


def test_signature_must_cover_the_body_that_came(instance):
    assert post(instance, b"one", HTTP_X_HUB_SIGNATURE=sign(b"two", SECRET)).status_code == 401


def test_missing_signature_is_401(instance):
    assert Client().post(f"/webhooks/mastodon/{instance.slug}/", BODY, content_type="application/json").status_code == 401


def test_instance_without_a_secret_takes_nothing():
    instance = make_instance(webhook_secret="")
    assert post(instance, secret="").status_code == 401
    assert post(instance, HTTP_X_HUB_SIGNATURE=sign(BODY, "no secret has this value")).status_code == 401


@pytest.mark.parametrize("slug", ["nobody", "x" * 300, "a%00b", "%F0%9F%A6%A3", "a.b"])
def test_unknown_slug_is_401_like_a_wrong_signature(slug):
    assert post(None, slug=slug).status_code == 401


def test_unknown_slug_costs_an_hmac_like_a_known_one(monkeypatch):
    signed = []
    monkeypatch.setattr(signature, "sign", lambda body, secret: signed.append(body) or "sha256=")
    assert not verify(BODY, "sha256=", [])
    assert signed == [BODY]


def test_slug_that_is_made_late_still_gets_its_deliveries():
    assert post(None, slug="late").status_code == 401
    make_instance(slug="late", webhook_secret=SECRET)
    assert post(None, slug="late").status_code == 202


def test_previous_secret_is_accepted_while_the_secret_is_rotated(instance):
    Instance.objects.filter(pk=instance.pk).update(previous_webhook_secret="b" * 40)
    deliveries.forget()
    assert post(instance, b"old", secret="b" * 40).status_code == 202
    assert post(instance, b"new").status_code == 202


def test_new_secret_works_at_once_where_the_old_one_is_remembered(instance):
    post(instance, b"remember the old one")
    Instance.objects.filter(pk=instance.pk).update(webhook_secret="c" * 40)  # as another process would
    assert post(instance, b"signed anew", secret="c" * 40).status_code == 202


def test_body_over_five_megabytes_is_413_and_counted(instance):
    body = b"x" * (settings.WEBHOOK_MAX_BYTES + 1)
    assert post(instance, body).status_code == 413
    instance.refresh_from_db()
    assert instance.too_large_count == 1
    assert instance.too_large_at
    assert not Delivery.objects.exists()


def test_body_of_five_megabytes_is_taken(instance):
    assert post(instance, b"x" * settings.WEBHOOK_MAX_BYTES).status_code == 202


class Endless(io.RawIOBase):
    """A body without end that counts what is read of it."""

    def __init__(self):
        self.taken = 0

    def read(self, size=-1):
        assert size >= 0, "reading without a limit"
        self.taken += size
        return b"x" * size


def straight_to_the_view(instance, stream, **meta):
    request = RequestFactory().post(f"/webhooks/mastodon/{instance.slug}/", b"", content_type="application/json")
    request.META.update({"wsgi.input": stream, **meta})
    request._stream = stream
    return webhook.receive(request, instance.slug)


def test_huge_content_length_is_refused_without_reading(instance):
    stream = Endless()
    assert straight_to_the_view(instance, stream, CONTENT_LENGTH="10000000").status_code == 413
    assert stream.taken == 0


@pytest.mark.parametrize("length", ["", "12", "nonsense", "-5", "9" * 5000])
def test_lying_content_length_never_makes_it_read_more_than_the_limit(instance, length):
    stream = Endless()
    assert straight_to_the_view(instance, stream, CONTENT_LENGTH=length).status_code == 413
    assert stream.taken <= settings.WEBHOOK_MAX_BYTES + 1


def test_chunked_body_is_read_to_its_end(instance):
    answer = straight_to_the_view(instance, io.BytesIO(BODY), CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked", HTTP_X_HUB_SIGNATURE=sign(BODY, SECRET))
    assert answer.status_code == 202
    assert bytes(Delivery.objects.get().body) == BODY


def test_endless_chunked_body_is_413(instance):
    stream = Endless()
    assert straight_to_the_view(instance, stream, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked").status_code == 413
    assert stream.taken <= settings.WEBHOOK_MAX_BYTES + 1


def test_body_that_breaks_off_is_503(instance):
    class Broken:
        def read(self, size):
            raise ValueError("invalid chunk size")

    assert straight_to_the_view(instance, Broken(), CONTENT_LENGTH="9").status_code == 503
    assert straight_to_the_view(instance, Broken(), HTTP_TRANSFER_ENCODING="chunked").status_code == 503


@pytest.mark.parametrize("fault", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("step", ["door", "accept", "count_bad_signature"])
def test_database_that_is_down_is_503(instance, monkeypatch, rings, fault, step):
    def fail(*args, **kwargs):
        raise fault

    monkeypatch.setattr(deliveries, step, fail)
    wrong = {"HTTP_X_HUB_SIGNATURE": "sha256=00"} if step == "count_bad_signature" else {}
    assert post(instance, **wrong).status_code == 503
    assert rings == []


def test_secret_we_can_no_longer_read_is_our_fault_and_503(instance, settings):
    settings.SECRET_KEY = "another key " * 6
    assert post(instance).status_code == 503


def test_only_post_is_answered(instance):
    assert Client().get(f"/webhooks/mastodon/{instance.slug}/").status_code == 405


def test_forgotten_slash_loses_no_delivery(instance):
    answer = Client().post(f"/webhooks/mastodon/{instance.slug}", BODY, content_type="application/json", HTTP_X_HUB_SIGNATURE=sign(BODY, SECRET))
    assert answer.status_code == 202


def test_host_we_do_not_know_loses_no_delivery(instance):
    assert post(instance, HTTP_HOST="upstream.internal").status_code == 202


@pytest.mark.parametrize("below", ["more/", "%2Fmore/", "", "/"])
def test_every_address_below_the_webhooks_that_is_no_instance_is_retried(below):
    assert Client().post(f"/webhooks/mastodon/nobody/{below}").status_code == 401


def test_delivery_starts_no_session(instance):
    assert not post(instance).cookies


def test_signature_is_what_mastodon_sends():
    # From OpenSSL: printf '{"event":"x"}' | openssl dgst -sha256 -hmac secret
    header = "sha256=6147d659a4d0af1524442a3462a24f61e73c58494803b17e072ddfbc76bb7356"
    assert sign(b'{"event":"x"}', "secret") == header
    assert verify(b'{"event":"x"}', header, ["other", "secret"])
    assert not verify(b'{"event":"x"}', header.upper(), ["secret"])
