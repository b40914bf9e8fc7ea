"""Hashed n-grams that know where they stand: characters 3–5 within words, words 1–2.

The features are those of scikit-learn's HashingVectorizer with analyzer="char_wb" and "word"; hashing all of a batch at once
with numpy is ten times faster, and each n-gram keeps its place, so that a score can be shown on the text it came from.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from .disguise import read

_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_SPACE = 32


def _mix(hashes, salt):
    """Spread 64-bit hashes over all bits (the finaliser of MurmurHash3)."""
    hashes = hashes ^ np.uint64(salt)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))


def _powers(base, count):
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


@dataclass(frozen=True)
class Occurrences:
    """N-grams where they stand, as arrays of one length: document, column, kind (0 characters, 1 words), begin and end in its reading."""

    document: np.ndarray
    column: np.ndarray
    kind: np.ndarray
    begin: np.ndarray
    end: np.ndarray


class NgramHasher(TransformerMixin, BaseEstimator):
    """Texts → sparse matrix (n_texts, 2 * 2**bits): a half for characters, a half for words, each of Euclidean length 1.

    An n-gram that stands k times weighs 1 + log(k). Stateless: `fit` learns nothing.
    """

    def __init__(self, bits=17, shortest=3, longest=5):
        self.bits = bits
        self.shortest = shortest
        self.longest = longest

    def fit(self, texts=None, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    @property
    def columns(self):
        return 2 << self.bits

    def transform(self, texts):
        return self.transform_readings([read(text) for text in texts])

    def transform_readings(self, readings):
        return self.matrix(self.occurrences(readings), len(readings))

    def occurrences(self, readings):
        """Every n-gram of `readings` (list of Reading)."""
        texts = [reading.text for reading in readings]
        # Two blanks before every text: none of its n-grams reaches into the one before.
        joined = "".join(f"  {text} " for text in texts)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        lengths = np.array([len(text) + 3 for text in texts], np.int64)
        offsets = np.cumsum(lengths) - lengths + 2  # where the text itself begins
        document = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
        parts = [*self._characters(codes), *self._words(codes, document)]
        hashes, begin, length, kind = (np.concatenate([part[i] for part in parts]) for i in range(4))
        where = document[begin]
        limit = lengths[where] - 3
        begin = begin - offsets[where]
        column = (hashes >> np.uint64(64 - self.bits)).astype(np.int64) + (kind.astype(np.int64) << self.bits)
        return Occurrences(where, column, kind, np.clip(begin, 0, limit), np.clip(begin + length, 0, limit))

    def _characters(self, codes):
        blanks = np.concatenate([[0], np.cumsum(codes == _SPACE)])
        for n in range(self.shortest, self.longest + 1):
            begin = np.arange(max(len(codes) - n + 1, 0))
            # Blanks may stand at either end, as the edge of a word, never inside.
            begin = begin[blanks[begin + n - 1] == blanks[begin + 1]]
            hashes = np.zeros(len(begin), np.uint64)
            for i in range(n):
                hashes = hashes * _BASE + codes[begin + i]
            yield _mix(hashes, n), begin, np.full(len(begin), n), np.zeros(len(begin), np.int8)

    def _words(self, codes, document):
        inside = _is_word_character(codes)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.view(np.int8), [0]])))
        begin, end = edges[::2], edges[1::2]
        # Prefix sums of code * base**position, divided by base**begin: the same word has the same hash wherever it stands.
        prefix = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * _powers(_BASE, len(codes)), dtype=np.uint64)])
        hashes = _mix((prefix[end] - prefix[begin]) * _powers(_INVERSE, len(codes) + 1)[begin], 101)
        yield hashes, begin, end - begin, np.ones(len(begin), np.int8)
        if len(begin) > 1:
            same = document[begin[:-1]] == document[begin[1:]]
            pairs = _mix(hashes[:-1] * _BASE + hashes[1:], 102)[same]
            yield pairs, begin[:-1][same], (end[1:] - begin[:-1])[same], np.ones(len(pairs), np.int8)

    def matrix(self, found, documents):
        """The sparse matrix of Occurrences."""
        key = found.document.astype(np.int64) * self.columns + found.column
        unique, counts = np.unique(key, return_counts=True)
        rows, columns = np.divmod(unique, self.columns)
        values = 1 + np.log(counts)
        half = rows * 2 + (columns >> self.bits)
        norms = np.sqrt(np.bincount(half, values**2, minlength=2 * documents))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=documents))])
        return sparse.csr_matrix((values / norms[half], columns.astype(np.int32), indptr), shape=(documents, self.columns))


def _table():
    """For each code below U+3000: part of a word."""
    return np.array([chr(code).isalnum() or code in (39, 95, 0x2019) for code in range(0x3000)])


_WORD_CHARACTERS = _table()


def _is_word_character(codes):
    """Letters and digits, and everything from U+3000 up (CJK, emoji) that is not a blank: a run of emoji is a word."""
    inside = codes >= 0x3000
    low = ~inside
    inside[low] = _WORD_CHARACTERS[codes[low].astype(np.int64)]
    return inside & (codes != 0x3000)
