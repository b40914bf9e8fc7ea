"""Probabilities, their uncertainty and promises about false alarms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binom

from classifiers.calibration import expected_calibration_error, fewest_fine, fit_sigmoid, interval, promise, upper_bound, venn_abers


@pytest.mark.parametrize(("rate", "fewest"), [(0.01, 299), (0.05, 59)])
def test_a_promise_needs_enough_confirmed_fine_items(rate, fewest):
    assert fewest_fine(rate) == fewest
    scores = np.arange(fewest, dtype=float)
    assert promise(scores[1:], rate) is None
    assert promise(scores, rate) == fewest - 1


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 3000), st.sampled_from([0.01, 0.02, 0.05]))
def test_as_many_fine_items_lie_above_as_the_confidence_allows_and_no_more(count, rate):
    threshold = promise(np.arange(count, dtype=float), rate)
    if threshold is None:
        assert binom.cdf(0, count, rate) > 0.05
        return
    above = count - 1 - int(threshold)
    assert binom.cdf(above, count, rate) <= 0.05 < binom.cdf(above + 1, count, rate)


def test_the_promise_is_kept_in_95_of_100_draws():
    random = np.random.default_rng(7)
    true_rates = [1 - promise(random.uniform(size=800), 0.01) for _ in range(2000)]
    assert 0.94 <= np.mean(np.array(true_rates) <= 0.01) <= 0.99


def test_the_sigmoid_is_found_again():
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, 20_000)
    labels = random.uniform(size=20_000) < expit(0.5 * logits - 1)
    slope, offset = fit_sigmoid(logits, labels)
    assert slope == pytest.approx(0.5, abs=0.05)
    assert offset == pytest.approx(-1, abs=0.1)
    assert expected_calibration_error(labels, expit(slope * logits + offset)) < 0.02


def test_the_sigmoid_never_turns_a_score_around():
    slope, _ = fit_sigmoid([-3, -2, 2, 3], [True, True, False, False])
    assert slope == 0


def test_a_perfectly_separated_sample_gives_a_finite_sigmoid():
    slope, offset = fit_sigmoid([-1.0, -2.0, 1.0, 2.0], [False, False, True, True])
    assert np.isfinite([slope, offset]).all()
    assert 0.5 < expit(slope * 2 + offset) < 0.9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=1, max_size=40), st.lists(st.floats(-6, 6), min_size=1, max_size=10))
def test_the_interval_is_in_order_within_bounds_and_rises_with_the_score(items, scores):
    table = venn_abers([score for score, _ in items], [label for _, label in items])
    low, high = interval(table, np.sort(scores))
    assert ((low >= 0) & (high <= 1) & (low <= high + 1e-12)).all()
    assert (np.diff(low) >= -1e-12).all()
    assert (np.diff(high) >= -1e-12).all()


def test_the_interval_narrows_with_more_items():
    random = np.random.default_rng(3)

    def width(count):
        scores = random.normal(size=count)
        low, high = interval(venn_abers(scores, random.uniform(size=count) < expit(2 * scores)), np.linspace(-2, 2, 50))
        return (high - low).mean()

    assert width(50) > 2 * width(800)


def test_nothing_wrong_in_a_few_items_still_leaves_doubt():
    assert upper_bound(0, 299) == pytest.approx(0.01, abs=1e-4)
    assert upper_bound(0, 20) > 0.1
    assert upper_bound(0, 0) == upper_bound(5, 5) == 1.0
