"""The outbox pump: sends what waits to the instances, once. See docs/decisions/writebacks.md."""

import logging
import time
import uuid
from contextlib import ExitStack, closing, suppress
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.fediverse.base import Ambiguous, Passing, Refused, RemoteError, Unreachable
from moderation.fediverse.mastodon import platform_for
from moderation.models import CaseEvent, Decision, Instance, StaleState, Writeback

from .effects import reflect
from .errors import NotAllowed
from .sending import InDoubt, is_gone, is_so, look, was_done

log = logging.getLogger(__name__)
State = Writeback.State

GIVE_UP_AFTER = timedelta(hours=72)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(hours=1)
PAUSE = timedelta(seconds=30)  # for everything that waits for an instance that does not answer
MOST_PAUSED = 10_000


def send_waiting(limit=20):
    """Send up to `limit` waiting steps; the number worked on tells the caller whether to ring again."""
    worked, platforms = 0, {}
    with ExitStack() as stack:
        while worked < limit:
            # What was done may have made the next step of its account due.
            taken = 0
            for writeback in _due(limit - worked):
                if not _take(writeback):
                    continue
                if writeback.instance_id not in platforms:
                    platforms[writeback.instance_id] = stack.enter_context(closing(platform_for(writeback.instance)))
                    _learn_who_we_are(writeback.instance, platforms[writeback.instance_id])
                _work_on(writeback, platforms[writeback.instance_id])
                taken += 1
            if not taken:
                break
            worked += taken
    return worked


def _due(limit):
    """The rows to work on, each the first unfinished one of its account: steps on one account never overtake each other."""
    now = timezone.now()
    earlier = Writeback.objects.filter(
        decision__account=OuterRef("decision__account"), instance=OuterRef("instance"), pk__lt=OuterRef("pk"), state__in=[State.PENDING, State.SENDING]
    )
    free = Q(instance__rate_limited_until=None) | Q(instance__rate_limited_until__lte=now)
    waiting = Writeback.objects.filter(free).select_related("instance", "decision")
    left_lying = waiting.filter(state=State.SENDING, leased_until__lte=now).order_by("leased_until")
    fresh = waiting.filter(~Exists(earlier), state=State.PENDING, try_after__lte=now).order_by("try_after", "pk")
    return [*left_lying[:limit], *fresh[:limit]][:limit]


def _take(writeback):
    """PENDING → SENDING, or take over a SENDING whose holder died; False when somebody was faster."""
    now, token = timezone.now(), uuid.uuid4()
    paused = Instance.objects.filter(pk=writeback.instance_id, rate_limited_until__gt=now).exists()
    here = Writeback.objects.filter(pk=writeback.pk, state=writeback.state, try_after__lte=now)
    if writeback.state == State.SENDING:
        here = here.filter(lease=writeback.lease, leased_until__lte=now)
    fresh = {"before": None, "error": ""} if writeback.state == State.PENDING else {}
    changes = {"lease": token, "leased_until": _lease_end(), "attempts": F("attempts") + 1, "first_tried_at": Coalesce("first_tried_at", now), **fresh}
    if paused or not here.update(state=State.SENDING, **changes):
        return False
    writeback.resumed = writeback.state == State.SENDING
    writeback.refresh_from_db(fields=["state", "lease", "leased_until", "attempts", "first_tried_at", "before"])
    return True


def _lease_end():
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _learn_who_we_are(instance, platform):
    """Before anything is sent, so that its echo is known for our own; another try comes with the next batch."""
    if instance.agent_account_id:
        return
    with suppress(RemoteError):
        if agent := platform.agent_account_id:
            Instance.objects.filter(pk=instance.pk, agent_account_id="").update(agent_account_id=agent)


def _work_on(writeback, platform):
    """One step, from taken to recorded: each way it can end is a state."""
    try:
        receipt = _resume(writeback, platform) if writeback.resumed else _send(writeback, platform)
    except Refused as error:
        _refuse(writeback, error, in_doubt=writeback.resumed)
    except InDoubt as error:
        _refuse(writeback, error, in_doubt=True)
    except Ambiguous as error:
        _wait_and_look(writeback, error)
    except Passing as error:
        _put_off(writeback, error)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # no row's fault: it stays as a dead worker would leave it
    except Exception as error:  # a fault of ours on one row must not stop its neighbours
        log.exception("Writeback %s could not be sent", writeback.pk)
        _refuse(writeback, _("Breakwater failed while sending this (%(error)s). Look at the account there.") % {"error": type(error).__name__}, in_doubt=True)
    else:
        if receipt is not None:
            _confirm(writeback, receipt)
    if platform.exhausted_until:
        Instance.objects.filter(pk=writeback.instance_id).update(rate_limited_until=platform.exhausted_until)


def _send(writeback, platform):
    """Look, then act where the effect is not there yet; the receipt, or None when there is nothing to confirm."""
    if Decision.objects.filter(supersedes=writeback.decision_id).exists():
        _record(writeback, State.PENDING)
        writeback.move(State.CANCELLED, done_at=timezone.now())
        return None
    if not writeback.instance.acts:
        raise Refused(_("The instance was switched to observe mode before this was sent. Nothing was done there."))
    before = look(platform, writeback)
    if is_gone(writeback, before):
        raise Refused(_("%(domain)s no longer has this account. There is nothing left to do.") % {"domain": writeback.instance.domain})
    if is_so(writeback, before):
        # Where we tried before, it is our own act that came late.
        return {"seen_afterwards": True} if writeback.receipt else {"already": True}
    started = time.monotonic()
    if not _held(writeback).update(before=before, leased_until=_lease_end()):
        return None
    writeback.before = before
    if time.monotonic() - started > settings.LEASE_SECONDS / 3:
        # This machine slept: the lease may soon be somebody else's. What was not sent is not in doubt.
        writeback.before = None
        raise Passing(_("Breakwater was too busy to send this."))
    return platform.send(writeback.call, writeback.params)


