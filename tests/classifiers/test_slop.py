"""The scorer: what it says adds up, and it says "likely" only where it has earned that."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from classifiers import artefacts
from classifiers.slop import PRIOR_PATH, SlopModel, length_group, shipped_prior
from classifiers.slop_training import TooFewLabels, near_duplicate_groups, shipped_rows, train_instance

SPAM = "Check out my channel and subscribe! Free followers at http://spam.example/x"
FINE = "I love this song, it reminds me of my childhood"
LONG = " It goes on for a while, so that it is long enough for the other group." * 2
prior = shipped_prior()


def calibrated(fine=299, spam=60, fine_logits=0.0):
    """The prior, as if an instance's moderators had confirmed so many items of each length group."""
    return replace(
        prior,
        fine={group: np.full(fine, fine_logits) for group in ("short", "long")},
        spam={group: np.full(spam, 0.0) for group in ("short", "long")},
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text(st.characters(codec=None), max_size=120), min_size=1, max_size=4))
def test_spans_and_signs_add_up_to_the_logit_of_any_text(texts):
    for text, judged in zip(texts, prior.judge(texts), strict=True):
        total = judged.base + sum(part.weight for part in (*judged.spans, *judged.signs))
        assert total == pytest.approx(judged.logit, abs=1e-9)
        assert 0 <= judged.score <= 1
        ends = [0, *(span.end for span in judged.spans)]
        assert all(0 <= span.start < span.end <= len(text) for span in judged.spans)
        # Characters that unfold into several words, such as U+FDFA, give spans of one place.
        assert all(span.start >= before - 1 for span, before in zip(judged.spans, ends, strict=False))


@pytest.mark.parametrize("text", [SPAM, "Plain words. f r e e stuff, рaypal, ｗｉｄｅ", "привет всем, подпишись на канал", "無料 フォロワー 今すぐ", "  a  "])
def test_adding_up_holds_for_disguises_and_every_script(text):
    [judged] = prior.judge([text])
    assert judged.base + sum(part.weight for part in (*judged.spans, *judged.signs)) == pytest.approx(judged.logit, abs=1e-9)
    assert logit(judged.score) == pytest.approx(judged.logit, rel=1e-6)


def test_spans_are_words_of_the_original_text():
    text = "Hello  sub\u200bscribe now"
    [judged] = prior.judge([text])
    assert [text[span.start : span.end] for span in judged.spans] == ["Hello", "sub\u200bscribe", "now"]


def test_the_word_that_weighs_most_is_the_one_that_changes_the_score_most():
    words = ["please", "visit", "the", "lovely", "old", "garden", "and", "subscribe"]
    [judged] = prior.judge([" ".join(words)])
    heaviest = max(range(len(words)), key=lambda i: judged.spans[i].weight)
    without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
    assert words[heaviest] == "subscribe"
    assert np.argmin(prior.logits(without)) == heaviest


def test_a_text_scores_the_same_alone_and_among_others():
    texts = [SPAM, FINE, "", "ok", LONG]
    np.testing.assert_array_equal([judged.logit for judged in prior.judge(texts)], [prior.judge([text])[0].logit for text in texts])
    np.testing.assert_allclose(prior.logits(texts), [judged.logit for judged in prior.judge(texts)], rtol=1e-12)


def test_disguise_hardly_changes_the_score():
    plain = prior.judge(["Subscribe to my channel for free money"])[0]
    for disguised in ("Subsсribe to my сhannel for free money", "S u b s c r i b e to my channel for free money", "Subscr1be to my ch4nnel for free m0ney"):
        judged = prior.judge([disguised])[0]
        assert judged.logit == pytest.approx(plain.logit, abs=1.0)
        assert judged.disguises


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_the_prior_alone_never_makes_up_its_mind(text):
    assert prior.judge([text])[0].verdict == "cant_tell"


@pytest.mark.parametrize("text", [SPAM, SPAM + LONG])
def test_likely_needs_299_confirmed_fine_items_of_its_length(text):
    assert calibrated(fine=299).judge([text])[0].verdict == "likely"
    judged = calibrated(fine=298).judge([text])[0]
    assert judged.verdict == "cant_tell"
    assert judged.because == {"code": "not_calibrated", "group": length_group(text), "fine": 298, "needed": 299}


