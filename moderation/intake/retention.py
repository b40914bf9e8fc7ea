"""What is forgotten, and when: personal data after its days, raw bodies that failed after theirs."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from moderation.models import Account, Delivery, Instance, SignUp, Trace

from .personal import keep_for

# Rows a statement touches, so that no lock is held for long.
BATCH = 1_000
SIGN_UP_TRACES = ("signup_ip", "signup_mail", "signup_reason")


def erase_expired():
    """Erase what is past its time; {"accounts", "traces", "sign_ups", "bodies"}: how many rows were emptied or removed.

    An account keeps its name and standing; its hashes, mail domain and IP prefix go, and with them what it was compared
    by. The reason of a sign-up that still waits is kept until somebody has answered.
    """
    now = timezone.now()
    erased = {"accounts": 0, "traces": 0, "sign_ups": 0, "bodies": 0}
    expired = Account.objects.filter(personal_until__lt=now).order_by("pk")
    while pks := list(expired.values_list("pk", flat=True)[:BATCH]):
        erased["traces"] += Trace.objects.filter(account__in=pks, action__in=SIGN_UP_TRACES).delete()[0]
        erased["accounts"] += Account.objects.filter(pk__in=pks).update(email_hash="", email_domain="", ip_hash="", ip_prefix="", personal_until=None)
    erased["sign_ups"] = _empty_reasons(now)
    failed_before = now - timedelta(days=settings.KEEP_FAILED_BODIES_DAYS)
    failed = Delivery.objects.filter(state=Delivery.State.FAILED, done_at__lt=failed_before, body__isnull=False).order_by("pk")
    while pks := list(failed.values_list("pk", flat=True)[:BATCH]):
        erased["bodies"] += Delivery.objects.filter(pk__in=pks, state=Delivery.State.FAILED).update(body=None)
    return erased


def _empty_reasons(now):
    """Of sign-ups that were answered as long ago as their instance keeps personal data."""
    emptied = 0
    for instance in Instance.objects.all():
        told = SignUp.objects.filter(account__instance=instance, closed_at__lt=now - keep_for(instance)).exclude(reason="").order_by("pk")
        while pks := list(told.values_list("pk", flat=True)[:BATCH]):
            emptied += SignUp.objects.filter(pk__in=pks).update(reason="")
    return emptied
