from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.differences import Sign, differences, signs, visible


def kinds(pieces):
    return [(piece.kind, piece.text) for piece in pieces if piece.text.strip()]


def test_equal_texts_are_one_piece():
    assert kinds(differences("Hello there", "Hello there")) == [("same", "Hello there")]


def test_replaced_words_are_removed_and_added():
    assert kinds(differences("Win a free phone today", "Win a free car today")) == [
        ("same", "Win a free "),
        ("removed", "phone "),
        ("added", "car "),
        ("same", "today"),
    ]


def test_hidden_characters_are_counted_and_named():
    piece = next(piece for piece in differences("get free stuff", "get fr" + "\u200d" * 14 + "ee stuff") if piece.kind == "disguised")
    assert piece.text == "fr⟨zero-width joiner ×14⟩ee "
    assert piece.was == "free "
    assert piece.signs == (Sign("invisible", "zero-width joiner", 14),)


def test_lookalikes_and_leet_are_named():
    pieces = [piece for piece in differences("free money", "frее m0ney") if piece.kind == "disguised"]
    assert [[sign.kind for sign in piece.signs] for piece in pieces] == [["lookalikes", "digits_for_letters"]]


def test_emoji_and_scripts_that_need_joiners_hide_nothing():
    for text in ("👩‍👩‍👧 ❤️ 1️⃣", "می‌خواهم", "क्‍ष"):
        assert signs(text) == ()
        assert visible(text) == text


def test_direction_overrides_are_written_out():
    assert visible("abc\u202edef") == "abc⟨right-to-left override⟩def"


def test_text_without_spaces_is_compared_by_character():
    assert kinds(differences("点击下面的链接", "点击上面的链接")) == [("same", "点击"), ("removed", "下"), ("added", "上"), ("same", "面的链接")]


def test_a_long_text_is_shown_whole():
    text = "word " * 5000
    assert "".join(piece.text for piece in differences(text, text + "end")).startswith(text)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_spell_both_texts(one, other):
    pieces = differences(one, other)
    blank = lambda text: "".join(text.split())  # noqa: E731  # blanks may differ where words do not
    assert blank("".join(piece.text for piece in pieces if piece.kind != "removed")) == blank("".join(visible(part) for part in [other]))
