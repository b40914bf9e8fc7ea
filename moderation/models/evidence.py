"""What the machine found: findings, clusters and the rows that find neighbours."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .community import Account, Instance
from .content import Post


class Detector(models.TextChoices):
    NEAR_DUPLICATES = "near_duplicates", _("near-duplicates")
    COORDINATION = "coordination", _("coordinated accounts")
    SLOP = "slop", _("slop and spam")


class Verdict(models.TextChoices):
    LIKELY = "likely", _("likely")
    CANT_TELL = "cant_tell", _("can't tell")
    UNLIKELY = "unlikely", _("unlikely")


class Finding(models.Model):
    """What one detector says of one post or account now. A decision keeps its own copy."""

    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="findings")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="findings")
    detector = models.CharField(max_length=24, choices=Detector)
    model_version = models.CharField(max_length=64)
    score = models.FloatField(null=True)  # in [0, 1]; None where the detector does not score
    verdict = models.CharField(max_length=16, choices=Verdict)
    explanation = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    routed = models.BooleanField(default=False)  # a likely one has led to a case, or is covered by one

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(detector="slop", verdict="likely", routed=False), name="finding_to_route")]
        constraints = [
            models.UniqueConstraint(fields=["post", "detector"], name="one_finding_a_post"),
            models.UniqueConstraint(fields=["account", "detector"], name="one_finding_an_account"),
            models.CheckConstraint(
                condition=models.Q(post__isnull=False, account__isnull=True) | models.Q(post__isnull=True, account__isnull=False),
                name="finding_is_of_one_thing",
            ),
        ]


class Cluster(models.Model):
    """A wave of near-duplicates or a coordinated group. Its identity survives from run to run."""

    class Kind(models.TextChoices):
        WAVE = "wave", _("wave of near-duplicates")
        GROUP = "group", _("coordinated group")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="clusters")
    kind = models.CharField(max_length=8, choices=Kind)
    representative = models.OneToOneField(Post, null=True, on_delete=models.SET_NULL, related_name="represents")
    size = models.PositiveIntegerField(default=0)  # posts of a wave, accounts of a group; left-out members not counted
    accounts_count = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    model_version = models.CharField(max_length=64, blank=True)
    claim = models.JSONField(default=dict)  # what is claimed and with what chance expectation: numbers, not sentences
    q_value = models.FloatField(null=True)
    notable_at = models.DateTimeField(null=True)  # when it became large enough to be a case; None: it is not
    route_again = models.BooleanField(default=False)  # it became notable, or grew, since it was last routed
    innocent = models.BooleanField(default=False)  # a moderator said so; later members do not make a case
    innocent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    pinned = models.BooleanField(default=False)  # somebody opened it: later runs only propose members

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(route_again=True), name="cluster_to_route"),
            models.Index(fields=["instance", "kind", "-last_seen_at"]),
        ]


class Member(models.Model):
    """A post (of a wave) or an account (of a group) in a cluster."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    post = models.OneToOneField(Post, null=True, on_delete=models.CASCADE, related_name="membership")
    similarity = models.FloatField(null=True)  # to the representative, in [0, 1]
    certain = models.BooleanField(default=True)  # False: attached, weaker evidence
    proposed = models.BooleanField(default=False)  # found after the cluster was pinned; a person has to accept it
    left_out = models.BooleanField(default=False)
    left_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "account"], condition=models.Q(post=None), name="one_membership_an_account"),
        ]


class Band(models.Model):
    """One band of a representative's signature; equal keys make candidates. Only representatives are indexed."""

    key = models.BigIntegerField()  # 64-bit hash of algorithm version, instance, band number and band values
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_index=False, related_name="bands")

    class Meta:
        indexes = [models.Index(fields=["key", "post"]), models.Index(fields=["post"])]


class Trace(models.Model):
    """One act of an account on one object, for finding accounts that act together."""

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="traces")
    action = models.CharField(max_length=16)  # link, domain, hashtags, text, media, reply, report, signup_ip, …
    object_hash = models.BigIntegerField()  # 64-bit hash of the object
    object = models.CharField(max_length=300)  # shown to a moderator; cut
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "account", "action", "object_hash"], name="one_trace_an_act")]
        indexes = [models.Index(fields=["instance", "at"])]


class LearnedModel(models.Model):
    """A detector's model that learned from one instance's decisions: in force, or kept to go back to."""

    class State(models.TextChoices):
        CURRENT = "current", _("in force")
        RETIRED = "retired", _("was in force")
        NOT_BETTER = "not_better", _("was no better")

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="learned_models")
    detector = models.CharField(max_length=24, choices=Detector)
    version = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State)
    blob = models.BinaryField(null=True)  # a signed model file; None for one that was no better
    figures = models.JSONField(default=dict)  # what it learned from, and how it compared
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")  # None: by command

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instance", "detector"], condition=models.Q(state="current"), name="one_current_model"),
        ]
