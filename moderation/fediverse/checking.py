"""Testing a connection outwards: each line says what was tried and, where it failed, what to do."""

from django.utils.translation import gettext as _

from .base import Check, Passing, Refused, RemoteError
from .client import clock_skew

# Mastodon's UserRole::FLAGS
ADMINISTRATOR, MANAGE_REPORTS, MANAGE_USERS = 1 << 0, 1 << 4, 1 << 10
TOLERATED_SKEW = 120  # seconds
NOBODY = "0"  # no report has this id: asking to close it tells whether we could, and does nothing


def check_connection(platform):
    """[Check]: address, clock, token, role, and each scope; later lines are left out when an earlier one makes them pointless.

    `platform` learns its agent_account_id on the way.
    """
    try:
        client = platform.client
        headers = _reachable(client)
    except RemoteError as error:
        return [Check(_("Address"), False, str(error))]
    checks = [Check(_("Address"), True, _("%(url)s answers.") % {"url": platform.instance.base_url}), *_clock(headers)]
    if not platform.instance.api_token:
        return [*checks, Check(_("Access token"), False, _("No access token is stored. Make one at the instance and enter it here."))]
    check, role = _token(platform)
    checks.append(check)
    if not check.ok:
        return checks
    checks.append(_role(role))
    checks.append(_read(client, "admin:read:accounts", "/api/v1/admin/accounts", limit=1))
    checks.append(_read(client, "admin:read:reports", "/api/v1/admin/reports", limit=1))
    checks.append(_write(client, "admin:write:accounts", f"/api/v1/admin/accounts/{NOBODY}/unsilence"))
    checks.append(_write(client, "admin:write:reports", f"/api/v1/admin/reports/{NOBODY}/resolve"))
    return checks


def _reachable(client):
    """The headers of an answer anybody gets; raises RemoteError when there is none."""
    try:
        return client.get("/api/v2/instance").headers
    except Refused as error:
        # Servers that ask everybody to sign in, and forks without this call, are reached all the same.
        if error.status is None or error.status < 400:
            raise
        return {}


def _clock(headers):
    skew = clock_skew(headers)
    if skew is None:
        return []
    if abs(skew) <= TOLERATED_SKEW:
        return [Check(_("Clock"), True, _("Its clock and ours agree."))]
    return [Check(_("Clock"), False, _("Its clock and ours differ by %(seconds)d seconds. Correct whichever is wrong.") % {"seconds": abs(round(skew))})]


def _token(platform):
    """(Check, the role of the account the token belongs to)."""
    name = _("Access token")
    try:
        said = platform.client.get("/api/v1/accounts/verify_credentials").data
        platform.agent_account_id = str(said["id"])
        acct, role = said.get("acct") or said["id"], said.get("role")
    except Refused as error:
        if error.status == 403:
            return Check(name, False, _("It cannot read its own account. Grant the scope read:accounts, so that we know our own actions again.")), {}
        return Check(name, False, str(error)), {}
    except Passing as error:
        return Check(name, False, str(error)), {}
    except KeyError:
        return Check(name, False, _("The address answers, but not as Mastodon does.")), {}
    return Check(name, True, _("It belongs to @%(name)s.") % {"name": acct}), role if isinstance(role, dict) else {}


def _role(role):
    try:
        permissions = int(role.get("permissions") or 0)
    except (TypeError, ValueError):
        permissions = 0
    missing = [name for name, bit in (("Manage Reports", MANAGE_REPORTS), ("Manage Users", MANAGE_USERS)) if not permissions & (bit | ADMINISTRATOR)]
    if not missing:
        return Check(_("Role"), True, _("%(role)s may manage reports and users.") % {"role": role.get("name") or _("Its role")})
    return Check(_("Role"), False, _("Its role lacks: %(missing)s. An owner there can add this to the role.") % {"missing": ", ".join(missing)})


def _read(client, scope, path, **params):
    try:
        client.get(path, kind=list, **params)
    except RemoteError as error:
        return Check(scope, False, str(error))
    return Check(scope, True, _("Granted."))


def _write(client, scope, path):
    """Whether we may write, asked with an id that nobody has: a server checks the scope before it looks for the id."""
    try:
        client.post(path)
    except Refused as error:
        if error.status == 404:
            return Check(scope, True, _("Granted."))
        return Check(scope, False, str(error))
    except Passing as error:
        return Check(scope, False, str(error))
    return Check(scope, True, _("Granted."))
