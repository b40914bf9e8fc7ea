"""Signs of a text as a whole, such as its length or how many links it has: each in a few steps, counted, never parsed deeper."""

import math
import re

STEPS = 16  # a sign's value is one of this many steps
_LINK = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"(?<!\w)@\w+")
_TAG = re.compile(r"(?<!\w)#\w+")
_CASHTAG = re.compile(r"\$[a-z]+")


def _doubling(count):
    return int(2 * math.log2(count + 1))


def _share(part, whole, steps=10):
    return int(part / whole * steps) if whole else 0


# name → function of (text as read, original text, its words); the order is part of every trained model
SIGNS = {
    "length": lambda text, original, words: int(1.5 * math.log2(len(text) + 1)),
    "links": lambda text, original, words: len(_LINK.findall(text)),
    "mentions": lambda text, original, words: len(_MENTION.findall(text)),
    "begins_with_mention": lambda text, original, words: text.startswith("@"),
    "hashtags": lambda text, original, words: len(_TAG.findall(text)),
    "cashtags": lambda text, original, words: len(_CASHTAG.findall(text)),
    "capitals": lambda text, original, words: _share(sum(map(str.isupper, original)), sum(map(str.isalpha, original))),
    "digits": lambda text, original, words: _share(sum(map(str.isdigit, text)), len(text), 20),
    "symbols": lambda text, original, words: 0 if text.isascii() else _doubling(sum(character >= "\u2600" for character in text)),
    "line_breaks": lambda text, original, words: original.strip().count("\n"),
    "exclamation_marks": lambda text, original, words: text.count("!"),
    "question_marks": lambda text, original, words: text.count("?"),
    "long_dashes": lambda text, original, words: text.count("—"),
    "begins_small": lambda text, original, words: original[:1].islower(),
    "ends_with_stop": lambda text, original, words: text.rstrip()[-1:] in (".", "!", "?"),
    "repeated_words": lambda text, original, words: _share(len(words) - len(set(words)), len(words)),
    "word_length": lambda text, original, words: sum(map(len, words)) // len(words) if words else 0,
}
COLUMNS = STEPS * len(SIGNS)


def columns(text, original):
    """The column of each sign for one text, in the order of SIGNS: sign * STEPS + step."""
    words = text.split()
    return [i * STEPS + min(int(sign(text, original, words)), STEPS - 1) for i, sign in enumerate(SIGNS.values())]


def name(column):
    """(sign, step) of a column."""
    return list(SIGNS)[column // STEPS], column % STEPS