def _resume(writeback, platform):
    """Whoever sent this died or heard no answer: find out whether it was done, and only then let it be sent again."""
    if writeback.before is not None and was_done(platform, writeback):
        return {"seen_afterwards": True}
    tried = {"receipt": {"tried": True}} if writeback.before is not None else {}
    _record(writeback, State.PENDING, before=None, try_after=timezone.now(), **tried)
    return None


def _held(writeback):
    return Writeback.objects.filter(pk=writeback.pk, state=State.SENDING, lease=writeback.lease)


def _record(writeback, state, **changes):
    """SENDING → `state`, if the lease is still ours: whether it was."""
    if not _held(writeback).update(state=state, lease=None, leased_until=None, **changes):
        return False
    writeback.refresh_from_db(fields=["state", "receipt", "lease", "leased_until"])
    return True


def _confirm(writeback, receipt):
    with transaction.atomic():
        if _record(writeback, State.CONFIRMED, receipt=receipt, error="", done_at=timezone.now()):
            reflect(writeback)


def _refuse(writeback, error, in_doubt=False):
    """A person has to look; the later steps of the decision wait with it."""
    now = timezone.now()
    with transaction.atomic():
        unknown = in_doubt and writeback.before is not None
        if _record(writeback, State.REFUSED, error=str(error), receipt={"unknown": True} if unknown else None, done_at=now):
            later = Writeback.objects.filter(decision=writeback.decision_id, order__gt=writeback.order, state=State.PENDING)
            later.update(state=State.REFUSED, error=_("Not sent, because the step before it was refused."), done_at=now)


def _wait_and_look(writeback, error):
    """It stays SENDING: once the instance has had time to finish, the next round looks whether it was done."""
    if _over(writeback):
        _refuse(writeback, error, in_doubt=True)
    else:
        _held(writeback).update(error=str(error), leased_until=_lease_end())


def _put_off(writeback, error):
    if _over(writeback):
        sentence = _("%(domain)s did not answer for three days: %(error)s Find out what is wrong there, then send this again.")
        _refuse(writeback, sentence % {"domain": writeback.instance.domain, "error": error}, in_doubt=True)
        return
    again = error.retry_at or timezone.now() + _delay(writeback.attempts)
    if writeback.resumed and writeback.before is not None:
        _held(writeback).update(error=str(error), leased_until=again)  # still in doubt: look again, do not send
    else:
        _record(writeback, State.PENDING, error=str(error), before=None, try_after=again)
    if isinstance(error, Unreachable):
        _pause(writeback.instance_id)


@transaction.atomic
def _pause(instance_id):
    """Let everything wait a little that is due at an instance where nobody answers; the next try is one call, not a thousand."""
    now = timezone.now()
    due = Writeback.objects.filter(instance=instance_id, state=State.PENDING, try_after__lt=now + PAUSE)
    # Rows that somebody is just working on are passed over: two who lock many rows must not wait for each other.
    ids = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk").values_list("pk", flat=True)[:MOST_PAUSED])
    Writeback.objects.filter(pk__in=ids).update(try_after=now + PAUSE, first_tried_at=Coalesce("first_tried_at", now))


def _over(writeback):
    return timezone.now() > writeback.first_tried_at + GIVE_UP_AFTER


def _delay(attempts):
    """15 s, doubled with each attempt, at most an hour."""
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)


def retry(*, writeback, by):
    """Send a refused step again, and the later ones that waited with it. Raises StaleState, NotAllowed."""
    if not writeback.instance.acts:
        raise NotAllowed(_("%(domain)s is in observe mode. Switch it to act first.") % {"domain": writeback.instance.domain})
    if Decision.objects.filter(supersedes=writeback.decision_id).exists():
        raise NotAllowed(_("A later decision has taken the place of this one, so it is not sent any more."))
    refused = Writeback.objects.filter(decision=writeback.decision_id, order__gte=writeback.order, state=State.REFUSED)
    again = {"attempts": 0, "first_tried_at": None, "before": None, "error": "", "seen_at": None, "done_at": None}
    with transaction.atomic():
        writeback.move(State.PENDING, try_after=timezone.now(), receipt={"tried": True} if writeback.receipt else None, **again)
        refused.update(state=State.PENDING, try_after=timezone.now(), **again)
        CaseEvent.objects.create(case_id=writeback.decision.case_id, kind="sent_again", by=by, data={"call": writeback.call})


def acknowledge(*, writeback, by):
    """Somebody has read this refusal and leaves it at that; it and the steps that waited with it are no longer listed."""
    refused = Writeback.objects.filter(decision=writeback.decision_id, order__gte=writeback.order, state=State.REFUSED, seen_at=None)
    with transaction.atomic():
        if not refused.update(seen_at=timezone.now()):
            raise StaleState(_("Somebody has seen to this already."))
        CaseEvent.objects.create(case_id=writeback.decision.case_id, kind="refusal_read", by=by, data={"call": writeback.call})
