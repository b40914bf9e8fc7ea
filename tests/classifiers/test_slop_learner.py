"""The learner is a scikit-learn classifier."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from classifiers.slop_learner import SlopLearner


@pytest.mark.filterwarnings("ignore")
def test_it_keeps_scikit_learns_conventions():
    check_estimator(SlopLearner())


def test_a_row_of_weight_nothing_is_as_good_as_absent():
    random = np.random.default_rng(0)
    X = sparse.csr_matrix(random.uniform(size=(60, 8)) * (random.uniform(size=(60, 8)) > 0.5))
    y = random.integers(0, 2, 60)
    weight = np.ones(60)
    weight[40:] = 0
    left_out = SlopLearner().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(left_out.coef_, SlopLearner().fit(X[:40], y[:40]).coef_, atol=1e-5)


def test_columns_that_tell_the_classes_apart_count_for_more():
    X = np.array([[1.0, 1], [1, 0], [1, 1], [0, 1], [0, 0], [0, 1]] * 5)
    learner = SlopLearner().fit(X, [1, 1, 1, 0, 0, 0] * 5)
    assert learner.coef_[0] > 5 * abs(learner.coef_[1])
