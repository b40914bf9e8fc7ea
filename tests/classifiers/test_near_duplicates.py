import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.near_duplicates import BANDS, CANDIDATES_PER_KEY, RUNS, Stream, band_keys, prepare, similarity, verify

SPAM = "Make money fast from home, ask me how and start earning today"
WORDS = ["harbour", "lantern", "meadow", "orchard", "pepper", "quarry", "ribbon", "saddle", "timber", "umbrella", "velvet", "walnut"]


def near(one, other):
    return verify(prepare(one), prepare(other)) is not None


@pytest.mark.parametrize(
    "variant",
    [
        "MAKE M0NEY FAST from home!!! ask me how & start earning today https://bit.ly/x1",
        "@bob @eve Make money fast from home, ask me how and start earning today",
        "Make money quickly from home, ask them how and begin earning today",  # three words of twelve replaced
        "Make money fast from home, ask me how and st…",
        "Make money fast from home, ask me how and start earning today. Lantern meadow orchard pepper quarry ribbon saddle timber.",
        "ask me how and start earning today. Make money fast from home",  # turned round
        "M a k e money fa st from h o me, ask me ho w and sta rt earn ing tod ay",
    ],
)
def test_an_edited_copy_is_a_near_duplicate(variant):
    assert near(SPAM, variant) and near(variant, SPAM)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good morning everyone, have a lovely day", "Good evening everybody, sleep well tonight"),
        ("Check out this video on YouTube: Eminem is amazing.", "Check out this playlist on YouTube, my friends"),
        ("Subscribe to my channel, new songs every day", "Please like this song and subscribe to our channel"),
        ("Winter is here and the lake is frozen", "Make money fast from home, ask me how"),
    ],
)
def test_a_shared_phrase_is_not_enough(one, other):
    assert not near(one, other)


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("今日は新しい無料キャンペーンに参加して賞金を獲得しよう", "今日は新しい無料キャンペーンに参加して、賞金を獲得しよう！🎁"),
        ("点击下面的链接领取免费礼品，数量有限先到先得", "点击下面的链接领取免费礼品 ，数量有限先到先得 https://t.example/abc"),
        ("สมัครวันนี้รับเงินฟรีทันทีไม่ต้องฝากขั้นต่ำ", "สมัครวันนี้ รับเงินฟรีทันที ไม่ต้องฝากขั้นต่ำ!!"),
        ("اربح المال من المنزل بسهولة وابدأ اليوم مجانا", "اربح المـال من المنزل بسهولة و ابدأ اليوم مجانا ✅"),
        ("הרוויחו כסף מהבית בקלות והתחילו עוד היום בחינם", "הרוויחו כסף מהבית בקלות, והתחילו עוד היום בחינם!"),
        ("घर बैठे पैसे कमाएँ आज ही शुरू करें बिल्कुल मुफ्त", "घर बैठे पैसे कमाएँ, आज ही शुरू करें - बिल्कुल मुफ्त"),
    ],
)
def test_it_works_in_scripts_without_spaces_and_from_right_to_left(text, variant):
    assert near(text, variant)


def test_short_texts_match_only_when_equal():
    assert near("Good day!", "good DAY")
    assert not near("Good day!", "Good days")
    assert len(band_keys(prepare("Good day!"))) == 1


def test_texts_without_words_match_nothing():
    assert band_keys(prepare("🔥🔥")) == []
    assert not near("🔥🔥", "🔥🔥")
    stream = Stream()
    assert [stream.add("🔥"), stream.add("🔥"), stream.add("")] == [None, None, None]


def test_keys_of_two_instances_never_meet():
    prepared = prepare(SPAM)
    assert len(set(band_keys(prepared, owner=1))) == BANDS + RUNS + 1
    assert not set(band_keys(prepared, owner=1)) & set(band_keys(prepared, owner=2))


def test_a_walk_of_small_edits_does_not_chain_into_one_cluster():
    rng = random.Random(5)
    words = [rng.choice(WORDS) for _ in range(30)]
    stream = Stream()
    first = " ".join(words)
    stream.add(first)
    for _ in range(300):
        words[rng.randrange(len(words))] = rng.choice(WORDS) + rng.choice(WORDS)
        stream.add(" ".join(words))
    matches = stream.matches()
    assert len({match.id for match in matches if match}) > 3
    assert matches[-1] is None or matches[-1].id != 0


def test_many_copies_cost_one_representative():
    stream = Stream()
    for n in range(2000):
        stream.add(f"{SPAM} https://bit.ly/{n}")
    assert {match.id for match in stream.matches()} == {0}
    assert len(stream._representatives) == 1


def test_a_key_that_many_share_brings_only_the_newest():
    stream = Stream()
    prefix = "welcometoall"
    for n in range(CANDIDATES_PER_KEY * 3):
        stream.add(prefix + "".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=60)))
    assert len(stream._index.candidates(band_keys(prepare(prefix + "qqq" * 20)))) <= CANDIDATES_PER_KEY * 2


def test_hostile_text_is_compared_in_bounded_time():
    stream = Stream()
    for n in range(60):
        stream.add("ab" * 4990 + "c" * n)
        stream.add("abc" * 60 + "d" * n + "ab" * 60)
    assert sum(match is not None for match in stream.matches()) > 100


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=120), st.text(max_size=120))
def test_comparing_is_symmetric_and_a_text_is_like_itself(one, other):
    a, b = prepare(one), prepare(other)
    assert verify(a, b) == verify(b, a)
    assert 0 <= similarity(a, b) <= 1
    if a.normal:
        assert verify(a, prepare(one)) == 1.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([SPAM, SPAM + " now", "Good day!", "🔥", "The lake is frozen and the birds are gone"]), max_size=30))
def test_equal_texts_are_always_in_one_cluster(texts):
    stream = Stream()
    for text in texts:
        stream.add(text)
    cluster_of = {}
    for text, match in zip(texts, stream.matches(), strict=True):
        if prepare(text).normal and texts.count(text) > 1:
            assert cluster_of.setdefault(text, match.id) == match.id
