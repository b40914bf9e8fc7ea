"""API tokens: machines' keys, shown once, bound to an instance and to scopes."""

from django import forms as fields
from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from moderation.models import ApiToken, Instance, Scope, log_change
from moderation.models.secrets import new_token, token_hash

from . import forms
from .guards import READERS, owner_only, owner_writes


class TokenForm(forms.SettingsForm):
    name = forms.text(gettext_lazy("What will use it"), gettext_lazy("Enter a name."), max_length=80)
    instance = fields.ModelChoiceField(
        label=gettext_lazy("Instance"),
        help_text=gettext_lazy("The token reaches this instance's data and no other."),
        queryset=Instance.objects.order_by("domain"),
        to_field_name="slug",
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose an instance."), "invalid_choice": gettext_lazy("Choose an instance from the list.")},
    )
    scopes = fields.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=fields.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one."), "invalid_choice": gettext_lazy("Tick only what is in the list.")},
    )


@transaction.atomic
def make(*, by, name, instance, scopes):
    """A new token: (the ApiToken, the token itself, of which only a hash is stored)."""
    token = new_token()
    row = ApiToken.objects.create(name=name, instance=instance, scopes=sorted(scopes), token_hash=token_hash(token), created_by=by)
    log_change(by=by, subject=f"token {name}", before=None, after={"instance": instance.slug, "scopes": row.scopes})
    return row, token


@transaction.atomic
def revoke(*, token, by):
    """Stop a token from working, at once; twice is once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        log_change(by=by, subject=f"token {token.name}", before={"instance": token.instance.slug, "scopes": token.scopes}, after={"done": "revoked"})


@require_safe
@owner_writes(*READERS)
def token_settings(request):
    """All tokens, those that work first."""
    labels = dict(Scope.choices)
    rows = [
        {"token": token, "scopes": [labels.get(scope, scope) for scope in token.scopes]}
        for token in ApiToken.objects.select_related("instance").order_by("revoked_at", "-created_at")
    ]
    working = [row for row in rows if not row["token"].revoked_at]
    revoked = [row for row in rows if row["token"].revoked_at]
    context = {"section": "settings", "working": working, "revoked": revoked, "instances": Instance.objects.exists()}
    return render(request, "settings/tokens.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def token_new(request):
    """Make a token and show it, once."""
    form = TokenForm(forms.given(request), initial={"instance": request.GET.get("instance")})
    if request.method == "POST" and form.is_valid():
        row, token = make(by=request.user, **form.cleaned_data)
        return render(request, "settings/token_made.html", {"section": "settings", "row": row, "token": token})
    return render(request, "settings/token_new.html", {"section": "settings", "form": form}, status=422 if form.errors else 200)


@require_POST
@owner_only
def token_revoke(request, pk):
    token = get_object_or_404(ApiToken.objects.select_related("instance"), pk=pk)
    revoke(token=token, by=request.user)
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("token_settings")


urlpatterns = [
    path("settings/tokens/", token_settings, name="token_settings"),
    path("settings/tokens/new/", token_new, name="token_new"),
    path("settings/tokens/<int:pk>/revoke/", token_revoke, name="token_revoke"),
]
