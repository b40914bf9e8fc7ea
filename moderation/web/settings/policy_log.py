"""Every change of a setting, for everybody who works under it."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from moderation.models import PolicyChange, Role, broken_at

from .guards import EVERYBODY, owner_writes

LINES_A_PAGE = 50
WORDS = {
    "active": _("may sign in"),
    "address": _("API address"),
    "category": _("category"),
    "claim_minutes": _("minutes a claim lasts"),
    "conditions": _("conditions"),
    "description": _("description"),
    "domain": _("domain"),
    "done": _("done"),
    "hidden_actions": _("actions not offered"),
    "innocent": _("harmless"),
    "instance": _("instance"),
    "keep_personal_days": _("days personal data is kept"),
    "live": _("live"),
    "mode": _("mode"),
    "name": _("name"),
    "note": _("why"),
    "old_secret_accepted": _("old webhook secret still accepted"),
    "position": _("place in the order"),
    "queue": _("queue"),
    "role": _("role"),
    "scopes": _("scopes"),
    "secret": _("webhook secret set"),
    "severity": _("severity"),
    "software": _("software"),
    "token": _("access token set"),
    "units_a_day": _("units a day"),
    "version": _("version"),
    "wave_days": _("days within which near-copies are one wave"),
    "workers": _("who works there"),
}
# What a line is about begins with one of these; the name that follows stays as it is.
SUBJECTS = {
    "category": _("category"),
    "cluster": _("cluster"),
    "instance": _("instance"),
    "person": _("person"),
    "queue": _("queue"),
    "rule": _("rule"),
    "slop model of": _("slop model of"),
    "token": _("token"),
}
VALUES = {
    "done": {
        "disconnected": _("disconnected"),
        "one-time link made": _("one-time link made"),
        "revoked": _("revoked"),
        "secret replaced": _("secret replaced"),
        "token replaced": _("token replaced"),
    },
    "mode": {"observe": _("observe"), "act": _("act")},
    "role": dict(Role.choices),
}


def subject_of(line):
    """What a line is about, its kind in the reader's language."""
    for kind, words in SUBJECTS.items():
        if line.subject.startswith(f"{kind} "):
            return words + line.subject.removeprefix(kind)
    return line.subject


def differences(before, after):
    """What differs between two values of a line: [{"what", "before", "after"}], in words."""
    before, after = (side if isinstance(side, dict) else {"version": side} if side else {} for side in (before, after))
    keys = [key for key in [*after, *(key for key in before if key not in after)] if before.get(key) != after.get(key)]
    return [{"what": WORDS.get(key, key.replace("_", " ")), "before": _value(key, before), "after": _value(key, after)} for key in keys]


def _value(key, side):
    value = side.get(key)
    words = VALUES[key].get(value) if key in VALUES and isinstance(value, str) else None
    return words or _in_words(value)


def _in_words(value):
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(str(_in_words(item)) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_in_words(item)}" for key, item in value.items())
    return f"{value:g}" if isinstance(value, float) else value


@require_safe
@owner_writes(*EVERYBODY)
def policy_log(request):
    """The newest lines first, and whether the chain of all of them holds."""
    page = Paginator(PolicyChange.objects.order_by("-number"), LINES_A_PAGE).get_page(request.GET.get("page"))
    lines = [{"change": change, "subject": subject_of(change), "differences": differences(change.before, change.after)} for change in page]
    newest = PolicyChange.objects.order_by("-number").first()
    context = {"section": "settings", "page": page, "lines": lines, "broken_at": broken_at(), "newest": newest}
    return render(request, "settings/policy_log.html", context)


urlpatterns = [path("settings/policy-log/", policy_log, name="policy_log")]
