"""Near-duplicates of short posts: MinHash signatures find candidates, exact comparison decides.

Pure: whoever calls keeps the index. `Index` is one in memory; the same lookups can be answered by a database.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import xxhash

from .text import n5, runs, shingles

# Whatever changes a key or a verdict changes the version: keys of two versions never meet.
VERSION = "n5-11x4-5r10-h12-1"
BANDS, ROWS = 11, 4  # bands of the MinHash over 3-grams
RUNS, RUN_LENGTH = 5, 10  # smallest hashes over runs of ten characters: they survive where many words were replaced
HEAD = 12  # the first characters: they survive where a text was cut or added to
# One key brings at most this many candidates, the newest.
CANDIDATES_PER_KEY = 50

EXACT_BELOW = 12  # characters of n5; shorter texts match only when they are equal
SHORT_BELOW = 20
SHORT_SIMILARITY = 0.7
SIMILARITY = 0.6  # Jaccard similarity of shingles that is enough whatever their order
# Characters in the same order that are enough, as a share of both texts: more for short ones, where chance aligns more.
IN_ORDER_MOST, IN_ORDER_LEAST, IN_ORDER_SLOPE, IN_ORDER_FROM = 0.80, 0.65, 4, 18
WORTH_ALIGNING = 0.2
# One text stands nearly whole, in order, in another that is at most 2.5 times as long.
HELD, HELD_FROM, HELD_LENGTHS, HELD_SIMILARITY = 0.93, 15, 0.4, 0.1
# Aligning takes time by the product of the lengths: long texts are judged by their shingles alone, and of many candidates
# the most similar are aligned.
LONG_ABOVE, LONG_SIMILARITY = 1_000, 0.42
MOST_ALIGNED = 16


@dataclass(frozen=True, eq=False)
class Prepared:
    """A text ready to be compared."""

    normal: str  # n5
    shingles: np.ndarray  # sorted distinct uint64


@lru_cache(maxsize=16_384)
def prepare(text):
    """`text` as Prepared. Kept for a while: representatives are compared again and again."""
    normal = n5(text)
    return Prepared(normal, shingles(normal))


def _unchanged(value):
    return value


@cache
def _prototype(permutations, seed):
    """A MinHash to copy: drawing the permutations costs far more than signing a post."""
    from datasketch import MinHash  # loads scipy, which whoever only compares texts does not need

    return MinHash(num_perm=permutations, seed=seed, hashfunc=_unchanged)


_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing to 32 bits


def _sign(prototype, grams):
    """MinHash of `grams` (uint64) by datasketch's affine32 scheme: little-endian uint32, as bytes."""
    sketch = prototype.copy()
    sketch.update_batch(((grams * _MIX) >> np.uint64(32)).tolist())
    return sketch.hashvalues.astype("<u4").tobytes()


def band_keys(prepared, owner=""):
    """The signed 64-bit keys under which a text is found: BANDS + RUNS + 1 of them, a single exact one for a short text, none for
    an empty one.

    `owner` keeps the texts of one instance apart from those of another.
    """
    if not prepared.normal:
        return []
    seed = xxhash.xxh3_64_intdigest(f"{VERSION}/{owner}".encode())
    if len(prepared.normal) < EXACT_BELOW:
        parts = [b"exact" + _bytes(prepared.normal)]
    else:
        bands = _sign(_prototype(BANDS * ROWS, 1), prepared.shingles)
        of_runs = _sign(_prototype(RUNS, 2), runs(prepared.normal, RUN_LENGTH))
        parts = [bands[start : start + 4 * ROWS] for start in range(0, len(bands), 4 * ROWS)]
        parts += [of_runs[start : start + 4] for start in range(0, len(of_runs), 4)]
        parts.append(_bytes(prepared.normal[:HEAD]))
    return [_signed(xxhash.xxh3_64_intdigest(part, seed=seed ^ number)) for number, part in enumerate(parts)]


def _bytes(normal):
    return normal.encode("utf-8", "surrogatepass")


def _signed(key):
    return key - (1 << 64) if key >= 1 << 63 else key


def similarity(one, other):
    """Jaccard similarity of the shingles of two Prepared texts, in [0, 1]; 1 when they are equal, 0 when one is empty."""
    if not one.normal or not other.normal:
        return 0.0
    if one.normal == other.normal:
        return 1.0
    common = len(np.intersect1d(one.shingles, other.shingles, assume_unique=True))
    return common / (len(one.shingles) + len(other.shingles) - common)


