"""What is severe stays on the server until somebody asks, and asking is charged first."""

import uuid

import pytest

from moderation.models import Case, Category, LedgerEntry, Queue, StaleState
from moderation.queues import claims, routing
from moderation.wellbeing import conceal, limits, parts
from moderation.wellbeing.ledger import LimitReached
from moderation.wellbeing.worst_case import sample_size, worst_units
from tests.factories import make_account, make_person, make_post, make_report, make_sign_up, make_wave

pytestmark = pytest.mark.django_db

PICTURE = [{"id": "1", "type": "image", "description": "a cat"}]


@pytest.fixture
def person():
    return make_person()


def claim_reported(person, category="spam", **post):
    """A claimed case on an account with one reported post; the case and the post."""
    account = make_account()
    post = make_post(account, **post)
    make_report(account, [post], comment="Look at this.")
    routing.route_waiting()
    row = Category.objects.get(slug=category)
    case = Case.objects.get(account=account)
    case.category, case.severity = row, row.severity
    case.worst_units = worst_units([case])[case.pk]
    case.save()
    return claims.claim(person, case), post


@pytest.mark.parametrize(
    ("severity", "part", "concealed"),
    [(0, parts.TEXT, False), (1, parts.TEXT, False), (2, parts.TEXT, True), (4, parts.PROFILE, True), (0, parts.ALT, True)],
)
def test_text_from_s2_and_everything_about_media_is_concealed(severity, part, concealed):
    assert conceal.conceals(severity, part) is concealed
    assert conceal.conceals(Category(severity=severity), part) is concealed


def test_revealing_charges_once_and_is_recorded(person):
    case, post = claim_reported(person, "threat")
    part = parts.of_post(post, case.severity)[0]
    for _ in range(2):
        assert conceal.reveal(case=case, person=person, claim=case.claim, part_id=part.id) is True
    assert [entry.units for entry in LedgerEntry.objects.all()] == [1.5]
    case.refresh_from_db()
    assert case.shown == [{"part": "text", "id": f"post-{post.pk}-text", "sha256": part.sha256}]
    assert conceal.shown_ids(case) == {part.id}


def test_nothing_is_revealed_without_the_very_claim(person):
    case, post = claim_reported(person, "threat")
    part_id = parts.of_post(post, case.severity)[0].id
    for claim, by in ((uuid.uuid4(), person), (case.claim, make_person())):
        with pytest.raises(StaleState):
            conceal.reveal(case=case, person=by, claim=claim, part_id=part_id)
    claims.release(person)
    with pytest.raises(StaleState):
        conceal.reveal(case=case, person=person, claim=case.claim, part_id=part_id)
    assert not LedgerEntry.objects.exists()


def test_at_the_limit_nothing_more_is_revealed(person):
    limits.lower(person=person, queue=Queue.objects.get(slug="reports"), units=2)
    case, post = claim_reported(person, "threat", media=PICTURE)
    text, alt = (part.id for part in parts.of_post(post, case.severity))
    assert conceal.reveal(case=case, person=person, claim=case.claim, part_id=text) is True
    assert conceal.reveal(case=case, person=person, claim=case.claim, part_id=alt) is False
    case.refresh_from_db()
    assert conceal.shown_ids(case) == {text}


def test_what_the_page_shows_openly_is_charged_before_it_is_shown(person):
    case, post = claim_reported(person, "rules")
    conceal.record_shown(case, case.claim, parts.of_post(post, case.severity))
    assert [entry.units for entry in LedgerEntry.objects.all()] == [0.125]
    limits.lower(person=person, queue=case.queue, units=0.2)
    with pytest.raises(LimitReached):
        conceal.record_shown(case, case.claim, [parts.of_account(case.account, case.severity)])
    assert LedgerEntry.objects.count() == 1


def test_what_describes_a_medium_is_as_severe_as_the_unseen_medium(person):
    case, post = claim_reported(person, media=PICTURE)
    text, alt = parts.of_post(post, case.severity)
    assert (text.units, text.concealed) == (0, False)
    assert (alt.units, alt.concealed, alt.severity) == (1.5, True, 3)


def test_a_part_of_another_case_is_not_found(person):
    case, post = claim_reported(person)
    other_case, other_post = claim_reported(make_person())
    for part_id in (f"post-{other_post.pk}-text", f"case-{other_case.pk}-comments", f"account-{other_case.account_id}-profile", f"post-{post.pk}-alt"):
        with pytest.raises(LookupError):
            parts.find(case, part_id)
    for nonsense in ("", "post", "post-1", "post-١-text", "post-99999999999999999999-text", f"post-{post.pk}-text\n", "image-1-text"):
        with pytest.raises(LookupError):
            parts.find(case, nonsense)


def test_every_part_of_a_case_can_be_found(person):
    case, post = claim_reported(person, media=PICTURE)
    answered = make_post(instance=post.instance)
    answer = make_post(case.account, in_reply_to_id=answered.remote_id)
    for part_id in (
        f"post-{post.pk}-text",
        f"post-{post.pk}-alt",
        f"post-{answer.pk}-text",
        f"post-{answered.pk}-text",
        f"account-{case.account_id}-profile",
        f"case-{case.pk}-comments",
    ):
        assert parts.find(case, part_id).id == part_id


def test_the_parts_of_a_sign_up_and_of_a_wave_can_be_found():
    sign_up = make_sign_up()
    posts = [make_post() for _ in range(3)]
    wave = make_wave(posts, route_again=True, notable_at=sign_up.created_at)
    routing.route_waiting()
    assert parts.find(sign_up.cases.get(), f"sign_up-{sign_up.pk}-reason")
    case = wave.cases.get()
    for post in posts:
        assert parts.find(case, f"post-{post.pk}-text")
        assert parts.find(case, f"account-{post.account_id}-profile")


def test_the_worst_case_covers_what_the_page_may_show(person):
    case, post = claim_reported(person, "threat", media=PICTURE)
    every = [*parts.of_post(post, 3), parts.of_account(case.account, 3), parts.of_comments(case, case.reports.all())]
    assert case.worst_units == sum(part.units for part in every) == 6.0


def test_the_worst_case_is_bounded_so_that_every_case_can_be_claimed():
    account = make_account()
    make_report(account, [make_post(account, media=PICTURE) for _ in range(30)])
    routing.route_waiting()
    assert Case.objects.get().worst_units == parts.MOST_RESERVED


def test_a_wave_costs_its_representative_and_a_sample():
    assert [sample_size(size) for size in (0, 1, 2, 3, 10, 60, 61, 200)] == [0, 0, 1, 2, 3, 3, 4, 10]
    wave = make_wave([make_post() for _ in range(10)])
    case = Case(kind="cluster", cluster=wave, severity=2, size=10)
    assert worst_units([case]) == {None: 2.0}
