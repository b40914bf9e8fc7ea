"""kill -9 of any process, at any moment, under load: nothing that was accepted is lost, and nothing happens twice."""

import copy
import hashlib
import hmac
import json
import random
import string
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from .stack import ROOT, Stack, wait_for

pytestmark = pytest.mark.processes

SECRET = "k" * 40
POSTS, FAMILIES, REPORTS = 400, 8, 40
STATUS = json.loads((ROOT / "tests/data/mastodon/statuses.ndjson").read_text().splitlines()[0])
REPORT = json.loads((ROOT / "tests/data/mastodon/admin_report_1.json").read_text())
SPAM = [
    "Earn four thousand a week from your sofa with my grandmother's trading robot, ask me how it is done",
    "Genuine leather watches straight from the workshop at a tenth of what the shops will ask you for them",
    "My cousin lost thirty kilos in one single month thanks to this tea from the far mountains of Peru",
    "Followers delivered overnight, thousands of them, all of them real people who adore your holiday pictures",
    "A lonely widow left me eleven million and I only need an honest partner to bring it out of the country",
    "Your parcel could not be delivered today because the address is incomplete, confirm it within the hour",
    "Learn the three words which every woman secretly wants to hear, my video course is free until midnight",
    "This forgotten coin multiplies itself by ninety before the year is over, the banks do not want you to know",
]


def stamp(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def babble(rng):
    """Ten made-up words that resemble nothing."""
    return " ".join("".join(rng.choices(string.ascii_lowercase, k=rng.randint(4, 9))) for _ in range(10))


def deliveries():
    """(event, object) of posts in families of near-copies and alone, and of reports, each once, in one order."""
    now = datetime.now(UTC)
    for number in range(POSTS):
        status = copy.deepcopy(STATUS)
        family = number % (FAMILIES * 2)
        text = f"{SPAM[family]} {'!' * (number % 3)}" if family < FAMILIES else babble(random.Random(number))
        status.update(id=str(10_000 + number), content=f"<p>{text}</p>", created_at=stamp(now - timedelta(seconds=POSTS - number)), visibility="public")
        status["uri"] = f"http://localhost:3000/statuses/{number}"
        status["account"].update(id=str(500 + number % 60), username=f"writer{number % 60}", acct=f"writer{number % 60}")
        yield "status.created", status
    for number in range(REPORTS):
        report = copy.deepcopy(REPORT)
        report.update(
            id=str(70_000 + number), action_taken=False, action_taken_at=None, action_taken_by_account=None, created_at=stamp(now), updated_at=stamp(now)
        )
        target = str(900 + number % 10)
        for account in (report["target_account"], report["target_account"]["account"]):
            account.update(id=target, username=f"target{target}")
        report["statuses"] = []
        yield "report.created", report


def bodies():
    return [json.dumps({"event": event, "created_at": stamp(datetime.now(UTC)), "object": thing}).encode() for event, thing in deliveries()]


def send_until_taken(url, raw):
    """Deliver as Mastodon does: again and again until a 2xx comes back."""
    headers = {"Content-Type": "application/json", "X-Hub-Signature": "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()}
    for _ in range(600):
        try:
            answer = httpx.post(url, content=raw, headers=headers, timeout=10)
        except httpx.HTTPError:
            time.sleep(0.1)
            continue
        if answer.status_code == 202:
            return
        assert answer.status_code == 503, answer.status_code
        time.sleep(0.1)
    raise AssertionError("a delivery was never taken")


SETTLED = """
import json
from moderation.models import *
print(json.dumps({
    "received": Delivery.objects.filter(state="received").count(),
    "pending": Post.objects.filter(state="pending").count(),
    "waiting": Report.objects.filter(state="waiting").count() + Cluster.objects.filter(route_again=True).count(),
}))
"""
OUTCOME = """
import json
from django.db.models import Count
from moderation.models import *
families = Cluster.objects.filter(kind="wave", size__gte=3)
print(json.dumps({
    "deliveries": {row["state"]: row["n"] for row in Delivery.objects.values("state").annotate(n=Count("pk"))},
    "bodies kept": Delivery.objects.exclude(body=None).count(),
    "posts": {row["state"]: row["n"] for row in Post.objects.values("state").annotate(n=Count("pk"))},
    "sizes": sorted(families.values_list("size", flat=True)),
    "members": sorted(families.annotate(n=Count("members")).values_list("n", flat=True)),
    "wave cases": Case.objects.filter(kind="cluster").count(),
    "reports": Report.objects.count(),
    "reports without a case": Report.objects.filter(case=None).count(),
    "account cases": Case.objects.filter(kind="account").count(),
    "reports counted": sum(Case.objects.filter(kind="account").values_list("reports_count", flat=True)),
}))
"""


@pytest.fixture(params=["embedded", "grown-up"])
def stack(request, tmp_path):
    environment = request.getfixturevalue("grown_up") if request.param == "grown-up" else {}
    stack = Stack(tmp_path / "data", environment)
    stack.start()
    stack.wait_until_up()
    yield stack
    stack.kill()


def test_killing_processes_under_load_loses_nothing_and_doubles_nothing(stack):
    stack.manage("connect_instance", "tested", "--domain", "tested.example", "--secret", SECRET)
    url = f"{stack.url}/webhooks/mastodon/tested/"
    waiting = bodies()
    rng = random.Random(7)
    rng.shuffle(waiting)
    waiting += rng.sample(waiting, 60)  # the server's own retries: the same body twice
    lock, problems = threading.Lock(), []

    def send():
        while True:
            with lock:
                if not waiting:
                    return
                raw = waiting.pop()
            try:
                send_until_taken(url, raw)
            except AssertionError as problem:
                problems.append(problem)
                return

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    killed = []
    while any(sender.is_alive() for sender in senders) or len(killed) < 6:
        time.sleep(0.7)
        if len(killed) == 4:
            stack.kill()  # the supervisor and everything below it: the machine's plug is pulled
            killed.append("everything")
            stack.start()
            continue
        if len(killed) < 8:
            killed.append(stack.kill_one(rng))
        if stack.process.poll() is not None:
            stack.start()
    for sender in senders:
        sender.join()
    assert not problems
    if stack.process.poll() is not None:
        stack.start()
    stack.wait_until_up()
    wait_for(lambda: not any(stack.ask(SETTLED).values()), 120, lambda: f"{stack.ask(SETTLED)}\n{stack.log.read_text()[-3000:]}")

    outcome = stack.ask(OUTCOME)
    total = POSTS + REPORTS
    assert outcome["deliveries"] == {"ingested": total}
    assert outcome["bodies kept"] == 0
    assert outcome["posts"] == {"analysed": POSTS}
    assert outcome["sizes"] == outcome["members"] == [POSTS // (FAMILIES * 2)] * FAMILIES
    assert outcome["wave cases"] == FAMILIES
    assert (outcome["reports"], outcome["reports without a case"], outcome["account cases"], outcome["reports counted"]) == (REPORTS, 0, 10, REPORTS)
