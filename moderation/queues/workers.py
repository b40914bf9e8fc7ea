"""Who works in which queue."""

from django.db.models import Exists, OuterRef, Q

from moderation.models import OptOut, PassedOn, Person, Queue, Role

TAKES_CASES = Q(is_active=True, role__in=[Role.MODERATOR, Role.LEAD, Role.OWNER])


def queues_of(person):
    """The queues `person` takes cases from, in their order: those that name them, and those that name nobody."""
    if not person.takes_cases:
        return []
    return list(Queue.objects.filter(Q(workers=None) | Q(workers=person)).distinct())


def of_queue(queue):
    """The people who take cases from `queue` (id), as a queryset."""
    named = Queue.workers.through.objects.filter(queue=queue)
    return Person.objects.filter(TAKES_CASES).filter(Q(pk__in=named.values("person")) | ~Exists(named))


def others_for_case(person, queue):
    """A subquery for cases of `queue` (id): the people but `person` who may take the case."""
    opted_out = OptOut.objects.filter(person=OuterRef("pk"), category=OuterRef(OuterRef("category")))
    passed_on = PassedOn.objects.filter(person=OuterRef("pk"), case=OuterRef(OuterRef("pk")))
    return of_queue(queue).exclude(pk=person.pk).filter(~Exists(opted_out), ~Exists(passed_on))
