"""The weekly abuse report as it was when its week was closed."""

from django.db import models
from django.utils import timezone

from .states import Stateful, check_moves


class WeeklyReport(Stateful):
    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        SENT = "sent"

    MOVES = check_moves(State.values, {State.BUILDING: {State.READY}, State.READY: {State.SENT}, State.SENT: set()})

    week = models.CharField(max_length=8, unique=True)  # ISO: 2026-W47
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    figures = models.JSONField(default=dict)  # never changes once READY
    corrections = models.JSONField(default=list)  # of earlier weeks, found when this one was built
    started_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
