"""Queues, their policies, the rules that route into them, and cases."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .community import Account, Instance
from .content import Post, SignUp
from .evidence import Cluster
from .states import Stateful, check_moves


class Severity(models.IntegerChoices):
    S0 = 0, _("spam or slop")
    S1 = 1, _("mild")
    S2 = 2, _("moderate")
    S3 = 3, _("severe")
    S4 = 4, _("extreme")


class Category(models.Model):
    """What a case is about, in a plain word, and how hard it is to look at."""

    slug = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    severity = models.PositiveSmallIntegerField(choices=Severity)

    class Meta:
        ordering = ["severity", "name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return gettext(self.name)


class Queue(models.Model):
    """Where cases wait."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    workers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="queues")  # empty: everybody who takes cases

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return gettext(self.name)

    @property
    def policy(self):
        """The version in force; None before the first."""
        return self.policies.order_by("-version").first()


class QueuePolicy(models.Model):
    """One immutable version of what a queue asks of people. Change it by writing the next version."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="policies")
    version = models.PositiveIntegerField()
    units_a_day = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(320)])  # exposure units per person in rolling 24 h
    claim_minutes = models.PositiveSmallIntegerField(default=30)  # how long a claim lasts untouched
    hidden_actions = models.JSONField(default=list)  # actions not offered in this queue
    note = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "version"], name="one_policy_a_version"),
            models.CheckConstraint(condition=Q(units_a_day__gte=0, units_a_day__lte=320), name="policy_under_ceiling"),
        ]


class RoutingRule(models.Model):
    """Puts what matches into a queue; the first live rule that matches, by position, decides."""

    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    live = models.BooleanField(default=True)  # a draft is only previewed
    conditions = models.JSONField(default=dict)  # see queues.routing.CONDITIONS
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # None: from what came in
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "pk"]


class Case(Stateful):
    """The thing a moderator decides: about an account, a post, a cluster or a sign-up."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("reported account")
        POST = "post", _("post")
        CLUSTER = "cluster", _("wave or group")
        SIGN_UP = "sign_up", _("sign-up")

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        CLAIMED = "claimed", _("somebody is looking at it")
        DECIDED = "decided", _("decided")
        HELD = "held", _("held")

    MOVES = check_moves(
        State.values,
        {
            State.OPEN: {State.CLAIMED, State.HELD, State.DECIDED},  # DECIDED straight away: closed at the instance itself
            State.CLAIMED: {State.DECIDED, State.OPEN},
            State.HELD: {State.OPEN, State.DECIDED},  # DECIDED: closed at the instance itself
            State.DECIDED: {State.OPEN},
        },
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=8, choices=Kind)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="cases")  # None for a cluster
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="cases")
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.CASCADE, related_name="cases")
    sign_up = models.ForeignKey(SignUp, null=True, on_delete=models.CASCADE, related_name="cases")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases")
    rule = models.ForeignKey(RoutingRule, null=True, on_delete=models.SET_NULL, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    severity = models.PositiveSmallIntegerField(choices=Severity)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reasons = models.JSONField(default=list)  # why it is here: [{"kind", ...numbers}], put into words when shown
    reporters_count = models.PositiveIntegerField(default=0)
    reports_count = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=1)  # posts or accounts one decision reaches
    priority = models.IntegerField(default=0)  # higher first; see queues.routing.priority
    worst_units = models.FloatField(default=0)  # what showing all of it may cost at most, in exposure units
    second_look = models.BooleanField(default=False)
    previous = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")  # the decided case on the same thing
    opened_at = models.DateTimeField(default=timezone.now)
    raised_at = models.DateTimeField(default=timezone.now)  # the last time something was added
    first_claimed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="claims")
    claim = models.UUIDField(null=True)  # a new one with each claim: a stale page holds an old one
    claimed_at = models.DateTimeField(null=True)
    claim_until = models.DateTimeField(null=True)
    # What the claimed page has shown to whoever holds the claim, for the decision's record: [{"part", "id", "sha256"}]
    shown = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(kind="account") & ~Q(state="decided"), name="one_open_case_an_account"),
            models.UniqueConstraint(fields=["post"], condition=Q(kind="post") & ~Q(state="decided"), name="one_open_case_a_post"),
            models.UniqueConstraint(fields=["cluster"], condition=Q(kind="cluster") & ~Q(state="decided"), name="one_open_case_a_cluster"),
            models.UniqueConstraint(fields=["sign_up"], condition=Q(kind="sign_up") & ~Q(state="decided"), name="one_open_case_a_sign_up"),
            models.CheckConstraint(
                condition=Q(state="claimed", claim__isnull=False, claim_until__isnull=False) | (~Q(state="claimed") & Q(claim=None)),
                name="claimed_means_claim",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "-priority", "opened_at"], condition=Q(state="open"), name="case_next"),
            models.Index(fields=["-priority", "opened_at"], condition=Q(state="open"), name="case_next_of_all"),
            models.Index(fields=["claim_until"], condition=Q(state="claimed"), name="case_claims"),
            models.Index(fields=["queue", "-decided_at"], condition=Q(state="decided"), name="case_decided"),
            models.Index(fields=["state", "-raised_at"]),
        ]


class CaseEvent(models.Model):
    """What happened to a case, append-only: opened, raised, claimed, released, expired, passed, decided, undone, reopened, held."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")  # None: the machine
    at = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]


class PassedOn(models.Model):
    """A person handed a case over: it never comes back to them. No reason is asked."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="passed_on")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="passed_on_once")]
