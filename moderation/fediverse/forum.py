"""A forum: it reads decisions through our API, so nothing is ever sent to it."""

from django.utils.translation import gettext as _

from .base import Check, Platform, Refused, RemoteState


class Forum(Platform):
    def close(self):
        pass

    exhausted_until = None
    agent_account_id = ""

    def check(self):
        return [Check(_("Sending"), True, _("A forum reads decisions through the API. There is nothing to send, so there is nothing to test."))]

    def state_of(self, account_id, reports=False):
        return RemoteState()

    def closed_by(self, report_id):
        return None

    def send(self, call, params):
        raise Refused(_("A forum reads decisions through the API. Nothing is sent to it."))

    def pending_accounts(self):
        return iter(())

    def open_reports(self, since_id=""):
        return iter(())
