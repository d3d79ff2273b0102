"""Exhibits are made of whatever a submission returned: only finite numbers, and not too many, get through."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.testing.exhibits import IMAGES, POINTS, curves, images, scatter


def test_a_curve_keeps_its_points_and_labels():
    made = curves(
        "returns", {"yours": ([1, 2, 3], [9.0, 8.5, 10.0])}, x_label="steps", y_label="return", level=9
    )

    assert made.joined
    assert (made.series[0].xs, made.series[0].ys) == ((1.0, 2.0, 3.0), (9.0, 8.5, 10.0))
    assert (made.x_label, made.y_label, made.level) == ("steps", "return", 9)


def test_a_long_curve_is_thinned_out_and_keeps_its_ends():
    made = curves("a", {"yours": (np.arange(10_000), np.arange(10_000) * 2.0)}, x_label="", y_label="")

    assert len(made.series[0].xs) == POINTS
    assert (made.series[0].xs[0], made.series[0].xs[-1]) == (0.0, 9_999.0)


def test_points_that_are_not_finite_are_left_out():
    made = scatter("a", {"yours": np.array([[1.0, 2.0], [np.nan, 0.0], [np.inf, 1.0], [3.0, 4.0]])})

    assert (made.series[0].xs, made.series[0].ys) == ((1.0, 3.0), (2.0, 4.0))


@pytest.mark.parametrize("given", [None, "text", {"a": 1}, [[1], [2, 3]], np.array(["x"]), np.ones(3), [1j]])
def test_what_is_no_points_shows_none(given):
    assert scatter("a", {"yours": given}).series[0].xs == ()
    assert curves("a", {"yours": (given, [])}, x_label="", y_label="").series[0].ys == ()


def test_images_become_shades():
    torch = pytest.importorskip("torch")
    made = images(
        "a", {"yours": torch.tensor([[[0.0, 1.0], [0.5, 7.0]], [[-3.0, float("nan")], [0.2, 0.04]]])}
    )

    assert (made.width, made.height) == (2, 2)
    assert made.rows[0].images == ("0f8f", "0031")


def test_no_more_images_are_kept_than_a_page_shows():
    assert len(images("a", {"yours": np.zeros((100, 8, 8))}).rows[0].images) == IMAGES


@pytest.mark.parametrize(
    "rows",
    [
        {"yours": np.zeros((2, 3))},
        {"yours": np.zeros((2, 3, 3)), "right": np.zeros((2, 3, 4))},
        {"yours": np.zeros((2, 100, 100))},
        {"yours": "text"},
    ],
    ids=["no images", "two sizes", "too large", "no numbers"],
)
def test_what_is_no_rows_of_images_is_refused(rows):
    with pytest.raises(ValueError, match="image"):
        images("a", rows)
