"""What all forms of the settings share: one summary of what is wrong on top, the same sentence at its field."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SettingsForm(forms.Form):
    """A form whose every fault is a sentence from us; the browser's own bubbles stay away."""

    use_required_attribute = False
    template_name = "settings/_form.html"

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        # Several forms share a page: the class name keeps their ids apart, while the names of fields stay short.
        kwargs.setdefault("auto_id", f"{type(self).__name__.removesuffix('Form').lower()}-%s")
        super().__init__(*args, **kwargs)

    def problems(self):
        """[(id of the field or "", sentence)], for the summary."""
        found = [("", sentence) for sentence in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                field = self[name]
                found += [(field.id_for_label or field.auto_id, sentence) for sentence in field.errors]
        return found


def given(request):
    """What a form is bound to: what was posted, or nothing yet."""
    return request.POST if request.method == "POST" else None


def text(label, missing, **options):
    """A required line of text; `missing` is the sentence for when it is empty."""
    return forms.CharField(label=label, error_messages={"required": missing}, **options)


def choice(label, choices, missing, **options):
    """A required choice; anything not offered gets the same sentence as no choice."""
    return forms.ChoiceField(label=label, choices=choices, error_messages={"required": missing, "invalid_choice": missing}, **options)


def new_password():
    """A new password, typed once: a browser or a manager can make it, and a mistyped one is mended with a new link."""
    return forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters. Several unrelated words are easy to keep in mind and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=1000,
        error_messages={"required": _("Choose a password.")},
    )
