"""Finding accounts, cases and decisions again. Posts are not searched: looking for content is exposure."""

import uuid

from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_GET

from moderation.models import Account, Case, Decision, Instance, Report

from .access import EVERYBODY
from .cases import private
from .guards import role_required
from .presenting import bounded

MOST = 20


@require_GET
@private
@role_required(*EVERYBODY)
def search(request):
    query = request.GET.get("q", "").strip().replace("\x00", "")[:200]
    if found := _by_id(query):
        return found
    accounts = list(_accounts(query)) if len(query.lstrip("@")) > 1 else []
    context = {"section": "search", "q": query, "asked": bool(query), "accounts": accounts, "most": MOST}
    if accounts:
        about = Case.objects.filter(account__in=accounts).select_related("account", "cluster", "queue", "category")
        context["cases"] = about.order_by("-opened_at")[:MOST]
    if len(query) > 2:
        words = Q(reason__icontains=query) | Q(note__icontains=query) | Q(account__in=accounts)
        context["decisions"] = Decision.objects.filter(words).select_related("account", "moderator").order_by("-created_at")[:MOST]
    return render(request, "moderation/search.html", context)


def _by_id(query):
    """A redirect to the case or decision with this id; None where `query` is not one."""
    try:
        public_id = uuid.UUID(query)
    except ValueError:
        return None
    for model, name in ((Case, "case"), (Decision, "decision")):
        if model.objects.filter(public_id=public_id).exists():
            return redirect(name, public_id)
    return None


def _accounts(query):
    """Accounts whose name is or begins with what is asked for: '@name', 'name@domain' or part of a domain after '@'."""
    name, _at, domain = query.lstrip("@").partition("@")
    # Named instances let the index on (instance, username) be used.
    rows = Account.objects.select_related("instance").filter(instance__in=list(Instance.objects.values_list("pk", flat=True)))
    if domain:
        rows = rows.filter(Q(domain__istartswith=domain) | Q(domain="", instance__domain__istartswith=domain))
    return rows.filter(username__istartswith=name).order_by("username", "pk")[:MOST]


@require_GET
@private
@role_required(*EVERYBODY)
def account(request, pk):
    """What happened to one account here; none of its content."""
    row = get_object_or_404(Account.objects.select_related("instance"), pk=pk)
    return render(
        request,
        "moderation/account.html",
        {
            "section": "search",
            "account": row,
            "cases": Case.objects.filter(account=row).select_related("account", "cluster", "queue", "category").order_by("-opened_at")[:MOST],
            "decisions": Decision.objects.filter(account=row).select_related("account", "moderator").order_by("-created_at")[:MOST],
            "reports": bounded(Report.objects.filter(target=row)),
            "groups": row.memberships.filter(post=None).select_related("cluster")[:MOST],
        },
    )


urlpatterns = [
    path("search/", search, name="search"),
    path("known/<int:pk>/", account, name="account"),
]
