"""Reading through disguise: text as a person sees it, with a map back to every original character.

Zero-width characters, full width, styled letters, look-alikes from other alphabets, spaced letters and digits for letters
are undone. What was undone is reported, because it is a sign of its own. Ordinary writing in any script is left alone:
look-alikes are folded only in words that mix alphabets, or that stand as strangers in a Latin text.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

_CYRILLIC = dict(zip("авеѕіјкмнорстухгпԁԛԝһӏьо", "abesijkmhopctyxrndqwhlbo", strict=True))
_GREEK = dict(zip("αβεηικνορτυχωμγσςϲϳ", "abenikvoptuxwuyoccj", strict=True))
LOOKALIKES = {**_CYRILLIC, **_GREEK}
_TWINS = frozenset("аеіјорсухѕһԁԛԝӏοϲϳ")  # these cannot be told from their Latin twin at all
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢıɡɑ", "abcdefghijklmnoprstuvwyziga", strict=True))
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "€": "e", "|": "l"}
# Marks put on top of letters; those of Indic or Semitic scripts are letters to their readers and stay.
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_WORD = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*·|+~])(?:[^\W\d_]\1){2,}[^\W\d_](?![^\W_])")
_SPACED_OUT = re.compile(r"(?<!\S)\S(?: \S)+(?!\S)")
_LEET_WORD = re.compile(r"[a-z0-9@$€|]*[a-z][a-z0-9@$€|]*")
_LEET_RUN = re.compile(r"(?<![0-9])[0134578]{1,4}(?![0-9])|(?<=[a-z0-9])[@$€|]{1,2}(?=[a-z0-9])")
_LEET_INSIDE = re.compile(r"(?<![\w./@$])[a-z]+(?:[0134578@$€|]{1,2}[a-z]+)+(?![\w./@])")
_BLANKS = re.compile(r"\s\s+|[^\S ]")


@dataclass(frozen=True)
class Reading:
    """`text` as read; its character i stands for original[start[i]:end[i]]. `disguises`: (kind, start, end) in the original."""

    text: str
    start: np.ndarray
    end: np.ndarray
    disguises: tuple = field(default=())


@lru_cache(maxsize=20_000)
def _fold(character):
    """(what is read in its place, kind of disguise or "")."""
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff":
        return "", "zero_width"
    if category == "Cc" and not character.isspace():
        return "", ""
    if _MARKS.match(character):
        return "", "marks"
    if 0x1F130 <= ord(character) <= 0x1F189 and (ord(character) - 0x1F130) % 32 < 26:
        return chr(ord("a") + (ord(character) - 0x1F130) % 32), "styled"
    lowered = character.lower()
    if lowered in _SMALL_CAPITALS:
        return _SMALL_CAPITALS[lowered], "styled"
    plain = unicodedata.normalize("NFKC", character).lower()
    styled = plain != lowered and plain.isascii() and plain.isalnum() and character.isalpha()
    return _MARKS.sub("", unicodedata.normalize("NFKD", plain)) or plain, "styled" if styled else ""


def _is_latin(character):
    return "a" <= character <= "z"


def _fold_characters(original):
    characters, start, end, odd = [], [], [], []
    for i, character in enumerate(original):
        if character.isascii():
            if character < " " and not character.isspace():
                continue
            characters.append(character.lower())
            start.append(i)
            end.append(i + 1)
            continue
        plain, kind = _fold(character)
        if kind:
            odd.append((kind, i))
        for piece in plain:
            characters.append(piece)
            start.append(i)
            end.append(i + 1)
    return characters, start, end, [(kind, i, i + 1) for kind, i in odd if _is_odd(kind, original, i)]


def _is_odd(kind, original, i):
    """Whether it hides something: a zero-width character between Latin letters, marks piled up, a styled letter."""
    before, after = original[i - 1 : i], original[i + 1 : i + 2]
    if kind == "zero_width":
        return before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
    if kind == "marks":
        return bool(before and _MARKS.match(before))
    return True


def _fold_lookalikes(characters, start, end):
    text = "".join(characters)
    letters = [c for c in text if c.isalpha()]
    mostly_latin = sum(map(_is_latin, letters)) > len(letters) / 2
    odd = []
    for match in _WORD.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        latin = any(map(_is_latin, word))
        stranger = mostly_latin and len(word) > 2 and all(c in _TWINS for c in word)
        if stranger or (latin and any(c in LOOKALIKES for c in word)):
            for i in range(match.start(), match.end()):
                characters[i] = LOOKALIKES.get(characters[i], characters[i])
            odd.append(("lookalikes", start[match.start()], end[match.end() - 1]))
    return odd


def _is_spaced_out(text):
    """Whether most of the text stands letter by letter."""
    pieces = text.split()
    return len(pieces) > 5 and sum(len(piece) == 1 for piece in pieces) > 0.7 * len(pieces)


def read(original):
    """The Reading of `original`: lower case, blanks collapsed, disguises undone."""
    odd = []
    if original.isascii() and original.isprintable():
        characters, start, end = list(original.lower()), list(range(len(original))), list(range(1, len(original) + 1))
    else:
        characters, start, end, odd = _fold_characters(original)
        odd += _fold_lookalikes(characters, start, end)
    text = "".join(characters)

    drop = set()
    for match in (_SPACED_OUT if _is_spaced_out(text) else _SPACED).finditer(text):
        drop.update(range(match.start() + 1, match.end(), 2))
        odd.append(("spaced", start[match.start()], end[match.end() - 1]))
    for match in _LEET_INSIDE.finditer(text):
        odd.append(("digits_for_letters", start[match.start()], end[match.end() - 1]))
    # Digits are read as letters in more places than are called a disguise: "gr8" is read alike everywhere, but hides nothing.
    text = "".join(character for i, character in enumerate(characters) if i not in drop) if drop else text
    at = [i for i in range(len(characters)) if i not in drop] if drop else range(len(characters))
    for match in _LEET_WORD.finditer(text):
        for run in _LEET_RUN.finditer(match.group()):
            for i in range(match.start() + run.start(), match.start() + run.end()):
                characters[at[i]] = _LEET[text[i]]
    text = "".join(characters)
    for match in _BLANKS.finditer(text):
        characters[match.start()] = " "
        drop.update(range(match.start() + 1, match.end()))
    if drop:
        keep = [i for i in range(len(characters)) if i not in drop]
        characters, start, end = [characters[i] for i in keep], [start[i] for i in keep], [end[i] for i in keep]
    return Reading("".join(characters), np.asarray(start, np.int32), np.asarray(end, np.int32), tuple(odd))
