"""Text as the near-duplicate engine reads it: folded until what evaders vary is gone, then cut into shingles."""

import re
import unicodedata

import numpy as np

# Longer texts are compared by their beginning: it bounds the cost of one hostile post.
MAX_CHARACTERS = 10_000

# Letters of other scripts and of phonetic alphabets that pass for Latin ones, in lower case. Greek and Cyrillic small letters
# go where their capitals go, so that a change of case changes nothing.
_LOOKALIKES = {
    **dict(zip("αβεζηικμνορτυχϲϳ", "abezhikmnoptyxcj", strict=True)),
    **dict(zip("авеѕікмнорстухјһԁԛԝӏԍ", "abesikmhopctyxjhdqwlg", strict=True)),
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True)),
    **dict(zip("ıɑɡøđłħŧɩօսհո", "iagodlhtiouhn", strict=True)),
}
# Latin letters in filled shapes, which NFKC leaves alone: first code point of each run of A to Z.
_FILLED_ALPHABETS = (0x1F150, 0x1F170)
# Scripts whose dependent vowels are combining characters: without them the words would be others.
_VOWEL_SIGNS = ((0x0900, 0x0DFF), (0x0E00, 0x109F), (0x1700, 0x18AF), (0x1900, 0x1AAF), (0x1B00, 0x1CCF), (0xA800, 0xABFF), (0x11000, 0x11FFF))
_HANGUL = range(0xAC00, 0xD7A4)


def _is_vowel_sign(character):
    return any(first <= ord(character) <= last for first, last in _VOWEL_SIGNS)


def _fold(code):
    """What one code point becomes in n5: lower-case letters, "0" for a digit, or nothing."""
    for first in _FILLED_ALPHABETS:
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    if code in _HANGUL:
        return chr(code)
    folded = []
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold()):
        kind = unicodedata.category(character)
        if kind[0] == "L":
            folded.append(_LOOKALIKES.get(character, character))
        elif kind == "Nd":
            folded.append("0")
        elif kind[0] == "M" and _is_vowel_sign(character):
            folded.append(character)
    return "".join(folded)


class _FoldingTable(dict):
    """A table for str.translate that fills itself: each code point is looked at once in a process."""

    def __missing__(self, code):
        self[code] = folded = _fold(code)
        return folded


_FOLDING = _FoldingTable()
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
_DROPPED = re.compile(
    r"https?://\S+"
    r"|\bwww\.\S+"
    r"|(?<![a-z0-9.-])[a-z0-9-]++(?:\.[a-z0-9-]+)*\.[a-z]{2,12}/\S*"  # a link without its scheme
    r"|(?<![\w.])@\w[\w.-]*(?:@[\w.-]+)?"
    r"|(?<!\w)#\w+",
    re.IGNORECASE,
)
# Words in which digits and signs stand among letters, as in "fr33" and "p@ypal".
_LEET_WORD = re.compile(r"(?<![a-z0-9@$])(?:[a-z]++[013457@$]|[013457@$]++[a-z])[a-z0-9@$]*+", re.IGNORECASE)
_LEET = str.maketrans("013457@$", "oieastas")


def _unleet(match):
    word = match.group()
    return word.translate(_LEET) if 2 * sum(character.isalpha() for character in word) >= len(word) else word


def n5(text):
    """`text` in the form that is compared: NFKC; case, marks, lookalikes and leet folded; other digits all "0"; and without
    invisible characters, links, mentions, hashtags, emoji, punctuation and white space. Empty when nothing is left.
    """
    text = text[:MAX_CHARACTERS]
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _LEET_WORD.sub(_unleet, _DROPPED.sub(" ", text)).translate(_FOLDING)


def shingles(normal):
    """The set of character 3-grams of an n5 text: a sorted array of distinct uint64, each three code points of 21 bits.

    A text of one or two characters is one shingle; an empty one has none.
    """
    codes = _codes(normal)
    if not len(codes):
        return codes
    if len(codes) < 3:
        codes = np.concatenate([codes, np.zeros(3 - len(codes), dtype=np.uint64)])
    return np.unique((codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:])


def runs(normal, width):
    """Hashes of all `width` successive characters of an n5 text: uint64, one for each place; one of the whole if it is shorter."""
    codes = _codes(normal)
    places = max(1, len(codes) - width + 1)
    hashes = np.zeros(places, dtype=np.uint64)
    for offset in range(min(width, len(codes))):
        hashes = hashes * _ODD + codes[offset : offset + places]
    return hashes


_ODD = np.uint64(0x9E3779B97F4A7C15)


def _codes(normal):
    return np.frombuffer(normal.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
