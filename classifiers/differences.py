"""How one text differs from another, word by word, with what hides in it made visible. Plain data; the page puts it into words."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from .disguise import read
from .text import n5

# Aligning takes time by the product of the lengths: what comes after is shown as it is.
MOST_WORDS = 300

# Links, runs of letters and digits, and every other character for itself, each with the blanks after it; scripts without
# spaces character by character.
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_WORDS = re.compile(rf"(?:https?://\S+|[{_ALONE}]|(?:[^\W{_ALONE}]|{_HIDDEN.pattern}|[\u0300-\u036f])+|\S)\s*|\s+", re.DOTALL)
# Joiners and selectors that writing needs: between letters of scripts that join, and in emoji.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"


@dataclass(frozen=True)
class Sign:
    """A trick found in a text: `kind` as classifiers.disguise names them, or "invisible" with the character's `name`."""

    kind: str
    name: str
    count: int


@dataclass(frozen=True)
class Piece:
    """Some words. `kind`: "same"; "added" or "removed"; "disguised": the same words, written otherwise (`was`) or with `signs`.

    `text` and `was` hold no invisible character: each run of them is written out, as in "fr⟨zero-width joiner ×14⟩ee".
    """

    kind: str
    text: str
    was: str = ""
    signs: tuple[Sign, ...] = ()


def differences(representative, member):
    """The Pieces that lead from `representative` to `member`, in reading order."""
    old, new = _words(representative), _words(member)
    rest_old, rest_new = "".join(old[MOST_WORDS:]), "".join(new[MOST_WORDS:])
    old, new = old[:MOST_WORDS], new[:MOST_WORDS]
    pieces = []
    for step, i, j, k, m in SequenceMatcher(None, [_bare(word) for word in old], [_bare(word) for word in new], autojunk=False).get_opcodes():
        if step == "equal":
            pieces.extend(_kept(old[i:j], new[k:m]))
            continue
        if i < j:
            pieces.append(Piece("removed", visible("".join(old[i:j]))))
        if k < m:
            pieces.append(Piece("added", visible("".join(new[k:m])), signs=signs("".join(new[k:m]))))
    if rest_old != rest_new:
        pieces += [Piece("removed", visible(rest_old))] if rest_old else []
        pieces += [Piece("added", visible(rest_new), signs=signs(rest_new))] if rest_new else []
    elif rest_new:
        pieces.append(Piece("same", visible(rest_new)))
    return pieces


def _words(text):
    return _WORDS.findall(text)


def _bare(word):
    """What makes two words the same: their folded letters; for anything else itself."""
    word = word.strip()
    return word if word.startswith("http") else n5(word) or _HIDDEN.sub("", word)


def _kept(old, new):
    """Pieces for words that say the same: "same" where they are written alike, else "disguised"."""
    for alike, pairs in groupby(zip(old, new, strict=True), key=lambda pair: pair[0].strip() == pair[1].strip()):
        pairs = list(pairs)
        text = "".join(now for _, now in pairs)
        if alike:
            yield Piece("same", visible(text))
        else:
            yield Piece("disguised", visible(text), was=visible("".join(before for before, _ in pairs)), signs=signs(text))


def visible(text):
    """`text` with every run of one invisible character written out: "⟨zero-width joiner ×14⟩"."""
    shown = []
    for i, character, count in _runs(text):
        if _is_hidden(text, i, count):
            shown.append(f"⟨{name_of(character)}⟩" if count == 1 else f"⟨{name_of(character)} ×{count}⟩")
        else:
            shown.append(character * count)
    return "".join(shown)


def _runs(text):
    """(place, character, how often in a row) through a text."""
    place = 0
    for character, run in groupby(text):
        count = len(list(run))
        yield place, character, count
        place += count


def _is_hidden(text, place, count):
    character = text[place]
    if not _HIDDEN.match(character):
        return False
    if character not in _JOINERS or not place or count > 1:
        return True
    before = text[place - 1]
    # Emoji are joined and chosen by these, and Arabic and Indic letters; between Latin, Greek or Cyrillic letters they only hide.
    return not (unicodedata.category(before) in ("So", "Sk", "Mn", "Mc") or before in "#*0123456789\ufe0f" or (before.isalpha() and ord(before) >= 0x0590))


def name_of(character):
    """The Unicode name of a character in lower case, or its number."""
    name = unicodedata.name(character, "").lower().replace("zero width", "zero-width")
    return name or f"U+{ord(character):04X}"


def signs(text):
    """The tricks in a text, each kind and character once, with how often: a tuple of Sign."""
    hidden = Counter()
    for place, character, count in _runs(text):
        if _is_hidden(text, place, count):
            hidden[character] += count
    kinds = Counter(kind for kind, _, _ in read(text).disguises if kind != "zero_width")
    return (*(Sign("invisible", name_of(character), count) for character, count in hidden.items()), *(Sign(kind, "", n) for kind, n in kinds.items()))
