"""Who works in which queue."""

from django.db.models import Exists, OuterRef, Q

from moderation.models import OptOut, PassedOn, Person, Queue, Role

TAKES_CASES = Q(is_active=True, role__in=[Role.MODERATOR, Role.LEAD, Role.OWNER])


def queues_of(person):
    """The queues `person` takes cases from, in their order: those that name them, and those that name nobody."""
    if not person.takes_cases:
        return []
    return list(Queue.objects.filter(Q(workers=None) | Q(workers=person)).distinct())


def others_for_case(person):
    """A subquery for cases: the people but `person` who may take the case."""
    named = Queue.workers.through.objects.filter(queue=OuterRef(OuterRef("queue")))
    opted_out = OptOut.objects.filter(person=OuterRef("pk"), category=OuterRef(OuterRef("category")))
    passed_on = PassedOn.objects.filter(person=OuterRef("pk"), case=OuterRef(OuterRef("pk")))
    works_here = ~Exists(named) | Exists(named.filter(person=OuterRef("pk")))
    return Person.objects.filter(TAKES_CASES).exclude(pk=person.pk).filter(works_here, ~Exists(opted_out), ~Exists(passed_on))
