"""Mastodon, glitch-soc and Hometown: their admin API as the verbs of a platform."""

import logging
import re
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext as _

from moderation.models import Software

from . import mastodon_wire
from .base import Malformed, Platform, Refused, RemoteState
from .checking import check_connection
from .client import Client
from .forum import Forum

log = logging.getLogger(__name__)

PAGE = 200  # the most the admin API gives at once
MAX_PAGES = 50
REMOTE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ON_ACCOUNT = ("approve", "reject", "enable", "unsensitive", "unsilence", "unsuspend")


class Mastodon(Platform):
    """`instance` as its admin API shows it. One HTTP connection, kept until close()."""

    def __init__(self, instance, timeout=None):
        super().__init__(instance)
        # A third of a lease to read the state, a third to act, a third for a slow server to finish (docs/decisions/writebacks.md).
        self.timeout = timeout or settings.LEASE_SECONDS / 3

    @cached_property
    def client(self):
        return Client(self.instance.base_url, self.instance.api_token, self.timeout)

    def close(self):
        if "client" in self.__dict__:
            self.client.close()

    @property
    def exhausted_until(self):
        return self.client.exhausted_until if "client" in self.__dict__ else None

    @cached_property
    def agent_account_id(self):
        """The remote id of the account our token belongs to."""
        return self.instance.agent_account_id or str(self.client.get("/api/v1/accounts/verify_credentials").data["id"])

    def check(self):
        return check_connection(self)

    def state_of(self, account_id, reports=False):
        """RemoteState of an account, read now; `open_reports` is filled where `reports` asks for it."""
        try:
            said = self.client.get(_account(account_id)).data
        except Refused as error:
            if error.status == 404:
                return RemoteState(exists=False)
            raise
        flags = {name: bool(said.get(name)) for name in ("suspended", "silenced", "sensitized", "disabled")}
        found = RemoteState(**flags, approved=said.get("approved"))
        if reports:
            found.open_reports = self._open_reports_on(account_id)
        return found

    def closed_by(self, report_id):
        """None while the report is open; else the remote id of who closed it, empty where the instance does not say."""
        report = self.client.get(_report(report_id)).data
        if not report.get("action_taken"):
            return None
        return str((report.get("action_taken_by_account") or {}).get("id") or "")

    def send(self, call, params):
        """Carry out one step of the outbox; the receipt. Raises Refused, Passing or Ambiguous."""
        if call == "account_action":
            body = {key: params[key] for key in ("type", "text", "report_id") if params.get(key)}
            # Left out, the server would take it for true and mail the person.
            body["send_email_notification"] = bool(params["send_email_notification"])
            self.client.post(f"{_account(params['account_id'])}/action", **body)
            return {}
        if call == "resolve_reports":
            still_open = set(self._open_reports_on(params["account_id"]))
            return self._each_report([each for each in params["report_ids"] if each in still_open], "resolve")
        if call == "reopen_reports":
            return self._each_report([each for each in params["report_ids"] if self._is_closed(each)], "reopen")
        if call in ON_ACCOUNT:
            self.client.post(f"{_account(params['account_id'])}/{call}")
            return {}
        raise Refused(_("Breakwater does not know how to do “%(call)s” at this instance.") % {"call": call})

    def pending_accounts(self):
        """Yield AccountSeen of everybody who waits for approval, unconfirmed addresses included."""
        yield from _readable(mastodon_wire.account_seen, self._pages("/api/v2/admin/accounts", origin="local", status="pending"))

    def open_reports(self, since_id=""):
        """Yield ReportSeen of the unresolved reports that are newer than `since_id`, newest first."""
        newer = {"since_id": since_id} if since_id else {}
        yield from _readable(mastodon_wire.report_seen, self._pages("/api/v1/admin/reports", **newer))

    def _each_report(self, report_ids, verb):
        for report_id in report_ids:
            self.client.post(f"{_report(report_id)}/{verb}")
        return {verb: report_ids}

    def _is_closed(self, report_id):
        try:
            return self.closed_by(report_id) is not None
        except Refused as error:
            if error.status == 404:
                return False
            raise

    def _open_reports_on(self, account_id):
        return [str(said["id"]) for said in self._pages("/api/v1/admin/reports", target_account_id=account_id)]

    def _pages(self, path, **params):
        """Yield the objects of all pages. Pages are asked for by id: an address the server names is not followed."""
        for _page in range(MAX_PAGES):
            answer = self.client.get(path, kind=list, limit=PAGE, **params)
            yield from answer.data
            if not answer.data or 'rel="next"' not in answer.headers.get("link", ""):
                return
            params["max_id"] = str(answer.data[-1]["id"])


def _readable(read, objects):
    """Yield what can be read; one object that is not as documented does not hide the others."""
    for said in objects:
        try:
            yield read(said)
        except Malformed as error:
            log.warning("An object of the admin API was left out: %s", error)


def _checked(remote_id):
    if not REMOTE_ID.fullmatch(str(remote_id)):
        raise Refused(_("“%(id)s” is not an id of this instance.") % {"id": str(remote_id)[:64]})
    return remote_id


def _account(account_id):
    return f"/api/v1/admin/accounts/{_checked(account_id)}"


def _report(report_id):
    return f"/api/v1/admin/reports/{_checked(report_id)}"


def platform_for(instance):
    """The Platform of `instance`, by its software. Close it after use."""
    return Forum(instance) if instance.software == Software.FORUM else Mastodon(instance)
