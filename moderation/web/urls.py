"""Where everything is. Each module below names its own pages."""

from django.urls import include, path

from . import health, me, reports, settings, triage, webhook

urlpatterns = [
    *webhook.urlpatterns,
    *health.urlpatterns,
    path("api/", include("moderation.web.api.urls")),
    *triage.urlpatterns,
    *me.urlpatterns,
    *reports.urlpatterns,
    *settings.urlpatterns,
]
