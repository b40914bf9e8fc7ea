"""What rules would do with the last 30 days' cases, before they do it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Case, Queue, RoutingRule
from moderation.queues import preview as previews
from moderation.queues import routing
from tests.factories import make_account, make_case, make_post, make_report, make_sign_up, make_wave

pytestmark = pytest.mark.django_db


def live_rules():
    return list(RoutingRule.objects.filter(live=True).select_related("queue", "category"))


def test_the_rules_as_they_are_would_move_nothing():
    make_report()
    make_sign_up()
    make_wave([make_post() for _ in range(3)], notable_at=timezone.now(), route_again=True)
    routing.route_waiting()
    preview = routing.preview(live_rules())
    assert (preview.total, preview.moved_count, preview.examples) == (3, 0, [])
    assert {count.queue.slug: (count.before, count.after) for count in preview.counts} == {
        "reports": (1, 1),
        "waves": (1, 1),
        "sign-ups": (1, 1),
        "second-look": (0, 0),
    }


def test_a_rule_that_is_not_saved_yet_shows_what_it_would_move():
    legal, spam = make_account(), make_account()
    make_report(legal, category="legal")
    make_report(spam)
    routing.route_waiting()
    draft = RoutingRule(name="legal first", queue=Queue.objects.get(slug="waves"), conditions={"category": ["legal"]})
    preview = routing.preview([draft, *live_rules()])
    assert preview.moved_count == 1
    moved = preview.examples[0]
    assert (moved.case.account, moved.before.slug, moved.after.slug, moved.rule) == (legal, "reports", "waves", draft)
    assert Case.objects.get(account=legal).queue.slug == "reports"


def test_without_rules_everything_would_go_to_the_queue_of_reports():
    make_sign_up()
    routing.route_waiting()
    assert routing.preview([]).examples[0].after.slug == "reports"


def test_only_the_last_30_days_are_looked_at_and_no_more_than_so_many(monkeypatch):
    monkeypatch.setattr(previews, "MOST_CASES", 3)
    make_case(opened_at=timezone.now() - timedelta(days=31))
    for _ in range(3):
        make_case()
    assert (routing.preview(live_rules()).total, routing.preview(live_rules()).cut) == (3, False)
    make_case()
    assert (routing.preview(live_rules()).total, routing.preview(live_rules()).cut) == (3, True)


def test_a_preview_takes_the_same_few_queries_for_any_number_of_cases(django_assert_max_num_queries):
    rules = live_rules()
    for _ in range(20):
        make_report(posts=[make_post()])
    routing.route_waiting()
    with django_assert_max_num_queries(7):
        routing.preview(rules)


def test_routing_takes_the_same_few_queries_for_any_number_of_reports(django_assert_max_num_queries):
    for _ in range(30):
        make_report()
    with django_assert_max_num_queries(45):
        assert routing.route_waiting() == 30
