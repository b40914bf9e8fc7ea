"""The people who work here, how they sign in, and machines that hold a token."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .secrets import token_hash


class Role(models.TextChoices):
    MODERATOR = "moderator", _("moderator")
    LEAD = "lead", _("lead")
    OWNER = "owner", _("owner")
    AUDITOR = "auditor", _("auditor")


class Person(AbstractUser):
    """Somebody who signs in. Moderators, leads and owners may take cases; auditors read."""

    role = models.CharField(max_length=16, choices=Role, default=Role.MODERATOR)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=8, blank=True)
    wants_weekly_report = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(role__in=Role.values), name="person_role_known")]

    @property
    def takes_cases(self):
        return self.is_active and self.role in (Role.MODERATOR, Role.LEAD, Role.OWNER)

    def has_role(self, *roles):
        return self.is_active and self.role in roles


class OneTimeLink(models.Model):
    """A link or code that works once. Only its hash is stored."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        FIRST_OWNER = "first_owner"

    purpose = models.CharField(max_length=16, choices=Purpose)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    @classmethod
    def usable(cls, token, purpose):
        """The unused, unexpired links of `purpose` that `token` opens, as a queryset of at most one."""
        fresh = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return cls.objects.filter(fresh, token_hash=token_hash(token), purpose=purpose, used_at=None)


class Scope(models.TextChoices):
    WRITE_POSTS = "write:posts", _("send posts")
    WRITE_REPORTS = "write:reports", _("send reports")
    WRITE_SIGN_UPS = "write:signups", _("send sign-ups")
    READ_CASES = "read:cases", _("read cases")
    READ_DECISIONS = "read:decisions", _("read decisions")
    READ_CLUSTERS = "read:clusters", _("read clusters")


class ApiToken(models.Model):
    """A machine's key to the API of one instance."""

    name = models.CharField(max_length=80)
    instance = models.ForeignKey("moderation.Instance", on_delete=models.CASCADE, related_name="api_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class IdempotentAnswer(models.Model):
    """What was answered to a request with an Idempotency-Key, to be answered again for 24 hours."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null: the first request is still at work
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_a_key")]
