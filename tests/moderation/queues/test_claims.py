import pytest

from moderation.models import Case
from moderation.queues import claims
from tests.factories import make_case, make_person

pytestmark = pytest.mark.django_db


def test_the_most_urgent_case_comes_first():
    make_case(priority=1)
    urgent = make_case(priority=2)
    person = make_person()
    assert claims.claim_next(person) == urgent
    urgent.refresh_from_db()
    assert urgent.state == Case.State.CLAIMED
    assert urgent.claimed_by == person
    assert [event.kind for event in urgent.events.all()] == ["claimed"]


def test_second_moderator_cannot_claim_a_taken_case():
    case = make_case()
    first = make_person(username="ada")
    claims.claim_next(first)
    with pytest.raises(claims.Taken) as taken:
        claims.claim(make_person(), case)
    assert taken.value.by == first
    with pytest.raises(claims.NothingForYou):
        claims.claim_next(make_person())
