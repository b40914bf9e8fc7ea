"""The demo: real posts through the real webhook, until a visitor has something to decide."""

import io
import json
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from moderation import tasks
from moderation.analysis import pump
from moderation.demo import mastodon_json, posts, story
from moderation.fediverse import mastodon_wire
from moderation.intake import ingest
from moderation.intake.signature import sign
from moderation.management.commands import fill_demo
from moderation.models import Case, Cluster, Delivery, Instance, Person, Post, Report, SignUp
from moderation.queues import routing

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class InProcess:
    """A Sender that posts into this process, so that the test's own database takes the deliveries."""

    def __init__(self, url, secret):
        self.path, self.secret, self.done, self.delivered, self.answers = url.removeprefix("http://here"), secret, 0, 0, {}

    def send_all(self, bodies, on_progress):
        client = Client()
        for body in bodies:
            answer = client.post(self.path, body, content_type="application/json", HTTP_X_HUB_SIGNATURE=sign(body, self.secret))
            self.done += 1
            self.delivered += answer.status_code == 202
            on_progress()


@pytest.fixture
def fill(monkeypatch, settings, tmp_path):
    """Run fill_demo; what it told as text."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(fill_demo, "Sender", InProcess)
    monkeypatch.setattr(tasks, "ring", lambda task: None)

    def fill(**options):
        out = io.StringIO()
        call_command("fill_demo", url="http://here", stdout=out, **options)
        return out.getvalue()

    return fill


def work_off():
    for pump_once in (ingest.ingest_waiting, pump.analyse_waiting, routing.route_waiting):
        for _ in range(100):
            if not pump_once(200):
                break


def test_same_moment_tells_the_same_story_to_the_byte():
    assert story.deliveries(NOW) == story.deliveries(NOW)


def test_words_repetitions_and_times_are_the_authors_own():
    rows = {}
    for path in posts.SHIPPED:
        for row in posts.read_rows(path):
            rows.setdefault(mastodon_json.stable_id(story.DOMAIN, row["author"], row["id"]), []).append(row)
    told = [event.seen for event in map(mastodon_wire.parse, story.deliveries(NOW)) if event.name == "status.created"]
    assert Counter(post.remote_id for post in told) == {remote_id: len(same) for remote_id, same in rows.items()}
    moved = []
    for post in told:
        assert post.created_at <= NOW
        row, *same = rows[post.remote_id]
        if same:
            continue
        assert post.account.username == row["author"]
        assert mastodon_wire.plain_text(post.content).split() == row["text"].split()
        if row["at"]:
            moved.append(post.created_at - datetime.fromisoformat(row["at"]).replace(tzinfo=UTC))
    # All by the same, give or take the milliseconds that Mastodon writes.
    assert max(moved) - min(moved) <= timedelta(milliseconds=2)


def test_whole_story_is_understood():
    names = [mastodon_wire.parse(body).name for body in story.deliveries(NOW)]
    assert set(names) == {"status.created", "report.created", "account.created"}


@pytest.mark.django_db
def test_first_run_fills_the_queues_with_what_a_visitor_can_decide(fill):
    told = fill()
    assert "1,690 of 1,690" in told
    assert all(person.username in told for person in Person.objects.all())
    work_off()
    assert not Delivery.objects.filter(state__in=["received", "failed"]).exists()
    assert not Post.objects.exclude(state="analysed").exists()
    waves = Cluster.objects.filter(kind="wave", notable_at__isnull=False, size__gte=3)
    assert waves.count() >= 5
    assert Case.objects.filter(kind="cluster", queue__slug="waves").count() >= 5
    assert Case.objects.filter(kind="account", queue__slug="reports", reports_count__gte=2).exists()
    assert Case.objects.filter(kind="sign_up").count() == SignUp.objects.count() == len(story.SIGN_UPS)
    assert set(Report.objects.values_list("category", flat=True)) == {"spam", "violation", "other"}
    demo = Instance.objects.get(slug="demo")
    assert (demo.mode, demo.attribution, demo.wave_days) == ("observe", story.ATTRIBUTION, story.WAVE_DAYS)


@pytest.mark.django_db
def test_second_run_sends_nothing_and_tells_the_same_logins(fill, monkeypatch, tmp_path):
    monkeypatch.setattr(story, "deliveries", lambda now: [b"{}", b"[]"])
    first = json.loads(fill(json=True).splitlines()[-1])
    monkeypatch.setattr(fill_demo, "Sender", None)
    second = json.loads(fill(json=True).splitlines()[-1])
    assert (first["sent"], second["sent"]) == (2, 0)
    assert first["people"] == second["people"]
    assert [person["role"] for person in first["people"]] == ["owner", "lead", "moderator", "auditor"]
    assert all(Person.objects.get(username=person["name"]).check_password(person["password"]) for person in first["people"])
    assert stat.S_IMODE((tmp_path / "demo_logins.json").stat().st_mode) == 0o600


@pytest.mark.django_db
def test_fill_that_was_interrupted_goes_on_and_doubles_nothing(fill, monkeypatch):
    bodies = story.deliveries(NOW)[:30]
    monkeypatch.setattr(story, "deliveries", lambda now: bodies[:10])
    fill()
    monkeypatch.setattr(story, "deliveries", lambda now: bodies)
    fill()
    assert Delivery.objects.count() == 30


@pytest.mark.django_db
def test_password_that_was_changed_is_not_told(fill, monkeypatch):
    monkeypatch.setattr(story, "deliveries", lambda now: [])
    fill()
    lead = Person.objects.get(username="demo-lead")
    lead.set_password("something of their own")
    lead.save()
    told = json.loads(fill(json=True).splitlines()[-1])
    assert [person["password"] is None for person in told["people"]] == [False, True, False, False]
