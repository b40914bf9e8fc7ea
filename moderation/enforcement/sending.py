"""Carrying out one step: look, act, and after a doubt look again instead of acting twice. See docs/decisions/writebacks.md."""

from django.utils.translation import gettext as _

from moderation.fediverse.base import RemoteError

from .effects import REPEATABLE, effect


class InDoubt(RemoteError):
    """The step may or may not have been carried out, and nothing at the instance tells. A person has to look."""


def look(platform, writeback):
    """What the instance says now of what the step is about, as plain JSON; raises Refused or Passing."""
    call, params = writeback.call, writeback.params
    if call in REPEATABLE:
        return {}
    wanted = effect(call, params)
    if wanted is None:
        report_id = params.get("report_id")
        return {"closed_by": platform.closed_by(report_id)} if report_id else {}
    state = platform.state_of(params["account_id"])
    return {"exists": state.exists, wanted[0]: getattr(state, wanted[0])}


def is_so(writeback, seen):
    """Whether `seen` (from look) shows what the step brings about, so that there is nothing to send."""
    wanted = effect(writeback.call, writeback.params)
    return wanted is not None and seen[wanted[0]] is wanted[1]


def is_gone(writeback, seen):
    """Whether the account is no longer there, for a step that needs it."""
    return seen.get("exists") is False and writeback.call != "reject"


def was_done(platform, writeback):
    """Whether a step that was sent without an answer has been carried out.

    `writeback.before` is what was seen just before it was sent: a step is only sent while its effect is not there yet, so
    an effect seen now came from it. Raises InDoubt where nothing shows it, Refused or Passing when looking fails.
    """
    if writeback.call in REPEATABLE:
        return False
    if effect(writeback.call, writeback.params) is not None:
        return is_so(writeback, look(platform, writeback))
    if "closed_by" not in writeback.before or writeback.before["closed_by"] is not None:
        raise InDoubt(_("No answer came, and nothing shows whether the warning was given. Look at the account's strikes there before you send it again."))
    closed_by = look(platform, writeback)["closed_by"]
    if closed_by is None:
        return False
    if closed_by and closed_by == platform.agent_account_id:
        return True
    raise InDoubt(
        _("No answer came, and somebody else has closed the report meanwhile. Look at the account's strikes there before you send the warning again.")
    )
