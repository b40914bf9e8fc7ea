import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.text import MAX_CHARACTERS, n5, runs, shingles

PLAIN = "freemoneyfromhome"


@pytest.mark.parametrize(
    "text",
    [
        "Free money from home",
        "FREE   MONEY, FROM... HOME!!!",
        "Frее mоnеу frоm hоmе",  # Cyrillic
        "Fr\u200bee mo\u200d\u200dney\u2060 fr\u00adom ho\ufeffme",
        "Ｆｒｅｅ ｍｏｎｅｙ ｆｒｏｍ ｈｏｍｅ",
        "𝐅𝐫𝐞𝐞 𝓶𝓸𝓷𝓮𝔂 𝕗𝕣𝕠𝕞 𝚑𝚘𝚖𝚎",
        "🅵🆁🅴🅴 🅼🅾🅽🅴🆈 🅕🅡🅞🅜 Ⓗⓞⓜⓔ",
        "ꜰʀᴇᴇ ᴍᴏɴᴇʏ ꜰʀᴏᴍ ʜᴏᴍᴇ",
        "fr33 m0ney fr0m h0me",
        "fr€e money from home".replace("€", "e"),
        "F\u0336r\u0336e\u0336e\u0336 m̈ö̤ńëy from home",
        "free 💰💰 money ✅ from 🔥 home",
        "@someone @other@far.example free money from home https://bit.ly/abc123 #rich #money",
        "www.cheap.example free money from home shop-deals.xyz/a?b=c",
    ],
)
def test_what_evaders_vary_is_folded_away(text):
    assert n5(text) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ОПЫТА не нужно", "опыта не нужно"),
        ("ΚΑΛΗΜΕΡΑ ΣΑΣ", "καλημερα σασ"),
        ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("مُحَمَّد", "محمد"),
        ("한국어 글", unicodedata.normalize("NFD", "한국어 글")),
        ("Thanks for 1200 views", "Thanks for 9873 views"),
        ("٣٤ دقيقة", "12 دقيقة"),
    ],
)
def test_the_same_in_other_scripts(one, other):
    assert n5(one) == n5(other) != ""


@pytest.mark.parametrize(("one", "other"), [("กินข้าว", "กนขาว"), ("हिंदी", "हद"), ("你好", "您好"), ("שלום", "שלומ")])
def test_letters_that_make_another_word_are_kept(one, other):
    assert n5(one) != n5(other)


@pytest.mark.parametrize("text", ["", "   ", "🔥🔥🔥", "@someone @other", "https://example.org/x", "#hashtag", "!!! ...", "\u200b\u200d\x00"])
def test_nothing_is_left_of_texts_without_words(text):
    assert n5(text) == ""
    assert shingles(n5(text)).size == 0


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(), max_size=200))
def test_n5_of_anything_is_stable_and_shingles_count_what_they_should(text):
    normal = n5(text)
    assert normal == n5(text)
    assert not any(c.isspace() for c in normal)
    grams = shingles(normal)
    assert grams.dtype == np.uint64
    assert len(grams) == len({normal[i : i + 3] for i in range(max(1, len(normal) - 2))} if normal else ())
    assert (np.diff(grams.astype(object)) > 0).all()


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), st.integers(2, 12))
def test_equal_runs_have_equal_hashes_and_others_do_not(normal, width):
    hashes = runs(normal, width)
    pieces = [normal[i : i + width] for i in range(max(1, len(normal) - width + 1))]
    assert len(hashes) == len(pieces)
    assert len(set(hashes.tolist())) == len(set(pieces))


def test_a_huge_text_is_compared_by_its_beginning():
    assert len(n5("a" * 10_000_000)) == MAX_CHARACTERS
