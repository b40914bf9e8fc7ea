"""Deciding a case: what is on offer, and the one transaction in which a decision is made."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import Action, Case, CaseEvent, Cluster, DecidedPost, Decision, Member, Mode, Report, Software
from moderation.queues import claims

from . import appeals, outbox, reach
from .actions import KINDS
from .effects import answer_sign_up
from .errors import FoundHarmless, NotAllowed, NotUndoable
from .undoing import route_anew, supersede, take_back, undo, undoable

__all__ = ["ActionOffer", "FoundHarmless", "NotAllowed", "NotUndoable", "available", "decide", "undo", "undoable"]


HARMLESS = {Action.NO_ACTION, Action.NOTE, Action.APPROVE}  # what may be decided about a wave that people found harmless


@dataclass(frozen=True)
class ActionOffer:
    """One action as the case page offers it."""

    action: Action
    label: str
    sentence: str  # what it will do
    allowed: bool
    why_not: str  # a sentence when it is not allowed
    destructive: bool
    undo: str  # what undoing it will do
    needs_words: bool  # a reason has to be written


def available(case, person, *, left_out=(), up_to=None):
    """[ActionOffer] for `person` on `case`, in the order of weight; the queue's hidden actions are left out.

    `left_out`, `up_to`: whom the decision would not reach, as for `decide`.
    """
    if not person.takes_cases:
        return []
    hidden = _hidden(case)
    reached = reach.reached(case, left_out, up_to)
    domain = case.instance.domain
    offers = []
    for kind in _kinds_for(case, reached):
        if kind.action in hidden:
            continue
        why_not = kind.why_not(reached)
        sentence = " ".join(part for part in (kind.sentence(reached), _about_reports(kind, case), _about_sending(case.instance)) if part)
        offers.append(
            ActionOffer(kind.action, kind.action.label, sentence, not why_not, why_not, kind.destructive, kind.undo_sentence(domain), kind.needs_words)
        )
    return offers


def _hidden(case):
    policy = case.queue.policy
    return set(policy.hidden_actions) if policy else set()


def _kinds_for(case, reached):
    """The actions that make sense for a case: a sign-up is let in or turned away until it is answered, and judged like any account after."""
    if case.kind == Case.Kind.SIGN_UP:
        return [kind for kind in KINDS.values() if kind.answers == bool(reached.waiting)]
    # Somebody of a wave who waits to be let in is answered alone; that these two are not for all of them is said.
    return [kind for kind in KINDS.values() if not kind.answers or (case.kind == Case.Kind.CLUSTER and reached.waiting)]


def _about_reports(kind, case):
    if kind.closes_all_reports:
        return _("Every open report about them is closed.")
    if case.reports_count:
        return _("The reports of this case are closed.")
    return ""


def _about_sending(instance):
    if instance.software == Software.FORUM:
        return _("%(domain)s learns of it when it next asks.") % {"domain": instance.domain}
    if instance.mode == Mode.OBSERVE:
        return _("%(domain)s is in observe mode: this is recorded here and nothing is sent.") % {"domain": instance.domain}
    return ""


def decide(*, case_id, claim, by, action, reason="", note="", rule="", notify=False, left_out=(), up_to=None):
    """Decide the case that `by` holds under `claim`: [Decision], one for each account it reaches.

    `case_id`: primary key. `left_out`: ids of members of the case's cluster; the decision must not reach their accounts,
    which are remembered as left out with all their posts. `up_to`: the id of the last member the page knew; who came later
    is not reached, and comes back in a new case. One transaction: the decisions, what they were based on, the outbox, the
    closed case. Raises StaleState when the claim is no longer theirs (a second click, a stale page), FoundHarmless, a
    StaleState with a sentence, when the wave was marked as harmless meanwhile, NotAllowed with a sentence.
    """
    with transaction.atomic():
        case = claims.held(Case.objects.get(pk=case_id), by, claim)
        _check_harmless(case, action, by)
        left_out = _leave_out(case, left_out, by)
        kind = _checked(case, action, reason or rule, up_to)
        found = reach.targets(case, up_to)
        notify = notify or kind.action == Action.WARN
        decisions = _write_decisions(case, found, by, kind, reason=reason, note=note, rule=rule, notify=notify)
        _gather_reports(case, kind, decisions)
        text = "\n\n".join(part for part in (rule, reason) if part) if notify else ""
        reports = _open_reports(case)
        # An earlier decision on this case gives way, unless the new one is the same.
        earlier = [decision.supersedes for decision in decisions if decision.supersedes_id]
        back = take_back(earlier, except_for=[kind.action], reopen=False)
        steps = _spare(case, left_out, by)
        for decision in decisions:
            account = decision.account
            calls = kind.calls(account=account, report_ids=reports.get(account.pk, []), text=text, notify=notify)
            steps.append((decision, back.get(decision.supersedes_id, []) + calls))
        outbox.put(instance=case.instance, steps=steps)
        appeals.settle(decisions=decisions)
        if kind.answers and case.instance.software == Software.FORUM:
            answer_sign_up(case.account_id, kind.action)  # a forum does as we say, and tells us no more of it
        if left_out:
            CaseEvent.objects.create(case=case, kind="left_out", by=by, data={"members": left_out})
        _leave_for_later(case, up_to, decisions[0].batch)
        claims.close(case, by, claim)
    return decisions


def _check_harmless(case, action, by):
    """Nothing is done to a wave that somebody marked as harmless; the row stays locked, so that nobody marks it meanwhile."""
    if case.kind != Case.Kind.CLUSTER or action in HARMLESS:
        return
    cluster = Cluster.objects.select_for_update(of=("self",), no_key=True).get(pk=case.cluster_id)
    if cluster.innocent:
        if cluster.kind == Cluster.Kind.GROUP or cluster.innocent_by_id == by.pk:
            raise FoundHarmless(_("This was marked as harmless meanwhile. Nothing was done."))
        raise FoundHarmless(_("A colleague marked this wave as harmless meanwhile. Nothing was done."))


def _checked(case, action, words, up_to):
    """The kind of action, if it can be taken on everybody it would reach; raises NotAllowed."""
    reached = reach.reached(case, up_to=up_to)
    if not reached.accounts:
        raise NotAllowed(_("Nobody is left for this decision to reach. Take at least one account back in, or hand the case over."))
    kind = KINDS.get(action)
    if kind is None or kind.action in _hidden(case) or kind not in _kinds_for(case, reached):
        raise NotAllowed(_("This action is not offered for this case. Reload the page to see which are."))
    if why_not := kind.why_not(reached):
        raise NotAllowed(why_not)
    if kind.needs_words and not words.strip():
        raise NotAllowed(_("Write what you want to tell them: a warning without words helps nobody."))
    return kind


def _leave_out(case, left_out, by):
    """Remember the accounts the moderator took out of the wave: the ids of all their members of this cluster."""
    if case.kind != Case.Kind.CLUSTER or not left_out:
        return []
    here = Member.objects.filter(cluster=case.cluster_id)
    accounts = list(here.filter(pk__in=list(left_out)).values_list("account", flat=True))
    ids = list(here.filter(account__in=accounts, left_out=False).order_by("pk").values_list("pk", flat=True))
    here.filter(pk__in=ids).update(left_out=True, left_out_by=by)
    cluster = case.cluster
    staying = cluster.members.filter(left_out=False, proposed=False)
    cluster.size = staying.count()
    cluster.accounts_count = staying.values("account").distinct().count()
    cluster.save(update_fields=["size", "accounts_count"])
    return ids


def left_out_accounts(case, left_out):
    """How many accounts a decision newly leaves out with `left_out`, ids of members."""
    if case.kind != Case.Kind.CLUSTER:
        return 0
    return (
        reach.members(case)
        .filter(account__in=Member.objects.filter(cluster=case.cluster_id, pk__in=left_out).values("account"))
        .aggregate(count=Count("account", distinct=True))["count"]
    )


def _leave_for_later(case, up_to, batch):
    """Have those who came after the page was made routed again, and remember how many they were."""
    if later := reach.came_later(case, up_to):
        Cluster.objects.filter(pk=case.cluster_id).update(route_again=True)
        CaseEvent.objects.create(case=case, kind="came_later", data={"members": later, "batch": str(batch)})


def came_later(decision):
    """How many members of the wave came too late for `decision` and the others of its act."""
    events = CaseEvent.objects.filter(case=decision.case_id, kind="came_later").values_list("data", flat=True)
    return next((data["members"] for data in events if data["batch"] == str(decision.batch)), 0)


def _spare(case, left_out, by):
    """Take back what was decided before about accounts that are left out this time: [(decision, [Call])]."""
    reached = reach.members(case).values("account")
    accounts = Member.objects.filter(pk__in=left_out).exclude(account__in=reached).values("account")
    standing = list(_standing(case).filter(account__in=accounts))
    if not standing:
        return []
    undone = supersede(standing, case, by)
    back = take_back(standing)
    route_anew(case, standing)
    appeals.settle(decisions=undone)
    return [(new, back[new.supersedes_id]) for new in undone]


def _standing(case):
    """The decisions on this case that nothing has superseded."""
    return Decision.objects.filter(case=case, superseded_by=None).exclude(action=Action.UNDO).select_related("account", "case__instance")


def _write_decisions(case, found, by, kind, *, reason, note, rule, notify):
    said = reach.findings(case, found)
    shown = reach.shown_to(case, found)
    earlier = {
        decision.account_id: decision
        for decision in Decision.objects.filter(case=case, superseded_by=None).exclude(action=Action.UNDO).select_related("account")
    }
    batch, policy, now = uuid.uuid4(), case.queue.policy, timezone.now()
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                case=case,
                account=target.account,
                batch=batch,
                moderator=by,
                action=kind.action,
                policy=policy,
                rule=rule,
                reason=reason,
                note=note,
                notify=notify,
                shown=shown[target.account.pk],
                findings=said.get(target.account.pk, []),
                unseen=not case.shown,
                supersedes=earlier.get(target.account.pk),
                created_at=now,
            )
            for target in found
        ],
        batch_size=500,
    )
    DecidedPost.objects.bulk_create(
        [DecidedPost(decision=decision, post_id=post_id) for decision, target in zip(decisions, found, strict=True) for post_id in target.post_ids],
        batch_size=1000,
    )
    return decisions


def _gather_reports(case, kind, decisions):
    """Bring in the waiting cases whose reports this decision closes as well, so that no report is left in an empty case."""
    if not kind.closes_all_reports:
        return
    kinds = [Case.Kind.ACCOUNT, Case.Kind.POST] if kind.action == Action.SUSPEND else [Case.Kind.ACCOUNT]
    accounts = [decision.account_id for decision in decisions]
    states = [Case.State.OPEN, Case.State.HELD]
    waiting = Case.objects.filter(account__in=accounts, kind__in=kinds, state__in=states).exclude(pk=case.pk)
    # A case that somebody is just taking is theirs: it is passed over, and its page tells them what was decided.
    ids = list(waiting.select_for_update(skip_locked=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return
    Report.objects.filter(case__in=ids).update(case=case)
    Case.objects.filter(pk__in=ids).update(state=Case.State.DECIDED, decided_at=timezone.now())
    CaseEvent.objects.bulk_create([CaseEvent(case_id=pk, kind="gathered", by=None, data={"into": str(case.public_id)}) for pk in ids])


def _open_reports(case):
    """{account id: [remote ids of the reports of this case that are open at the instance]}, oldest first."""
    by_account = {}
    rows = Report.objects.filter(case=case, resolved_at=None).order_by("pk").values_list("target_id", "remote_id")
    for target_id, remote_id in rows:
        by_account.setdefault(target_id, []).append(remote_id)
    return by_account
