"""What moderators fill in."""

import zoneinfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from moderation.models import Case, Category, Person


class IdsField(forms.Field):
    """Any number of positive integers under one name: a list of int."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value):
        ids = [text for text in value or [] if text.isascii() and text.isdigit() and len(text) < 19]
        return [int(text) for text in ids]


class ClaimForm(forms.Form):
    """The claim under which a page was made: an old page carries an old one."""

    claim = forms.UUIDField(widget=forms.HiddenInput)


class RevealForm(ClaimForm):
    part = forms.CharField(max_length=80, widget=forms.HiddenInput)


class DecisionForm(ClaimForm):
    """A decision on the case page. `offers`: what enforcement offers for it."""

    action = forms.ChoiceField(error_messages={"required": _("Choose what should happen."), "invalid_choice": _("This action is not offered here.")})
    reason = forms.CharField(
        required=False,
        max_length=5000,
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In your words. The person reads it if you choose to tell them."),
    )
    rule = forms.CharField(
        required=False,
        max_length=300,
        label=_("Rule"),
        widget=forms.TextInput(attrs={"list": "rules"}),
        help_text=_("The rule of the community it is about."),
    )
    note = forms.CharField(
        required=False,
        max_length=5000,
        label=_("Note for colleagues"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stays here."),
    )
    notify = forms.BooleanField(required=False, label=_("Tell the person by e-mail"), help_text=_("Their instance sends the reason and the rule."))
    left_out = IdsField(required=False)
    up_to = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)  # the last member that the page knew
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, offers=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_only(offers)

    @classmethod
    def unsent(cls, data, offers=()):
        """What was chosen and written so far, in `data`, a QueryDict, without asking whether it is complete."""
        return cls(initial={**data.dict(), "left_out": cls(data).left_out_ids}, offers=offers)

    def offer_only(self, offers):
        self.offers = {str(offer.action): offer for offer in offers}
        self.fields["action"].choices = [(name, name) for name in self.offers]

    def clean(self):
        data = super().clean()
        offer = self.offers.get(data.get("action"))
        if offer and not offer.allowed:
            self.add_error("action", offer.why_not)
        if offer and offer.needs_words and not (data.get("reason") or data.get("rule")):
            self.add_error("reason", _("Write what you want to tell them."))
        return data

    @property
    def left_out_ids(self):
        """The members ticked so far, to tick them again."""
        return self.fields["left_out"].clean(self.data.getlist("left_out")) if self.is_bound else self.initial.get("left_out", [])

    @property
    def mark(self):
        """`up_to` as it was sent, or None."""
        try:
            return self.fields["up_to"].clean(self["up_to"].value())
        except forms.ValidationError:
            return None

    @property
    def has_words(self):
        return any(self[name].value() for name in ("reason", "rule", "note", "notify"))

    @property
    def offer(self):
        return self.offers.get(self.cleaned_data.get("action"))


class AppealForm(forms.Form):
    text = forms.CharField(
        max_length=10_000,
        label=_("What they say"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In their words. Another person decides, where there is one."),
    )


class QueueFilter(forms.Form):
    kind = forms.ChoiceField(required=False, label=_("What"))
    category = forms.ModelChoiceField(Category.objects.all(), required=False, to_field_name="slug", label=_("Category"), empty_label=_("All"))
    state = forms.ChoiceField(required=False, label=_("State"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("All")), *Case.Kind.choices]
        self.fields["state"].choices = [("", Case.State.OPEN.label), *(choice for choice in Case.State.choices if choice[0] != Case.State.OPEN)]


class PreferencesForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("Time zone"))
    language = forms.ChoiceField(required=False, label=_("Language"))

    class Meta:
        model = Person
        fields = ["language", "time_zone", "wants_weekly_report"]
        labels = {"wants_weekly_report": _("Send me the weekly report by e-mail")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]
        self.fields["language"].choices = [("", _("as the browser asks")), *settings.LANGUAGES]


class LimitForm(forms.Form):
    units = forms.FloatField(min_value=0, label=_("Units a day"), widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}))


class OptOutsForm(forms.Form):
    """The categories a person does not look at."""

    categories = forms.ModelMultipleChoiceField(Category.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label=_("I do not look at"))
