"""Exhibits as drawings: everything stays on the picture, whatever the figures are."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from torchgrade.exhibits import ImageGrid, ImageRow, Plot, Series
from torchgrade_reports import write_pages
from torchgrade_reports.exhibit_picture import exhibit_view


def plot(xs: Any, ys: Any, **changes: Any) -> Plot:
    series = (Series(name="yours", xs=tuple(xs), ys=tuple(ys)),)
    values: dict[str, Any] = {"title": "a", "x_label": "steps", "y_label": "return", "joined": True}
    return Plot(**(values | {"series": series} | changes))


def places(path):
    return [tuple(map(float, point)) for point in re.findall(r"[ML]([\d.e+-]+) ([\d.e+-]+)", path)]


@pytest.mark.parametrize(
    "xs, ys",
    [
        ([0.0, 1.0, 2.0], [5.0, 7.0, 6.0]),
        ([3.0], [0.0]),
        ([], []),
        ([1e-300, 2e-300], [1e300, -1e300]),
        ([1e6, 1e6 + 1], [-0.001, -0.0011]),
        ([0.0] * 5, [2.0] * 5),
    ],
    ids=["plain", "one point", "none", "extremes", "far from zero", "all alike"],
)
@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("joined", [False, True])
def test_all_points_and_ticks_lie_within_the_axes(xs, ys, equal, joined):
    drawn = exhibit_view(plot(xs, ys, equal=equal, joined=joined)).plot

    points = places(drawn.series[0].path)
    assert len(points) == len(xs)
    assert all(drawn.left <= x <= drawn.right and drawn.top <= y <= drawn.base for x, y in points)
    assert all(drawn.left <= tick.place <= drawn.right for tick in drawn.across)
    assert all(drawn.top <= tick.place <= drawn.base for tick in drawn.up)
    assert all(math.isfinite(float(tick.label.replace("\N{MINUS SIGN}", "-"))) for tick in drawn.across)
    assert 2 <= len(drawn.up) <= 8


def test_a_higher_figure_lies_higher_and_a_later_one_further_right():
    drawn = exhibit_view(plot([0.0, 10.0], [1.0, 2.0])).plot

    (first_x, first_y), (second_x, second_y) = places(drawn.series[0].path)
    assert first_x < second_x
    assert first_y > second_y


def test_a_level_is_on_the_picture_and_in_words():
    view = exhibit_view(plot([0.0, 1.0], [1.0, 2.0], level=50.0, level_label="needed"))

    assert view.plot.top <= view.plot.level <= view.plot.base
    assert view.description == "yours: from 1 to 2; needed: 50"


def test_one_step_is_as_long_up_as_across_where_the_plane_is_shown():
    drawn = exhibit_view(plot([0.0, 10.0, 0.0], [0.0, 0.0, 1.0], joined=False, equal=True)).plot

    origin, right, up = places(drawn.series[0].path)
    assert right[0] - origin[0] == pytest.approx(10 * (origin[1] - up[1]), abs=1)


def test_an_image_shows_each_pixel_that_is_not_blank_at_its_place():
    grid = ImageGrid(title="a", width=3, height=2, rows=(ImageRow(label="yours", images=("0f007f",)),))
    (image,) = exhibit_view(grid).grid.rows[0].images

    shades = {shade.opacity: shade.path for shade in image.shades}
    assert shades == {0.47: "M1 1h1v1h-1z", 1.0: "M1 0h1v1h-1zM2 1h1v1h-1z"}


def test_exhibits_stand_by_passed_and_failed_tests_alike(factory, tmp_path):
    result = factory.every_outcome()
    write_pages([result], tmp_path)
    page = next(tmp_path.rglob("students/*.html")).read_text(encoding="utf-8")

    shown = [test for test in result.tests if f'id="test-{test.number}"' in page]
    assert len(shown) == len(result.tests)
    assert page.count('class="exhibit"') == sum(len(test.exhibits) for test in shown)
