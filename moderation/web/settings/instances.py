"""Instances: all of them, connecting one, and the page of its connection."""

from django import forms as fields
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from moderation.models import Instance, Software, Writeback

from . import arriving, connections, forms, mending
from .connecting import AddressForm, DisconnectForm, ModeForm, RetentionForm, SecretForm, TokenForm, WaveForm
from .guards import READERS, owner_only, owner_writes

# What the webhook must send, in Mastodon's words and order.
EVENTS = arriving.KNOWN_EVENTS
SCOPES = ("read:accounts", "admin:read:accounts", "admin:read:reports", "admin:write:accounts", "admin:write:reports")
PERMISSIONS = ("Manage Users", "Manage Reports")


class InstanceForm(forms.SettingsForm):
    software = forms.choice(_("What it runs"), Software.choices, _("Choose what it runs."), initial=Software.MASTODON)
    domain = forms.text(_("Domain"), _("Enter the domain."), max_length=300, help_text=_("For example “garden.social”."))
    slug = forms.text(
        _("Short name"),
        _("Enter a short name."),
        max_length=100,
        help_text=_("Small letters, digits and hyphens. It becomes part of the webhook's address and does not change later."),
    )
    address = fields.CharField(
        label=_("API address, if it is not https:// and the domain"),
        required=False,
        max_length=300,
        help_text=_("Leave empty if you do not know of another one."),
    )

    def clean(self):
        given = super().clean()
        for name, usable in (("slug", connections.usable_slug), ("domain", connections.usable_domain), ("address", connections.usable_address)):
            if given.get(name):
                try:
                    given[name] = usable(given[name])
                except connections.NotUsable as problem:
                    self.add_error(name, str(problem))
        if given.get("slug") and Instance.objects.filter(slug=given["slug"]).exists():
            self.add_error("slug", _("There is already an instance with this short name. Choose another one."))
        return given


@require_safe
@owner_writes(*READERS)
def instance_list(request):
    """All instances, and whether something there waits for a person."""
    refused = Writeback.objects.filter(instance=OuterRef("pk"), state=Writeback.State.REFUSED, seen_at=None)
    rows = Instance.objects.annotate(refused=Exists(refused)).defer("webhook_secret", "previous_webhook_secret", "api_token").order_by("domain", "slug")
    return render(request, "settings/instances.html", {"section": "settings", "instances": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def instance_new(request):
    """Connect an instance; its page says what to do next."""
    form = InstanceForm(forms.given(request))
    if request.method == "POST" and form.is_valid():
        try:
            instance = connections.connect(by=request.user, **form.cleaned_data)
        except connections.NotUsable as problem:  # somebody took the name a moment ago
            form.add_error("slug", str(problem))
        else:
            return redirect("instance_settings", slug=instance.slug)
    return render(request, "settings/instance_new.html", {"section": "settings", "form": form}, status=422 if form.errors else 200)


def instance_page(request, instance, *, status=200, outwards=None, new_secret="", **bound):
    """The page of one instance; `bound`: forms that were sent and are wrong; `new_secret`: shown this once."""
    page_forms = {
        "secret_form": SecretForm(),
        "token_form": TokenForm(),
        "mode_form": ModeForm(instance=instance),
        "address_form": AddressForm(initial={"domain": instance.domain, "address": instance.base_url}),
        "retention_form": RetentionForm(initial={"days": instance.keep_personal_days}),
        "wave_form": WaveForm(initial={"days": instance.wave_days}),
        "disconnect_form": DisconnectForm(instance=instance),
        **bound,
    }
    failed = arriving.failed(instance)
    inwards = arriving.check(instance)
    context = {
        "section": "settings",
        "instance": instance,
        "is_forum": instance.software == Software.FORUM,
        "webhook_url": connections.webhook_url(instance),
        "events": EVENTS,
        "scopes": SCOPES,
        "permissions": PERMISSIONS,
        "inwards": inwards,
        "inwards_fine": all(check.ok for check in inwards),
        "outwards": outwards,
        "outwards_fine": outwards is not None and all(check.ok for check in outwards),
        "failed": failed[: arriving.SHOWN],
        "failed_more": failed[: arriving.SHOWN + 1].count() > arriving.SHOWN,
        "unknown_events": arriving.unknown_events(instance),
        "unanalysed": mending.unanalysed(instance),
        "refused": mending.refused(instance),
        "new_secret": new_secret,
        "keep_personal_days": settings.KEEP_PERSONAL_DAYS,
        "form": next(iter(bound.values()), None),  # for the summary of what is wrong
        **page_forms,
    }
    return render(request, "settings/instance.html", context, status=status)


@never_cache
@require_safe
@owner_writes(*READERS)
def instance_settings(request, slug):
    """How an instance is connected, what arrives, and what it refused."""
    return instance_page(request, get_object_or_404(Instance, slug=slug))


@never_cache
@require_POST
@owner_only
def instance_test(request, slug):
    """Test both directions now."""
    instance = get_object_or_404(Instance, slug=slug)
    return instance_page(request, instance, outwards=connections.check_outwards(instance))


urlpatterns = [
    path("settings/instances/", instance_list, name="instance_list"),
    path("settings/instances/new/", instance_new, name="instance_new"),
    path("settings/instances/<slug:slug>/", instance_settings, name="instance_settings"),
    path("settings/instances/<slug:slug>/test/", instance_test, name="instance_test"),
]
