import pytest

from moderation.intake import deliveries, ingest
from tests.factories import make_instance


@pytest.fixture
def instance():
    return make_instance()


@pytest.fixture
def deliver(instance):
    """Store bodies as the webhook does and ingest them; True when every one of them was taken or ignored."""

    def deliver(*bodies):
        for body in bodies:
            deliveries.accept(instance=instance, body=body)
        ingest.ingest_waiting()
        return not instance.deliveries.filter(state__in=["received", "failed"]).exists()

    return deliver