def needs_aligning(one, other, alike):
    """Whether the similarity `alike` leaves open if two texts are near-duplicates; None when it shows that they are not."""
    shorter, longer = sorted((len(one.normal), len(other.normal)))
    if alike == 1.0 and one.normal == other.normal:
        return False
    if shorter < EXACT_BELOW:
        return None
    if alike >= (SHORT_SIMILARITY if shorter < SHORT_BELOW else LONG_SIMILARITY if longer > LONG_ABOVE else SIMILARITY):
        return False
    if longer > LONG_ABOVE:
        return None
    return True if alike >= WORTH_ALIGNING or _may_hold(shorter, longer, alike) else None


def _may_hold(shorter, longer, alike):
    return shorter >= HELD_FROM and shorter >= HELD_LENGTHS * longer and alike >= HELD_SIMILARITY


def align(one, other, alike):
    """Whether two texts are near-duplicates by the order of their characters.

    They are when most characters stand in the same order, which tells a text with replaced words from one that shares
    stock phrases, or when nearly all shingles of the shorter stand in order in the longer.
    """
    shorter, longer = sorted((len(one.normal), len(other.normal)))
    if shorter >= IN_ORDER_FROM and alike >= WORTH_ALIGNING:
        in_order = 2 * _in_order(one.normal, other.normal) / (shorter + longer)
        if in_order >= min(IN_ORDER_MOST, IN_ORDER_LEAST + IN_ORDER_SLOPE / shorter):
            return True
    return _may_hold(shorter, longer, alike) and _in_order(_grams(one.normal), _grams(other.normal)) >= HELD * (shorter - 2)


def _grams(normal):
    return [normal[i : i + 3] for i in range(len(normal) - 2)]


def _in_order(one, other):
    """Length of the longest common subsequence, by bits: Hyyrö 2004, "Bit-parallel LCS-length computation revisited"."""
    places = {}
    for place, item in enumerate(one):
        places[item] = places.get(item, 0) | 1 << place
    everywhere = (1 << len(one)) - 1
    unmatched = everywhere
    for item in other:
        here = unmatched & places.get(item, 0)
        if here:
            unmatched = ((unmatched + here) | (unmatched - here)) & everywhere
    return len(one) - unmatched.bit_count()


def verify(one, other):
    """The similarity of two texts if they are near-duplicates, else None."""
    found = nearest(one, [(similarity(one, other), 0, other)])
    return found.similarity if found else None


@dataclass(frozen=True)
class Match:
    """The representative that a text belongs to, and how similar it is."""

    id: int
    similarity: float


def nearest(prepared, ranked):
    """The first of `ranked` that a text is a near-duplicate of, as a Match, or None.

    `ranked`: (similarity, id, Prepared) of representatives, the most similar first; of equally similar ones the caller's
    order decides.
    """
    aligned = 0
    for alike, representative_id, other in ranked:
        open_question = needs_aligning(prepared, other, alike)
        if open_question:
            if aligned == MOST_ALIGNED:
                continue
            aligned += 1
            open_question = not align(prepared, other, alike)
        if open_question is False:
            return Match(representative_id, alike)
    return None


class Index:
    """Ids of representatives by key, in order of arrival."""

    def __init__(self):
        self._ids = defaultdict(list)

    def add(self, representative_id, keys):
        for key in keys:
            self._ids[key].append(representative_id)

    def candidates(self, keys, older=None):
        """The set of ids that share a key: of each key the newest CANDIDATES_PER_KEY, counting those of `older`.

        `older`: {key: ids, newest first} of representatives that came before any of this index.
        """
        found = set()
        for key in keys:
            newest = self._ids[key][-CANDIDATES_PER_KEY:] if key in self._ids else ()
            found.update(newest)
            if older and key in older:
                found.update(older[key][: CANDIDATES_PER_KEY - len(newest)])
        return found


class Stream:
    """Texts in order of arrival, each joining the nearest representative or becoming one; numbered from 0."""

    def __init__(self):
        self._index = Index()
        self._representatives = {}
        self._matches = []

    def add(self, text):
        """Take in the next text; returns its Match, or None while it stands alone."""
        number, prepared = len(self._matches), prepare(text)
        keys = band_keys(prepared)
        found = ((similarity(prepared, self._representatives[other]), other) for other in self._index.candidates(keys))
        ranked = sorted(found, key=lambda pair: (-pair[0], pair[1]))
        match = nearest(prepared, [(alike, other, self._representatives[other]) for alike, other in ranked])
        if match is None and keys:
            self._index.add(number, keys)
            self._representatives[number] = prepared
        self._matches.append(match)
        return match

    def matches(self):
        """A Match or None for each text so far; a representative that others joined belongs to itself."""
        joined = {match.id for match in self._matches if match}
        return [match or (Match(number, 1.0) if number in joined else None) for number, match in enumerate(self._matches)]
