"""What comes in: deliveries, posts, reports and sign-ups."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .community import Account, Instance
from .states import Leased, Stateful, check_moves


class Delivery(Leased):
    """One webhook body, kept raw until it is ingested."""

    class State(models.TextChoices):
        RECEIVED = "received"
        INGESTED = "ingested"
        IGNORED = "ignored"
        FAILED = "failed"

    MOVES = check_moves(
        State.values,
        {
            State.RECEIVED: {State.INGESTED, State.IGNORED, State.FAILED},
            State.FAILED: {State.RECEIVED},
            State.INGESTED: set(),
            State.IGNORED: set(),
        },
    )

    # Indexed by one_delivery_a_body; each further index would slow every delivery at the door.
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    body = models.BinaryField(null=True)  # None once ingested or ignored, or 7 days after it failed
    body_sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(default=0)  # bytes
    event = models.CharField(max_length=64, blank=True)
    event_key = models.CharField(max_length=200, null=True)  # event, object id and its version: the second key of deduplication
    state = models.CharField(max_length=16, choices=State, default=State.RECEIVED)
    received_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instance", "body_sha256"], name="one_delivery_a_body"),
            models.UniqueConstraint(fields=["instance", "event_key"], condition=models.Q(event_key__isnull=False), name="one_delivery_an_event"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="received"), name="delivery_waiting"),
            models.Index(fields=["instance", "-received_at"], condition=models.Q(state="failed"), name="delivery_failed"),
        ]


class Post(Leased):
    """A post. An edit makes it PENDING again."""

    class State(models.TextChoices):
        PENDING = "pending"
        ANALYSED = "analysed"
        FAILED = "failed"

    MOVES = check_moves(
        State.values,
        {
            State.PENDING: {State.ANALYSED, State.FAILED},
            State.ANALYSED: {State.PENDING},
            State.FAILED: {State.PENDING},
        },
    )

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="posts")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="posts")
    remote_id = models.CharField(max_length=64)
    uri = models.TextField(blank=True)
    url = models.TextField(blank=True)
    content = models.TextField(blank=True)  # HTML as it came: hostile, cleaned when shown
    text = models.TextField(blank=True)  # plain text of content, what the classifiers read
    spoiler_text = models.TextField(blank=True)
    language = models.CharField(max_length=16, blank=True)
    visibility = models.CharField(max_length=16, default="public")
    sensitive = models.BooleanField(default=False)
    in_reply_to_id = models.CharField(max_length=64, blank=True)
    in_reply_to_account_id = models.CharField(max_length=64, blank=True)
    boost_of = models.TextField(blank=True)  # uri of the boosted post; its words are not ours to judge here
    links = models.JSONField(default=list)  # [absolute http(s) URLs]
    tags = models.JSONField(default=list)  # [names]
    mentions = models.JSONField(default=list)  # [{"id", "acct"}]
    media = models.JSONField(default=list)  # [{"id", "type", "url", "description", "blurhash", "width", "height"}]
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True)  # deleted at the source
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "remote_id"], name="one_post_a_remote_id")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="pending"), name="post_waiting"),
            models.Index(fields=["id"], condition=models.Q(state="failed"), name="post_failed"),
            models.Index(fields=["account", "-created_at"]),
            models.Index(fields=["instance", "in_reply_to_id"], condition=~models.Q(in_reply_to_id=""), name="post_replies"),
        ]


class Routed(Stateful):
    """Something that waits until a rule has put it into a case."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ROUTED = "routed"

    MOVES = check_moves(State.values, {State.WAITING: {State.ROUTED}, State.ROUTED: {State.WAITING}})

    state = models.CharField(max_length=16, choices=State, default=State.WAITING)

    class Meta:
        abstract = True


class Report(Routed):
    """A user's report of an account, with or without posts."""

    class Origin(models.TextChoices):
        LOCAL = "local", _("local")
        FEDERATED = "federated", _("federated")

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="reports")
    remote_id = models.CharField(max_length=64)
    reporter = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="reports_made")
    reporter_domain = models.CharField(max_length=253, blank=True)  # empty: local
    target = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reports_received")
    posts = models.ManyToManyField(Post, related_name="reports")
    case = models.ForeignKey("moderation.Case", null=True, on_delete=models.SET_NULL, related_name="reports")
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.LOCAL)
    category = models.CharField(max_length=32, default="other")  # the instance's word: spam, legal, violation, other
    comment = models.TextField(blank=True)
    rules = models.JSONField(default=list)  # [{"id", "text"}]
    forwarded = models.BooleanField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)  # closed at the instance, by whomever
    resolved_elsewhere = models.BooleanField(default=False)  # closed there, not by us

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "remote_id"], name="one_report_a_remote_id")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="report_waiting"),
            models.Index(fields=["case"], condition=models.Q(resolved_elsewhere=True), name="report_closed_there"),
            models.Index(fields=["received_at"]),
        ]


class SignUp(Routed):
    """An account that asked to join. What it told of itself is personal data and leaves with it."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("waiting")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="sign_up")
    reason = models.TextField(blank=True)
    needs_approval = models.BooleanField(default=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.PENDING)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="signup_waiting"),
            models.Index(fields=["received_at"]),
        ]
