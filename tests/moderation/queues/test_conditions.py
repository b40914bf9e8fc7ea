"""What rules may ask, that nonsense is refused, and that what is stored never breaks routing."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models import Case, Queue, RoutingRule
from moderation.models.defaults import RULES
from moderation.queues import routing
from moderation.queues.conditions import CONDITIONS, Facts, InvalidConditions
from tests.factories import make_instance, make_report

pytestmark = pytest.mark.django_db

FACTS = Facts(
    kind=Case.Kind.ACCOUNT,
    instance="here",
    categories=frozenset({"spam", "other"}),
    origins=frozenset({"federated"}),
    reporters=3,
    reports=4,
    account_domain="far.example",
    reported_rules=("No advertising of any KIND",),
    comments=("Sells watches", ""),
)


def rule(**conditions):
    return SimpleNamespace(conditions=conditions)


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({}, True),
        ({"kind": ["account", "post"]}, True),
        ({"kind": ["cluster"]}, False),
        ({"category": ["spam"]}, True),
        ({"category": ["legal"]}, False),
        ({"category": ["spam"], "kind": ["cluster"]}, False),
        ({"instance": ["here"]}, True),
        ({"instance": ["there"]}, False),
        ({"origin": ["federated"]}, True),
        ({"origin": ["local"]}, False),
        ({"min_reporters": 3}, True),
        ({"min_reporters": 4}, False),
        ({"min_size": 1}, True),
        ({"min_size": 2}, False),
        ({"cluster_kind": ["wave"]}, False),
        ({"verdict": ["likely"]}, False),
        ({"account_domain": ["far.example"]}, True),
        ({"account_domain": ["near.example"]}, False),
        ({"rule_text": ["of any kind"]}, True),
        ({"rule_text": ["nudity"]}, False),
        ({"comment": ["nothing", "WATCHES"]}, True),
        ({"second_look": False}, True),
        ({"second_look": True}, False),
    ],
)
def test_a_rule_matches_when_all_its_conditions_hold(conditions, matches):
    assert routing.matches(rule(**conditions), FACTS) is matches


def test_every_declared_condition_is_tested_above_and_has_a_label():
    tested = {name for mark in test_a_rule_matches_when_all_its_conditions_hold.pytestmark for case in mark.args[1] for name in case[0]}
    assert tested == set(CONDITIONS)
    assert all(str(condition.label) for condition in CONDITIONS.values())


@pytest.mark.parametrize("conditions", [conditions for _name, conditions, *_rest in RULES])
def test_the_rules_a_new_installation_starts_with_are_valid(conditions):
    routing.validate(conditions)


@pytest.mark.parametrize(
    "conditions",
    [
        [],
        {"unknown": 1},
        {"kind": "account"},
        {"kind": []},
        {"kind": ["nonsense"]},
        {"instance": ["nobody"]},
        {"min_reporters": "3"},
        {"min_reporters": True},
        {"min_reporters": -1},
        {"min_size": 10**9},
        {"second_look": 1},
        {"comment": [" "]},
        {"comment": ["x" * 101]},
        {"rule_text": ["x"] * 101},
    ],
)
def test_conditions_of_another_shape_are_refused_with_a_sentence(conditions):
    make_instance(slug="here")
    with pytest.raises(InvalidConditions) as refused:
        routing.validate(conditions)
    assert all(problem.endswith(".") for problem in refused.value.problems.values())


json = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))


@settings(max_examples=200)
@given(conditions=st.dictionaries(st.sampled_from([*CONDITIONS, "unknown"]), json, max_size=3))
def test_a_rule_with_any_conditions_at_all_breaks_nothing(conditions):
    assert routing.matches(rule(**conditions), FACTS) in (True, False)


@pytest.mark.parametrize("conditions", [{"unknown": True}, {"kind": 5}, {"min_reporters": "many"}, {"comment": [None]}, {"category": [["spam"]]}])
def test_a_rule_that_is_not_understood_matches_nothing_and_the_report_still_ends_in_a_case(conditions):
    RoutingRule.objects.all().delete()
    RoutingRule.objects.create(name="odd", queue=Queue.objects.get(slug="waves"), conditions=conditions)
    make_report(rules=["not an object", {"text": None}], comment="")
    assert routing.route_waiting() == 1
    assert Case.objects.get().queue.slug == "reports"
