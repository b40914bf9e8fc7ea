"""The one place where a person's meters are locked, counted and written.

Every verb that reserves, charges or settles first locks the person's Meter rows here, in the order of their queues, so
that any number of tabs, devices and machines take turns. What the rows say is then recomputed from the ledger entries of
the last 24 hours and the open reservations: a meter is a lock and a statement, never the source.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone

from moderation.models import LedgerEntry, Limit, Meter, Queue, QueuePolicy, Reservation, StaleState

WINDOW = timedelta(hours=24)
CEILING = 320.0  # exposure units a day that no policy and no limit passes
TOLERANCE = 1e-9  # of floating point, as in the CHECK


@dataclass
class Balance:
    """A locked meter with what it was counted from. Units throughout."""

    meter: Meter
    reservations: list

    @property
    def left(self):
        """Units that may still be reserved."""
        return max(self.meter.cap - self.meter.settled - self.meter.reserved, 0.0)

    def recount(self, settled):
        """Set the meter from `settled` and the open reservations, cutting those that no longer fit under the cap."""
        self.meter.settled = settled
        _cut(self.reservations, settled + _reserved(self.reservations) - self.meter.cap)
        self.meter.reserved = _reserved(self.reservations)

    def store(self):
        """Write the meter as the rows now stand."""
        queue = self.meter.queue_id
        self.reservations = [row for row in self.reservations if row.closed_at is None]
        self.recount(settled_units(self.meter.person_id, [queue]).get(queue, 0.0))
        self.meter.updated_at = timezone.now()
        self.meter.save(update_fields=["settled", "reserved", "cap", "updated_at"])


def policy_caps(queues):
    """{queue id: units a day} that the policies in force allow anybody, never above the ceiling. One query."""
    newest = QueuePolicy.objects.filter(queue=OuterRef("pk")).order_by("-version").values("units_a_day")[:1]
    in_force = Queue.objects.filter(pk__in=queues).values_list("pk", Subquery(newest))
    # A queue without a policy has no limit anybody agreed to: nothing that costs units may be shown there.
    return {queue: min(CEILING, units or 0.0) for queue, units in in_force}


def caps(person, queues):
    """{queue id: units a day} for `person`: the least of the ceiling, the queue's policy and their own limit. Two queries."""
    own = dict(Limit.objects.filter(person=person, queue__in=queues).values_list("queue_id", "units_a_day"))
    return {queue: min(units, own.get(queue, CEILING)) for queue, units in policy_caps(queues).items()}


def lock(person, queues):
    """{queue id: Balance} of `person` in `queues` (ids), locked until the transaction ends."""
    queues = sorted(queues)
    known = set(Meter.objects.filter(person=person, queue__in=queues).values_list("queue_id", flat=True))
    if missing := [queue for queue in queues if queue not in known]:
        Meter.objects.bulk_create([Meter(person=person, queue_id=queue) for queue in missing], ignore_conflicts=True)
    rows = Meter.objects.select_for_update(of=("self",), no_key=True).filter(person=person, queue__in=queues).order_by("queue_id")
    balances = {meter.queue_id: Balance(meter, []) for meter in rows}
    # Read only now: under the lock, what is committed is all there is.
    for row in Reservation.objects.filter(person=person, queue__in=queues, closed_at=None).order_by("pk"):
        balances[row.queue_id].reservations.append(row)
    settled = settled_units(person, queues)
    cap = caps(person, queues)
    for queue, balance in balances.items():
        balance.meter.cap = cap[queue]
        balance.recount(settled.get(queue, 0.0))
    return balances


def of_claim(claim):
    """(Balance, Reservation) of an open claim, locked. StaleState when it has been settled."""
    known = Reservation.objects.filter(claim=claim, closed_at=None).values_list("person_id", "queue_id").first()
    if known is None:
        raise StaleState("This claim has ended.")
    person, queue = known
    balance = lock(person, [queue])[queue]
    for row in balance.reservations:
        if row.claim == claim:
            return balance, row
    raise StaleState("This claim has ended.")


def settled_units(person, queues):
    """{queue id: units charged to `person` in the last 24 hours}, only for queues that have any."""
    since = timezone.now() - WINDOW
    entries = LedgerEntry.objects.filter(person=person, queue__in=queues, at__gt=since).order_by()
    return dict(entries.values_list("queue_id").annotate(Sum("units")))


def _reserved(reservations):
    return sum((row.units - row.spent for row in reservations), 0.0)


def _cut(reservations, excess):
    """Take `excess` units back from what is reserved and unspent, from the newest claim first: a lowered limit holds at once."""
    for row in reversed(reservations):
        if excess <= TOLERANCE:
            return
        unspent = row.units - row.spent
        if unspent <= 0:
            continue
        row.units = row.spent if unspent <= excess else row.units - excess
        row.save(update_fields=["units"])
        excess -= unspent
