"""What a person may be shown in a queue in 24 hours: reserving it, settling it, lowering it."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Limit, Meter, OptOut, Queue, Reservation, StaleState

from . import meters as rows
from .ledger import LimitReached

SOFT = 0.8  # of the cap: say so once, offer neutral work


class NotLower(ValueError):
    """A limit can be lowered at once; raising it is another verb."""


@dataclass(frozen=True)
class MeterView:
    """A person's meter as they may read it. Units of the last 24 hours; `share` of the cap that is spent or reserved, in [0, 1]."""

    queue: Queue
    settled: float
    reserved: float
    cap: float
    policy_cap: float
    own_limit: float | None

    @property
    def share(self):
        used = self.settled + self.reserved
        return min(used / self.cap, 1.0) if self.cap else 1.0 if used else 0.0

    @property
    def left(self):
        return max(self.cap - self.settled - self.reserved, 0.0)

    @property
    def soft(self):
        return self.share >= SOFT

    @property
    def full(self):
        return self.left <= 0


def fits(balance, units):
    """The units to reserve of `balance` for a case that may cost `units` at worst; raises LimitReached.

    A case that costs more than a whole day's cap takes all of it: the day's budget must be untouched.
    """
    needed = min(units, balance.meter.cap) if balance.meter.cap else units
    if needed > balance.left + rows.TOLERANCE:
        raise LimitReached(needed=needed, left=balance.left)
    return needed


@transaction.atomic
def reserve(*, person, queue, case, claim, units):
    """Set `units` aside for `claim` at the worst case of what it may show; the Reservation. Raises LimitReached."""
    balance = rows.lock(person, [queue.pk])[queue.pk]
    return reserve_from(balance, case=case, claim=claim, units=units)


def reserve_from(balance, *, case, claim, units):
    """`reserve` for a caller who holds the lock already."""
    needed = fits(balance, units)
    meter = balance.meter
    reservation = Reservation.objects.create(person_id=meter.person_id, queue_id=meter.queue_id, case=case, claim=claim, units=needed)
    balance.reservations.append(reservation)
    balance.store()
    return reservation


@transaction.atomic
def settle(claim):
    """End the reservation of `claim`: what was shown stays charged, the rest is free again. Twice is once."""
    try:
        balance, reservation = rows.of_claim(claim)
    except StaleState:
        return
    reservation.closed_at = timezone.now()
    reservation.save(update_fields=["closed_at"])
    balance.store()


def meters(person, queues=None):
    """A list of MeterView, one for each of `queues` (all when None) in their order. For `person` alone to read."""
    queues = list(Queue.objects.all() if queues is None else queues)
    ids = [queue.pk for queue in queues]
    settled = rows.settled_units(person, ids)
    reserved = {}
    for queue, units, spent in Reservation.objects.filter(person=person, queue__in=ids, closed_at=None).values_list("queue_id", "units", "spent"):
        reserved[queue] = reserved.get(queue, 0.0) + units - spent
    own = dict(Limit.objects.filter(person=person, queue__in=ids).values_list("queue_id", "units_a_day"))
    cap = rows.caps(person, ids)
    policy = rows.policy_caps(ids)
    return [MeterView(queue, settled.get(queue.pk, 0.0), reserved.get(queue.pk, 0.0), cap[queue.pk], policy[queue.pk], own.get(queue.pk)) for queue in queues]


@transaction.atomic
def lower(*, person, queue, units):
    """Lower `person`'s own cap in `queue` to `units` a day, at once, also for claims they hold. Raises NotLower."""
    now = rows.caps(person, [queue.pk])[queue.pk]
    if not 0 <= units <= now:
        raise NotLower(_("Your limit here is %(units)g units a day. Choose a number between 0 and that.") % {"units": now})
    return _set_own(person, queue, units)


@transaction.atomic
def restore(*, person, queue, units=None):
    """`person` takes back their own lower limit: up to `units`, or to the queue's cap when None. Raises NotLower above that cap."""
    policy = rows.policy_caps([queue.pk])[queue.pk]
    if units is not None and not 0 <= units <= policy:
        raise NotLower(_("The limit of this queue is %(units)g units a day. Nobody can go above it.") % {"units": policy})
    return _set_own(person, queue, units)


def _set_own(person, queue, units):
    rows.lock(person, [queue.pk])
    if units is None:
        Limit.objects.filter(person=person, queue=queue).delete()
    else:
        Limit.objects.update_or_create(person=person, queue=queue, defaults={"units_a_day": units})
    balance = rows.lock(person, [queue.pk])[queue.pk]
    balance.store()
    return Meter.objects.get(pk=balance.meter.pk)


def opt_out(*, person, category):
    """`person` is not given cases of `category` from now on. Nobody else is told."""
    OptOut.objects.get_or_create(person=person, category=category)


def opt_in(*, person, category):
    OptOut.objects.filter(person=person, category=category).delete()
