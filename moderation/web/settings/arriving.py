"""Does what happens on an instance reach us? Read from what came, and from what could not be taken in."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.fediverse.base import Check
from moderation.fediverse.client import is_loopback
from moderation.models import ApiToken, Delivery, Software

KNOWN_EVENTS = ("account.approved", "account.created", "account.updated", "report.created", "report.updated", "status.created", "status.updated")
RECENT_DELIVERIES = 5_000  # how far back unknown events are looked for
SHOWN = 20


def last_delivery_at(instance):
    """When the last delivery with a good signature came; None before the first."""
    return instance.deliveries.order_by("-pk").values_list("received_at", flat=True).first()


def failed(instance):
    """The newest deliveries that could not be taken in, without their bodies; `has_body`: whether they can be tried again."""
    has_body = ExpressionWrapper(Q(body__isnull=False), output_field=BooleanField())
    rows = Delivery.objects.filter(instance=instance, state=Delivery.State.FAILED).defer("body")
    return rows.annotate(has_body=has_body).order_by("-received_at")


def unknown_events(instance):
    """{event: how often} among recent deliveries that Breakwater has no use for."""
    newest = Delivery.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = instance.deliveries.filter(pk__gt=newest - RECENT_DELIVERIES, state=Delivery.State.IGNORED).exclude(event__in=KNOWN_EVENTS)
    return dict(rows.exclude(event="").values_list("event").annotate(times=Count("pk")).order_by("event"))


def check(instance):
    """Test the way in: a list of Check, each with what to do where it fails."""
    if instance.software == Software.FORUM:
        return [_api_check(instance)]
    if not instance.webhook_secret:
        return [Check(_("Webhook secret"), False, _("There is none yet. Make the webhook at the instance, then paste its secret below."))]
    last = last_delivery_at(instance)
    found = [_deliveries(instance, last), _signatures(instance, last), _sizes(instance), _understood(instance)]
    return [_own_address(instance), *filter(None, found)]


def _own_address(instance):
    name = _("Breakwater's address")
    if not settings.PUBLIC and not is_loopback(urlsplit(instance.base_url).hostname or ""):
        sentence = _("%(url)s exists on this machine only, so %(domain)s cannot send anything to it. Set BREAKWATER_URL to an address that it can reach.")
        return Check(name, False, sentence % {"url": settings.BREAKWATER_URL, "domain": instance.domain})
    return Check(name, True, settings.BREAKWATER_URL)


def _ago(moment):
    """'5 minutes ago'; within the first minute 'a moment ago'."""
    now = timezone.now()
    if now - moment < timedelta(minutes=1):
        return _("a moment ago")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}


def _deliveries(instance, last):
    if last:
        return Check(_("Deliveries"), True, _("The last one came %(ago)s.") % {"ago": _ago(last)})
    sentence = _("Nothing has come yet. Check that the webhook at %(domain)s is enabled and has the address below, then report or write something there.")
    return Check(_("Deliveries"), False, sentence % {"domain": instance.domain})


def _signatures(instance, last):
    count, at = instance.bad_signature_count, instance.bad_signature_at
    if not count:
        return Check(_("Signatures"), True, _("Every delivery was signed with the secret we have.")) if last else None
    ok = bool(last and at and last > at)
    sentence = ngettext(
        "%(count)d delivery had a signature that does not fit, the last %(ago)s.",
        "%(count)d deliveries had a signature that does not fit, the last %(ago)s.",
        count,
    ) % {"count": count, "ago": _ago(at or timezone.now())}
    if ok:
        return Check(_("Signatures"), True, sentence + " " + _("Since then they fit."))
    advice = _("Paste the webhook's secret below once more. The instance keeps trying for two days, so what it sent is not lost.")
    return Check(_("Signatures"), False, f"{sentence} {advice}")


def _sizes(instance):
    if not instance.too_large_count:
        return None
    sentence = ngettext(
        "%(count)d delivery was larger than 5 MB and was not taken, the last %(ago)s. Look at the instance itself for what it was about.",
        "%(count)d deliveries were larger than 5 MB and were not taken, the last %(ago)s. Look at the instance itself for what they were about.",
        instance.too_large_count,
    )
    return Check(_("Sizes"), False, sentence % {"count": instance.too_large_count, "ago": _ago(instance.too_large_at or timezone.now())})


def _understood(instance):
    count = failed(instance)[: SHOWN + 1].count()
    if not count:
        return None
    sentence = _("Some deliveries could not be read; they are listed below. The webhook's “template” field at the instance must be empty.")
    return Check(_("Understanding"), False, sentence)


def _api_check(instance):
    last = ApiToken.objects.filter(instance=instance).aggregate(last=Max("last_used_at"))["last"]
    if last:
        return Check(_("API"), True, _("A token of this forum was last used %(ago)s.") % {"ago": _ago(last)})
    if ApiToken.objects.filter(instance=instance, revoked_at=None).exists():
        return Check(_("API"), False, _("Its token has not been used yet. Give it to the forum, and send a post."))
    return Check(_("API"), False, _("It has no token yet. Make one under API tokens."))
