"""Who works in which queue."""

from django.db.models import Q

from moderation.models import Person, Queue, Role

TAKES_CASES = Q(is_active=True, role__in=[Role.MODERATOR, Role.LEAD, Role.OWNER])


def queues_of(person):
    """The queues `person` takes cases from, in their order: those that name them, and those that name nobody."""
    if not person.takes_cases:
        return []
    return list(Queue.objects.filter(Q(workers=None) | Q(workers=person)).distinct())


def of_queue(queue):
    """The people who take cases from `queue` (id), as a queryset."""
    people = Person.objects.filter(TAKES_CASES)
    named = Queue.workers.through.objects.filter(queue=queue)
    return people.filter(pk__in=named.values("person")) if named.exists() else people


def others(person, queue):
    """Whether anybody but `person` takes cases from `queue` (id)."""
    return of_queue(queue).exclude(pk=person.pk).exists()
