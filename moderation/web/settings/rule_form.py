"""The form of a routing rule, made from what a rule may ask."""

from django import forms as fields
from django.utils.translation import gettext_lazy as _

from moderation.models import Category, Queue
from moderation.queues import routing

from . import forms

PREFIX = "if_"
YES_NO = [("", _("does not matter")), ("yes", _("yes")), ("no", _("no"))]


class Lines(fields.CharField):
    """A list of phrases, one a line."""

    widget = fields.Textarea(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        if "\0" in (value or ""):
            raise fields.ValidationError(_("There is a character in it that cannot be stored. Type the phrases anew."))
        return [line.strip() for line in super().to_python(value).splitlines() if line.strip()]


class YesNo(fields.ChoiceField):
    """Yes, no, or not asked."""

    def __init__(self, **options):
        super().__init__(choices=YES_NO, error_messages={"invalid_choice": _("Choose yes, no, or that it does not matter.")}, **options)

    def prepare_value(self, value):
        return {True: "yes", False: "no"}.get(value, value)

    def clean(self, value):
        return {"yes": True, "no": False}.get(super().clean(value))


def field_of(condition):
    """The form field that asks for the value of a condition."""
    options = {"label": condition.label, "required": False}
    if condition.shape == "number":
        return fields.IntegerField(min_value=0, error_messages={"invalid": _("Enter a whole number.")}, **options)
    if condition.shape == "yes_no":
        return YesNo(**options)
    choices = list(condition.choices()) if condition.shape == "choices" else []
    if choices:
        wrong = _("Choose only from the list.")
        return fields.MultipleChoiceField(choices=choices, widget=fields.CheckboxSelectMultiple, error_messages={"invalid_choice": wrong}, **options)
    return Lines(help_text=_("One a line; any of them is enough."), max_length=20_000, **options)


class RuleForm(forms.SettingsForm):
    name = forms.text(_("Name"), _("Enter a name."), max_length=120)
    queue = fields.ModelChoiceField(
        label=_("Put the case into"),
        queryset=Queue.objects.all(),
        to_field_name="slug",
        empty_label=None,
        error_messages={"required": _("Choose a queue."), "invalid_choice": _("Choose a queue from the list.")},
    )
    category = fields.ModelChoiceField(
        label=_("Call it"),
        queryset=Category.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label=_("what it was reported as"),
        error_messages={"invalid_choice": _("Choose a category from the list.")},
    )
    live = fields.BooleanField(label=_("Live: cases are routed by it. Without the tick it is a draft, and only previewed."), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, condition in routing.CONDITIONS.items():
            self.fields[PREFIX + name] = field_of(condition)

    def basics(self):
        return [self[name] for name in ("name", "queue", "category", "live")]

    def asked(self):
        return [self[PREFIX + name] for name in routing.CONDITIONS]

    def clean(self):
        given = super().clean()
        conditions = {name: given[PREFIX + name] for name in routing.CONDITIONS if given.get(PREFIX + name) not in (None, "", [])}
        try:
            routing.validate(conditions)
        except routing.InvalidConditions as wrong:
            for name, sentence in wrong.problems.items():
                self.add_error(PREFIX + name if PREFIX + name in self.fields else None, sentence)
        given["conditions"] = conditions
        return given

    def rule_values(self):
        """What `rules.add` and `rules.change` take."""
        return {name: self.cleaned_data[name] for name in ("name", "live", "conditions", "queue", "category")}


def initial_of(rule):
    """What the form of an existing rule starts with."""
    asked = {PREFIX + name: value for name, value in rule.conditions.items()}
    return {"name": rule.name, "queue": rule.queue.slug, "category": rule.category.slug if rule.category else "", "live": rule.live, **asked}


def in_words(conditions):
    """[(label, values in words)] of a rule's conditions."""
    found = []
    for name, value in conditions.items():
        condition = routing.CONDITIONS.get(name)
        if condition is None:
            found.append((name, value))
        elif condition.shape == "yes_no":
            found.append((condition.label, _("yes") if value else _("no")))
        elif isinstance(value, list):
            labels = dict(condition.choices())
            found.append((condition.label, ", ".join(str(labels.get(item, item)) for item in value)))
        else:
            found.append((condition.label, value))
    return found
