"""Queues: what each asks of the people who work in it, and how that came about."""

from django import forms as fields
from django.contrib import messages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from moderation.models import Action, Person, Queue, Role

from . import forms, policies
from .guards import EVERYBODY, owner_only, owner_writes

CEILING = 320
NOT_HIDDEN = {Action.NO_ACTION, Action.UNDO}  # whoever looks must always be able to say "nothing to do"


class PolicyForm(forms.SettingsForm):
    units_a_day = fields.FloatField(
        label=gettext_lazy("Exposure units a person may be shown in 24 hours"),
        help_text=gettext_lazy("A severe text costs 1.5, a moderate one 0.5, spam nothing. Lowering this takes effect at once."),
        validators=[
            MinValueValidator(0, gettext_lazy("Units cannot be less than 0.")),
            MaxValueValidator(CEILING, gettext_lazy("No queue may ask for more than 320 units a day.")),
        ],
        error_messages={"required": gettext_lazy("Enter a number of units."), "invalid": gettext_lazy("Enter units as a number, for example 60.")},
    )
    claim_minutes = fields.IntegerField(
        label=gettext_lazy("Minutes a case stays with somebody who does nothing"),
        help_text=gettext_lazy("Then it waits for a colleague again. It counts against nobody."),
        validators=[
            MinValueValidator(5, gettext_lazy("A claim lasts at least 5 minutes, so that nobody is hurried.")),
            MaxValueValidator(1440, gettext_lazy("A claim lasts at most 1440 minutes, a day.")),
        ],
        error_messages={"required": gettext_lazy("Enter a number of minutes."), "invalid": gettext_lazy("Enter minutes as a whole number, for example 30.")},
    )
    hidden_actions = fields.MultipleChoiceField(
        label=gettext_lazy("Actions not offered in this queue"),
        choices=[choice for choice in Action.choices if choice[0] not in NOT_HIDDEN],
        widget=fields.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose only actions from the list.")},
    )
    note = fields.CharField(label=gettext_lazy("Why (kept with this version)"), required=False, max_length=2000, widget=fields.Textarea(attrs={"rows": 3}))


class QueueForm(forms.SettingsForm):
    name = forms.text(gettext_lazy("Name"), gettext_lazy("Enter a name."), max_length=80)
    description = fields.CharField(
        label=gettext_lazy("What waits here, in a sentence"), required=False, max_length=1000, widget=fields.Textarea(attrs={"rows": 2})
    )
    workers = fields.ModelMultipleChoiceField(
        label=gettext_lazy("Who works here"),
        help_text=gettext_lazy("Tick nobody to let everybody who takes cases work here."),
        queryset=Person.objects.none(),
        widget=fields.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Choose only people from the list."),
            "invalid_pk_value": gettext_lazy("Choose only people from the list."),
            "invalid_list": gettext_lazy("Choose only people from the list."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workers"].queryset = Person.objects.filter(is_active=True, role__in=[Role.MODERATOR, Role.LEAD, Role.OWNER]).order_by("username")


@require_safe
@owner_writes(*EVERYBODY)
def queue_settings(request):
    """All queues with the policy in force."""
    queues = Queue.objects.prefetch_related("policies", "workers")
    rows = [{"queue": queue, "policy": max(queue.policies.all(), key=lambda policy: policy.version, default=None)} for queue in queues]
    return render(request, "settings/queues.html", {"section": "settings", "rows": rows})


def _page(request, queue, details=None, policy=None, status=200):
    versions = list(queue.policies.select_related("created_by").order_by("-version"))
    now = versions[0] if versions else None
    if policy is None:
        policy = PolicyForm(
            initial={"units_a_day": f"{now.units_a_day:g}", "claim_minutes": now.claim_minutes, "hidden_actions": now.hidden_actions}
            if now
            else {"units_a_day": 60, "claim_minutes": 30}
        )
    details = details or QueueForm(initial={"name": queue.name, "description": queue.description, "workers": queue.workers.all()})
    labels = dict(Action.choices)
    history = [{"policy": version, "hidden": [labels.get(action, action) for action in version.hidden_actions]} for version in versions]
    context = {"section": "settings", "queue": queue, "history": history, "policy_form": policy, "details_form": details, "in_use": policies.in_use(queue)}
    return render(request, "settings/queue.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_writes(*EVERYBODY)
def queue_policy(request, slug):
    """One queue: its policy's versions; an owner posts the next one."""
    queue = get_object_or_404(Queue, slug=slug)
    form = PolicyForm(forms.given(request)) if request.method == "POST" else None
    if form is None:
        return _page(request, queue)
    if form.is_valid():
        try:
            version = policies.write_version(queue=queue, by=request.user, **form.cleaned_data)
        except policies.WouldRaise as refusal:
            form.add_error("units_a_day", str(refusal))
        else:
            messages.success(request, _("Version %(version)d is in force.") % {"version": version.version})
            return redirect("queue_policy", slug=slug)
    return _page(request, queue, policy=form, status=422)


@require_POST
@owner_only
def queue_details(request, slug):
    """Rename a queue, or say who works there."""
    queue = get_object_or_404(Queue, slug=slug)
    form = QueueForm(request.POST)
    if not form.is_valid():
        return _page(request, queue, details=form, status=422)
    policies.change_queue(queue=queue, by=request.user, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("queue_policy", slug=slug)


urlpatterns = [
    path("settings/queues/", queue_settings, name="queue_settings"),
    path("settings/queues/<slug:slug>/", queue_policy, name="queue_policy"),
    path("settings/queues/<slug:slug>/details/", queue_details, name="queue_details"),
]
