"""The rules that route cases into queues: written, ordered and taken away in one place, with a line in the log for each."""

from django.db import transaction
from django.utils.translation import gettext as _

from moderation.models import RoutingRule, log_change


class Gone(Exception):
    """Somebody deleted the rule a moment ago."""


def described(rule):
    """What the policy log keeps of a rule."""
    return {
        "name": rule.name,
        "position": rule.position,
        "live": rule.live,
        "conditions": rule.conditions,
        "queue": rule.queue.slug,
        "category": rule.category.slug if rule.category else None,
    }


def place_for_new(rules):
    """Where a new rule goes: just before the first that takes everything, after which none would ever be asked."""
    return next((place for place, rule in enumerate(rules) if rule.live and not rule.conditions), len(rules))


def _locked():
    """All rules in their order, locked: positions are changed by one person at a time."""
    return list(RoutingRule.objects.select_for_update(of=("self",)).select_related("queue", "category").order_by("position", "pk"))


def _number(rules):
    for position, rule in enumerate(rules):
        if rule.position != position:
            rule.position = position
            rule.save(update_fields=["position"])


@transaction.atomic
def add(*, by, name, live, conditions, queue, category):
    """Add a rule just before the first one that takes everything, and return it."""
    rules = _locked()
    rule = RoutingRule(name=name, live=live, conditions=conditions, queue=queue, category=category, updated_by=by, position=len(rules))
    rule.save()
    rules.insert(place_for_new(rules), rule)
    _number(rules)
    log_change(by=by, subject=f"rule {rule.pk}", before=None, after=described(rule))
    return rule


@transaction.atomic
def change(*, rule, by, name, live, conditions, queue, category):
    """Write a rule anew in its place. Raises Gone."""
    rules = _locked()
    here = next((other for other in rules if other.pk == rule.pk), None)
    if here is None:
        raise Gone(_("This rule was deleted by somebody else a moment ago. Nothing was changed."))
    before = described(here)
    here.name, here.live, here.conditions, here.queue, here.category = name, live, conditions, queue, category
    if described(here) == before:
        return
    here.updated_by = by
    here.save()
    log_change(by=by, subject=f"rule {here.pk}", before=before, after=described(here))


@transaction.atomic
def move(*, rule, by, up):
    """Let a rule change places with its neighbour; at the end of the list nothing happens."""
    rules = _locked()
    _number(rules)
    here = next((place for place, other in enumerate(rules) if other.pk == rule.pk), None)
    there = None if here is None else here - 1 if up else here + 1
    if there is None or not 0 <= there < len(rules):
        return
    rules[here], rules[there] = rules[there], rules[here]
    before = {"position": here}
    _number(rules)
    log_change(by=by, subject=f"rule {rule.pk}", before=before, after={"position": there})


@transaction.atomic
def delete(*, rule, by):
    """Take a rule away; cases it brought keep their queue."""
    rules = _locked()
    here = next((other for other in rules if other.pk == rule.pk), None)
    if here is None:
        return
    rules.remove(here)
    before, subject = described(here), f"rule {here.pk}"
    here.delete()
    _number(rules)
    log_change(by=by, subject=subject, before=before, after=None)