def test_five_in_a_hundred_false_alarms_need_59_confirmed_fine_items():
    assert calibrated(fine=59).judge([SPAM], rate=0.05)[0].verdict == "likely"
    assert calibrated(fine=58).judge([SPAM], rate=0.05)[0].verdict == "cant_tell"


def test_likely_is_above_every_score_the_promise_rests_on():
    model = calibrated(fine_logits=prior.judge([SPAM])[0].logit)
    assert model.judge([SPAM])[0].because == {"code": "between"}


def test_unlikely_needs_confirmed_spam():
    assert calibrated(spam=59, fine_logits=0.0).judge([FINE])[0].verdict == "unlikely"
    assert calibrated(spam=58, fine_logits=0.0).judge([FINE])[0].verdict == "cant_tell"


def test_words_the_model_never_saw_are_not_judged():
    [judged] = calibrated(fine_logits=-20.0).judge(["zxqv wqpk jjkxz qqzzv xkcdq vvwxz plmokn"])
    assert judged.verdict == "cant_tell"
    assert judged.because["code"] == "unfamiliar"


@pytest.mark.parametrize("empty", ["", "   ", "\u200b", "\n\n"])
def test_an_empty_text_is_not_judged(empty):
    assert calibrated().judge([empty])[0].because == {"code": "no_words"}


def test_no_texts_are_no_work():
    assert prior.judge([]) == []


def test_a_model_is_the_same_after_it_was_stored():
    model = calibrated()
    again = SlopModel.from_bytes(model.to_bytes(b"key"), [b"key"])
    assert again.version == model.version
    assert [judged.logit for judged in again.judge([SPAM, FINE])] == [judged.logit for judged in model.judge([SPAM, FINE])]
    assert again.judge([SPAM])[0].verdict == "likely"


def test_the_prior_file_is_small_and_signed():
    assert PRIOR_PATH.stat().st_size < 2_000_000
    with pytest.raises(artefacts.Unusable):
        SlopModel.load(PRIOR_PATH, [b"another key"])


def test_near_duplicates_are_kept_together():
    a, b = "Subscribe to my channel for free stuff every day at noon", "A quite different sentence about the weather in May"
    groups = near_duplicate_groups([a, b, a + "!!", b.upper()])
    assert groups[0] == groups[2] != groups[1] == groups[3]


def test_an_instance_learns_its_own_words():
    texts = [row["text"] for row in shipped_rows(("sms",)) if row["label"] == "fine"]
    rows = [{"text": f"{text} a golden teapot", "label": "spam"} for text in texts[:30]] + [{"text": text, "label": "fine"} for text in texts[30:60]]
    model, unseen = train_instance(rows, prior)
    assert unseen.shape == (60,)
    spam, fine = (judged.score for judged in model.judge(["look at the golden teapot", "look at the garden"]))
    assert spam > 0.5 > fine
    assert model.version != prior.version
    assert (model.about["spam"], model.about["fine"]) == (30, 30)
    low, high = model.judge(["the golden teapot"])[0].interval
    assert 0 <= low <= high <= 1


def test_only_random_items_calibrate_where_some_are_marked():
    rows = [{"text": row["text"], "label": row["label"]} for row in shipped_rows(("youtube01",))[:120]]
    marked = [{**row, "slice": "random" if i % 2 else "uncertain"} for i, row in enumerate(rows)]
    kept, _ = train_instance(marked, prior)
    count = sum(len(logits) for side in (kept.fine, kept.spam) for logits in side.values())
    assert count == 60
    assert sum(len(logits) for logits in train_instance(rows, prior)[0].fine.values()) == sum(row["label"] == "fine" for row in rows)


def test_one_kind_of_label_is_too_little_to_learn_from():
    with pytest.raises(TooFewLabels, match="there are 0 and 9"):
        train_instance([{"text": f"fine {i}", "label": "fine"} for i in range(9)], prior)


def test_copies_of_one_text_are_too_little_to_learn_from():
    rows = [{"text": "buy the golden teapot today, it is cheap", "label": "spam"}] * 8
    with pytest.raises(TooFewLabels, match="there are 1 and 9"):
        train_instance(rows + [{"text": row["text"], "label": "fine"} for row in shipped_rows(("sms",)) if row["label"] == "fine"][:9], prior)
