"""Every change of a setting, append-only and hash-chained: changing an old line breaks all later ones."""

import hashlib
import json

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone


class PolicyChange(models.Model):
    number = models.PositiveIntegerField(unique=True)  # 1, 2, 3, …: two writers cannot both be next
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")  # None: set up by command
    by_name = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=120)  # what was changed: "queue reports", "instance demo", "rule 3"
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def digest(self):
        """SHA-256 over this line and the hash of the line before, 64 hex characters."""
        line = [self.number, self.at.isoformat(), self.by_name, self.subject, self.before, self.after, self.previous_hash]
        return hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def log_change(*, by, subject, before, after):
    """Append one line. Call it in the transaction that makes the change."""
    change = PolicyChange(by=by, by_name=by.username if by else "", subject=subject, before=before, after=after)
    while True:
        last = PolicyChange.objects.order_by("-number").first()
        change.number, change.previous_hash = (last.number + 1, last.hash) if last else (1, "")
        change.hash = change.digest()
        try:
            with transaction.atomic():
                change.save(force_insert=True)
            return change
        except IntegrityError:
            if not PolicyChange.objects.filter(number=change.number).exists():
                raise
            # Another writer took this number while we waited for them; the next read sees their line.


def broken_at():
    """The number of the first line whose hash does not fit; None when the whole chain holds."""
    previous = ""
    for expected, change in enumerate(PolicyChange.objects.order_by("number").iterator(), start=1):
        if change.number != expected or change.previous_hash != previous or change.hash != change.digest():
            return expected
        previous = change.hash
    return None
