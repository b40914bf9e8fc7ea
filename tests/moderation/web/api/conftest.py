import pytest
from rest_framework.test import APIClient

from moderation.models import ApiToken, Scope
from moderation.models.secrets import new_token, token_hash
from tests.factories import make_instance


@pytest.fixture
def instance(db):
    return make_instance(slug="forum", domain="forum.example", software="forum")


@pytest.fixture
def token_for(instance):
    """`token_for(*scopes, instance=forum)` → the token itself."""

    def make(*scopes, instance=instance):
        token = new_token()
        ApiToken.objects.create(name="a forum", instance=instance, scopes=list(scopes), token_hash=token_hash(token))
        return token

    return make


@pytest.fixture
def api(token_for):
    """A client with a token that has every scope."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(*Scope.values)}")
    return client


@pytest.fixture
def post():
    """A post as a forum sends it."""
    return {"id": "p1", "account": {"id": "u1", "username": "ann"}, "text": "Hello\n\n<b>you</b>", "created_at": "2026-11-20T10:00:00Z"}
