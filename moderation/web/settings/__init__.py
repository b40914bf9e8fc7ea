"""Where owners set Breakwater up, and everybody can read how it is set."""

from . import first_run

urlpatterns = [
    *first_run.urlpatterns,
]
