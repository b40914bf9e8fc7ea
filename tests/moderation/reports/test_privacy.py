"""Nobody can be read from a report: no figure of few people's work, alone or by subtracting, in one week or over several."""

import itertools
import json
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Exists, OuterRef
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models import Case, CaseEvent, Decision, Instance, Person
from moderation.reports import outcomes, rendering, times, weekly
from moderation.reports.privacy import ENOUGH, enough, join_groups, join_ranges
from moderation.reports.weeks import Week

from .seeding import Seeding

WEEK = Week(2024, 40)
people = st.dictionaries(st.one_of(st.none(), st.integers(1, 12)), st.integers(0, 9), max_size=12).map(Counter)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), people))
def test_no_group_told_is_the_work_of_few(groups):
    told = join_groups(groups)
    keys = [key for keys, _ in told for key in keys]
    assert sorted(keys) == sorted(key for key, amounts in groups.items() if sum(amounts.values()))
    for keys, may_be_told in told:
        assert may_be_told == enough(sum((groups[key] for key in keys), Counter()))
    # One that may not be told is the only one: otherwise it would be the total less the others.
    assert all(may_be_told for _, may_be_told in told) or len(told) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(people, min_size=1, max_size=8))
def test_no_range_told_is_the_work_of_few(ranges):
    cells = join_ranges(ranges)
    together = sum(ranges, Counter())
    assert (cells is not None) == enough(together)
    if cells is None:
        return
    assert [position for first, last, _ in cells for position in range(first, last + 1)] == list(range(len(ranges)))
    for first, last, amount in cells:
        hands = sum(ranges[first : last + 1], Counter())
        assert enough(hands) and amount == sum(hands.values())


def test_four_people_are_too_few_and_five_of_whom_one_did_most_too():
    assert not enough(Counter(dict.fromkeys("abcd", 10)))
    assert enough(Counter(dict.fromkeys("abcde", 10)))
    assert not enough(Counter({**dict.fromkeys("abcd", 10), "e": 41}))
    assert not enough(Counter({**dict.fromkeys("abcd", 10), None: 10}))


def cases_behind(week):
    """{(what, queue): {case: (seconds, person)}} of a week, collected row by row."""
    behind = {}
    looked = Case.objects.filter(first_claimed_at__gte=week.start, first_claimed_at__lt=week.end).select_related("queue")
    for case in looked:
        person = CaseEvent.objects.filter(case=case, kind="claimed").first().by_id
        behind.setdefault(("first_look", case.queue.slug), {})[case.pk] = ((case.first_claimed_at - case.opened_at).total_seconds(), person)
    earlier = Decision.objects.filter(case=OuterRef("case"), pk__lt=OuterRef("pk"))
    made = Decision.objects.filter(~Exists(earlier), created_at__gte=week.start, created_at__lt=week.end).select_related("case__queue")
    for decision in made:
        waited = (decision.created_at - decision.case.opened_at).total_seconds()
        behind.setdefault(("decision", decision.case.queue.slug), {})[decision.case_id] = (waited, decision.moderator_id)
    return behind


def published(week):
    """(what, cases, people's shares) of every figure of time a closed report tells."""
    behind = cases_behind(week)
    figures = weekly.count(week)
    for what in ("first_look", "decision"):
        for entry in figures[what]["told"]:
            rows = {case: row for queue in entry["queues"] for case, row in behind[what, queue["queue"]].items()}
            assert sum(cell["cases"] for cell in entry["ranges"]) == len(rows)
            for cell in entry["ranges"]:
                inside = {case: person for case, (waited, person) in rows.items() if cell["from"] <= waited and (cell["to"] is None or waited < cell["to"])}
                assert cell["cases"] == len(inside)
                yield what, inside


@pytest.mark.django_db
@pytest.mark.parametrize(("moderators", "seed"), [(6, 1), (9, 2)])
def test_no_two_published_times_differ_by_few_peoples_cases(moderators, seed):
    Seeding(WEEK, weeks=2, moderators=moderators, seed=seed).fill(cases=110, sign_ups=0, clusters=0)
    figures = [each for week in (WEEK.previous, WEEK, WEEK.next, WEEK.next.next) for each in published(week)]
    assert len(figures) > 4
    for _, inside in figures:
        assert enough(Counter(inside.values()))
    for (what, some), (other, more) in itertools.combinations(figures, 2):
        if what == other:
            assert not some.keys() & more.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("moderators", [1, 2, 4])
