"""One case: looking at it, revealing, deciding, handing over."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from moderation import tasks
from moderation.enforcement import decisions
from moderation.models import Case, StaleState
from moderation.queues import claims
from moderation.wellbeing import conceal
from moderation.wellbeing.ledger import LimitReached

from . import case_page, showing
from .access import EVERYBODY, TAKES_CASES, Access, is_held_by
from .forms import ClaimForm, DecisionForm, RevealForm
from .guards import role_required
from .triage import nothing, page_number

# What is on a case page is for one pair of eyes, once: no cache keeps it, and "back" asks us again.
private = cache_control(no_store=True, private=True)


def _find(public_id):
    try:
        return case_page.find(public_id)
    except Case.DoesNotExist as error:
        raise Http404 from error


@require_GET
@private
@role_required(*EVERYBODY)
def case(request, public_id):
    return show(request, _find(public_id))


def show(request, row, *, form=None, revealed=(), status=200):
    """The case page. What it shows openly is charged and recorded before it is rendered."""
    number, unseen = page_number(request), "unseen" in request.GET
    so_far = {"page_number": number, "left_out": form.left_out_ids, "up_to": form.mark} if form else {"page_number": number}
    page = case_page.build(row, request.user, revealed=revealed, unseen=unseen, **so_far)
    if page.access is Access.HOLDER and page.unrecorded:
        try:
            conceal.record_shown(row, row.claim, page.unrecorded)
        except StaleState:
            return stale(request, row)
        except LimitReached:
            if form is None:
                return limit_reached(request, row)
            # What they wrote is kept; what it would cost to see more is not spent.
            page = case_page.build(row, request.user, unseen=True, **so_far)
    form = form or DecisionForm(initial={"claim": row.claim}, offers=page.offers)
    return render(request, "moderation/case.html", {"section": "home", "page": page, "case": row, "form": form}, status=status)


def stale(request, row, sentence=""):
    """409: the page that was sent from is no longer true, as `sentence` or the case itself says. Nothing was changed."""
    row.refresh_from_db()
    last = row.decisions.order_by("-pk").select_related("moderator", "account").first() if row.state == Case.State.DECIDED else None
    template = "moderation/_stale.html" if request.htmx else "moderation/stale.html"
    written = [request.POST[name][:5000] for name in ("rule", "reason", "note") if request.POST.get(name)]
    context = {"section": "home", "case": row, "decision": last, "mine": is_held_by(row, request.user), "written": "\n\n".join(written), "sentence": sentence}
    return render(request, template, context, status=409)


def limit_reached(request, row):
    template = "moderation/_limit.html" if request.htmx else "moderation/limit.html"
    return render(request, template, {"section": "home", "case": row}, status=200 if request.htmx else 409)


@require_POST
@private
@role_required(*TAKES_CASES)
def take(request, public_id):
    """Claim this very case, or keep it longer."""
    row = _find(public_id)
    try:
        claims.claim(request.user, row)
    except claims.Taken as taken:
        return render(request, "moderation/taken.html", {"section": "home", "case": row, "by": taken.by}, status=409)
    except claims.NothingForYou:
        return nothing(request)
    except StaleState:
        return stale(request, row)
    return redirect("case", public_id)


@require_POST
@private
@role_required(*TAKES_CASES)
def reveal(request, public_id):
    """Charge for one concealed part, then show it: alone to htmx, else on the whole page."""
    row = _find(public_id)
    form = RevealForm(request.POST)
    if not form.is_valid():
        return stale(request, row)
    part_id = form.cleaned_data["part"]
    try:
        allowed = conceal.reveal(case=row, person=request.user, claim=form.cleaned_data["claim"], part_id=part_id)
        claims.touch(request.user, row)
    except StaleState:
        return stale(request, row)
    except LookupError as error:
        raise Http404 from error
    if not allowed:
        return limit_reached(request, row)
    if not request.htmx:
        return show(request, row, revealed=[part_id])
    part = showing.load_part(row, part_id, showing.Presenter(row.severity, frozenset([part_id])))
    return render(request, "moderation/_part.html", {"part": part, "case": row})


@require_POST
@private
@role_required(*TAKES_CASES)
def decide(request, public_id):
    row = _find(public_id)
    if not is_held_by(row, request.user) or request.POST.get("claim") != str(row.claim):
        return stale(request, row)
    form = DecisionForm(request.POST)
    if {"back", "page"} & set(request.POST):
        return show(request, row, form=DecisionForm.unsent(request.POST))
    form.offer_only(decisions.available(row, request.user, left_out=form.left_out_ids, up_to=form.mark))
    if not form.is_valid():
        return show(request, row, form=form, status=422)
    if form.offer.destructive and not form.cleaned_data["confirmed"]:
        left_out = decisions.left_out_accounts(row, form.left_out_ids)
        return render(request, "moderation/confirm.html", {"section": "home", "case": row, "form": form, "offer": form.offer, "left_out": left_out})
    chosen = {name: form.cleaned_data[name] for name in ("claim", "action", "reason", "note", "rule", "notify", "left_out", "up_to")}
    try:
        made = decisions.decide(case_id=row.pk, by=request.user, **chosen)
    except decisions.FoundHarmless as error:
        return stale(request, row, str(error))
    except StaleState:
        return stale(request, row)
    except decisions.NotAllowed as error:
        form.add_error("action", str(error))
        return show(request, row, form=form, status=422)
    tasks.ring(tasks.send_writebacks)
    tasks.ring(tasks.route_cases)
    return redirect("decision", made[0].public_id)


@require_POST
@role_required(*TAKES_CASES)
def pass_on(request, public_id):
    row = _find(public_id)
    form = ClaimForm(request.POST)
    if not form.is_valid() or row.claim != form.cleaned_data["claim"]:
        return stale(request, row)
    try:
        claims.pass_on(request.user, row)
    except StaleState:
        return stale(request, row)
    messages.success(request, _("Handed over. It will not come back to you, and nobody is told why."))
    return redirect("home")


urlpatterns = [
    path("cases/<uuid:public_id>/", case, name="case"),
    path("cases/<uuid:public_id>/take/", take, name="take"),
    path("cases/<uuid:public_id>/reveal/", reveal, name="reveal"),
    path("cases/<uuid:public_id>/decide/", decide, name="decide"),
    path("cases/<uuid:public_id>/pass-on/", pass_on, name="pass_on"),
]
