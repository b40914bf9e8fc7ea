"""What an owner can change about a connection: each change is one small form."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from moderation.models import Instance

from . import connections
from .connecting import AddressForm, DisconnectForm, ModeForm, RetentionForm, SecretForm, TokenForm, WaveForm
from .guards import owner_only
from .instances import instance_page


def _done(request, instance, sentence):
    messages.success(request, sentence)
    return redirect("instance_settings", slug=instance.slug)


@never_cache
@require_POST
@owner_only
def instance_secret(request, slug):
    """Take the secret that was pasted, or make one and show it, once."""
    instance = get_object_or_404(Instance, slug=slug)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return instance_page(request, instance, status=422, secret_form=form)
    secret = form.cleaned_data["secret"]
    if not secret:
        secret = connections.new_secret()
        connections.replace_secret(instance=instance, by=request.user, secret=secret)
        return instance_page(request, instance, new_secret=secret)
    connections.replace_secret(instance=instance, by=request.user, secret=secret)
    if instance.previous_webhook_secret:
        return _done(request, instance, _("The new secret is in use. The old one is still accepted until you finish the change."))
    return _done(request, instance, _("The secret is in use. Deliveries that were turned away come again within two days."))


@require_POST
@owner_only
def instance_rotated(request, slug):
    """The instance signs with the new secret: the old one goes."""
    instance = get_object_or_404(Instance, slug=slug)
    connections.finish_rotation(instance=instance, by=request.user)
    return _done(request, instance, _("Within a few seconds only the new secret is accepted."))


@never_cache
@require_POST
@owner_only
def instance_token(request, slug):
    """Take another access token."""
    instance = get_object_or_404(Instance, slug=slug)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return instance_page(request, instance, status=422, token_form=form)
    connections.replace_token(instance=instance, by=request.user, token=form.cleaned_data["token"])
    return _done(request, instance, _("The token is saved. Test the connection to see what it may do."))


@require_POST
@owner_only
def instance_mode(request, slug):
    """Observe or act."""
    instance = get_object_or_404(Instance, slug=slug)
    form = ModeForm(request.POST, instance=instance)
    if not form.is_valid():
        return instance_page(request, instance, status=422, mode_form=form)
    connections.change_mode(instance=instance, by=request.user, mode=form.cleaned_data["mode"])
    if instance.acts:
        return _done(request, instance, _("From the next decision on, Breakwater acts at %(domain)s.") % {"domain": instance.domain})
    return _done(request, instance, _("Breakwater observes: decisions stay here. What was waiting to be sent is not sent; it is listed below as refused."))


@require_POST
@owner_only
def instance_address(request, slug):
    """Another domain or API address."""
    instance = get_object_or_404(Instance, slug=slug)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return instance_page(request, instance, status=422, address_form=form)
    had_token = bool(instance.api_token)
    connections.change_address(instance=instance, by=request.user, **form.cleaned_data)
    if had_token and not instance.api_token:
        return _done(request, instance, _("Saved. The access token belonged to the old address and was forgotten; paste one for the new address."))
    return _done(request, instance, _("Saved. Test the connection to see whether the address answers."))


@require_POST
@owner_only
def instance_retention(request, slug):
    """How long personal data stays."""
    instance = get_object_or_404(Instance, slug=slug)
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return instance_page(request, instance, status=422, retention_form=form)
    connections.keep_personal_data(instance=instance, by=request.user, days=form.cleaned_data["days"])
    return _done(request, instance, _("Saved."))


@require_POST
@owner_only
def instance_waves(request, slug):
    """How far apart near-copies may be."""
    instance = get_object_or_404(Instance, slug=slug)
    form = WaveForm(request.POST)
    if not form.is_valid():
        return instance_page(request, instance, status=422, wave_form=form)
    connections.look_back_for_waves(instance=instance, by=request.user, days=form.cleaned_data["days"])
    return _done(request, instance, _("Saved."))


@require_POST
@owner_only
def instance_disconnect(request, slug):
    """Stop taking in and sending; nothing that happened is deleted."""
    instance = get_object_or_404(Instance, slug=slug)
    form = DisconnectForm(request.POST, instance=instance)
    if not form.is_valid():
        return instance_page(request, instance, status=422, disconnect_form=form)
    connections.disconnect(instance=instance, by=request.user)
    return _done(request, instance, _("Disconnected. Remove the webhook and the application at %(domain)s too.") % {"domain": instance.domain})


urlpatterns = [
    path("settings/instances/<slug:slug>/secret/", instance_secret, name="instance_secret"),
    path("settings/instances/<slug:slug>/secret/finish/", instance_rotated, name="instance_rotated"),
    path("settings/instances/<slug:slug>/token/", instance_token, name="instance_token"),
    path("settings/instances/<slug:slug>/mode/", instance_mode, name="instance_mode"),
    path("settings/instances/<slug:slug>/address/", instance_address, name="instance_address"),
    path("settings/instances/<slug:slug>/retention/", instance_retention, name="instance_retention"),
    path("settings/instances/<slug:slug>/waves/", instance_waves, name="instance_waves"),
    path("settings/instances/<slug:slug>/disconnect/", instance_disconnect, name="instance_disconnect"),
]
