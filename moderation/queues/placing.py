"""Where a case goes, what it is about and how urgent it is."""

import math
from datetime import UTC, datetime

from moderation.models import Case, Category, Queue, RoutingRule, Severity

from .conditions import matches

FALLBACK_QUEUE = "reports"
# What an instance calls a report, in our categories.
BY_REPORT = {"spam": "spam", "legal": "legal", "violation": "rules", "other": "other"}
BY_KIND = {Case.Kind.ACCOUNT: "other", Case.Kind.POST: "slop", Case.Kind.CLUSTER: "spam", Case.Kind.SIGN_UP: "sign_up"}

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_SEVERITY_STEP = 200_000_000
_MINUTES_A_DOUBLING = 480


def priority(*, severity, reporters, opened_at, size=1):
    """A whole number, higher first: by severity; within one, by age and by how many people reported (or how many it reaches).

    `severity × 200,000,000 + 100,000,000 − minutes from 2020 to opened_at + 480 × log2(reporters or size, the larger)`.
    All cases age alike, so the order by age never changes while they wait and the number can be stored; each doubling of
    the people who reported weighs as much as eight hours of waiting. Equal ones: the one opened first.
    """
    minutes = int((opened_at - _EPOCH).total_seconds() // 60)
    crowd = math.log2(max(reporters, size, 1))
    return int(severity) * _SEVERITY_STEP + _SEVERITY_STEP // 2 - minutes + round(_MINUTES_A_DOUBLING * crowd)


class Placing:
    """The rules, queues and categories as they are now; read once for a batch."""

    def __init__(self, rules=None):
        if rules is None:
            rules = RoutingRule.objects.filter(live=True).select_related("queue", "category")
        self.rules = list(rules)
        self.categories = {category.slug: category for category in Category.objects.all()}
        queues = list(Queue.objects.all())
        self.fallback = next((queue for queue in queues if queue.slug == FALLBACK_QUEUE), queues[0] if queues else None)

    def rule_for(self, facts):
        """The first rule that matches, or None."""
        return next((rule for rule in self.rules if matches(rule, facts)), None)

    def queue_for(self, rule):
        """The rule's queue. Without a rule the queue of reports: nothing that came in is lost because nobody foresaw it."""
        if rule is not None:
            return rule.queue
        if self.fallback is None:
            self.fallback, _new = Queue.objects.get_or_create(slug=FALLBACK_QUEUE, defaults={"name": "Reports"})
        return self.fallback

    def category_for(self, rule, facts):
        """The rule's category; without one, the most severe of those that what came in maps to."""
        if rule is not None and rule.category_id:
            return rule.category
        said = [self._category(BY_REPORT.get(word, "other")) for word in facts.categories]
        return max(said, key=lambda category: (category.severity, category.pk)) if said else self._category(BY_KIND[facts.kind])

    def _category(self, slug):
        if slug not in self.categories:
            known, _new = Category.objects.get_or_create(slug=slug, defaults={"name": slug.replace("_", " ").capitalize(), "severity": Severity.S1})
            self.categories[slug] = known
        return self.categories[slug]
