"""Is it alive, is it working, and its figures for Prometheus. No figure is about a person."""

import hmac

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from moderation.models import Case, Cluster, Delivery, Post, Queue, Report, Writeback

# A row that waits longer than this means that no worker is at work.
LATE_SECONDS = 600
WAITING = {
    "deliveries": (Delivery.objects.filter(state=Delivery.State.RECEIVED), "received_at"),
    "posts": (Post.objects.filter(state=Post.State.PENDING), "received_at"),
    "reports": (Report.objects.filter(state=Report.State.WAITING), "received_at"),
    "writebacks": (Writeback.objects.filter(state__in=[Writeback.State.PENDING, Writeback.State.SENDING]), "try_after"),
}


def alive(request):
    return HttpResponse("ok", content_type="text/plain")


def _age_of_oldest(rows, field):
    oldest = rows.all().aggregate(oldest=Min(field))["oldest"]
    return max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0


def ready(request):
    """200 when the database and the broker answer and nothing waits too long; else 503, with what is wrong."""
    answer = {"database": "ok", "broker": "ok", "oldest_waiting_seconds": 0}
    try:
        answer["oldest_waiting_seconds"] = round(max(_age_of_oldest(rows, field) for rows, field in WAITING.values()))
    except DatabaseError:
        answer["database"] = "does not answer"
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}), connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1)
    except (OperationalError, OSError):
        answer["broker"] = "does not answer"
    late = answer["oldest_waiting_seconds"] > LATE_SECONDS
    answer["workers"] = "late" if late else "ok"
    well = answer["database"] == answer["broker"] == "ok" and not late
    return JsonResponse(answer, status=200 if well else 503)


def _may_read_metrics(request):
    if not settings.METRICS_TOKEN:
        return not settings.PUBLIC
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {settings.METRICS_TOKEN}".encode())


def metrics(request):
    """Prometheus text: what waits, how long, cases by queue and state, writebacks by state."""
    if not _may_read_metrics(request):
        raise Http404
    registry = CollectorRegistry()
    waiting = Gauge("breakwater_waiting_rows", "Rows that wait for a worker", ["table"], registry=registry)
    oldest = Gauge("breakwater_oldest_waiting_seconds", "Age of the oldest row that waits for a worker", ["table"], registry=registry)
    for table, (rows, field) in WAITING.items():
        waiting.labels(table).set(rows.all().count())
        oldest.labels(table).set(_age_of_oldest(rows, field))
    failed = Gauge("breakwater_failed_rows", "Rows set aside with an error", ["table"], registry=registry)
    failed.labels("deliveries").set(Delivery.objects.filter(state=Delivery.State.FAILED).count())
    failed.labels("posts").set(Post.objects.filter(state=Post.State.FAILED).count())
    cases = Gauge("breakwater_cases", "Cases not yet decided", ["queue", "state"], registry=registry)
    slugs = dict(Queue.objects.values_list("pk", "slug"))
    undecided = Case.objects.exclude(state=Case.State.DECIDED)
    for row in undecided.values("queue", "state").annotate(n=Count("pk")):
        cases.labels(slugs[row["queue"]], row["state"]).set(row["n"])
    writebacks = Gauge("breakwater_writebacks", "Writebacks that wait or were refused", ["state"], registry=registry)
    for row in Writeback.objects.filter(state__in=["pending", "sending", "refused"]).values("state").annotate(n=Count("pk")):
        writebacks.labels(row["state"]).set(row["n"])
    clusters = Gauge("breakwater_notable_clusters", "Waves and groups large enough to be a case", ["kind"], registry=registry)
    for row in Cluster.objects.exclude(notable_at=None).values("kind").annotate(n=Count("pk")):
        clusters.labels(row["kind"]).set(row["n"])
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


urlpatterns = [
    path("healthz", alive, name="alive"),
    path("readyz", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
]
