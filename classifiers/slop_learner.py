"""The learner behind the scorer: logistic regression on n-grams that tell the classes apart, with the prior's logit beside them."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data


class SlopLearner(ClassifierMixin, BaseEstimator):
    """Two classes, dense or sparse X. The second class, in order, is what decision_function is positive for.

    Columns are scaled by how much more often they occur in one class than in the other before an L2-penalised logistic
    regression sees them (Wang and Manning 2012, "Baselines and bigrams"), mixed with no scaling in the share `plain`.

    Learned: `coef_` (n_features,) and `intercept_` on the unscaled columns; `classes_`.
    """

    def __init__(self, C=3.0, plain=0.25, max_iter=200):
        self.C = C
        self.plain = plain
        self.max_iter = max_iter

    def fit(self, X, y, sample_weight=None, unscaled=0):
        """Learn. The last `unscaled` columns keep their scale. A sample_weight of 0 leaves a row out without a copy of X."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float32, np.float64])
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            found = "Only one class" if len(self.classes_) == 1 else f"{len(self.classes_)} classes"
            raise ValueError(f"{found} in y: this classifier tells exactly two apart. Only binary classification is supported.")
        X = sparse.csr_matrix(X)
        scale = self._scale(X, codes == 1, weight)
        if unscaled:
            scale[-unscaled:] = 1
        seen, indices = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1])), X.indices
        if len(seen) < X.shape[1] / 2:
            # Most hashed columns are empty in a small set: the inner learner sees only the others.
            place = np.zeros(X.shape[1], indices.dtype)
            place[seen] = np.arange(len(seen))
            indices = place[indices]
        else:
            seen = np.arange(X.shape[1])
        scaled = sparse.csr_matrix((X.data * scale[X.indices], indices, X.indptr), shape=(X.shape[0], max(len(seen), 1)))
        inner = LogisticRegression(C=self.C, max_iter=self.max_iter).fit(scaled, codes, sample_weight=weight)
        self.coef_ = np.zeros(X.shape[1], X.dtype)
        self.coef_[seen] = inner.coef_[0][: len(seen)] * scale[seen]
        self.intercept_ = float(inner.intercept_[0])
        self.n_iter_ = inner.n_iter_
        return self

    def _scale(self, X, positive, weight):
        present = sparse.csr_matrix(((X.data != 0).astype(X.dtype), X.indices, X.indptr), shape=X.shape)
        ones, zeros = weight * positive, weight * ~positive
        rates = [(present.T @ counted + 1) / (counted.sum() + 2) for counted in (ones, zeros)]
        return (np.abs(np.log(rates[0] / rates[1])) * (1 - self.plain) + self.plain).astype(X.dtype)

    def decision_function(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float32, np.float64], reset=False)
        return X @ self.coef_ + self.intercept_

    def predict(self, X):
        check_is_fitted(self)
        return self.classes_[(self.decision_function(X) > 0).astype(int)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_class = False
        return tags
