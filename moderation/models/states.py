"""Rows that wait in a state: how they move, and how a pump leases a batch of them."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone


class StaleState(Exception):
    """Somebody was faster: the row is no longer in the state that was read."""


def check_moves(states, moves):
    """Fail at import when a move names a state that does not exist."""
    unknown = (set(moves) | {to for targets in moves.values() for to in targets}) - set(states)
    if unknown:
        raise ValueError(f"moves name unknown states: {sorted(unknown)}")
    return moves


class Stateful(models.Model):
    """A row with a `state`; subclasses declare MOVES = {state: {states it may go to}}."""

    MOVES = {}

    class Meta:
        abstract = True

    def move(self, to, **changes):
        """Go to state `to`, writing `changes` in the same UPDATE; StaleState if someone was faster."""
        if to not in self.MOVES[self.state]:
            raise ValueError(f"{self!r} cannot go from {self.state} to {to}")
        here = type(self)._base_manager.filter(pk=self.pk, state=self.state)
        if not here.update(state=to, **changes):
            raise StaleState(f"{self!r} is no longer {self.state}")
        self.refresh_from_db()


class LeasedQuerySet(models.QuerySet):
    def due(self, state):
        """Rows in `state` that nobody works on."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=timezone.now()), state=state)

    def lease(self, state, limit, seconds=None):
        """Take up to `limit` rows waiting in `state`, oldest first, for `seconds`; each has the same new `lease`.

        A short transaction of its own. Rows that another worker holds are passed over. A row whose holder died comes
        back when its lease ends; `attempts` counts how often it was taken.
        """
        token = uuid.uuid4()
        until = timezone.now() + timedelta(seconds=seconds or settings.LEASE_SECONDS)
        with transaction.atomic():
            waiting = self.due(state).order_by("pk")
            if connection.features.has_select_for_update_skip_locked:
                waiting = waiting.select_for_update(skip_locked=True, of=("self",))
            chosen = list(waiting.values_list("pk", flat=True)[:limit])
            if not chosen:
                return []
            self.model._base_manager.filter(pk__in=chosen).update(lease=token, leased_until=until, attempts=F("attempts") + 1)
        return list(self.filter(pk__in=chosen, lease=token).order_by("pk"))

    def held(self, token):
        """Rows still held under `token`, locked: what a pump may record. Call it inside the recording transaction."""
        rows = self.filter(lease=token).order_by("pk")
        return rows.select_for_update(of=("self",)) if connection.features.has_select_for_update else rows


class Leased(Stateful):
    """A waiting row that a pump works on under a lease."""

    # A row that was taken this often without an answer killed its workers: it is set aside with an error.
    MAX_ATTEMPTS = 5

    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(blank=True, editable=False)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        abstract = True
