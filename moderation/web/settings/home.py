"""The way in to all settings."""

from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .guards import EVERYBODY, READERS, owner_writes


@require_safe
@owner_writes(*EVERYBODY)
def settings_home(request):
    """What can be set, and what of it this person may read."""
    return render(request, "settings/home.html", {"section": "settings", "reads_all": request.user.has_role(*READERS)})


urlpatterns = [path("settings/", settings_home, name="settings")]
