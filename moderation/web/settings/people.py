"""People: who works here and in which role. How much or how fast anyone works is nobody's page."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from moderation.models import Person, Role

from . import forms, invitations
from .guards import READERS, owner_only, owner_writes

ROLES = [
    (Role.MODERATOR, gettext_lazy("Moderator: takes cases and decides")),
    (Role.LEAD, gettext_lazy("Lead: a moderator who also sees how Breakwater is set")),
    (Role.OWNER, gettext_lazy("Owner: everything, and changes settings")),
    (Role.AUDITOR, gettext_lazy("Auditor: reads cases, decisions and settings; decides nothing")),
]


class InviteForm(forms.SettingsForm):
    name = forms.text(gettext_lazy("Name"), gettext_lazy("Enter a name."), max_length=80, help_text=gettext_lazy("They sign in with it."))
    role = forms.choice(gettext_lazy("Role"), ROLES, gettext_lazy("Choose a role."), initial=Role.MODERATOR)


class RoleForm(forms.SettingsForm):
    role = forms.choice(gettext_lazy("Role"), ROLES, gettext_lazy("Choose a role."))


@require_safe
@owner_writes(*READERS)
def people_settings(request):
    """Everybody, those who left last."""
    context = {"section": "settings", "people": Person.objects.order_by("-is_active", "username").only("username", "role", "is_active")}
    return render(request, "settings/people.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def invite(request):
    """Make an account and show its one-time link, once."""
    form = InviteForm(forms.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.add(by=request.user, **form.cleaned_data)
        except invitations.NotPossible as problem:
            form.add_error("name", str(problem))
        else:
            return _show_link(request, person)
    return render(request, "settings/invite.html", {"section": "settings", "form": form}, status=422 if form.errors else 200)


def _show_link(request, person):
    link = invitations.link_url(invitations.new_link(person=person, by=request.user))
    return render(request, "settings/person_link.html", {"section": "settings", "person": person, "link": link, "days": invitations.LINK_DAYS})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def person(request, pk):
    """One person's role."""
    found = get_object_or_404(Person, pk=pk)
    form = RoleForm(forms.given(request), initial={"role": found.role})
    if request.method == "POST" and form.is_valid():
        try:
            invitations.change(person=found, by=request.user, role=form.cleaned_data["role"])
        except invitations.NotPossible as problem:
            form.add_error("role", str(problem))
        else:
            messages.success(request, _("%(name)s is now: %(role)s.") % {"name": found.username, "role": found.get_role_display()})
            return redirect("people_settings")
    return render(request, "settings/person.html", {"section": "settings", "person": found, "form": form}, status=422 if form.errors else 200)


@require_POST
@owner_only
def activity(request, pk):
    """Let somebody go, or take them back."""
    found = get_object_or_404(Person, pk=pk)
    active = request.POST.get("active") == "yes"
    try:
        invitations.change(person=found, by=request.user, active=active)
    except invitations.NotPossible as problem:
        messages.error(request, str(problem))
        return redirect("person_settings", pk=pk)
    sentence = _("%(name)s may sign in again.") if active else _("%(name)s can no longer sign in. Their decisions stay; what they had claimed waits again.")
    messages.success(request, sentence % {"name": found.username})
    return redirect("people_settings")


@never_cache
@require_POST
@owner_only
def link(request, pk):
    """Show a new one-time link for somebody who lost theirs, or their password."""
    return _show_link(request, get_object_or_404(Person, pk=pk, is_active=True))


urlpatterns = [
    path("settings/people/", people_settings, name="people_settings"),
    path("settings/people/invite/", invite, name="invite"),
    path("settings/people/<int:pk>/", person, name="person_settings"),
    path("settings/people/<int:pk>/activity/", activity, name="person_activity"),
    path("settings/people/<int:pk>/link/", link, name="person_link"),
]
