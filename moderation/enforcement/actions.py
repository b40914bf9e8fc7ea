"""What each action does, in a sentence and in calls to the instance; and what undoes it. One small class an action."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.models import Action

# Mastodon's AccountDeletionRequest::DELAY_TO_DELETION: until then a suspension can be lifted with everything intact.
DELETION_DELAY = timedelta(days=30)


@dataclass(frozen=True)
class Call:
    """One step for the outbox: a verb of the platform and its parameters."""

    name: str
    params: dict


@dataclass(frozen=True)
class Reached:
    """In a sentence: whom a decision reaches. `name` is @somebody, or empty for several."""

    name: str
    accounts: int
    remote: int  # how many of them live on other servers
    waiting: int  # how many wait for approval
    domain: str  # of the instance

    @property
    def who(self):
        if self.accounts == 1:
            return self.name
        return ngettext("%(count)d account", "these %(count)d accounts", self.accounts) % {"count": self.accounts}


class ActionKind:
    """Base: an action that changes nothing at the instance but closes the reports of its case."""

    action: Action
    answers = False  # whether it answers somebody who waits to be let in
    destructive = False
    local_only = False
    closes_all_reports = False  # the instance closes every open report on the account, not only those of the case
    needs_words = False
    undo_call = ""

    def sentence(self, reached):
        """What it will do, before it is done."""
        raise NotImplementedError

    def why_not(self, reached):
        """Why it cannot be taken on `reached`; empty when it can."""
        if self.local_only and reached.remote:
            if reached.accounts == 1:
                return _("%(who)s lives on another server. This works only for accounts of %(domain)s itself.") % {
                    "who": reached.who,
                    "domain": reached.domain,
                }
            return ngettext(
                "%(count)d of these accounts lives on another server. Leave it out, or choose another action.",
                "%(count)d of these accounts live on other servers. Leave them out, or choose another action.",
                reached.remote,
            ) % {"count": reached.remote}
        return ""

    def calls(self, *, account, report_ids, text, notify):
        """The steps for one account, in order."""
        return self.closing(account, report_ids)

    def closing(self, account, report_ids):
        return [Call("resolve_reports", {"account_id": account.remote_id, "report_ids": report_ids})] if report_ids else []

    def undo_calls(self, account):
        """The steps that take it back at the instance; reports are opened again apart from these."""
        return [Call(self.undo_call, {"account_id": account.remote_id})] if self.undo_call else []

    def undo_sentence(self, domain):
        """What undoing it does, once the instance has carried it out."""
        return _("Undo opens the case again.")


class NoAction(ActionKind):
    action = Action.NO_ACTION

    def sentence(self, reached):
        return _("Closes the case. Nothing changes for %(who)s.") % {"who": reached.who}


class Note(ActionKind):
    action = Action.NOTE

    def sentence(self, reached):
        return _("Closes the case and keeps your note about %(who)s here, for whoever looks next. Nobody else is told.") % {"who": reached.who}


class AccountAction(ActionKind):
    """Base: one strike at the instance, of `type` in Mastodon's words."""

    type: str
    closes_all_reports = True

    def calls(self, *, account, report_ids, text, notify):
        params = {"account_id": account.remote_id, "type": self.type, "text": text, "send_email_notification": notify}
        if report_ids:
            params["report_id"] = report_ids[0]
        return [Call("account_action", params), *self.closing(account, report_ids)]


class Warn(AccountAction):
    action = Action.WARN
    type = "none"
    closes_all_reports = False
    local_only = True  # Mastodon has no way to tell somebody on another server
    needs_words = True

    def sentence(self, reached):
        return _("Sends %(who)s a warning by e-mail, with your words. It counts as a strike and cannot be called back.") % {"who": reached.who}

    def undo_sentence(self, domain):
        return _("A warning cannot be called back: the e-mail and the strike at %(domain)s stay. Undo corrects the record here and opens the case again.") % {
            "domain": domain
        }


class MarkSensitive(AccountAction):
    action = Action.MARK_SENSITIVE
    type = "sensitive"
    undo_call = "unsensitive"

    def sentence(self, reached):
        return _("Puts a warning before every picture and video of %(who)s, old and new.") % {"who": reached.who}

    def undo_sentence(self, domain):
        return _("Undo takes the warning away from their pictures and videos, and opens the case again. The strike at %(domain)s stays.") % {"domain": domain}


class Limit(AccountAction):
    action = Action.LIMIT
    type = "silence"
    undo_call = "unsilence"

    def sentence(self, reached):
        return _("Hides %(who)s from everybody who does not follow them. Followers still see their posts.") % {"who": reached.who}

    def undo_sentence(self, domain):
        return _("Undo shows them to everybody again, and opens the case again. The strike at %(domain)s stays.") % {"domain": domain}


class Freeze(AccountAction):
    action = Action.FREEZE
    type = "disable"
    undo_call = "enable"
    local_only = True

    def sentence(self, reached):
        return _("Locks %(who)s out: they cannot sign in. What they posted stays.") % {"who": reached.who}

    def undo_sentence(self, domain):
        return _("Undo lets them sign in again, and opens the case again. The strike at %(domain)s stays.") % {"domain": domain}


class Suspend(AccountAction):
    action = Action.SUSPEND
    type = "suspend"
    undo_call = "unsuspend"
    destructive = True

    def sentence(self, reached):
        return _("Takes %(who)s and all their posts off %(domain)s. After %(days)d days the instance deletes them for good.") % {
            "who": reached.who,
            "domain": reached.domain,
            "days": DELETION_DELAY.days,
        }

    def undo_sentence(self, domain):
        return _("Undo brings the account and its posts back, and opens the case again. Followers it lost and the strike at %(domain)s stay.") % {
            "domain": domain
        }


class SignUpAction(ActionKind):
    """Base: answers somebody who waits to be let in."""

    answers = True
    local_only = True

    def why_not(self, reached):
        if reached.accounts > 1:
            return _("Letting in and turning away cannot be undone, so both are decided for each sign-up alone.")
        return super().why_not(reached)

    def calls(self, *, account, report_ids, text, notify):
        return [Call(self.action.value, {"account_id": account.remote_id}), *self.closing(account, report_ids)]


class Approve(SignUpAction):
    action = Action.APPROVE

    def sentence(self, reached):
        return _("Lets %(who)s in. %(domain)s tells them by e-mail.") % {"who": reached.who, "domain": reached.domain}

    def undo_sentence(self, domain):
        return _("They stay let in at %(domain)s. Undo opens the case again, so that you can limit or suspend them.") % {"domain": domain}


class Reject(SignUpAction):
    action = Action.REJECT
    destructive = True

    def sentence(self, reached):
        return _("Turns %(who)s away. %(domain)s deletes the account at once: this cannot be undone.") % {"who": reached.who, "domain": reached.domain}

    def undo_sentence(self, domain):
        return _("%(domain)s has deleted this account. It cannot be brought back; the person can sign up again.") % {"domain": domain}


KINDS = {kind.action: kind() for kind in (NoAction, Note, Warn, MarkSensitive, Limit, Freeze, Suspend, Approve, Reject)}
