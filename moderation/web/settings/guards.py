"""Who may read and who may change the settings."""

from functools import wraps

from django.core.exceptions import PermissionDenied

from moderation.models import Role
from moderation.web.guards import role_required

EVERYBODY = (Role.MODERATOR, Role.LEAD, Role.OWNER, Role.AUDITOR)
READERS = (Role.LEAD, Role.OWNER, Role.AUDITOR)

owner_only = role_required(Role.OWNER)


def owner_writes(*readers):
    """Whoever has one of `readers`' roles may look; only owners may send anything."""

    def guard(view):
        @wraps(view)
        @role_required(*readers)
        def guarded(request, *args, **kwargs):
            if request.method not in ("GET", "HEAD") and not request.user.has_role(Role.OWNER):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard
