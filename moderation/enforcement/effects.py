"""What a step of the outbox brings about: how to see that it is done, and what we then know of accounts and reports."""

from django.utils import timezone

from moderation.models import Account, Action, Report, SignUp

# Mastodon's account actions and calls: the field of RemoteState and of Account they set.
TYPES = {"sensitive": ("sensitized", True), "disable": ("disabled", True), "silence": ("silenced", True), "suspend": ("suspended", True)}
CALLS = {
    "unsensitive": ("sensitized", False),
    "enable": ("disabled", False),
    "unsilence": ("silenced", False),
    "unsuspend": ("suspended", False),
    "approve": ("approved", True),
    "reject": ("exists", False),
}
# Doing these again changes nothing more, so they need no look beforehand.
REPEATABLE = {"resolve_reports", "reopen_reports"}


def effect(call, params):
    """(field of RemoteState, value) that a step brings about; None for a warning and for steps on reports."""
    return TYPES.get(params.get("type")) if call == "account_action" else CALLS.get(call)


def reflect(writeback):
    """Write down here what a confirmed step did there: no event tells us of all of it."""
    call, params = writeback.call, writeback.params
    account = Account.objects.filter(pk=writeback.decision.account_id)
    on_account = Report.objects.filter(target=writeback.decision.account_id, instance=writeback.instance_id)
    field, value = effect(call, params) or ("", None)
    if field and field != "exists":
        account.update(**{field: value})
    if call == "account_action" and not writeback.receipt.get("already"):
        closed = on_account if params["type"] != "none" else on_account.filter(remote_id=params.get("report_id", ""))
        _close(closed)
    elif call == "resolve_reports":
        _close(on_account.filter(remote_id__in=params["report_ids"]))
    elif call == "reopen_reports":
        on_account.filter(remote_id__in=params["report_ids"]).update(resolved_at=None, resolved_elsewhere=False)
    elif call in ("approve", "reject"):
        answer_sign_up(writeback.decision.account_id, call)


def answer_sign_up(account_id, action):
    """A waiting sign-up was let in or turned away; with any other `action` it waits again."""
    outcome = {Action.APPROVE: SignUp.Outcome.APPROVED, Action.REJECT: SignUp.Outcome.REJECTED}.get(action, SignUp.Outcome.PENDING)
    waits = outcome == SignUp.Outcome.PENDING
    asked = SignUp.objects.filter(account=account_id).exclude(outcome=outcome)
    asked.update(outcome=outcome, closed_at=None if waits else timezone.now())


def _close(reports):
    reports.filter(resolved_at=None).update(resolved_at=timezone.now())
