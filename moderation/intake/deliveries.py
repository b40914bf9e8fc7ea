"""The door: a verified body is stored raw, once, before the sender gets an answer."""

import hashlib
import re
import time
from dataclasses import dataclass
from functools import lru_cache

from django.db import OperationalError, connection
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from moderation.models import Delivery, Instance

# Seconds a process remembers an instance's secrets. A signature that does not fit is always checked against fresh ones.
REMEMBER_SECONDS = 5

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,40}")

_remembered = {}


@dataclass(frozen=True)
class Door:
    """What the webhook needs to know of an instance. `pk` is None for an unknown slug."""

    pk: int | None
    secrets: list[str]


def door(slug, fresh=False):
    """The Door of `slug`, at most REMEMBER_SECONDS old; `fresh` reads it now."""
    known = _remembered.get(slug)
    if known and not fresh and time.monotonic() < known[0]:
        return known[1]
    if not SLUG.fullmatch(slug):
        return Door(None, [])
    row = Instance.objects.filter(slug=slug).values_list("pk", "webhook_secret", "previous_webhook_secret").first()
    if row is None:
        _remembered.pop(slug, None)
        return Door(None, [])
    found = Door(row[0], [secret for secret in row[1:] if secret])
    _remembered[slug] = (time.monotonic() + REMEMBER_SECONDS, found)
    return found


@receiver([post_save, post_delete], sender=Instance)
def forget(**kwargs):
    """What changes here is known here at once."""
    _remembered.clear()


@lru_cache
def _insert_sql(vendor):
    columns = ["instance_id", "body", "body_sha256", "size", "event", "state", "received_at", "attempts", "error"]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(Delivery._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT DO NOTHING"  # noqa: S608


def accept(*, instance, body):
    """Store `body` (bytes) of `instance` (an Instance or its pk). True when it is new, False when we already had it.

    One INSERT in one round trip: written by hand because the ORM's way to ignore a conflict opens a transaction around
    it and does not say whether a row was written.
    """
    row = [
        getattr(instance, "pk", instance),
        body,
        hashlib.sha256(body).hexdigest(),
        len(body),
        "",
        Delivery.State.RECEIVED.value,
        connection.ops.adapt_datetimefield_value(timezone.now()),
        0,
        "",
    ]
    # Asking first whether a kept connection still lives would double the round trips: the insert shows it.
    connection.health_check_done = True
    try:
        return _insert(row)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return _insert(row)


def _insert(row):
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(connection.vendor), row)
        return cursor.rowcount > 0


def count_bad_signature(door):
    """Note on the instance's page that a delivery came with a signature that fits no secret."""
    Instance.objects.filter(pk=door.pk).update(bad_signature_count=F("bad_signature_count") + 1, bad_signature_at=timezone.now())


def count_too_large(door):
    """Note on the instance's page that a delivery was refused for its size."""
    Instance.objects.filter(pk=door.pk).update(too_large_count=F("too_large_count") + 1, too_large_at=timezone.now())
