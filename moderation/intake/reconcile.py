"""Deliveries can be lost for good, and some changes have none: what an instance's admin API says is taken in as well."""

import itertools

from django.db import transaction
from django.utils import timezone

from moderation.fediverse.base import Refused
from moderation.models import Account, Instance, Report, SignUp

from .record import Sightings, read, record

# Objects recorded in one transaction.
BATCH = 100
# Things asked after one by one in a run, drawn by lot: one that stays undecided keeps no other from its turn.
ASKED = 50


def reconcile(instance, platform):
    """Poll who waits for approval and which reports are open, and find out what became of those that no longer are.

    Returns {"accounts", "reports", "answered", "resolved": counts, "problems": [what the instance refused, for a person]}.
    Raises Passing when the instance cannot be asked now. Talks to the network: call it outside a transaction.
    """
    started = timezone.now()
    told = {"accounts": 0, "reports": 0, "answered": 0, "resolved": 0, "problems": []}
    try:
        pending = _take_all(instance, platform.pending_accounts(), started)
        told["accounts"] = len(pending)
        told["answered"] = _follow_sign_ups(instance, platform, pending, started)
    except Refused as error:
        told["problems"].append(str(error))
    try:
        unresolved = _take_all(instance, platform.open_reports(), started)
        told["reports"] = len(unresolved)
        told["resolved"] = _follow_reports(instance, platform, unresolved, started)
    except Refused as error:
        told["problems"].append(str(error))
    if not told["problems"]:
        Instance.objects.filter(pk=instance.pk).update(reconciled_at=started)
    return told


def _take_all(instance, things, at):
    """Record all `things` as they are at `at`; their remote ids."""
    taken = set()
    things = iter(things)
    while some := list(itertools.islice(things, BATCH)):
        found = Sightings()
        for seen in some:
            found += read(instance, seen, "", at)
            taken.add(seen.remote_id)
        with transaction.atomic():
            record(instance, found)
    return taken


def _follow_sign_ups(instance, platform, pending, started):
    """Sign-ups that nobody waits for any more were answered at the instance; how many."""
    waiting = SignUp.objects.filter(account__instance=instance, outcome=SignUp.Outcome.PENDING, received_at__lt=started)
    answered = 0
    for sign_up in waiting.exclude(account__remote_id__in=pending).select_related("account").order_by("?")[:ASKED]:
        state = platform.state_of(sign_up.account.remote_id)
        if state.exists and not state.approved:
            continue
        outcome = SignUp.Outcome.APPROVED if state.exists else SignUp.Outcome.REJECTED
        if state.exists:
            Account.objects.filter(pk=sign_up.account_id).update(approved=True, standing_at=started)
        still = SignUp.objects.filter(pk=sign_up.pk, outcome=SignUp.Outcome.PENDING)
        answered += still.update(outcome=outcome, closed_at=started, state=SignUp.State.ROUTED)
    return answered


def _follow_reports(instance, platform, unresolved, started):
    """Reports that are no longer open were closed, by us or by somebody at the instance; how many."""
    open_here = Report.objects.filter(instance=instance, resolved_at=None, received_at__lt=started)
    resolved = 0
    for report in open_here.exclude(remote_id__in=unresolved).order_by("?")[:ASKED]:
        try:
            by = platform.closed_by(report.remote_id)
        except Refused as error:
            if error.status != 404:
                raise
            by = ""  # gone with its account
        if by is None:
            continue
        ours = bool(by) and by == instance.agent_account_id
        resolved += Report.objects.filter(pk=report.pk, resolved_at=None).update(resolved_at=started, resolved_elsewhere=not ours)
    return resolved
