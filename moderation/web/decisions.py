"""What was decided, with everything that explains it; taking it back; asking for another look."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from moderation import tasks
from moderation.enforcement import appeals, decisions, writeback
from moderation.models import Action, Case, Decision, Report, StaleState, Writeback
from moderation.queues import claims

from .access import EVERYBODY, TAKES_CASES
from .cases import private
from .forms import AppealForm
from .guards import role_required

MOST_SHOWN = 50


def _find(public_id):
    related = ("case__instance", "case__account", "case__cluster", "case__queue", "case__category", "account", "moderator", "policy", "supersedes")
    return get_object_or_404(Decision.objects.select_related(*related, "superseded_by__moderator"), public_id=public_id)


@require_GET
@private
@role_required(*EVERYBODY)
def decision(request, public_id):
    return show(request, _find(public_id))


def show(request, row, *, form=None, status=200):
    batch = list(Decision.objects.filter(batch=row.batch).select_related("account", "superseded_by").order_by("pk")[: MOST_SHOWN + 1])
    steps = Writeback.objects.filter(decision=row).order_by("order")
    possible, about_undo = decisions.undoable(row)
    return render(
        request,
        "moderation/decision.html",
        {
            "section": "home",
            "decision": row,
            "case": row.case,
            "batch": batch[:MOST_SHOWN],
            "reached": row.case.decisions.filter(batch=row.batch).count() if len(batch) > MOST_SHOWN else len(batch),
            "steps": steps,
            "undoable": possible and request.user.takes_cases,
            "about_undo": about_undo,
            "came_later": decisions.came_later(row) if row.case.cluster_id else 0,
            "later": getattr(row, "superseded_by", None),
            "appeals": row.appeals.select_related("entered_by").order_by("pk"),
            "may_appeal": request.user.takes_cases and row.action != Action.UNDO and not hasattr(row, "superseded_by"),
            "form": form or AppealForm(),
        },
        status=status,
    )


@require_POST
@role_required(*TAKES_CASES)
def undo(request, public_id):
    row = _find(public_id)
    try:
        undone = decisions.undo(decision=row, by=request.user, only_this="only_this" in request.POST)
    except StaleState:
        messages.warning(request, _("This decision was taken back a moment ago. Nothing was done twice."))
    except decisions.NotUndoable as error:
        messages.warning(request, str(error))
    else:
        tasks.ring(tasks.send_writebacks)
        tasks.ring(tasks.route_cases)
        messages.success(request, _taken_back(row, undone, "only_this" in request.POST))
    return redirect("decision", public_id)


def _taken_back(row, undone, only_this):
    """What is true after `row` was taken back by `undone`, in a sentence or two."""
    row.case.refresh_from_db()
    if row.case.state != Case.State.DECIDED:
        return _("Taken back. The record keeps both, and the case is open again.")
    if not row.case.decisions.filter(superseded_by=None).exclude(action=Action.UNDO).exists():
        return _("Taken back. The record keeps both. A newer case on the same thing is open already.")
    said = [_("Taken back for @%(name)s alone. The case stays decided for the others.") % {"name": row.account.acct}] if only_this else []
    if not only_this:
        kept = Decision.objects.filter(batch=row.batch, superseded_by=None).count()
        said.append(_("Taken back. The case stays decided for the others."))
        if kept:
            said.append(
                ngettext(
                    "%(count)d account stays as it is: its time to be brought back is over.",
                    "%(count)d accounts stay as they are: their time to be brought back is over.",
                    kept,
                )
                % {"count": kept}
            )
    waiting = Report.objects.filter(target__in=[each.account_id for each in undone], instance=row.case.instance_id, resolved_at=None)
    if waiting.exclude(state=Report.State.ROUTED, case__state=Case.State.DECIDED).exists():
        said.append(_("The reports on those taken back wait to be put into a case."))
    elif len(undone) == 1:
        said.append(_("No report on @%(name)s is open, so nothing waits about them.") % {"name": undone[0].account.acct})
    else:
        said.append(_("No report on them is open, so nothing waits about them."))
    return " ".join(said)


@require_POST
@role_required(*TAKES_CASES)
def appeal(request, public_id):
    """Record that somebody disagrees: the case opens again, for another person where there is one."""
    row = _find(public_id)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return show(request, row, form=form, status=422)
    try:
        appeals.open_appeal(decision=row, text=form.cleaned_data["text"], by=request.user)
    except StaleState:
        messages.warning(request, _("This decision is being appealed already."))
    except decisions.NotAllowed as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Recorded. The case waits for a second look."))
    return redirect("decision", public_id)


@require_POST
@role_required(*TAKES_CASES)
def second_look(request, public_id):
    """Ask a colleague to look again."""
    row = _find(public_id)
    try:
        claims.reopen(row.case, request.user, second_look=True)
    except StaleState:
        messages.warning(request, _("The case is open already."))
    else:
        messages.success(request, _("The case waits for a second look by a colleague. The decision stands until then."))
    return redirect("decision", public_id)


@require_POST
@role_required(*TAKES_CASES)
def retry(request, public_id, pk):
    """Send a refused step again, or note that its refusal was read."""
    row = _find(public_id)
    step = get_object_or_404(Writeback, pk=pk, decision=row)
    verb = writeback.acknowledge if "seen" in request.POST else writeback.retry
    try:
        verb(writeback=step, by=request.user)
    except StaleState:
        messages.warning(request, _("This step has moved on meanwhile. Here is where it is now."))
    except decisions.NotAllowed as error:
        messages.warning(request, str(error))
    else:
        tasks.ring(tasks.send_writebacks)
    return redirect("decision", public_id)


urlpatterns = [
    path("decisions/<uuid:public_id>/", decision, name="decision"),
    path("decisions/<uuid:public_id>/undo/", undo, name="undo"),
    path("decisions/<uuid:public_id>/appeal/", appeal, name="appeal"),
    path("decisions/<uuid:public_id>/second-look/", second_look, name="second_look"),
    path("decisions/<uuid:public_id>/steps/<int:pk>/", retry, name="retry_writeback"),
]
