"""What could not be taken in or sent out, and trying it again."""

from contextlib import suppress
from urllib.parse import quote

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from moderation import tasks
from moderation.enforcement import writeback as outbox
from moderation.enforcement.errors import NotAllowed
from moderation.models import Delivery, Instance, Post, Role, StaleState, Writeback
from moderation.web.guards import role_required

SHOWN = 50
mends = role_required(Role.OWNER, Role.LEAD)


def refused(instance):
    """Refused calls nobody has read yet, the newest first, each with `admin_url`: where a person can do it by hand."""
    rows = Writeback.objects.filter(instance=instance, state=Writeback.State.REFUSED, seen_at=None)
    found = list(rows.select_related("decision__case", "decision__account", "decision__case__account").order_by("-created_at")[:SHOWN])
    for row in found:
        row.admin_url = _admin_url(instance, row.params)
    return found


def _admin_url(instance, params):
    if params.get("account_id"):
        return f"{instance.base_url}/admin/accounts/{quote(str(params['account_id']), safe='')}"
    return f"{instance.base_url}/admin/reports"


@transaction.atomic
def read_again(*, instance, ids=None):
    """Let failed deliveries wait once more, those with `ids` or all whose body is still there; the number of them."""
    rows = Delivery.objects.filter(instance=instance, state=Delivery.State.FAILED, body__isnull=False)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    done = rows.update(state=Delivery.State.RECEIVED, error="", attempts=0, lease=None, leased_until=None, done_at=None)
    if done:
        tasks.ring(tasks.ingest_deliveries)
    return done


@require_POST
@mends
def delivery_retry(request, slug):
    """Read one failed delivery again, or all of them."""
    instance = get_object_or_404(Instance, slug=slug)
    given = request.POST.get("delivery", "")
    done = read_again(instance=instance, ids=None if given == "all" else [int(given)] if given.isdecimal() and len(given) < 19 else [])
    if done:
        messages.success(request, ngettext("%(count)d delivery is being read again.", "%(count)d deliveries are being read again.", done) % {"count": done})
    else:
        messages.error(request, _("There is nothing to read again: it was taken in meanwhile, or its body has been erased."))
    return redirect("instance_settings", slug=slug)


def unanalysed(instance):
    """Posts that could not be analysed, the newest first, each with its error and without its words."""
    rows = Post.objects.filter(instance=instance, state=Post.State.FAILED).order_by("-pk")
    return list(rows.only("remote_id", "error", "received_at")[:SHOWN])


@transaction.atomic
def analyse_again(*, instance):
    """Let every post of `instance` that could not be analysed wait once more; the number of them."""
    done = Post.objects.filter(instance=instance, state=Post.State.FAILED).update(state=Post.State.PENDING, error="", attempts=0, lease=None, leased_until=None)
    if done:
        tasks.ring(tasks.analyse_posts)
    return done


@require_POST
@mends
def posts_retry(request, slug):
    """Analyse all failed posts of an instance again."""
    done = analyse_again(instance=get_object_or_404(Instance, slug=slug))
    if done:
        messages.success(request, ngettext("%(count)d post is being analysed again.", "%(count)d posts are being analysed again.", done) % {"count": done})
    else:
        messages.error(request, _("There is nothing to analyse again: somebody was faster."))
    return redirect("instance_settings", slug=slug)


def _refused(slug, pk):
    return get_object_or_404(Writeback.objects.select_related("instance", "decision"), instance__slug=slug, pk=pk)


@require_POST
@mends
def writeback_retry(request, slug, pk):
    """Send a refused call once more."""
    writeback = _refused(slug, pk)
    try:
        if writeback.state != Writeback.State.REFUSED:  # a second click
            raise StaleState
        outbox.retry(writeback=writeback, by=request.user)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    except StaleState:
        messages.error(request, _("Somebody dealt with this a moment ago. Nothing was sent twice."))
    else:
        tasks.ring(tasks.send_writebacks)
        messages.success(request, _("It is being sent again. If it is refused again, it comes back here."))
    return redirect("instance_settings", slug=slug)


@require_POST
@mends
def writeback_seen(request, slug, pk):
    """Take a refusal off the list: somebody has read it, and deals with it at the instance or lets it be."""
    with suppress(StaleState):  # a colleague was faster: it is off the list all the same
        outbox.acknowledge(writeback=_refused(slug, pk), by=request.user)
    messages.success(request, _("It is off the list. The decision still says that the instance refused."))
    return redirect("instance_settings", slug=slug)


urlpatterns = [
    path("settings/instances/<slug:slug>/deliveries/again/", delivery_retry, name="delivery_retry"),
    path("settings/instances/<slug:slug>/posts/again/", posts_retry, name="posts_retry"),
    path("settings/instances/<slug:slug>/refused/<int:pk>/again/", writeback_retry, name="writeback_retry"),
    path("settings/instances/<slug:slug>/refused/<int:pk>/seen/", writeback_seen, name="writeback_seen"),
]
