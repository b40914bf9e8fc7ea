"""Routing: the rules that decide where a case waits, with a preview of each change."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from moderation.models import RoutingRule
from moderation.queues.preview import preview

from . import forms, rules
from .guards import EVERYBODY, owner_only, owner_writes
from .rule_form import RuleForm, in_words, initial_of


@require_safe
@owner_writes(*EVERYBODY)
def routing_settings(request):
    """All rules in the order they are asked."""
    found = RoutingRule.objects.select_related("queue", "category")
    rows = [{"rule": rule, "conditions": in_words(rule.conditions)} for rule in found]
    return render(request, "settings/routing.html", {"section": "settings", "rows": rows})


def _with(candidate):
    """The live rules with `candidate` in its place, as the preview asks them."""
    asked = list(RoutingRule.objects.select_related("queue", "category"))
    places = [rule.pk for rule in asked]
    if candidate.pk in places:
        asked[places.index(candidate.pk)] = candidate
    else:
        asked.insert(rules.place_for_new(asked), candidate)
    return [rule for rule in asked if rule.live or rule is candidate]


def _page(request, form, rule=None, *, shown=None, status=200):
    return render(request, "settings/rule.html", {"section": "settings", "form": form, "rule": rule, "preview": shown}, status=status)


def _previewed(request, form, rule=None):
    candidate = RoutingRule(pk=rule.pk if rule else None, **form.rule_values())
    return _page(request, form, rule, shown=preview(_with(candidate)))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def rule_new(request):
    """Write a rule: preview it as often as wanted, then save."""
    form = RuleForm(forms.given(request))
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if form.errors else 200)
    if "preview" in request.POST:
        return _previewed(request, form)
    rules.add(by=request.user, **form.rule_values())
    messages.success(request, _("The rule is saved."))
    return redirect("routing_settings")


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def rule(request, pk):
    """Change a rule."""
    found = get_object_or_404(RoutingRule.objects.select_related("queue", "category"), pk=pk)
    form = RuleForm(forms.given(request), initial=initial_of(found))
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, found, status=422 if form.errors else 200)
    if "preview" in request.POST:
        return _previewed(request, form, found)
    try:
        rules.change(rule=found, by=request.user, **form.rule_values())
    except rules.Gone as gone:
        messages.error(request, str(gone))
    else:
        messages.success(request, _("The rule is saved. It applies to what comes in from now on."))
    return redirect("routing_settings")


@require_POST
@owner_only
def rule_move(request, pk):
    """Ask a rule one place earlier or later."""
    rules.move(rule=get_object_or_404(RoutingRule, pk=pk), by=request.user, up=request.POST.get("up") == "yes")
    return redirect("routing_settings")


@require_POST
@owner_only
def rule_delete(request, pk):
    """Take a rule away."""
    found = get_object_or_404(RoutingRule, pk=pk)
    rules.delete(rule=found, by=request.user)
    messages.success(request, _("The rule is deleted. Cases it brought stay where they are; the policy log keeps what it said."))
    return redirect("routing_settings")


urlpatterns = [
    path("settings/routing/", routing_settings, name="routing_settings"),
    path("settings/routing/new/", rule_new, name="rule_new"),
    path("settings/routing/<int:pk>/", rule, name="rule"),
    path("settings/routing/<int:pk>/move/", rule_move, name="rule_move"),
    path("settings/routing/<int:pk>/delete/", rule_delete, name="rule_delete"),
]
