"""Rules are written by form, previewed before they are saved, kept in one order, and logged."""

import pytest
from django.urls import reverse

from moderation.models import Case, PolicyChange, Queue, Role, RoutingRule, broken_at
from moderation.queues import routing
from moderation.web.settings import rules
from moderation.web.settings.rule_form import PREFIX, RuleForm, initial_of
from tests.factories import make_account, make_case, make_instance, make_person, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    person = make_person(username="ines", role=Role.OWNER)
    client.force_login(person)
    return person


def values(**given):
    return {"name": "Many reporters", "queue": "waves", "category": "", "live": "on", **given}


def names():
    return list(RoutingRule.objects.values_list("name", flat=True))


def test_the_form_asks_for_every_condition_there_is_and_makes_what_routing_understands():
    make_instance(slug="garden")
    asked = {
        "kind": ["account", "post"],
        "category": ["spam"],
        "instance": ["garden"],
        "origin": ["federated"],
        "min_reporters": 3,
        "min_size": 0,
        "cluster_kind": ["wave"],
        "verdict": ["likely"],
        "account_domain": ["spam.example", "more.example"],
        "rule_text": ["No spam"],
        "comment": ["buy now"],
        "second_look": False,
    }
    assert set(asked) == set(routing.CONDITIONS)
    form = RuleForm({**values(), **{PREFIX + name: value for name, value in asked.items()}, f"{PREFIX}second_look": "no"} | lines(asked))
    assert form.is_valid(), form.errors
    assert form.rule_values()["conditions"] == asked
    routing.validate(form.rule_values()["conditions"])


def lines(asked):
    return {PREFIX + name: "\n".join(asked[name]) + "\n\n" for name in ("account_domain", "rule_text", "comment")}


def test_opening_and_saving_a_rule_changes_nothing_of_it(client, owner):
    make_instance(slug="garden")
    conditions = {"kind": ["account"], "instance": ["garden"], "min_reporters": 3, "comment": ["buy now", "cheap"], "second_look": False}
    rule = RoutingRule.objects.create(name="Many", conditions=conditions, queue=Queue.objects.get(slug="waves"), live=False, position=9)
    page = client.get(reverse("rule", args=[rule.pk]))
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent.pop("live", None)
    response = client.post(reverse("rule", args=[rule.pk]), {**sent, "save": "yes"})
    assert response.status_code == 302
    rule.refresh_from_db()
    assert (rule.conditions, rule.live, rule.position) == (conditions, False, 9)
    assert PolicyChange.objects.count() == 0
    assert initial_of(rule)["queue"] == "waves"


def test_a_new_rule_goes_before_the_one_that_takes_everything(client, owner):
    assert client.post(reverse("rule_new"), values(if_min_reporters="3")).status_code == 302
    assert names()[-2:] == ["Many reporters", "Everything else"]
    assert list(RoutingRule.objects.values_list("position", flat=True)) == [0, 1, 2, 3, 4]


def test_a_preview_counts_what_would_move_and_saves_nothing(client, owner):
    garden = make_instance()
    for n in range(4):
        case = make_case(make_account(garden))
        make_report(case.account, case=case, state="routed", category="spam" if n < 3 else "other")
    before = list(RoutingRule.objects.values())
    response = client.post(reverse("rule_new"), values(if_category="spam", preview="yes"))
    assert response.status_code == 200
    assert response.context["preview"].moved_count == 3
    assert "3 cases of the last 30 days, of 4 in all, would wait in another queue." in response.content.decode()
    assert list(RoutingRule.objects.values()) == before
    assert list(Case.objects.values_list("queue__slug", flat=True)) == ["reports"] * 4
    assert PolicyChange.objects.count() == 0


def test_a_draft_is_previewed_as_if_it_were_live_and_a_changed_rule_in_its_place(client, owner):
    case = make_case()
    make_report(case.account, case=case, state="routed")
    response = client.post(reverse("rule_new"), values(live="", preview="yes"))
    assert response.context["preview"].moved_count == 1
    last = RoutingRule.objects.get(name="Everything else")
    response = client.post(reverse("rule", args=[last.pk]), values(name=last.name, preview="yes"))
    assert response.context["preview"].moved_count == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"queue": "nowhere"}, "Choose a queue from the list."),
        ({"category": "nothing"}, "Choose a category from the list."),
        ({"if_kind": "planet"}, "Choose only from the list."),
        ({"if_min_reporters": "many"}, "Enter a whole number."),
        ({"if_min_reporters": "10000000"}, "from 0 to a million"),
        ({"if_second_look": "maybe"}, "Choose yes, no"),
        ({"if_comment": "buy\0now"}, "cannot be stored"),
        ({"if_comment": "x" * 101}, "at most 100 characters"),
        ({"if_comment": "\n".join(str(n) for n in range(101))}, "Name at most 100"),
    ],
)
def test_a_wrong_rule_gets_a_sentence_and_is_neither_saved_nor_previewed(client, owner, wrong, sentence):
    for button in ("save", "preview"):
        response = client.post(reverse("rule_new"), values(**{**wrong, button: "yes"}))
        assert response.status_code == 422
        assert response.content.decode().count(sentence) >= 2
        assert response.context["preview"] is None
    assert len(names()) == 4


def test_rules_change_places_and_stay_at_the_ends(client, owner):
    first, second, *_rest = RoutingRule.objects.all()
    client.post(reverse("rule_move", args=[second.pk]), {"up": "yes"})
    assert names()[:2] == [second.name, first.name]
    client.post(reverse("rule_move", args=[second.pk]), {"up": "yes"})
    last = RoutingRule.objects.last()
    client.post(reverse("rule_move", args=[last.pk]), {"up": "no"})
    assert names()[:2] == [second.name, first.name]
    assert PolicyChange.objects.count() == 1


def test_a_deleted_rule_is_kept_in_the_log_and_its_cases_stay(client, owner):
    rule = RoutingRule.objects.get(name="Waves and coordinated groups")
    case = make_case(rule=rule)
    client.post(reverse("rule_delete", args=[rule.pk]))
    case.refresh_from_db()
    assert (case.rule, case.queue.slug) == (None, "reports")
    assert PolicyChange.objects.get().before["conditions"] == {"kind": ["cluster"]}
    assert list(RoutingRule.objects.values_list("position", flat=True)) == [0, 1, 2]


def test_changing_a_rule_somebody_just_deleted_is_a_sentence(owner):
    rule = RoutingRule.objects.first()
    RoutingRule.objects.filter(pk=rule.pk).delete()
    with pytest.raises(rules.Gone, match="deleted by somebody else"):
        rules.change(rule=rule, by=owner, name="x", live=True, conditions={}, queue=rule.queue, category=None)
    rules.delete(rule=rule, by=owner)
    rules.move(rule=rule, by=owner, up=True)
    assert PolicyChange.objects.count() == 0


def test_everybody_reads_the_rules_in_words_and_the_log_of_their_changes(client, owner):
    make_instance(slug="garden", domain="garden.social")
    client.post(reverse("rule_new"), values(name="<b>Flood</b>", if_instance="garden", if_kind=["account", "post"], if_second_look="no"))
    client.force_login(make_person(role=Role.MODERATOR))
    page = client.get(reverse("routing_settings")).content.decode()
    for words in ("reported account, post", "garden.social", "&lt;b&gt;Flood&lt;/b&gt;"):
        assert words in page
    log = client.get(reverse("policy_log")).content.decode()
    assert "kind: account, post" in log
    assert "<b>Flood" not in log
    assert broken_at() is None
