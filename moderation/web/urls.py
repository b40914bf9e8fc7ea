"""Where everything is. Each module below names its own pages."""

from django.urls import include, path

from . import cases, clusters, decisions, health, me, reports, search, settings, triage, webhook

urlpatterns = [
    *webhook.urlpatterns,
    *health.urlpatterns,
    path("api/", include("moderation.web.api.urls")),
    *triage.urlpatterns,
    *cases.urlpatterns,
    *decisions.urlpatterns,
    *clusters.urlpatterns,
    *search.urlpatterns,
    *me.urlpatterns,
    *reports.urlpatterns,
    *settings.urlpatterns,
]
