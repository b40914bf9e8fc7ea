"""Near-duplicates of short posts: MinHash signatures find candidates, exact comparison decides.

Pure: whoever calls keeps the index. `Index` is one in memory; the same lookups can be answered by a database.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xxhash
from datasketch import MinHash

from .text import n5, shingles

# Whatever changes a signature, a key or a verdict changes the version: keys of two versions never meet.
VERSION = "n5-3g-16x4-1"
BANDS, ROWS = 16, 4
# One key brings at most this many candidates, the newest.
CANDIDATES_PER_KEY = 50
EXACT_BELOW = 12  # characters of n5; shorter texts match only when they are equal
SHORT_BELOW = 20
SHORT_SIMILARITY = 0.7
SIMILARITY = 0.5


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


# Drawing the permutations costs far more than signing a post: one prototype, copied.
_PROTOTYPE = MinHash(num_perm=BANDS * ROWS, hashfunc=_unchanged)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing of a shingle to 32 bits


def signature(prepared):
    """MinHash of the shingles: BANDS * ROWS uint32, by datasketch's affine32 scheme."""
    sketch = _PROTOTYPE.copy()
    sketch.update_batch(((prepared.shingles * _MIX) >> np.uint64(32)).tolist())
    return sketch.hashvalues


def band_keys(prepared, owner=""):
    """The signed 64-bit keys under which a text is found: one a band, a single exact one for a short text, none for an empty one.

    `owner` keeps the texts of one instance apart from those of another.
    """
    if not prepared.normal:
        return []
    seed = xxhash.xxh3_64_intdigest(f"{VERSION}/{owner}".encode())
    if len(prepared.normal) < EXACT_BELOW:
        return [_signed(xxhash.xxh3_64_intdigest(prepared.normal.encode("utf-8", "surrogatepass"), seed=seed ^ BANDS))]
    values = signature(prepared).astype("<u4").tobytes()
    size = 4 * ROWS
    return [_signed(xxhash.xxh3_64_intdigest(values[band * size : (band + 1) * size], seed=seed ^ band)) for band in range(BANDS)]


def _signed(key):
    return key - (1 << 64) if key >= 1 << 63 else key


def similarity(one, other):
    """Jaccard similarity of the shingles of two Prepared texts, in [0, 1]."""
    if one.normal == other.normal:
        return 1.0
    common = len(np.intersect1d(one.shingles, other.shingles, assume_unique=True))
    return common / (len(one.shingles) + len(other.shingles) - common or 1)


def verify(one, other):
    """The similarity of two texts if they are near-duplicates, else None."""
    shorter = min(len(one.normal), len(other.normal))
    if not shorter:
        return None
    if one.normal == other.normal:
        return 1.0
    if shorter < EXACT_BELOW:
        return None
    found = similarity(one, other)
    return found if found >= (SHORT_SIMILARITY if shorter < SHORT_BELOW else SIMILARITY) else None


@dataclass(frozen=True)
class Match:
    """The representative that a text is nearest to."""

    id: object
    similarity: float


def nearest(prepared, candidates):
    """The best Match of a text among `candidates`, pairs of (id, Prepared); None when none is near.

    Of equals the first wins, so a caller's order decides.
    """
    best = None
    for candidate_id, other in candidates:
        found = verify(prepared, other)
        if found is not None and (best is None or found > best.similarity):
            best = Match(candidate_id, found)
    return best


class Index:
    """Representatives in memory, found by their keys, newest first, at most CANDIDATES_PER_KEY of each."""

    def __init__(self):
        self._of_key = defaultdict(list)
        self._prepared = {}

    def add(self, representative_id, prepared, keys):
        self._prepared[representative_id] = prepared
        for key in keys:
            self._of_key[key].append(representative_id)

    def candidates(self, keys):
        """Ids of the representatives that share a key, each once."""
        return {found for key in keys if key in self._of_key for found in self._of_key[key][-CANDIDATES_PER_KEY:]}

    def prepared(self, representative_id):
        return self._prepared[representative_id]
