"""A person's own page: their meters and limits, what they do not look at, language and time zone. Nobody else's."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from moderation.models import Category, OptOut, Queue
from moderation.queues import workers
from moderation.wellbeing import limits

from .access import EVERYBODY, TAKES_CASES
from .cases import private
from .forms import LimitForm, OptOutsForm, PreferencesForm
from .guards import role_required


@require_GET
@private
@role_required(*EVERYBODY)
def me(request):
    return show(request)


def show(request, *, preferences=None, wrong_limit=None, status=200):
    person = request.user
    takes = person.takes_cases
    opted_out = list(OptOut.objects.filter(person=person).values_list("category", flat=True))
    context = {
        "section": "me",
        "meters": limits.meters(person, workers.queues_of(person)) if takes else [],
        "preferences": preferences or PreferencesForm(instance=person),
        "opt_outs": OptOutsForm(initial={"categories": opted_out}) if takes else None,
        "wrong_limit": wrong_limit,
    }
    return render(request, "moderation/me.html", context, status=status)


@require_POST
@role_required(*EVERYBODY)
def preferences(request):
    form = PreferencesForm(request.POST, instance=request.user)
    if not form.is_valid():
        return show(request, preferences=form, status=422)
    form.save()
    translation.activate(form.cleaned_data["language"] or translation.get_language_from_request(request))
    messages.success(request, _("Saved."))
    return redirect("me")


@require_POST
@role_required(*TAKES_CASES)
def limit(request, slug):
    """Set one's own limit in a queue: down at once, up as far as the queue's own limit."""
    queue = get_object_or_404(Queue, slug=slug)
    if "restore" in request.POST:
        limits.restore(person=request.user, queue=queue)
        messages.success(request, _("Your own limit is gone. The limit of the queue holds."))
        return redirect("me")
    form = LimitForm(request.POST)
    if not form.is_valid():
        return show(request, wrong_limit=(queue.pk, form.errors["units"][0]), status=422)
    try:
        limits.restore(person=request.user, queue=queue, units=form.cleaned_data["units"])
    except limits.NotLower as error:
        return show(request, wrong_limit=(queue.pk, str(error)), status=422)
    messages.success(request, _("Your limit holds from now on. Only you can see or change it."))
    return redirect("me")


@require_POST
@role_required(*TAKES_CASES)
def opt_outs(request):
    form = OptOutsForm(request.POST)
    if form.is_valid():
        chosen = set(form.cleaned_data["categories"])
        for category in Category.objects.all():
            verb = limits.opt_out if category in chosen else limits.opt_in
            verb(person=request.user, category=category)
        messages.success(request, _("Saved. Nobody else is told."))
    return redirect("me")


@require_POST
def set_language(request):
    """From the foot of any page, signed in or not."""
    language = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    response = redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) else "/")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


urlpatterns = [
    path("me/", me, name="me"),
    path("me/preferences/", preferences, name="preferences"),
    path("me/limits/<slug:slug>/", limit, name="limit"),
    path("me/opt-outs/", opt_outs, name="opt_outs"),
    path("language/", set_language, name="set_language"),
]
