"""Who is calling: a machine with a token of one instance, or a person who is signed in and only reads."""

from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission

from moderation.models import ApiToken, Role
from moderation.models.secrets import token_hash

READERS = (Role.OWNER, Role.LEAD, Role.AUDITOR)
# How exactly "last used" is kept: one write a minute is enough to find a forgotten token.
NOTE_USE_EVERY = timedelta(minutes=1)


class Machine(AnonymousUser):
    """The caller behind a token: signed in, and nobody."""

    takes_cases = False

    @property
    def is_authenticated(self):
        return True

    def has_role(self, *roles):
        return False


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; request.auth is the ApiToken."""

    def authenticate(self, request):
        scheme, _blank, given = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = ApiToken.objects.select_related("instance").filter(token_hash=token_hash(given.decode("latin-1").strip()), revoked_at=None).first()
        if token is None:
            raise AuthenticationFailed(_("This token is not known, or was revoked. Make a new one under Settings, API tokens."))
        now = timezone.now()
        ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - NOTE_USE_EVERY), pk=token.pk).update(last_used_at=now)
        return Machine(), token

    def authenticate_header(self, request):
        return 'Bearer realm="Breakwater"'


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class HasScope(BasePermission):
    """A token needs the view's scope for the method; a signed-in owner, lead or auditor may read."""

    def has_permission(self, request, view):
        if request.auth is None:
            person = request.user
            return bool(person.is_authenticated and person.has_role(*READERS) and request.method in SAFE_METHODS)
        scope = view.scopes.get("GET" if request.method in SAFE_METHODS else request.method)
        if scope is None:
            return request.method not in view.scopes  # an unknown method is answered 405, not 403
        self.message = _("This token lacks the scope %(scope)s.") % {"scope": scope}
        return scope in request.auth.scopes
