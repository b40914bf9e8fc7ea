"""Every change of a setting, for everybody who works under it."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from moderation.models import PolicyChange, broken_at

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
    "workers": _("who works there"),
}


def differences(before, after):
    """What differs between two values of a line: [{"what", "before", "after"}], in words."""
    before, after = before or {}, after or {}
    keys = [key for key in [*after, *(key for key in before if key not in after)] if before.get(key) != after.get(key)]
    return [{"what": WORDS.get(key, key.replace("_", " ")), "before": _in_words(before.get(key)), "after": _in_words(after.get(key))} for key in keys]


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
    lines = [{"change": change, "differences": differences(change.before, change.after)} for change in page]
    newest = PolicyChange.objects.order_by("-number").first()
    context = {"section": "settings", "page": page, "lines": lines, "broken_at": broken_at(), "newest": newest}
    return render(request, "settings/policy_log.html", context)


urlpatterns = [path("settings/policy-log/", policy_log, name="policy_log")]
