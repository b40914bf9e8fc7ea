import pytest

from tests import factories
from tests.stub_mastodon import AGENT, StubMastodon

from .helpers import connect


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def stub():
    with StubMastodon() as server:
        yield server


@pytest.fixture
def moderator(db):
    return factories.make_person()


@pytest.fixture
def instance(db, stub):
    """An acting instance whose API is the stub, and whose agent account we know."""
    return connect(stub, agent_account_id=AGENT)
