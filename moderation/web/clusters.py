"""A wave or a group: its members, who is left out, and what people said of it. Its content is seen in its case alone."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from moderation.analysis import clusters
from moderation.models import Case, Cluster

from . import case_page, evidence
from .access import EVERYBODY, TAKES_CASES
from .cases import private
from .forms import IdsField
from .guards import role_required
from .triage import page_number


@require_GET
@private
@role_required(*EVERYBODY)
def cluster(request, public_id):
    row = get_object_or_404(Cluster.objects.select_related("instance", "innocent_by"), public_id=public_id)
    return render(
        request,
        "moderation/cluster.html",
        {
            "section": "home",
            "cluster": row,
            "why": evidence.of_cluster(row),
            "members": case_page.members_page(row, page_number(request)),
            "cases": Case.objects.filter(cluster=row).select_related("queue", "account", "cluster").order_by("-opened_at")[:10],
        },
    )


@require_POST
@role_required(*TAKES_CASES)
def change(request, public_id):
    """Leave members out, take them back, make a cluster of their own of them, or say what the whole is."""
    row = get_object_or_404(Cluster, public_id=public_id)
    verb, said = VERBS.get(request.POST.get("verb"), (None, None))
    ids = IdsField(required=False).clean(request.POST.getlist("member"))
    if verb is None:
        messages.warning(request, _("Nothing was changed. Choose what to do."))
    else:
        try:
            verb(row, ids, request.user)
        except clusters.NotInCluster:
            messages.warning(request, _("Nothing was changed: tick at least one member that is still in it."))
        else:
            messages.success(request, said)
    back = request.POST.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return redirect(back)
    return redirect("cluster", row.public_id)


VERBS = {
    "leave_out": (lambda row, ids, by: clusters.leave_out(cluster=row, member_ids=ids, by=by), gettext_lazy("Left out. A decision does not reach them.")),
    "take_back": (lambda row, ids, by: clusters.take_back(cluster=row, member_ids=ids), gettext_lazy("Taken back in.")),
    "split": (lambda row, ids, by: clusters.split(cluster=row, member_ids=ids, by=by), gettext_lazy("They are a cluster of their own now.")),
    "innocent": (lambda row, ids, by: clusters.mark_innocent(cluster=row, by=by), gettext_lazy("Marked as harmless. What resembles it makes no case.")),
    "not_innocent": (lambda row, ids, by: clusters.unmark_innocent(cluster=row, by=by), gettext_lazy("No longer marked as harmless.")),
}

urlpatterns = [
    path("clusters/<uuid:public_id>/", cluster, name="cluster"),
    path("clusters/<uuid:public_id>/change/", change, name="change_cluster"),
]
