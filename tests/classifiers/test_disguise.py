"""Text is read as a person sees it, and every character keeps its way back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.disguise import read

any_text = st.text(st.characters(codec=None), max_size=80)


@settings(deadline=None, max_examples=200)
@given(any_text)
def test_every_character_read_stands_for_a_place_in_the_original(text):
    reading = read(text)
    assert len(reading.text) == len(reading.start) == len(reading.end)
    assert all(0 <= start < end <= len(text) for start, end in zip(reading.start, reading.end, strict=True))
    assert list(reading.start) == sorted(reading.start)
    assert all(0 <= start < end <= len(text) for _, start, end in reading.disguises)
    assert "  " not in reading.text


@pytest.mark.parametrize(
    ("disguised", "plain", "kind"),
    [
        ("рaypаl", "paypal", "lookalikes"),
        ("my сору of it", "my copy of it", "lookalikes"),
        ("ｆｒｅｅ money", "free money", "styled"),
        ("𝐟𝐫𝐞𝐞 𝓶𝓸𝓷𝓮𝔂", "free money", "styled"),
        ("ꜰʀᴇᴇ money", "free money", "styled"),
        ("🅵🆁🅴🅴 money", "free money", "styled"),
        ("fr\u200bee mo\u2060ney", "free money", "zero_width"),
        ("f\u0301\u0323ree", "free", "marks"),
        ("f r e e money", "free money", "spaced"),
        ("s.u.b.s.c.r.i.b.e", "subscribe", "spaced"),
        ("f r e e   m o n e y   i s   h e r e", "free money is here", "spaced"),
        ("m0ney c@sh", "money cash", "digits_for_letters"),
    ],
)
def test_disguises_are_undone_and_named(disguised, plain, kind):
    reading = read(disguised)
    assert reading.text == plain
    assert {found for found, _, _ in reading.disguises} == {kind}


def test_a_disguise_is_named_where_it_stands():
    text = "Look: f r e e stuff"
    [(kind, start, end)] = read(text).disguises
    assert (kind, text[start:end]) == ("spaced", "f r e e")


@pytest.mark.parametrize(
    "ordinary",
    [
        "Привет, как дела? Я пишу из Москвы в GitHub.",
        "Καλημέρα από την Αθήνα, see you soon",
        "می‌خواهم به خانه بروم",
        "हिन्दी में लिखना",
        "日本語とEnglishを混ぜて書く",
        "👩‍👩‍👧‍👦 family day ❤️",
        "naïve café, Zürich, Ångström, cafe\u0301",
        "COVID19, mp3, gr8, 2nd, 10am, B2B, 08452810055",
        "@user@instance.example wrote to me@mail.example about https://s3.example/a1b2",
        "I am a I a cat",
    ],
)
def test_ordinary_writing_is_not_called_a_disguise(ordinary):
    assert read(ordinary).disguises == ()


def test_writing_in_another_alphabet_is_not_folded():
    assert read("Сухо в Москве").text == "сухо в москве"


def test_the_way_back_leads_through_what_was_left_out():
    text = "a\u200b fr\u200bee  ﬁsh"
    reading = read(text)
    at = reading.text.index("free")
    assert text[reading.start[at] : reading.end[at + 3]] == "fr\u200bee"
    at = reading.text.index("fish")
    assert text[reading.start[at] : reading.end[at + 3]] == "ﬁsh"
