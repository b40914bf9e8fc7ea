"""What happened on an instance lately, as the engine of coordination reads it."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from classifiers.coordination import Events, find
from classifiers.near_duplicates import Stream
from moderation.models import Account, Cluster, Member, Report, SignUp, Trace

_SHORTEST_REASON = 20  # characters; "hello" is nobody's template


@dataclass(frozen=True)
class Acts:
    """Events whose accounts are primary keys, and what their objects are called."""

    events: Events
    names: dict  # (action, object) where the object itself does not say: what a moderator reads

    def groups(self):
        return find(self.events)


def load(instance):
    """Acts of the last COORDINATION_DAYS, the newest COORDINATION_ACTS of them."""
    since = timezone.now() - timedelta(days=settings.COORDINATION_DAYS)
    bots = set(Account.objects.filter(instance=instance, bot=True).values_list("pk", flat=True))
    names = {}
    rows = [*_of_posts(instance, since), *_of_waves(instance, since, names), *_of_reports(instance, since, names), *_of_sign_ups(instance, since, names)]
    return Acts(Events.of((account, action, thing, at.timestamp(), post, account in bots) for account, action, thing, at, post in rows), names)


def _of_posts(instance, since):
    newest = Trace.objects.filter(instance=instance, at__gte=since, at__lte=timezone.now()).order_by("-at")
    return newest.values_list("account_id", "action", "object_hash", "at", "post_id")[: settings.COORDINATION_ACTS]


def _of_waves(instance, since, names):
    members = Member.objects.filter(cluster__instance=instance, cluster__kind=Cluster.Kind.WAVE, cluster__innocent=False, post__created_at__gte=since)
    for account, wave, words, at, post in members.values_list("account_id", "cluster_id", "cluster__representative__text", "post__created_at", "post_id"):
        names["text", wave] = (words or "")[:300]
        yield account, "text", wave, at, post


def _of_reports(instance, since, names):
    # Who reported from elsewhere is not told: the server's own account stands for all of its people.
    local = Report.objects.filter(instance=instance, created_at__gte=since, origin=Report.Origin.LOCAL, reporter__isnull=False).select_related("target")
    for report in local.only("reporter_id", "created_at", "target__username", "target__domain"):
        names["report", report.target_id] = report.target.acct
        yield report.reporter_id, "report", report.target_id, report.created_at, None


def _of_sign_ups(instance, since, names):
    asked = SignUp.objects.filter(account__instance=instance, created_at__gte=since).order_by("created_at")
    asked = list(asked.values_list("pk", "account_id", "account__ip_prefix", "account__email_domain", "reason", "created_at"))
    reasons = Stream()
    for *_, reason, _at in asked:
        reasons.add(reason)
    for number, (match, (pk, account, prefix, domain, reason, at)) in enumerate(zip(reasons.matches(), asked, strict=True)):
        post = f"sign-up {pk}"
        if prefix:
            names["signup_ip", prefix] = prefix
            yield account, "signup_ip", prefix, at, post
        if domain:
            names["signup_mail", domain] = domain
            yield account, "signup_mail", domain, at, post
        if len(reason) >= _SHORTEST_REASON:
            kind = match.id if match else number
            names.setdefault(("signup_reason", kind), reason[:300])
            yield account, "signup_reason", kind, at, post
