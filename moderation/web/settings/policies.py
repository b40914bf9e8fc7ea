"""What queues ask of people and how hard categories are to look at: changed by new versions, never loosened in passing."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from moderation.models import Case, Category, LedgerEntry, Queue, QueuePolicy, log_change
from moderation.queues.routing import priority
from moderation.wellbeing.worst_case import worst_units

BATCH = 500


class WouldRaise(Exception):
    """The change would let people be shown more than they agreed to; the message says why it is refused."""


def in_use(queue):
    """Whether anybody has ever worked in `queue`: until then its owner is still setting it up."""
    touched = Q(first_claimed_at__isnull=False) | Q(state__in=[Case.State.CLAIMED, Case.State.DECIDED])
    return queue.cases.filter(touched).exists() or LedgerEntry.objects.filter(queue=queue).exists()


def _asks(policy):
    """What a version asks of people, for the policy log."""
    if policy is None:
        return None
    return {
        "version": policy.version,
        "units_a_day": policy.units_a_day,
        "claim_minutes": policy.claim_minutes,
        "hidden_actions": policy.hidden_actions,
        "note": policy.note,
    }


def write_version(*, queue, by, units_a_day, claim_minutes, hidden_actions, note=""):
    """Write the next version of a queue's policy and return it; the one in force if nothing would change. Raises WouldRaise."""
    with transaction.atomic():
        locked = Queue.objects.select_for_update().get(pk=queue.pk)
        now = locked.policy
        hidden_actions = sorted(hidden_actions)
        if now and (units_a_day, claim_minutes, hidden_actions) == (now.units_a_day, now.claim_minutes, sorted(now.hidden_actions)):
            return now
        if now and units_a_day > now.units_a_day and in_use(locked):
            raise WouldRaise(
                _(
                    "People already work in this queue, and they agreed to %(units)g units a day. Raising a limit needs notice and the consent of "
                    "everyone it concerns, which this version of Breakwater does not offer yet. Lowering it takes effect at once."
                )
                % {"units": now.units_a_day}
            )
        version = QueuePolicy.objects.create(
            queue=locked,
            version=now.version + 1 if now else 1,
            units_a_day=units_a_day,
            claim_minutes=claim_minutes,
            hidden_actions=hidden_actions,
            note=note,
            created_by=by,
        )
        log_change(by=by, subject=f"queue {locked.slug}", before=_asks(now), after=_asks(version))
    return version


def _described(queue):
    return {"name": queue.name, "description": queue.description, "workers": sorted(queue.workers.values_list("username", flat=True))}


def change_queue(*, queue, by, name, description, workers):
    """Rename a queue, describe it anew, and say who works in it (nobody named: everybody who takes cases)."""
    with transaction.atomic():
        locked = Queue.objects.select_for_update().get(pk=queue.pk)
        before = _described(locked)
        locked.name, locked.description = name, description
        locked.save(update_fields=["name", "description"])
        locked.workers.set(workers)
        after = _described(locked)
        if after != before:
            log_change(by=by, subject=f"queue {locked.slug}", before=before, after=after)


def change_category(*, category, by, name, severity):
    """Rename a category or call it harder to look at; cases that wait follow. Raises WouldRaise for a milder severity."""
    with transaction.atomic():
        locked = Category.objects.select_for_update().get(pk=category.pk)
        if severity < locked.severity:
            raise WouldRaise(
                _(
                    "A milder severity would let people be shown more of this category in a day, so it counts as raising a limit. That needs notice "
                    "and everyone's consent, which this version of Breakwater does not offer yet. A harder severity takes effect at once."
                )
            )
        before = {"name": locked.name, "severity": locked.severity}
        locked.name, locked.severity = name, severity
        after = {"name": name, "severity": severity}
        if after == before:
            return
        locked.save(update_fields=["name", "severity"])
        if after["severity"] > before["severity"]:
            _make_harder(locked)
        log_change(by=by, subject=f"category {locked.slug}", before=before, after=after)


def _make_harder(category):
    """Cases that wait follow their category: what they cost, what stays concealed and how urgent they are."""
    waiting = Case.objects.filter(category=category, severity__lt=category.severity).exclude(state=Case.State.DECIDED).order_by("pk")
    rows = waiting.select_for_update(of=("self",)).select_related("account", "post", "cluster__representative")
    while cases := list(rows[:BATCH]):
        for case in cases:
            case.severity = category.severity
            case.priority = priority(severity=case.severity, reporters=case.reporters_count, opened_at=case.opened_at, size=case.size)
        worst = worst_units(cases)
        for case in cases:
            case.worst_units = worst[case.pk]
        Case.objects.bulk_update(cases, ["severity", "priority", "worst_units"])