def test_a_small_team_is_told_no_times_no_split_and_no_number(moderators):
    Seeding(WEEK, weeks=1, moderators=moderators).fill(cases=60, sign_ups=0, clusters=0)
    for what in (times.first_look(WEEK), times.decision(WEEK)):
        assert what["told"] == [] and what["withheld"]
    decisions = outcomes.decisions(WEEK)
    assert (decisions["moderators"], decisions["moderators_fewer_than"]) == (None, ENOUGH)
    assert len(decisions["by_policy"]) == 1 and decisions["policies_joined"]


@pytest.mark.django_db
def test_a_queue_of_one_moderator_is_joined_with_others_or_not_told():
    seeding = Seeding(WEEK, weeks=1, moderators=7).fill(cases=90, sign_ups=0, clusters=0)
    alone = seeding.queues[0]
    Case.objects.filter(queue=alone).update(opened_at=WEEK.start)
    CaseEvent.objects.filter(case__queue=alone).update(by=seeding.moderators[0])
    Decision.objects.filter(case__queue=alone).update(moderator=seeding.moderators[0])
    for what in (times.first_look(WEEK), times.decision(WEEK)):
        assert what["told"]
        for entry in what["told"]:
            assert [queue["queue"] for queue in entry["queues"]] != [alone.slug]
    for line in outcomes.decisions(WEEK)["by_policy"]:
        assert [policy["queue"] for policy in line["policies"]] != [alone.slug]


@pytest.mark.django_db
def test_the_running_week_tells_nothing_that_grows_with_one_persons_work():
    Seeding(WEEK, weeks=1, moderators=9).fill(cases=60, sign_ups=0, clusters=0)
    report = weekly.preview(WEEK)
    assert "first_look" not in report.figures and "decision" not in report.figures
    assert report.figures["decisions"]["moderators"] is None and report.figures["decisions"]["by_policy"] == []
    assert rendering.to_pdf(report).startswith(b"%PDF")


@pytest.mark.django_db
def test_corrections_never_speak_of_times_or_people():
    seeding = Seeding(WEEK, weeks=1, moderators=7).fill(cases=60, sign_ups=0, clusters=0)
    weekly.build(WEEK)
    Decision.objects.filter(created_at__gte=WEEK.start, created_at__lt=WEEK.end).update(moderator=seeding.moderators[0])
    Case.objects.filter(first_claimed_at__gte=WEEK.start).update(opened_at=WEEK.start - timedelta(days=3))
    found = weekly.build(WEEK.next).corrections
    assert found
    assert not [line for line in found if line["kind"] == "recount"]


@pytest.mark.django_db
def test_no_form_of_the_report_names_or_numbers_a_person():
    Seeding(WEEK, weeks=1, moderators=8).fill()
    before = {form.__name__: form(weekly.build(WEEK)) for form in (rendering.to_html, rendering.to_csv, rendering.to_json)}
    for text in before.values():
        assert "moderator-" not in text
    words = re.findall(r'"(\w+)":', before["to_json"])
    assert not {"moderator", "person", "by", "user", "username"} & set(words)
    # Whoever did the work, as long as the hands are as many: the figures are the same.
    ids = list(Person.objects.filter(username__startswith="moderator-").order_by("pk").values_list("pk", flat=True))
    turned = dict(zip(ids, ids[1:] + ids[:1], strict=True))
    for decision in Decision.objects.all():
        Decision.objects.filter(pk=decision.pk).update(moderator=turned[decision.moderator_id])
    for event in CaseEvent.objects.exclude(by=None):
        CaseEvent.objects.filter(pk=event.pk).update(by=turned[event.by_id])
    assert json.loads(json.dumps(weekly.count(WEEK))) == json.loads(before["to_json"])["figures"]
    assert Instance.objects.count() == 1
