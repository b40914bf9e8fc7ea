"""One post's whole way: a signed report comes in, a moderator decides in a browser, the instance is told, the week counts it."""

import copy
import hashlib
import hmac
import json
from pathlib import Path

import httpx
from django.utils import timezone
from playwright.sync_api import expect

from moderation.analysis import pump
from moderation.enforcement import writeback
from moderation.intake import deliveries, ingest
from moderation.models import Case, Decision, Writeback
from moderation.queues import routing
from tests.factories import make_instance
from tests.stub_mastodon import StubMastodon

DATA = Path(__file__).resolve().parents[1] / "data" / "mastodon"
SECRET = "w" * 40


def report_of(stub, account_id, report_id):
    """A recorded report, as the stub's account and its post would be reported now."""
    report = json.loads((DATA / "admin_report_1.json").read_text())
    status = json.loads((DATA / "statuses.ndjson").read_text().splitlines()[0])
    now = timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    stub.add_account(account_id, username="seller")
    stub.add_report(report_id, account_id)
    report.update(id=report_id, action_taken=False, action_taken_at=None, action_taken_by_account=None, category="spam", created_at=now, updated_at=now)
    for account in (report["target_account"], report["target_account"]["account"]):
        account.update(id=account_id, username="seller", acct="seller")
    status["account"] = copy.deepcopy(report["target_account"]["account"])
    status.update(
        id="5500", content="<p>Cheap watches at <a href='https://watches.example/'>watches.example</a> <script>alert(1)</script></p>", visibility="public"
    )
    report["statuses"] = [status]
    return json.dumps({"event": "report.created", "created_at": now, "object": report}).encode()


def pump_everything():
    """What the workers do, in one deterministic call."""
    while ingest.ingest_waiting() or pump.analyse_waiting() or routing.route_waiting():
        continue


def test_a_reported_account_is_limited_at_the_instance_and_unlimited_by_undo(live_server, sign_in, accessible):
    with StubMastodon() as stub:
        make_instance(slug="real", domain="real.example", base_url=stub.url, api_token=stub.token, webhook_secret=SECRET, mode="act")
        raw = report_of(stub, "41", "7")
        signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        answer = httpx.post(
            f"{live_server.url}/webhooks/mastodon/real/", content=raw, headers={"X-Hub-Signature": signature, "Content-Type": "application/json"}
        )
        assert answer.status_code == 202
        pump_everything()

        page, moderator = sign_in("moderator")
        page.get_by_role("button", name="Take the next case").click()
        page.wait_for_url("**/cases/**")
        expect(page.get_by_role("heading", level=1)).to_contain_text("@seller")
        expect(page.get_by_text("Cheap watches at")).to_be_visible()
        accessible(page)
        assert page.foreign_requests == []
        page.get_by_role("radio", name="Limit").check()
        page.get_by_role("button", name="Decide", exact=True).click()
        page.wait_for_url("**/decisions/**")
        accessible(page)

        writeback.send_waiting()
        assert stub.accounts["41"]["silenced"]
        assert [strike["account"] for strike in stub.strikes] == ["41"]
        assert stub.mails == []
        assert set(Writeback.objects.values_list("state", flat=True)) == {Writeback.State.CONFIRMED}
        decision = Decision.objects.get()
        assert (decision.moderator, decision.action, decision.case.state) == (moderator, "limit", Case.State.DECIDED)

        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state()
        writeback.send_waiting()
        assert not stub.accounts["41"]["silenced"]
        assert len(stub.strikes) == 1
        assert Decision.objects.get(supersedes=decision).action == "undo"


def test_the_week_counts_what_was_reported_and_decided(sign_in, accessible):
    with StubMastodon() as stub:
        instance = make_instance(slug="real", base_url=stub.url, api_token=stub.token, webhook_secret=SECRET)
        deliveries.accept(instance=instance, body=report_of(stub, "41", "7"))
        pump_everything()
        page, _ = sign_in("owner")
        page.get_by_role("button", name="Take the next case").click()
        page.wait_for_url("**/cases/**")
        page.get_by_role("radio", name="No action").check()
        page.get_by_role("button", name="Decide", exact=True).click()
        page.wait_for_url("**/decisions/**")
        year, week, _ = timezone.now().isocalendar()
        page.goto(f"/reports/weekly/{year}-W{week:02}/")
        accessible(page)
        figures = page.request.get(f"/reports/weekly/{year}-W{week:02}.json").json()
        assert "report" in json.dumps(figures)
