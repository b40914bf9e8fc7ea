"""The forms on an instance's page."""

from django import forms as fields
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from moderation.models import Mode, Software

from . import connections, forms


class _KeyField(fields.CharField):
    """A secret on its way in; it is never sent back to a page."""

    widget = fields.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})

    def clean(self, value):
        value = super().clean(value)
        try:
            return connections.usable_key(value) if value else ""
        except connections.NotUsable as problem:
            raise fields.ValidationError(str(problem)) from None


class SecretForm(forms.SettingsForm):
    secret = _KeyField(
        label=_("Webhook secret"),
        required=False,
        max_length=500,
        help_text=_("Paste the secret that the instance shows. Leave it empty to have one made here, for a sender that lets you enter it."),
    )


class TokenForm(forms.SettingsForm):
    token = _KeyField(label=_("Access token"), max_length=500, error_messages={"required": _("Paste the access token.")})


class ModeForm(forms.SettingsForm):
    mode = fields.ChoiceField(
        label=_("What happens to decisions"),
        choices=[
            (Mode.OBSERVE, _("Observe: decisions are recorded here, and nothing is sent to the instance")),
            (Mode.ACT, _("Act: decisions are carried out at the instance")),
        ],
        widget=fields.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one of the two.")},
    )
    sure = fields.BooleanField(
        required=False,
        label=_(
            "I understand: from the next decision on, accounts there can be limited, locked out, suspended, approved or rejected, and people can be mailed."
        ),
    )

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, initial={"mode": instance.mode}, **kwargs)
        self.instance = instance

    def clean(self):
        given = super().clean()
        if given.get("mode") == Mode.ACT and not self.instance.acts:
            if self.instance.software == Software.MASTODON and not self.instance.api_token:
                self.add_error("mode", _("Give Breakwater an access token first: without one it can send nothing."))
            elif not given.get("sure"):
                self.add_error("sure", _("Tick this to let decisions be carried out."))
        return given


class AddressForm(forms.SettingsForm):
    domain = forms.text(_("Domain"), _("Enter the domain."), max_length=300)
    address = forms.text(_("API address"), _("Enter the address."), max_length=300, help_text=_("The access token is sent here and nowhere else."))

    def clean_domain(self):
        return _usable(connections.usable_domain, self.cleaned_data["domain"])

    def clean_address(self):
        return _usable(connections.usable_address, self.cleaned_data["address"])


def _usable(check, value):
    try:
        return check(value)
    except connections.NotUsable as problem:
        raise fields.ValidationError(str(problem)) from None


class RetentionForm(forms.SettingsForm):
    days = fields.IntegerField(
        label=_("Days that hashes of mail and IP addresses are kept"),
        required=False,
        help_text=_("Leave it empty for the setting of the whole installation. It applies to what comes in from now on."),
        validators=[
            MinValueValidator(0, _("Days cannot be less than 0.")),
            MaxValueValidator(3650, _("Nothing personal is kept longer than 3650 days.")),
        ],
        error_messages={"invalid": _("Enter days as a whole number, for example 30.")},
    )


class WaveForm(forms.SettingsForm):
    days = fields.FloatField(
        label=_("Days within which near-copies are one wave"),
        required=False,
        help_text=_("Leave it empty for the setting of the whole installation. A quiet forum may need more days than a busy instance."),
        validators=[MinValueValidator(0.1, _("Enter at least 0.1 days.")), MaxValueValidator(3650, _("Enter at most 3650 days."))],
        error_messages={"invalid": _("Enter days as a number, for example 3.")},
    )


class DisconnectForm(forms.SettingsForm):
    slug = forms.text(
        _("Type the short name to confirm"), _("Type the short name to confirm."), max_length=100, widget=fields.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance = instance

    def clean_slug(self):
        if self.cleaned_data["slug"].strip() != self.instance.slug:
            raise fields.ValidationError(_("This is not the short name of this instance. Nothing was changed."))
        return self.instance.slug
