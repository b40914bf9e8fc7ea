"""What a routing rule may ask of a case: one declared table that the rules, their form and their preview share."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.models import Case, Cluster, Instance, Report, Verdict

MOST_CHOICES = 100
MOST_WORDS = 100
LARGEST_NUMBER = 1_000_000


@dataclass(frozen=True)
class Facts:
    """What is known of a case when it is routed; the words of everything that came in are as they came, hostile."""

    kind: str
    instance: str = ""  # slug
    categories: frozenset = frozenset()  # the instance's words for its reports: spam, legal, violation, other
    origins: frozenset = frozenset()  # of its reports: local, federated
    reporters: int = 0  # different ones
    reports: int = 0
    size: int = 1  # posts or accounts one decision reaches
    cluster_kind: str = ""
    verdicts: frozenset = frozenset()  # of the detector of slop, on its posts
    account_domain: str | None = None  # a local account's is its instance's; None: about no single account
    reported_rules: tuple = ()
    comments: tuple = ()
    second_look: bool = False


@dataclass(frozen=True)
class Condition:
    """One thing a rule may ask. `shape` says what its value is:

    `choices` a list of keys of `choices()`, any of which is enough; `number` a least count; `yes_no`; `words` a list of
    phrases, any of which is enough, found in any place whatever their case.
    """

    name: str
    label: str
    shape: str
    fact: str
    choices: Callable = tuple

    def holds(self, value, facts):
        fact = getattr(facts, self.fact)
        if self.shape == "choices":
            return bool(fact & set(value)) if isinstance(fact, frozenset) else fact in value
        if self.shape == "number":
            return fact >= value
        if self.shape == "yes_no":
            return fact is value
        phrases = [phrase.casefold() for phrase in value]
        return any(phrase in text.casefold() for text in fact for phrase in phrases)

    def misshapen(self, value):
        """Why `value` cannot be the value of this condition at all, in a sentence; empty when it can."""
        if self.shape == "yes_no":
            return "" if isinstance(value, bool) else gettext("Say yes or no.")
        if self.shape == "number":
            fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER
            return "" if fine else gettext("Give a whole number from 0 to a million.")
        if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
            return gettext("Name at least one.")
        if len(value) > MOST_CHOICES or any(len(item) > MOST_WORDS for item in value):
            return gettext("Name at most 100, of at most 100 characters each.")
        return ""

    def problem_with(self, value):
        """What is wrong with `value`, in a sentence; empty when it is fine. Asks the database where the choices come from there."""
        if problem := self.misshapen(value):
            return problem
        if self.shape == "choices" and (known := {key for key, _label in self.choices()}) and (unknown := sorted(set(value) - known)):
            return gettext("Nobody knows “%(name)s” here.") % {"name": unknown[0]}
        return ""


def _categories():
    return [("spam", _("spam")), ("legal", _("legal")), ("violation", _("breaks a rule")), ("other", _("other"))]


def _instances():
    return list(Instance.objects.order_by("slug").values_list("slug", "domain"))


CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition("kind", _("What it is about"), "choices", "kind", lambda: Case.Kind.choices),
        Condition("category", _("Reported as"), "choices", "categories", _categories),
        Condition("instance", _("From the instance"), "choices", "instance", _instances),
        Condition("origin", _("Reported from"), "choices", "origins", lambda: Report.Origin.choices),
        Condition("min_reporters", _("At least so many different reporters"), "number", "reporters"),
        Condition("min_size", _("At least so many posts or accounts"), "number", "size"),
        Condition("cluster_kind", _("A wave or a group"), "choices", "cluster_kind", lambda: Cluster.Kind.choices),
        Condition("verdict", _("Slop and spam: the machine says"), "choices", "verdicts", lambda: Verdict.choices),
        Condition("account_domain", _("The account is on one of these domains"), "choices", "account_domain"),
        Condition("rule_text", _("A reported rule contains"), "words", "reported_rules"),
        Condition("comment", _("A reporter's comment contains"), "words", "comments"),
        Condition("second_look", _("A second look"), "yes_no", "second_look"),
    )
}


class InvalidConditions(ValueError):
    """`problems`: {condition name: a sentence}."""

    def __init__(self, problems):
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


def validate(conditions):
    """Raise InvalidConditions unless `conditions`, {name: value}, names declared conditions with values of their shape."""
    if not isinstance(conditions, dict):
        raise InvalidConditions({"": gettext("Conditions are names with values.")})
    problems = {}
    for name, value in conditions.items():
        if name not in CONDITIONS:
            problems[name] = gettext("There is no such condition.")
        elif problem := CONDITIONS[name].problem_with(value):
            problems[name] = problem
    if problems:
        raise InvalidConditions(problems)


def matches(rule, facts):
    """Whether every condition of `rule` holds of `facts`; a rule without conditions matches everything.

    A condition this version does not know, or a value of another shape, matches nothing: better the next rule than a guess.
    """
    for name, value in rule.conditions.items():
        condition = CONDITIONS.get(name)
        if condition is None or condition.misshapen(value) or not condition.holds(value, facts):
            return False
    return True
