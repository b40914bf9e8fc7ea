"""Hashed n-grams that know where they stand: characters 3–5 within words, words 1–2.

They are those of scikit-learn's HashingVectorizer with analyzer="char_wb" and "word". Hashing all of a batch at once with numpy
is several times faster, and each n-gram keeps its place, so that a score can be shown on the text it came from.
"""

from dataclasses import dataclass

import numpy as np

CHARACTERS, WORDS = 0, 1
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_BLANK = 32
_WORD_CHARACTERS = np.array([chr(code).isalnum() or code in (39, 95, 0x2019) for code in range(0x3000)])


@dataclass(frozen=True, eq=False)
class Occurrences:
    """N-grams where they stand, as arrays of one length: document, bucket, kind, and begin and end in its reading."""

    document: np.ndarray
    bucket: np.ndarray  # in [0, 2**bits)
    kind: np.ndarray  # CHARACTERS or WORDS
    begin: np.ndarray
    end: np.ndarray


def occurrences(readings, bits, shortest=3, longest=5):
    """Every n-gram of `readings` (list of Reading), hashed to `bits` bits."""
    texts = [reading.text for reading in readings]
    # Two blanks before every text: none of its n-grams reaches into the one before.
    joined = "".join(f"  {text} " for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    lengths = np.array([len(text) for text in texts], np.int64)
    first = np.cumsum(lengths + 3) - lengths - 1  # where each text itself begins
    document = np.repeat(np.arange(len(texts), dtype=np.int32), lengths + 3)
    parts = [*_character_ngrams(codes, shortest, longest), *_word_ngrams(codes, document)]
    hashes, begin, length = (np.concatenate([part[i] for part in parts]) for i in range(3))
    kind = np.repeat(np.array([part[3] for part in parts], np.int8), [len(part[0]) for part in parts])
    where = document[begin]
    begin = begin - first[where]
    bucket = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    return Occurrences(where, bucket, kind, np.maximum(begin, 0), np.minimum(begin + length, lengths[where]))


def _character_ngrams(codes, shortest, longest):
    blanks = np.concatenate([[0], np.cumsum(codes == _BLANK)])
    for n in range(shortest, longest + 1):
        begin = np.arange(max(len(codes) - n + 1, 0))
        # Blanks may stand at either end, as the edge of a word, never inside.
        begin = begin[blanks[begin + n - 1] == blanks[begin + 1]]
        hashes = np.zeros(len(begin), np.uint64)
        for i in range(n):
            hashes = hashes * _BASE + codes[begin + i]
        yield _mix(hashes, n), begin, np.full(len(begin), n), CHARACTERS


def _word_ngrams(codes, document):
    inside = _are_word_characters(codes)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.view(np.int8), [0]])))
    begin, end = edges[::2], edges[1::2]
    # Prefix sums of code * base**position, divided by base**begin: the same word has the same hash wherever it stands.
    prefix = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * _powers(_BASE, len(codes)), dtype=np.uint64)])
    hashes = _mix((prefix[end] - prefix[begin]) * _powers(_INVERSE, len(codes) + 1)[begin], 101)
    yield hashes, begin, end - begin, WORDS
    same = document[begin[:-1]] == document[begin[1:]]
    pairs = _mix(hashes[:-1] * _BASE + hashes[1:], 102)[same]
    yield pairs, begin[:-1][same], (end[1:] - begin[:-1])[same], WORDS


def _are_word_characters(codes):
    """Letters, digits, and all from U+3000 up (CJK, emoji) that is not a blank: a run of emoji is a word."""
    inside = codes > 0x3000
    low = codes < 0x3000
    inside[low] = _WORD_CHARACTERS[codes[low].astype(np.int64)]
    return inside


def _powers(base, count):
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _mix(hashes, salt):
    """Spread 64-bit hashes over all bits (the finaliser of MurmurHash3)."""
    hashes = hashes ^ np.uint64(salt)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))
