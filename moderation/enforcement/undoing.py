"""Taking a decision back: a decision that supersedes it, and the steps that undo it at the instance."""

import uuid
from collections import defaultdict

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Action, Case, CaseEvent, Decision, Report, Software, StaleState, Writeback
from moderation.queues import claims

from . import appeals, outbox
from .actions import DELETION_DELAY, KINDS, Call
from .effects import answer_sign_up
from .errors import NotUndoable

# What the instance did, or may have done.
DONE = Q(state__in=[Writeback.State.CONFIRMED, Writeback.State.SENDING]) | Q(state=Writeback.State.REFUSED, receipt__unknown=True)


def undoable(decision):
    """(whether it can be taken back, a sentence: what undo will do, or why it cannot)."""
    if decision.action == Action.UNDO:
        return False, _("This took an earlier decision back. To change it, decide the case again.")
    if Decision.objects.filter(supersedes=decision).exists():
        return False, _("A later decision has taken the place of this one.")
    kind, domain = KINDS[decision.action], decision.case.instance.domain
    since = _carried_out([decision]).get(decision.pk)
    if since is None:
        return True, _("Nothing has been sent to %(domain)s. Undo opens the case again.") % {"domain": domain}
    if decision.action == Action.REJECT:
        return False, kind.undo_sentence(domain)
    if decision.action == Action.SUSPEND and timezone.now() > since + DELETION_DELAY:
        return False, _("%(domain)s deletes a suspended account after %(days)d days. There is nothing left to bring back.") % {
            "domain": domain,
            "days": DELETION_DELAY.days,
        }
    return True, kind.undo_sentence(domain)


