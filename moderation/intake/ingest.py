"""Deliveries become rows. `take` is the one door for webhooks, polling and the REST API."""

import logging
import traceback
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from moderation.fediverse import mastodon_wire
from moderation.fediverse.base import AccountSeen, Event, Malformed, PostSeen
from moderation.models import Delivery

from .columns import storable
from .record import Sightings, read, record

log = logging.getLogger(__name__)

# Bytes of raw bodies held in memory at once.
CHUNK_BYTES = 8_000_000
# Raised by no row's fault: the rows wait for another try.
PASSING = (OperationalError, InterfaceError)


def take(instance, seen, event="", at=None):
    """Record one AccountSeen, PostSeen or ReportSeen of `instance`, as it was at `at` (now).

    Returns its Account, Post or Report; None for a post that is neither public nor unlisted: those are kept only when a
    report carries them. Malformed when an id cannot be stored. An older state changes nothing.
    """
    found = read(instance, seen, event, at or timezone.now())
    if found is None:
        return None
    with transaction.atomic():
        accounts, posts, reports, _ = record(instance, found)
    if isinstance(seen, AccountSeen):
        return accounts[seen.remote_id]
    return (posts if isinstance(seen, PostSeen) else reports)[seen.remote_id]


def take_all(instance, seen, event=""):
    """Record many AccountSeen, PostSeen or ReportSeen of `instance` as they are now, together or not at all. Raises Malformed as `take` does."""
    found = Sightings()
    for each in seen:
        one = read(instance, each, event, timezone.now())
        if one is not None:
            found += one
    with transaction.atomic():
        record(instance, found)


@dataclass
class Reading:
    """One delivery, understood or not."""

    delivery: Delivery
    event: Event | None = None
    found: Sightings | None = None
    error: str = ""


def ingest_waiting(limit=200):
    """Turn up to `limit` received deliveries into rows; the number taken tells the caller whether to ring again.

    A delivery that fails is set aside with its error, and its neighbours go on.
    """
    leased = Delivery.objects.defer("body").select_related("instance").lease(Delivery.State.RECEIVED, limit)
    fresh = [delivery for delivery in leased if delivery.attempts <= 1]
    for chunk in _chunks(fresh):
        _ingest(chunk)
    _ingest_suspects([delivery for delivery in leased if delivery.attempts > 1])
    return len(leased)


def _ingest_suspects(suspects):
    """Deliveries whose worker died before: one at a time, and only the one at work counts an attempt.

    One of them may kill this worker too; the others must not be set aside for it.
    """
    waiting = Delivery.objects.filter(pk__in=[delivery.pk for delivery in suspects[1:]])
    if suspects[1:]:
        waiting.update(attempts=F("attempts") - 1)
    for index, delivery in enumerate(suspects):
        if index:
            Delivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
        if delivery.attempts > Delivery.MAX_ATTEMPTS:
            _settle([Reading(delivery, error=f"its worker died {Delivery.MAX_ATTEMPTS} times")])
        else:
            _ingest([delivery])


def _chunks(deliveries):
    chunk, size = [], 0
    for delivery in deliveries:
        if chunk and size + delivery.size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(delivery)
        size += delivery.size
    if chunk:
        yield chunk


def _ingest(deliveries):
    bodies = dict(Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).values_list("pk", "body"))
    readings = [_understand(delivery, bodies.pop(delivery.pk)) for delivery in deliveries]
    try:
        _settle(readings)
    except Exception:  # one of them: find out which, and let its neighbours through
        for reading in readings:
            _settle_alone(reading)


def _settle_alone(reading):
    try:
        _settle([reading])
    except PASSING:
        raise
    except Exception as error:
        _settle([Reading(reading.delivery, event=reading.event, error=_told(error))])


def _understand(delivery, body):
    """The Reading of one raw body: whatever stands in it, it is an answer and never an exception."""
    reading = Reading(delivery)
    try:
        reading.event = event = mastodon_wire.parse(bytes(body or b""))
        if event.seen is not None:
            reading.found = read(delivery.instance, event.seen, event.name, event.at)
    except Malformed as error:
        reading.error = str(error)
    except Exception as error:
        reading.error = _told(error)
    return reading


def _told(error):
    """An unforeseen error for the instance's page. Only its first line: what follows may quote the row."""
    log.error("A delivery could not be ingested: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return storable(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", 500)


@transaction.atomic
def _settle(readings):
    """Record what was read and what became of each delivery, in one transaction; nothing for those whose lease was lost."""
    token = readings[0].delivery.lease
    ours = set(Delivery.objects.held(token).filter(pk__in=[reading.delivery.pk for reading in readings]).values_list("pk", flat=True))
    readings = [reading for reading in readings if reading.delivery.pk in ours]
    seen_before = _known_keys(readings)
    by_instance = {}
    for reading in readings:
        delivery, event = reading.delivery, reading.event
        if event:
            delivery.event = storable(event.name, 64)
        if reading.error:
            delivery.state = Delivery.State.FAILED
        elif reading.found is None or (delivery.instance_id, event.key) in seen_before:
            delivery.state = Delivery.State.IGNORED
        else:
            delivery.state = Delivery.State.INGESTED
            found = by_instance.setdefault(delivery.instance, Sightings())
            found += reading.found
        first = not reading.error and event.key and (delivery.instance_id, event.key) not in seen_before
        delivery.event_key = event.key if first else None
        if first:
            seen_before.add((delivery.instance_id, event.key))
        delivery.error = reading.error
    _save(readings)
    for instance, found in sorted(by_instance.items(), key=lambda item: item[0].pk):
        record(instance, found)


def _known_keys(readings):
    keys = {reading.event.key for reading in readings if reading.event and reading.event.key}
    instances = {reading.delivery.instance_id for reading in readings}
    return set(Delivery.objects.filter(instance__in=instances, event_key__in=keys).values_list("instance_id", "event_key"))


def _save(readings):
    """Each delivery's end. What is the same for many is written for many at once."""
    done = [reading.delivery for reading in readings]
    Delivery.objects.bulk_update([delivery for delivery in done if delivery.event], ["event", "event_key"])
    failed = [delivery for delivery in done if delivery.state == Delivery.State.FAILED]
    if failed:
        Delivery.objects.bulk_update(failed, ["error"])
    for state in {delivery.state for delivery in done}:
        here = Delivery.objects.filter(pk__in=[delivery.pk for delivery in done if delivery.state == state])
        erased = {} if state == Delivery.State.FAILED else {"body": None, "error": ""}
        here.update(state=state, done_at=timezone.now(), lease=None, leased_until=None, attempts=0, **erased)
