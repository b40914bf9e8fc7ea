"""What every page knows."""

from moderation.models import Role


def site(request):
    """Which part of the navigation this person sees; nothing that costs a query."""
    person = getattr(request, "user", None)
    return {"may_see_settings": bool(person and person.is_authenticated and person.has_role(Role.OWNER, Role.LEAD, Role.AUDITOR))}
