"""The first owner's account, and links that let somebody in once."""

from allauth.account.utils import perform_login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from moderation.models import Person

from . import forms, invitations


class PasswordForm(forms.SettingsForm):
    password = forms.new_password()

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self):
        validate_password(self.cleaned_data["password"], self.person)
        return self.cleaned_data["password"]


class FirstOwnerForm(forms.SettingsForm):
    code = forms.text(
        _("One-time code"),
        _("Enter the code."),
        max_length=100,
        help_text=_("Breakwater printed it where it was started. `manage.py first_run_code` prints a new one."),
    )
    name = forms.text(
        _("Your name here"),
        _("Choose a name."),
        max_length=80,
        help_text=_("You sign in with it, and colleagues see it beside your decisions."),
    )
    password = forms.new_password()

    def clean(self):
        given = super().clean()
        if given.get("password"):
            try:
                validate_password(given["password"], Person(username=given.get("name", "")))
            except ValidationError as problems:
                self.add_error("password", problems)
        return given


@never_cache
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "POST"])
def welcome_first(request):
    """Ask for the printed code, once, and make the owner."""
    if invitations.owner_exists():
        return render(request, "settings/welcome_set_up.html", status=200 if request.method == "GET" else 409)
    form = FirstOwnerForm(forms.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            owner = invitations.make_first_owner(**form.cleaned_data)
        except invitations.NotPossible as problem:
            form.add_error("name", str(problem))
        except invitations.LinkUsed:
            form.add_error("code", _("This is not the code. Look at what Breakwater printed last: only the newest code works."))
        else:
            return perform_login(request, owner)
    return render(request, "settings/welcome_first.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def welcome(request, token):
    """Let the person of a one-time link choose a password and sign in. Looking at the page does not use the link up."""
    try:
        person = invitations.person_of(token)
        form = PasswordForm(forms.given(request), person=person)
        if request.method == "POST" and form.is_valid():
            return perform_login(request, invitations.use_link(token=token, password=form.cleaned_data["password"]))
    except invitations.LinkUsed:
        return render(request, "settings/welcome_used.html", status=410)
    return render(request, "settings/welcome.html", {"form": form, "person": person}, status=422 if form.errors else 200)


urlpatterns = [
    path("welcome/", welcome_first, name="welcome_first"),
    path("welcome/<str:token>/", welcome, name="welcome"),
]
