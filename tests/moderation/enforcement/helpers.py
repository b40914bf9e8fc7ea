"""Deciding, sending and letting time pass, for tests of enforcement."""

from datetime import timedelta

from django.utils import timezone

from moderation.enforcement import decisions, writeback
from moderation.models import Action, Instance, Writeback
from moderation.queues import claims
from tests import factories


def claimed_case(person, account=None, **given):
    return claims.claim(person, factories.make_case(account, **given))


def decide(case, person, action=Action.LIMIT, **given):
    return decisions.decide(case_id=case.pk, claim=case.claim, by=person, action=action, **given)


def connect(stub, **given):
    """An acting instance whose API is `stub`."""
    return factories.make_instance(**{"base_url": stub.url, "api_token": stub.token, "mode": "act", **given})


def account_on(stub, instance, remote_id="101", **given):
    """The same account here and there."""
    row = stub.add_account(remote_id, **given)
    return factories.make_account(instance, remote_id=remote_id, username=row["username"], domain=row["domain"] or "", approved=row["approved"])


def reported_case(stub, instance, person, remote_id="101", reports=("1",), **given):
    """A claimed case about `remote_id`, with `reports` open here and there."""
    account = account_on(stub, instance, remote_id, **given)
    case = factories.make_case(account, reports_count=len(reports))
    for report_id in reports:
        stub.add_report(report_id, remote_id)
        factories.make_report(account, remote_id=report_id, case=case, state="routed")
    return claims.claim(person, case)


def send_all(rounds=20):
    """Send until nothing is due; bounded, so that a loop shows as rows left over."""
    for _round in range(rounds):
        if not writeback.send_waiting():
            return


def let_time_pass():
    """Make every lease run out, every pause end and every delay be over."""
    past = timezone.now() - timedelta(seconds=1)
    Writeback.objects.filter(leased_until__isnull=False).update(leased_until=past)
    Writeback.objects.filter(state=Writeback.State.PENDING).update(try_after=past)
    Instance.objects.filter(rate_limited_until__isnull=False).update(rate_limited_until=past)


def settle(rounds=6):
    """Send, let time pass, send again, until everything is settled or `rounds` are over."""
    for _round in range(rounds):
        send_all()
        if not Writeback.objects.filter(state__in=["pending", "sending"]).exists():
            return
        let_time_pass()


def states():
    """[(call, state)] of the whole outbox, in order."""
    return list(Writeback.objects.order_by("pk").values_list("call", "state"))
