"""What a set of rules would do now with the cases of the last 30 days."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from moderation.models import Case, Queue, RoutingRule

from .facts import of_cases
from .opening import RELATED
from .placing import Placing

DAYS = 30
MOST_CASES = 2000
MOST_EXAMPLES = 20


@dataclass(frozen=True)
class QueueCount:
    queue: Queue
    before: int  # cases that went there
    after: int  # cases that would go there now


@dataclass(frozen=True)
class Moved:
    """A case that would go elsewhere. `rule`: the one that decides; None where none matches."""

    case: Case
    before: Queue
    after: Queue
    rule: RoutingRule | None


@dataclass
class Preview:
    """`total` cases were looked at; `cut` when there were more. `moved_count` would go elsewhere, `examples` are the newest of them."""

    total: int = 0
    cut: bool = False
    counts: list = field(default_factory=list)
    moved_count: int = 0
    examples: list = field(default_factory=list)


def preview(rules):
    """A Preview of `rules`, RoutingRules (saved or not) in the order they are to be tried, drafts included. Seven queries at most.

    Looks at up to 2,000 cases, the newest first, with all that is known of them today.
    """
    placing = Placing(rules)
    newest = Case.objects.filter(opened_at__gte=timezone.now() - timedelta(days=DAYS)).select_related("queue", *RELATED).order_by("-opened_at", "-pk")
    cases = list(newest[: MOST_CASES + 1])
    answer = Preview(total=min(len(cases), MOST_CASES), cut=len(cases) > MOST_CASES)
    facts = of_cases(cases[:MOST_CASES])
    before, after, queues = Counter(), Counter(), {queue.pk: queue for queue in Queue.objects.all()}
    for case in cases[:MOST_CASES]:
        rule = placing.rule_for(facts[case.pk])
        queue = placing.queue_for(rule)
        before[case.queue_id] += 1
        after[queue.pk] += 1
        if queue.pk != case.queue_id:
            answer.moved_count += 1
            if len(answer.examples) < MOST_EXAMPLES:
                answer.examples.append(Moved(case, case.queue, queue, rule))
    answer.counts = [QueueCount(queue, before[pk], after[pk]) for pk, queue in queues.items()]
    return answer
