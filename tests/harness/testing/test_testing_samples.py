"""What judges the samples of a generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgrade.testing.samples import frechet_distance, nearest_distances


def with_moments(rng, count, mean, covariance):
    """Return a sample that has exactly this mean and covariance."""
    drawn = rng.standard_normal((count, len(mean)))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(drawn, rowvar=False)))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def test_of_two_lines_of_numbers_it_is_the_squared_distance_of_mean_and_deviation():
    rng = np.random.default_rng(0)
    one = with_moments(rng, 30, np.array([1.0]), np.array([[4.0]]))
    other = with_moments(rng, 50, np.array([4.0]), np.array([[25.0]]))

    assert frechet_distance(one, other) == pytest.approx(3.0**2 + (5.0 - 2.0) ** 2)


def test_covariances_that_do_not_commute_are_compared_by_the_root_of_their_product():
    rng = np.random.default_rng(1)
    first, second = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 4.0]])
    one, other = (with_moments(rng, 40, np.zeros(2), each) for each in (first, second))

    # For two rows, the trace of the root is the root of the trace and twice the root of the determinant.
    product = first @ second
    root = np.sqrt(np.trace(product) + 2.0 * np.sqrt(np.linalg.det(product)))
    assert frechet_distance(one, other) == pytest.approx(np.trace(first + second) - 2.0 * root)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 6))
def test_a_sample_is_at_no_distance_from_itself_and_both_ways_are_equally_long(seed, size):
    rng = np.random.default_rng(seed)
    one, other = rng.standard_normal((20, size)), 2.0 * rng.standard_normal((30, size)) + 1.0

    assert frechet_distance(one, one) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one))
    assert frechet_distance(one, other) > 0.0


def test_a_sample_in_few_directions_is_compared_too():
    flat = np.outer(np.arange(5.0), [1.0, 2.0, 0.0])

    assert frechet_distance(flat, flat + np.array([0.0, 0.0, 2.0])) == pytest.approx(4.0)


def test_nearest_neighbours_come_nearest_first():
    samples, others = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])

    assert nearest_distances(samples, others, 2) == pytest.approx(
        np.array([[1.0, 5.0], [0.0, np.sqrt(18.0)]]), abs=1e-6
    )
