"""Checks of tests that need no reference, and the mark for points."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.results import Outcome
from torchgrade.testing import Tolerance, check, close, numerical_gradient, points
from torchgrade.testing.failures import StudentFailure


def failure(function, *arguments, **options):
    with pytest.raises(StudentFailure) as caught:
        function(*arguments, **options)
    assert caught.value.outcome is Outcome.FAILED
    return caught.value.student_message


def test_check_fails_with_the_authors_words():
    check(condition=True, message="never shown")
    check([1], "never shown")
    assert failure(check, False, "your graph has a cycle") == "your graph has a cycle"
    assert failure(check, [], "nothing came") == "nothing came"


def test_close_passes_what_compare_passes():
    close(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]), "dx")
    close(1.0, np.float64(1.0), "loss")
    close(1.01, 1.0, "loss", Tolerance(relative=0.1, absolute=0.0))


def test_close_shows_the_values_of_the_worst_entry():
    message = failure(close, np.array([1.0, 2.5, 9.0]), np.array([1.0, 2.0, 3.0]), "dx")
    assert message == "`dx` has wrong values in 2 of 3 entries\ndx[2]: got 9, expected 3"


def test_close_tells_how_far_off_a_value_is_that_is_nearly_right():
    message = failure(close, np.array([1.0, 2.000001]), np.array([1.0, 2.0]), "dx")
    assert message.splitlines()[0].endswith(
        "the largest error is 6.3e-07 × the typical size of an entry (allowed: 1e-09)"
    )
    assert message.splitlines()[1] == "dx[1]: got 2.000001, expected 2"


@pytest.mark.parametrize(
    "got, told",
    [
        (None, "is a `return` missing?"),
        (np.zeros(4), "has the wrong shape"),
        (np.zeros(3, dtype=np.int64), "has the wrong dtype"),
        (np.full(3, np.nan), "is NaN in 3 of 3 entries"),
        ("text", "is str"),
    ],
)
def test_close_names_what_differs_before_the_values(got, told):
    message = failure(close, got, np.zeros(3), "dx")
    assert told in message
    assert message.startswith("`dx`")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_close_takes_numpy_scalars_of_every_dtype(dtype):
    close(dtype(0.5), dtype(0.5), "x")
    assert "wrong value" in failure(close, dtype(0.5), dtype(0.75), "x")


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_the_numerical_gradient_is_the_gradient_of_a_smooth_function(shape):
    generator = np.random.default_rng(1)
    x = np.asarray(generator.normal(size=shape))
    upstream = np.asarray(generator.normal(size=shape))
    before = x.copy()
    gradient = numerical_gradient(np.sin, x, upstream)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, np.cos(x) * upstream, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_the_numerical_gradient_of_a_matrix_product_has_the_shape_of_x():
    generator = np.random.default_rng(2)
    x, w = generator.normal(size=(2, 3)), generator.normal(size=(3, 4))
    upstream = generator.normal(size=(2, 4))
    np.testing.assert_allclose(numerical_gradient(lambda v: v @ w, x, upstream), upstream @ w.T, rtol=1e-7)
    np.testing.assert_allclose(
        numerical_gradient(lambda v: (v @ w).sum(), x), np.ones((2, 4)) @ w.T, rtol=1e-7
    )


@pytest.mark.parametrize("value", [-1, "-1/2", "many"])
def test_points_that_cannot_be_are_refused(value):
    with pytest.raises(ValueError, match=r"negative|Invalid literal"):
        points(value)
