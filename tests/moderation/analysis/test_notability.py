"""What makes a wave of near-duplicates, and what stays out of the queue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.analysis import pump
from moderation.analysis.notability import Act, evidence
from moderation.models import Cluster
from tests.factories import make_account, make_instance, make_post

SPAM = "Make money fast from home, ask me how and start earning today"
NOW = timezone.now()


def ago(**given):
    return NOW - timedelta(**given)


def test_three_accounts_in_three_days_are_a_wave():
    found = evidence([Act(ago(hours=60), 1), Act(ago(hours=30), 2), Act(ago(hours=1), 3)], 50)
    assert found == {"rule": "accounts", "posts": 3, "accounts": 3, "hours": 59.0}


@pytest.mark.parametrize(
    "acts",
    [
        [Act(ago(hours=2), 1), Act(ago(hours=1), 2)],
        [Act(ago(hours=2), 1), Act(ago(hours=1), 2), Act(NOW, 1)],
        [Act(ago(days=9), 1), Act(ago(days=5), 2), Act(NOW, 3)],
        [Act(ago(hours=n), n, bot=True) for n in range(9)],
        [Act(ago(hours=n), n, similarity=0.6) for n in range(9)],
    ],
    ids=["two posts", "two accounts", "far apart", "bots", "only alike"],
)
def test_what_falls_short_is_none(acts):
    assert evidence(acts, 50) is None


def test_a_short_phrase_is_none_however_many_say_it():
    assert evidence([Act(ago(minutes=n), n) for n in range(100)], 11) is None


def test_a_phrase_in_use_for_long_is_none_until_it_surges():
    usual = [Act(ago(hours=100 + 40 * n), n) for n in range(40)]
    a_bit_more = [Act(ago(hours=20 * n), 100 + n) for n in range(3)]
    surge = [Act(ago(hours=n), 200 + n) for n in range(12)]
    assert evidence(a_bit_more, 40) is not None
    assert evidence(usual + a_bit_more, 40) is None
    assert evidence(usual + surge, 40)["posts"] >= 6


def test_an_account_that_posts_the_same_five_times_in_an_hour_floods():
    found = evidence([Act(ago(minutes=10 * n), 1) for n in range(5)], 50)
    assert (found["rule"], found["posts"], found["accounts"]) == ("flood", 5, 1)


def test_an_account_that_tells_three_people_the_same_in_a_day_floods():
    acts = [Act(ago(hours=6 * n), 1, people=frozenset({str(n)})) for n in range(3)]
    assert evidence(acts, 50)["rule"] == "flood"
    assert evidence([Act(act.at, 1, people=frozenset({"a friend"})) for act in acts], 50) is None


def test_a_long_text_by_three_accounts_is_a_wave_within_a_month():
    acts = [Act(ago(days=25), 1), Act(ago(days=12), 2), Act(NOW, 3)]
    assert evidence(acts, 120)["rule"] == "accounts"
    assert evidence(acts, 50) is None


def test_an_account_that_repeats_a_long_text_floods_unless_its_numbers_change():
    same = [Act(ago(hours=5 * n), 1, numbers=("2014",)) for n in range(3)]
    measured = [Act(ago(hours=5 * n), 1, numbers=(str(n),)) for n in range(3)]
    assert evidence(same, 120)["rule"] == "flood"
    assert evidence(same, 50) is None
    assert evidence(measured, 120) is None


@pytest.mark.django_db
def test_a_wave_whose_first_post_is_its_odd_one_out_is_found():
    instance = make_instance()
    first = "Check out this video about gardens: my little sister filmed the orchard behind her house in spring"
    rows = [
        (make_account(instance), text, ago(hours=n)) for n, text in enumerate([first, *["Check out this video about gardens: my little sister filmed"] * 3])
    ]
    assert [wave.size for wave in arrive(instance, rows)] == [4]


def arrive(instance, rows):
    """Analyse rows of (account, text, time) and return the clusters that made a case."""
    for account, text, at in rows:
        make_post(account, text=text, created_at=at)
    while pump.analyse_waiting():
        pass
    return Cluster.objects.filter(notable_at__isnull=False)


@pytest.mark.django_db
def test_weather_by_an_account_that_does_not_call_itself_a_bot_stays_out():
    instance = make_instance()
    station = make_account(instance)
    rows = [(station, f"Harbour station: {n} degrees, wind {n * 3} km/h from the west, humidity {40 + n} %", ago(hours=30 - n)) for n in range(30)]
    assert not arrive(instance, rows)


@pytest.mark.django_db
def test_quakes_and_music_by_bots_stay_out():
    instance = make_instance()
    rows = []
    for bot in (make_account(instance, bot=True) for _ in range(4)):
        rows += [(bot, f"Earthquake of magnitude {n}.{n}, {n} km north of the old harbour town", ago(minutes=n)) for n in range(8)]
        rows += [(bot, f"Now playing on Radio Harbour: song number {n} by the lanterns", ago(minutes=n)) for n in range(8)]
    assert not arrive(instance, rows)


@pytest.mark.django_db
def test_retitled_news_geotags_and_a_quote_with_comments_stay_out():
    instance = make_instance()
    news = [
        "Parliament passes the budget after a night of long debates",
        "Budget passed by parliament after night of debate, opposition furious",
        "After a long night parliament finally passes contested budget",
        "Parliament passes budget: what it means for schools and hospitals",
    ]
    places = ["Central Library in Utrecht", "Joe's Coffee in Portland", "the Botanical Garden in Madrid", "Pier 39 in San Francisco", "Hotel Lux in Oslo"]
    comments = [
        "so true, my grandmother used to tell me exactly this every single evening",
        "I do not agree at all with that, sorry, life is more complicated than a line",
        "who said it first? I have seen it under three different names by now",
        "printing this and hanging it over my desk next to the picture of the dog",
    ]
    texts = [*news, *(f"I'm at {place} https://places.example/{n}" for n, place in enumerate(places))]
    texts += [f"“The cure for anything is salt water: sweat, tears or the sea.” {comment}" for comment in comments]
    assert not arrive(instance, [(make_account(instance), text, ago(hours=n)) for n, text in enumerate(texts)])


@pytest.mark.django_db
def test_short_greetings_stay_out():
    instance = make_instance()
    rows = [
        (make_account(instance), text, ago(minutes=n))
        for n, text in enumerate(["Good morning!", "good morning 🌞", "GOOD MORNING all", "Good morning all"] * 5)
    ]
    assert not arrive(instance, rows)


@pytest.mark.django_db
def test_a_campaign_with_edits_and_links_is_one_case():
    instance = make_instance()
    variants = [SPAM, SPAM.upper(), SPAM + " https://bit.ly/x", "@bob " + SPAM, SPAM.replace("o", "0"), SPAM.replace("a", "а")]
    waves = arrive(instance, [(make_account(instance), text, ago(hours=n)) for n, text in enumerate(variants)])
    assert [(wave.size, wave.claim["rule"]) for wave in waves] == [(6, "accounts")]


@pytest.mark.django_db
def test_an_account_that_answers_strangers_with_one_text_is_one_case():
    instance = make_instance()
    spammer = make_account(instance)
    for n in range(3):
        make_post(spammer, text=SPAM, in_reply_to_id=str(n), in_reply_to_account_id=str(n), mentions=[{"id": str(n), "acct": f"a{n}"}, "broken"])
    pump.analyse_waiting()
    assert Cluster.objects.get().claim["rule"] == "flood"
