"""Why a score is what it is: signed weights on the words of the original text that add up to its logit.

The model is linear in its n-grams. Each n-gram's share is spread evenly over the characters it covers, carried back through
the reading to the original text, and summed by word; so nothing is estimated and nothing is left over.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Span:
    """original[start:end] pulled the logit by `weight`: up (towards spam) or down."""

    start: int
    end: int
    weight: float


def character_weights(weights, matrix, found, readings):
    """For each reading, an array with the share of the logit that each of its characters carries.

    `weights` (n_columns,), `matrix` and `found` as NgramHasher made them from `readings`.
    """
    pulls = np.zeros(len(found.column))
    if len(pulls):
        key = found.document.astype(np.int64) * matrix.shape[1] + found.column
        rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
        stored = rows * matrix.shape[1] + matrix.indices
        at = np.searchsorted(stored, key)  # a CSR matrix made from sorted keys is sorted
        counts = np.bincount(at, minlength=len(stored))
        pulls = (matrix.data * weights[matrix.indices] / np.maximum(counts, 1))[at] / (found.end - found.begin)
    lengths = np.array([len(reading.text) + 1 for reading in readings])
    offsets = np.cumsum(lengths) - lengths
    base = offsets[found.document] if len(found.document) else np.zeros(0, int)
    steps = np.bincount(base + found.begin, pulls, minlength=lengths.sum()) - np.bincount(base + found.end, pulls, minlength=lengths.sum())
    return [np.cumsum(steps[o : o + n - 1]) for o, n in zip(offsets, lengths, strict=True)]


def spans(reading, per_character):
    """list[Span] by word, in the order of the text; their weights add up to the sum of `per_character`."""
    found = []
    begin, total, pending = None, 0.0, 0.0
    last = 0
    for character, start, end, weight in zip(reading.text, reading.start.tolist(), reading.end.tolist(), per_character.tolist(), strict=True):
        if character == " ":
            if begin is None:
                pending += weight
                continue
            found.append(Span(begin, last, total + weight))
            begin, total = None, 0.0
            continue
        if begin is None:
            begin, total, pending = start, pending, 0.0
        total += weight
        last = end
    if begin is not None:
        found.append(Span(begin, last, total))
    elif pending and found:
        found[-1] = Span(found[-1].start, found[-1].end, found[-1].weight + pending)
    return found
