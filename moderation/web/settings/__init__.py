"""Where owners set Breakwater up, and everybody can read how it is set."""

from . import categories, first_run, home, instance_changes, instances, mending, people, policy_log, queues, routing, tokens

urlpatterns = [
    *first_run.urlpatterns,
    *home.urlpatterns,
    *instances.urlpatterns,
    *instance_changes.urlpatterns,
    *mending.urlpatterns,
    *queues.urlpatterns,
    *routing.urlpatterns,
    *categories.urlpatterns,
    *people.urlpatterns,
    *tokens.urlpatterns,
    *policy_log.urlpatterns,
]