def undo(*, decision, by, only_this=False):
    """Take back `decision` and all that were made in the same act (or `only_this` one): [Decision], each superseding one.

    Others of the act that can no longer be taken back are left as they are.
    Steps not sent yet are cancelled; steps sent are undone by new steps. The case waits again; when only some accounts of
    a wave are taken back, their reports wait to be routed into a case of their own. Raises StaleState when it was
    taken back meanwhile, NotUndoable with a sentence.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("instance", "queue").get(pk=decision.case_id)
        made = case.decisions.filter(batch=decision.batch).select_related("account", "case__instance").order_by("pk")
        if only_this:
            made = made.filter(pk=decision.pk)
        made = list(made.filter(superseded_by=None))
        if not made or decision.pk not in {each.pk for each in made}:
            raise StaleState(_("This decision was taken back a moment ago. Nothing is done twice."))
        possible, sentence = undoable(decision)
        if not possible:
            raise NotUndoable(sentence)
        made = _still_undoable(made)
        undone = supersede(made, case, by)
        calls = take_back(made)
        outbox.put(instance=case.instance, steps=[(new, calls[new.supersedes_id]) for new in undone])
        appeals.settle(decisions=undone)
        CaseEvent.objects.create(case=case, kind="undone", by=by, data={"decisions": [str(each.public_id) for each in made[:1000]], "count": len(made)})
        _wait_again(case, made, by)
    return undone


def _still_undoable(made):
    """Those of `made`, decisions of one action, that the instance can still take back."""
    since = _carried_out(made)
    if made[0].action == Action.REJECT:
        return [each for each in made if each.pk not in since]
    if made[0].action == Action.SUSPEND:
        return [each for each in made if each.pk not in since or timezone.now() <= since[each.pk] + DELETION_DELAY]
    return made


def supersede(made, case, by):
    """Write the decisions that take `made` back: [Decision], in the same order, of one act."""
    batch, policy, now = uuid.uuid4(), case.queue.policy, timezone.now()
    return Decision.objects.bulk_create(
        [
            Decision(
                case=case, account=each.account, batch=batch, moderator=by, action=Action.UNDO, policy=policy, supersedes=each, notify=False, created_at=now
            )
            for each in made
        ],
        batch_size=500,
    )


def take_back(superseded, *, except_for=(), reopen=True):
    """Cancel what `superseded` decisions have not sent yet; {decision id: [Call] that undo what they did, or may have done}.

    What was done by an action in `except_for` stays. `reopen`: the reports they closed are opened again as well.
    """
    rows = Writeback.objects.filter(decision__in=superseded)
    # Locked first: a step that is just being sent is either cancelled here or undone, never missed between the two.
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    now = timezone.now()
    rows.filter(state=Writeback.State.PENDING).update(state=Writeback.State.CANCELLED, done_at=now, lease=None, leased_until=None)
    rows.filter(state=Writeback.State.REFUSED, seen_at=None).update(seen_at=now)
    heirs = _heirs(superseded)
    done = defaultdict(list)
    for row in Writeback.objects.filter(DONE, decision__in=heirs).order_by("pk"):
        done[heirs[row.decision_id]].append(row)
    return {
        each.pk: ([] if each.action in except_for else _undo_calls(each, done[each.pk])) + (_reopen_calls(each, done[each.pk]) if reopen else [])
        for each in superseded
    }


def _carried_out(decisions):
    """{decision id: when the decision was made whose steps first did, or may have done, what it says}; without those never sent.

    A decision that upholds an earlier one finds it done: the instance counts from the earlier.
    """
    heirs = _heirs(decisions)
    first = {}
    for pk, at in Writeback.objects.filter(DONE, decision__in=heirs).values_list("decision", "decision__created_at"):
        first[heirs[pk]] = min(at, first.get(heirs[pk], at))
    return first


def _heirs(decisions):
    """{decision id: id of the one of `decisions` that stands for it}: each for itself and for the earlier ones it upheld.

    What an upheld decision did is the later one's to undo, which found it done already and sent nothing.
    """
    heirs = {each.pk: each.pk for each in decisions}
    upheld = {each.supersedes_id: each for each in decisions if each.supersedes_id}
    while upheld:
        earlier = Decision.objects.filter(pk__in=upheld)
        same = {old: upheld[old.pk] for old in earlier if old.action == upheld[old.pk].action}
        heirs.update((old.pk, heir.pk) for old, heir in same.items())
        upheld = {old.supersedes_id: heir for old, heir in same.items() if old.supersedes_id}
    return heirs


def route_anew(case, made):
    """The reports on the accounts that `made` was about leave the case and wait to be routed."""
    accounts = [each.account_id for each in made]
    Report.objects.filter(case=case, target__in=accounts).update(case=None, state=Report.State.WAITING)


def _undo_calls(decision, rows):
    # Where the account was already so before us, it was somebody else's act: it stays.
    did = any(row.call == "account_action" and not (row.receipt or {}).get("already") for row in rows)
    return KINDS[decision.action].undo_calls(decision.account) if did else []


def _reopen_calls(decision, rows):
    closed = {}
    for row in rows:
        closed.update(dict.fromkeys(row.params.get("report_ids", [])))
        if row.params.get("report_id"):
            closed[row.params["report_id"]] = None
    if not closed:
        return []
    # Open from now on for whoever decides next; the instance follows.
    Report.objects.filter(target=decision.account_id, remote_id__in=closed).update(resolved_at=None, resolved_elsewhere=False)
    return [Call("reopen_reports", {"account_id": decision.account.remote_id, "report_ids": list(closed)})]


def _wait_again(case, made, by):
    """Bring the case back; of a wave only partly taken back, the reports on those accounts wait to be routed anew."""
    if case.state != Case.State.DECIDED:
        return
    if case.decisions.filter(superseded_by=None).exclude(action=Action.UNDO).exists():
        route_anew(case, made)
        return
    if case.kind == Case.Kind.SIGN_UP and case.instance.software == Software.FORUM:
        answer_sign_up(case.account_id, Action.UNDO)
    waiting = claims.reopen(case, by)
    if waiting.pk != case.pk:
        Report.objects.filter(case=case).update(case=waiting)
