"""The OpenAPI description is valid, and nothing that it allows, or nearly allows, makes a server error."""

import pytest
import schemathesis
from django.core import signals
from django.core.management import call_command
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from config.wsgi import application
from moderation.enforcement import decisions
from moderation.models import ApiToken, Scope
from moderation.models.secrets import token_hash
from moderation.queues import claims
from moderation.web.api.throttling import TokenThrottle
from tests.factories import make_account, make_case, make_person, make_post, make_wave

TOKEN = "a-token-for-the-schema"


def test_the_description_validates_without_a_warning(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


@pytest.fixture
def things(instance):
    """A case, a decision and a wave to be found."""
    person = make_person()
    case = claims.claim(person, make_case(make_account(instance)))
    (decision,) = decisions.decide(case_id=case.pk, claim=case.claim, by=person, action="limit")
    posts = [make_post(make_account(instance)) for _ in range(3)]
    cluster = make_wave(posts, notable_at=posts[0].created_at)
    return {"cases": case, "decisions": decision, "clusters": cluster}


@pytest.fixture
def one_connection():
    """Requests on the test's own connection: Django would close it, and with it the test's transaction, between requests."""
    watched = (signals.request_started, signals.request_finished)
    for signal in watched:
        signal.disconnect(close_old_connections)
    yield
    for signal in watched:
        signal.connect(close_old_connections)


def test_generated_requests_find_no_server_error(instance, things, monkeypatch, one_connection):
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", {"token": "1000000/min"})
    ApiToken.objects.create(name="schema", instance=instance, scopes=Scope.values, token_hash=token_hash(TOKEN))
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        kind = operation.path.split("/")[3]
        known = {"public_id": str(things[kind].public_id)} if "{public_id}" in operation.path else None
        for mode, path_parameters in ((GenerationMode.POSITIVE, known), (GenerationMode.NEGATIVE, None)):

            @seed(1)
            @settings(max_examples=15, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
            @given(case=operation.as_strategy(mode, path_parameters=path_parameters))
            def ask(case):
                nonlocal asked
                asked += 1
                case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=[not_a_server_error])

            ask()
    assert asked > 150
