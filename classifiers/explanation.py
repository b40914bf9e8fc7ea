"""Why a score is what it is: signed weights on the words of the original text, and on signs of the whole, that add up to its logit.

The model is linear in its n-grams. Each n-gram's share is spread evenly over the characters it covers, carried back through
the reading to the original text, and summed by word; so nothing is estimated and nothing is left over.
"""

from dataclasses import dataclass

import numpy as np

from . import signs


@dataclass(frozen=True)
class Span:
    """original[start:end] moved the logit by `weight`: up (towards spam) or down."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Sign:
    """A sign of the whole text (see signs.SIGNS) at `step` moved the logit by `weight`."""

    name: str
    step: int
    weight: float


def explain(weights, traced, first_sign):
    """[(list[Span], list[Sign])] for a Traced batch: their weights add up to matrix @ weights, row by row.

    `weights` (n_columns,) float64; the signs' columns begin at `first_sign`.
    """
    matrix = traced.matrix
    pulls = matrix.data * weights[matrix.indices]
    told = []
    for i, (reading, per_character) in enumerate(zip(traced.readings, _character_weights(pulls, traced), strict=True)):
        row = slice(matrix.indptr[i], matrix.indptr[i + 1])
        found = [
            Sign(*signs.name(column - first_sign), weight)
            for column, weight in zip(matrix.indices[row].tolist(), pulls[row].tolist(), strict=True)
            if column >= first_sign
        ]
        told.append((_spans(reading, per_character), found))
    return told


def _character_weights(pulls, traced):
    """For each reading, an array with what each of its characters carries."""
    matrix, found = traced.matrix, traced.found
    lengths = np.array([len(reading.text) + 1 for reading in traced.readings])
    offsets = np.cumsum(lengths) - lengths
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    stored = rows * matrix.shape[1] + matrix.indices
    at = np.searchsorted(stored, found.document * np.int64(matrix.shape[1]) + traced.column)
    counts = np.bincount(at, minlength=len(stored))
    each = (pulls / np.maximum(counts, 1))[at] / (found.end - found.begin)
    base = offsets[found.document]
    steps = np.bincount(base + found.begin, each, minlength=lengths.sum()) - np.bincount(base + found.end, each, minlength=lengths.sum())
    return [np.cumsum(steps[offset : offset + length - 1]) for offset, length in zip(offsets, lengths, strict=True)]


def _spans(reading, per_character):
    """list[Span] by word, in the order of the text. A blank's share goes to the word before it, at the very start to the first."""
    starts = np.flatnonzero([c != " " and (i == 0 or reading.text[i - 1] == " ") for i, c in enumerate(reading.text)])
    if not len(starts):
        return []
    totals = np.add.reduceat(per_character, starts)
    totals[0] += per_character[: starts[0]].sum()
    ends = np.append(starts[1:], len(reading.text))
    ends = [end - (len(piece) - len(piece.rstrip(" "))) for end, piece in ((end, reading.text[start:end]) for start, end in zip(starts, ends, strict=True))]
    return [Span(int(reading.start[start]), int(reading.end[end - 1]), weight) for start, end, weight in zip(starts, ends, totals.tolist(), strict=True)]
