"""The exposure ledger: limits, what is reserved for a claim, and what was charged."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .cases import Case, Category, Queue


class Limit(models.Model):
    """A person's own cap in one queue, at or below the policy's. Lowered at once; only they may change it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="limits")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    units_a_day = models.FloatField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "queue"], name="one_limit_a_queue"),
            models.CheckConstraint(condition=Q(units_a_day__gte=0), name="limit_not_negative"),
        ]


class OptOut(models.Model):
    """A category a person does not look at. Nobody else is told."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="opt_outs")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "category"], name="opted_out_once")]


class Meter(models.Model):
    """A person's exposure units in one queue: settled in the last 24 hours, and reserved for claims now held.

    The row is what claims lock. The CHECK is the last word: no code path can pass the cap.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="meters")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    settled = models.FloatField(default=0)
    reserved = models.FloatField(default=0)
    cap = models.FloatField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "queue"], name="one_meter_a_queue"),
            models.CheckConstraint(condition=Q(settled__gte=0, reserved__gte=0), name="meter_not_negative"),
            # When a cap is lowered below what is already spent, spending stays a fact: nothing may be reserved on top.
            models.CheckConstraint(condition=Q(reserved=0) | Q(cap__gte=F("settled") + F("reserved") - 1e-9), name="meter_under_cap"),
        ]


class Reservation(models.Model):
    """Units set aside for one claim, at the worst case of what it may show."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reservations")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reservations")
    claim = models.UUIDField(unique=True)
    units = models.FloatField()
    spent = models.FloatField(default=0)  # charged so far
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(spent__gte=0, spent__lte=F("units") + 1e-9), name="reservation_not_overspent")]
        indexes = [models.Index(fields=["person", "queue"], condition=Q(closed_at=None), name="reservation_open")]


class LedgerEntry(models.Model):
    """Something a person was shown, and what it cost. Theirs alone to read."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ledger")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    severity = models.PositiveSmallIntegerField()
    modality = models.CharField(max_length=8)  # text, image, video
    units = models.FloatField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(units__gte=0), name="entry_not_negative")]
        indexes = [models.Index(fields=["person", "queue", "at"])]
