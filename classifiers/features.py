"""Texts as rows of numbers: a block of character n-grams, one of word n-grams, and the signs of the whole."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from . import signs
from .disguise import read
from .ngrams import WORDS, Occurrences, occurrences

BATCH = 500  # texts at a time: bounds the memory of their n-grams


@dataclass(frozen=True, eq=False)
class Traced:
    """A batch of texts with everything its numbers came from. matrix: CSR (n_texts, n_columns), indices sorted."""

    matrix: sparse.csr_matrix
    found: Occurrences
    column: np.ndarray  # of each occurrence
    readings: list


class SlopFeatures(TransformerMixin, BaseEstimator):
    """Texts → CSR matrix (n_texts, 2 * 2**bits + signs.COLUMNS) of float32.

    An n-gram that stands k times weighs 1 + log(k); then either block of n-grams has Euclidean length 1. Each sign weighs
    `sign_weight`. Stateless: `fit` learns nothing.
    """

    def __init__(self, bits=17, sign_weight=0.2):
        self.bits = bits
        self.sign_weight = sign_weight

    def fit(self, texts=None, y=None):
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    @property
    def first_sign(self):
        """The column where the n-grams end and the signs begin."""
        return 2 << self.bits

    @property
    def n_columns(self):
        return self.first_sign + signs.COLUMNS

    def transform(self, texts):
        return self.transform_beside(texts, beside=None)

    def transform_beside(self, texts, beside):
        """As transform, with one more column: what `beside` gives for the matrix of each batch, (n_rows,); none if that is None."""
        data, indices, lengths = [np.zeros(0, np.float32)], [np.zeros(0, np.int32)], [np.zeros(1, np.int32)]
        for batch in _batches(texts):
            matrix = self.trace(batch).matrix
            if beside:
                matrix = sparse.hstack([matrix, sparse.csr_matrix(beside(matrix)[:, None].astype(np.float32))], format="csr")
            data.append(matrix.data)
            indices.append(matrix.indices)
            lengths.append(np.diff(matrix.indptr))
        # One after the other, so that the parts of one are gone before the next is joined: a whole copy less at the peak.
        data = np.concatenate(data)
        indices = np.concatenate(indices)
        shape = (len(texts), self.n_columns + bool(beside))
        return sparse.csr_matrix((data, indices, np.cumsum(np.concatenate(lengths))), shape=shape)

    def trace(self, texts):
        """Traced of one batch; its memory grows with the length of all `texts`, so give some hundreds."""
        readings = [read(text) for text in texts]
        found = occurrences(readings, self.bits)
        column = found.bucket + ((found.kind == WORDS).astype(np.int64) << self.bits)
        keys, counts = np.unique(found.document * np.int64(self.n_columns) + column, return_counts=True)
        rows, columns = np.divmod(keys, self.n_columns)
        values = 1 + np.log(counts)
        block = rows * 2 + (columns >> self.bits)
        values /= np.sqrt(np.bincount(block, values**2, minlength=2 * len(texts)))[block]
        whole = np.array([signs.columns(reading.text, text) for reading, text in zip(readings, texts, strict=True)], np.int64)
        whole = (whole + self.first_sign).reshape(len(texts), len(signs.SIGNS))
        rows = np.concatenate([rows, np.repeat(np.arange(len(texts)), whole.shape[1])])
        columns = np.concatenate([columns, whole.ravel()])
        values = np.concatenate([values, np.full(whole.size, self.sign_weight)]).astype(np.float32)
        matrix = sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), self.n_columns))
        matrix.sort_indices()
        return Traced(matrix, found, column, readings)


def _batches(texts):
    return (texts[i : i + BATCH] for i in range(0, len(texts), BATCH))
