"""Connected instances and the accounts on them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .secrets import EncryptedTextField


class Software(models.TextChoices):
    MASTODON = "mastodon", _("Mastodon, glitch-soc or Hometown")
    FORUM = "forum", _("a forum, through our API")


class Mode(models.TextChoices):
    OBSERVE = "observe", _("observe: record what would be sent")
    ACT = "act", _("act: send decisions to the instance")


class Instance(models.Model):
    """A connected server or forum."""

    slug = models.SlugField(max_length=40, unique=True)
    domain = models.CharField(max_length=253)
    software = models.CharField(max_length=16, choices=Software, default=Software.MASTODON)
    base_url = models.URLField(max_length=300)  # where its API is
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.OBSERVE)
    webhook_secret = EncryptedTextField(blank=True)
    previous_webhook_secret = EncryptedTextField(blank=True)  # still accepted until the rotation is finished
    api_token = EncryptedTextField(blank=True)
    agent_account_id = models.CharField(max_length=64, blank=True)  # the account our token belongs to: our own echoes
    keep_personal_days = models.PositiveSmallIntegerField(null=True)  # None: the setting KEEP_PERSONAL_DAYS
    wave_days = models.FloatField(null=True)  # near-copies this close in time are one wave; None: the settings WAVE_HOURS, WAVE_LONG_DAYS
    attribution = models.TextField(blank=True)  # shown with its posts, where a licence asks for it
    created_at = models.DateTimeField(default=timezone.now)

    # What went wrong at the door, for the instance's page.
    too_large_count = models.PositiveIntegerField(default=0)
    too_large_at = models.DateTimeField(null=True)
    bad_signature_count = models.PositiveIntegerField(default=0)
    bad_signature_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    rate_limited_until = models.DateTimeField(null=True)

    def __str__(self):
        return self.domain

    @property
    def acts(self):
        return self.mode == Mode.ACT


class Account(models.Model):
    """Somebody's account on, or known to, an instance."""

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="accounts")
    remote_id = models.CharField(max_length=64)
    username = models.CharField(max_length=255)
    domain = models.CharField(max_length=253, blank=True)  # empty: local to the instance
    display_name = models.TextField(blank=True)
    note = models.TextField(blank=True)  # HTML as it came: hostile, cleaned when shown
    url = models.TextField(blank=True)
    avatar_url = models.TextField(blank=True)  # never loaded by a browser
    bot = models.BooleanField(default=False)
    followers_count = models.BigIntegerField(null=True)  # None: unknown or hidden
    following_count = models.BigIntegerField(null=True)
    statuses_count = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # of the newest delivery that spoke of it
    standing_at = models.DateTimeField(null=True)  # of the newest delivery that told what is below

    confirmed = models.BooleanField(null=True)
    approved = models.BooleanField(null=True)
    disabled = models.BooleanField(null=True)
    silenced = models.BooleanField(default=False)
    sensitized = models.BooleanField(default=False)
    suspended = models.BooleanField(default=False)

    # Personal data, erased at personal_until: salted hashes, the mail domain and the IP prefix; never the address.
    email_hash = models.CharField(max_length=64, blank=True)
    email_domain = models.CharField(max_length=253, blank=True)
    ip_hash = models.CharField(max_length=64, blank=True)
    ip_prefix = models.CharField(max_length=64, blank=True)
    personal_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "remote_id"], name="one_account_a_remote_id")]
        indexes = [
            models.Index(fields=["personal_until"]),
            models.Index(fields=["instance", "email_hash"]),
            models.Index(fields=["instance", "ip_hash"]),
            models.Index(fields=["instance", "username"]),
        ]

    def __str__(self):
        return self.acct

    @property
    def acct(self):
        return f"{self.username}@{self.domain}" if self.domain else self.username
