"""Where a moderator starts: today, the queues, the next case, and stopping."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from moderation.models import Case, Queue, Role
from moderation.queues import claims, workers
from moderation.wellbeing import limits

from . import presenting
from .access import EVERYBODY, TAKES_CASES
from .forms import QueueFilter
from .guards import role_required

CASES_A_PAGE = 50


@require_GET
@never_cache
@role_required(*EVERYBODY)
def home(request):
    person = request.user
    queues = workers.queues_of(person) if person.takes_cases else list(Queue.objects.all())
    meters = limits.meters(person, queues) if person.takes_cases else [None] * len(queues)
    for queue in queues:
        queue.waiting = presenting.bounded(Case.objects.filter(queue=queue, state=Case.State.OPEN))
    return render(
        request,
        "moderation/home.html",
        {
            "section": "home",
            "queues": list(zip(queues, meters, strict=True)),
            "waiting": sum(queue.waiting for queue in queues),
            "held": Case.objects.filter(state=Case.State.CLAIMED, claimed_by=person).select_related("account", "cluster")[:10],
        },
    )


@require_GET
@never_cache
@role_required(*EVERYBODY)
def queue(request, slug):
    row = get_object_or_404(Queue, slug=slug)
    person = request.user
    mine = not person.takes_cases or row in workers.queues_of(person)
    if not mine and person.role == Role.MODERATOR:
        return render(request, "moderation/not_your_queue.html", {"queue": row, "section": "home"}, status=403)
    form = QueueFilter(request.GET)
    cases = filtered(row, form.cleaned_data if form.is_valid() else {})
    number = page_number(request)
    first = (number - 1) * CASES_A_PAGE
    rows = list(cases[first : first + CASES_A_PAGE + 1])
    return render(
        request,
        "moderation/_queue_rows.html" if request.htmx and not request.htmx.boosted else "moderation/queue.html",
        {
            "section": "home",
            "queue": row,
            "mine": mine,
            "waiting": presenting.bounded(Case.objects.filter(queue=row, state=Case.State.OPEN)),
            "form": form,
            "cases": rows[:CASES_A_PAGE],
            "page": number,
            "more": len(rows) > CASES_A_PAGE,
        },
    )


def filtered(queue, chosen):
    """The cases of `queue` as its page lists them, in the order of an index: those to decide first, first."""
    state = chosen.get("state") or Case.State.OPEN
    cases = Case.objects.filter(queue=queue, state=state).select_related("account", "cluster", "category", "claimed_by", "instance")
    if chosen.get("kind"):
        cases = cases.filter(kind=chosen["kind"])
    if chosen.get("category"):
        cases = cases.filter(category=chosen["category"])
    return cases.order_by("-decided_at") if state == Case.State.DECIDED else cases.order_by("-priority", "opened_at")


def page_number(request):
    """page=, in the address or sent, from 1 to 200; anything else is the first."""
    given = request.POST.get("page") or request.GET.get("page", "")
    return min(max(int(given), 1), 200) if given.isascii() and given.isdigit() and len(given) < 5 else 1


@require_POST
@role_required(*TAKES_CASES)
def next_case(request):
    """Claim the next case, from one queue if it is named, and go to it."""
    slug = request.POST.get("queue")
    row = get_object_or_404(Queue, slug=slug) if slug else None
    try:
        case = claims.claim_next(request.user, row)
    except claims.NothingForYou:
        return nothing(request, row)
    return redirect("case", case.public_id)


def nothing(request, queue=None):
    """One answer, whatever the reason; a person's own full meters are theirs to know."""
    queues = [queue] if queue else workers.queues_of(request.user)
    full = [meter for meter in limits.meters(request.user, queues) if meter.full and meter.cap]
    return render(request, "moderation/nothing.html", {"section": "home", "queue": queue, "full": full})


@require_POST
@role_required(*TAKES_CASES)
def release(request):
    """Stop: everything this person holds goes back, and counts against nobody."""
    given_back = claims.release(request.user)
    if given_back:
        messages.success(request, _("You have stopped. What you held went back to its queue. Nothing counts against you."))
    else:
        messages.success(request, _("You hold no case. Come back when it suits you."))
    return redirect("home")


urlpatterns = [
    path("", home, name="home"),
    path("queues/<slug:slug>/", queue, name="queue"),
    path("next/", next_case, name="next_case"),
    path("stop/", release, name="release"),
]
