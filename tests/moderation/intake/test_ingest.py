"""Deliveries become rows."""

import pytest

from moderation.intake import deliveries, ingest
from moderation.models import Account, Delivery, Post, Report
from tests.factories import make_instance

from tests.moderation.envelopes import all_recorded, envelope

pytestmark = pytest.mark.django_db


@pytest.fixture
def instance():
    return make_instance()


def deliver(instance, *bodies):
    for body in bodies:
        deliveries.accept(instance=instance, body=body)
    ingest.ingest_waiting()


def test_every_recorded_object_ingests(instance):
    deliver(instance, *(envelope(event, thing) for event, thing in all_recorded()))
    assert not Delivery.objects.filter(state__in=["received", "failed"]).exists()
    assert Post.objects.exists() and Report.objects.exists() and Account.objects.exists()
