"""Decisions, appeals and what is written back to the instance."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .cases import Case, QueuePolicy
from .community import Account, Instance
from .content import Post
from .states import Leased, Stateful, check_moves


class Action(models.TextChoices):
    NO_ACTION = "no_action", _("No action")
    NOTE = "note", _("Note")
    WARN = "warn", _("Warn")
    MARK_SENSITIVE = "mark_sensitive", _("Mark sensitive")
    LIMIT = "limit", _("Limit")
    FREEZE = "freeze", _("Freeze")
    SUSPEND = "suspend", _("Suspend")
    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Reject")
    UNDO = "undo", _("Undo")


class Decision(models.Model):
    """What a person decided about one account or cluster. Append-only; a later one supersedes, never overwrites."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="decisions")
    batch = models.UUIDField(default=uuid.uuid4, db_index=True)  # decisions made in one act share it
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=16, choices=Action)
    policy = models.ForeignKey(QueuePolicy, null=True, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=300, blank=True)  # the community rule that was named, in its words then
    reason = models.TextField(blank=True)  # may be sent to the person
    note = models.TextField(blank=True)  # stays here
    notify = models.BooleanField(default=False)  # the instance mails the person
    shown = models.JSONField(default=list)  # what the moderator had been shown: [{"part", "id", "sha256"}]
    findings = models.JSONField(default=list)  # what the machine had said: [{"detector", "model_version", "score", "verdict"}]
    unseen = models.BooleanField(default=False)  # decided without revealing what was concealed
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def save(self, *args, **kwargs):
        if self.pk:
            raise TypeError("A decision is never changed; write one that supersedes it.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A decision is never deleted.")


class DecidedPost(models.Model):
    """A post a decision was about."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="posts")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="decided_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "post"], name="one_decided_post")]


class Appeal(Stateful):
    """Somebody asked for another look at a decision; the case opens again, for another person where there is one."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        UPHELD = "upheld", _("the decision stands")
        OVERTURNED = "overturned", _("the decision was changed")

    MOVES = check_moves(State.values, {State.OPEN: {State.UPHELD, State.OVERTURNED}, State.UPHELD: set(), State.OVERTURNED: set()})

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="appeals")
    text = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision"], condition=Q(state="open"), name="one_open_appeal_a_decision")]


class Writeback(Leased):
    """One call to an instance, in the outbox."""

    class State(models.TextChoices):
        OBSERVED = "observed", _("not sent: the instance is in observe mode")
        PENDING = "pending", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        CONFIRMED = "confirmed", _("done at the instance")
        REFUSED = "refused", _("refused by the instance")
        CANCELLED = "cancelled", _("undone before it was sent")

    MOVES = check_moves(
        State.values,
        {
            State.OBSERVED: set(),
            State.PENDING: {State.SENDING, State.CANCELLED, State.REFUSED},
            State.SENDING: {State.CONFIRMED, State.REFUSED, State.PENDING},
            State.REFUSED: {State.PENDING},
            State.CONFIRMED: set(),
            State.CANCELLED: set(),
        },
    )

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="writebacks")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="writebacks")
    order = models.PositiveSmallIntegerField(default=0)  # within a decision; a later one waits for the earlier
    call = models.CharField(max_length=32)  # a verb of fediverse.base.Platform
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    try_after = models.DateTimeField(default=timezone.now)
    first_tried_at = models.DateTimeField(null=True)
    before = models.JSONField(null=True)  # the remote state read before acting
    receipt = models.JSONField(null=True)  # what the instance answered
    seen_at = models.DateTimeField(null=True)  # somebody read the refusal
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "order"], name="one_writeback_a_step")]
        indexes = [
            models.Index(fields=["try_after"], condition=Q(state__in=["pending", "sending"]), name="writeback_waiting"),
            models.Index(fields=["-created_at"], condition=Q(state="refused"), name="writeback_refused"),
        ]
