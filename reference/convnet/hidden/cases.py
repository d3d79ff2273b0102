# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

No two sizes of a case are equal where a mistake could mix them up, rows and columns have another kernel,
stride and padding each, gradients that come from above are random and of both signs. What a case is there for
(rows that no window covers, maxima at the border, ties) is checked, and drawn again until it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from torchgrade.testing import Case, Draw, Lesson, check
from torchgrade.testing.data import digits

Array = np.ndarray[Any, Any]
Layout = Callable[[Array], Array]
Pair = tuple[int, int]
T = TypeVar("T")


def until(make: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Draw again until the draw has the wanted property."""
    for _ in range(500):
        value = make()
        if holds(value):
            return value
    raise RuntimeError("the wanted property is too rare")


def signed(draw: Draw, *shape: int) -> Array:
    """Values of both signs, at least 0.3 away from zero."""
    signs = 2.0 * draw.integers(0, 2, *shape) - 1.0
    return np.asarray(signs * draw.uniform(0.3, 2.0, *shape))


def channels_last(array: Array) -> Array:
    """Return the same values in a memory layout in which channels lie side by side."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Sizes of a convolution or of a pooling layer.

    Attributes:
        batch: images, channels, rows, columns.
        kernel, stride, padding: rows, columns.
        filters: of a convolution.
        layout: makes of an array one with the same values in another memory layout.
    """

    category: str
    batch: tuple[int, int, int, int]
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    filters: int = 1
    layout: Layout = np.asarray

    @property
    def out(self) -> Pair:
        """Rows and columns of the output."""
        sizes = zip(self.batch[2:], self.kernel, self.stride, self.padding, strict=True)
        rows, columns = ((size + 2 * p - k) // s + 1 for size, k, s, p in sizes)
        return rows, columns

    @property
    def left_over(self) -> Pair:
        """Rows and columns at the end in which no whole window fits."""
        sizes = zip(self.batch[2:], self.kernel, self.stride, self.padding, strict=True)
        rows, columns = ((size + 2 * p - k) % s for size, k, s, p in sizes)
        return rows, columns


def convolution(draw: Draw, geometry: Geometry, *, backward: bool) -> Case:
    """One convolution, or its backward pass."""
    layout, channels = geometry.layout, geometry.batch[1]
    arguments = {
        "x": layout(signed(draw, *geometry.batch)),
        "weight": layout(signed(draw, geometry.filters, channels, *geometry.kernel)),
        "bias": signed(draw, geometry.filters),
        "stride": geometry.stride,
        "padding": geometry.padding,
    }
    if backward:
        arguments["dout"] = layout(signed(draw, geometry.batch[0], geometry.filters, *geometry.out))
    return Case(geometry.category, **arguments)


def convolutions(draw: Draw, geometries: Sequence[Geometry], *, backward: bool) -> list[Case]:
    return [convolution(draw, geometry, backward=backward) for geometry in geometries]


def _plain(draw: Draw) -> list[Geometry]:
    """Neither stride nor padding."""
    n, c, f = draw.sizes(3, 2, 4)
    rows, columns = draw.sizes(2, 6, 9)
    kernel = (2, 3) if draw.integers(0, 2) else (3, 2)
    return [
        Geometry(category="one image, one channel, one kernel", batch=(1, 1, 4, 5), kernel=(2, 3)),
        Geometry(category="a kernel of 1 × 1", batch=(2, 3, 2, 4), kernel=(1, 1), filters=5),
        Geometry(category="a kernel as large as the image", batch=(2, 3, 4, 5), kernel=(4, 5), filters=6),
        Geometry(
            category="several images and channels", batch=(n, c, rows, columns), kernel=kernel, filters=f
        ),
        Geometry(
            category="non-contiguous arrays",
            batch=(n, c, columns, rows),
            kernel=kernel[::-1],
            filters=f,
            layout=draw.strided,
        ),
        Geometry(
            category="channels last in memory",
            batch=(c, f, rows, columns),
            kernel=kernel,
            filters=n,
            layout=channels_last,
        ),
        Geometry(category="an image of 300 columns", batch=(1, 2, 3, 300), kernel=(2, 3), filters=3),
    ]


def conv2d(draw: Draw) -> list[Case]:
    """Convolutions without stride and padding."""
    return convolutions(draw, _plain(draw), backward=False)


def conv2d_backward(draw: Draw) -> list[Case]:
    """Their backward passes."""
    return convolutions(draw, _plain(draw), backward=True)


def _padded(draw: Draw) -> list[Geometry]:
    """Padding of both axes, of one, and more than the kernel."""
    n, c, f = draw.sizes(3, 2, 4)
    rows, columns = draw.sizes(2, 5, 8)
    return [
        Geometry(category="padding of 1", batch=(1, 1, 4, 3), kernel=(3, 3), padding=(1, 1)),
        Geometry(
            category="padding of rows alone",
            batch=(n, c, rows, columns),
            kernel=(3, 2),
            padding=(1, 0),
            filters=f,
        ),
        Geometry(
            category="padding of columns alone",
            batch=(n, c, rows, columns),
            kernel=(2, 3),
            padding=(0, 2),
            filters=f,
        ),
        Geometry(
            category="another padding of rows than of columns",
            batch=(c, n, rows, columns),
            kernel=(3, 4),
            padding=(1, 2),
            filters=f,
            layout=draw.strided,
        ),
        Geometry(
            category="padding larger than the kernel",
            batch=(n, c, 4, 3),
            kernel=(2, 1),
            padding=(3, 2),
            filters=f,
        ),
        Geometry(
            category="a kernel larger than the image", batch=(n, c, 2, 3), kernel=(4, 5), padding=(1, 2)
        ),
    ]


def conv2d_padding(draw: Draw) -> list[Case]:
    """Convolutions with padding."""
    return convolutions(draw, _padded(draw), backward=False)


def conv2d_backward_padding(draw: Draw) -> list[Case]:
    """Their backward passes."""
    return convolutions(draw, _padded(draw), backward=True)


def _strided(draw: Draw) -> list[Geometry]:
    """Strides that come out even, and such that leave rows and columns over."""
    n, c, f = draw.sizes(3, 2, 4)
    geometries = [
        Geometry(category="a stride of 2", batch=(1, 1, 5, 7), kernel=(3, 3), stride=(2, 2)),
        Geometry(
            category="a stride of rows alone", batch=(n, c, 8, 5), kernel=(2, 3), stride=(3, 1), filters=f
        ),
        Geometry(
            category="a stride of columns alone", batch=(n, c, 5, 7), kernel=(3, 1), stride=(1, 2), filters=f
        ),
        Geometry(
            category="another stride of rows than of columns, and some left over",
            batch=(c, n, 9, 12),
            kernel=(2, 3),
            stride=(3, 2),
            filters=f,
            layout=draw.strided,
        ),
        Geometry(
            category="a stride larger than the kernel, and some left over",
            batch=(n, f, 9, 12),
            kernel=(1, 2),
            stride=(3, 4),
            filters=c,
        ),
        Geometry(
            category="almost a whole window left over",
            batch=(n, c, 7, 9),
            kernel=(2, 3),
            stride=(3, 4),
            filters=f,
        ),
    ]
    assert [geometry.left_over for geometry in geometries[3:]] == [(1, 1), (2, 2), (2, 2)]
    return geometries


def conv2d_stride(draw: Draw) -> list[Case]:
    """Convolutions with strides."""
    return convolutions(draw, _strided(draw), backward=False)


def conv2d_backward_stride(draw: Draw) -> list[Case]:
    """Their backward passes."""
    return convolutions(draw, _strided(draw), backward=True)


def _strided_and_padded(draw: Draw) -> list[Geometry]:
    n, c, f = draw.sizes(3, 2, 4)
    geometries = [
        Geometry(
            category="stride and padding", batch=(1, 1, 5, 7), kernel=(3, 3), stride=(2, 2), padding=(1, 1)
        ),
        Geometry(
            category="stride and padding, the other way round for columns",
            batch=(n, c, 7, 6),
            kernel=(3, 2),
            stride=(2, 3),
            padding=(0, 1),
            filters=f,
        ),
        Geometry(
            category="stride and padding, and some left over",
            batch=(c, n, 8, 6),
            kernel=(3, 4),
            stride=(2, 3),
            padding=(1, 2),
            filters=f,
        ),
        Geometry(
            category="stride and padding larger than the kernel",
            batch=(f, n, 6, 5),
            kernel=(1, 2),
            stride=(2, 3),
            padding=(2, 3),
            filters=c,
        ),
    ]
    assert geometries[2].left_over == (1, 0)
    return geometries


def conv2d_stride_and_padding(draw: Draw) -> list[Case]:
    """Convolutions with both."""
    return convolutions(draw, _strided_and_padded(draw), backward=False)


def conv2d_backward_stride_and_padding(draw: Draw) -> list[Case]:
    """Their backward passes."""
    return convolutions(draw, _strided_and_padded(draw), backward=True)


def pool(draw: Draw, geometry: Geometry, x: Array, *, backward: bool) -> Case:
    """One pooling layer, or its backward pass."""
    arguments = {
        "x": geometry.layout(x),
        "kernel": geometry.kernel,
        "stride": geometry.stride,
        "padding": geometry.padding,
    }
    if backward:
        arguments["dout"] = geometry.layout(signed(draw, *geometry.batch[:2], *geometry.out))
    return Case(geometry.category, **arguments)


def pools(draw: Draw, geometries: Sequence[Geometry], *, backward: bool) -> list[Case]:
    """Pooling of values that are all different."""
    return [
        pool(draw, geometry, different(draw, *geometry.batch), backward=backward) for geometry in geometries
    ]


def different(draw: Draw, *shape: int) -> Array:
    """Values of both signs, at least 0.1 apart: no ties, and no maximum within reach of another.

    Two thirds of them are negative, so that a border of zeros would win here and there.
    """
    count = int(np.prod(shape))
    values = (np.arange(count) - 0.66 * count + 0.35) * 0.1
    return np.asarray(draw.generator.permutation(values).reshape(shape))


def _pools(draw: Draw) -> list[Geometry]:
    """Windows that do not overlap, no padding."""
    n, c = draw.sizes(2, 2, 4)
    geometries = [
        Geometry(category="windows of 2 × 2", batch=(1, 1, 4, 6), kernel=(2, 2), stride=(2, 2)),
        Geometry(category="other rows than columns", batch=(n, c, 6, 8), kernel=(3, 2), stride=(3, 2)),
        Geometry(
            category="some left over",
            batch=(c, n, 8, 7),
            kernel=(3, 2),
            stride=(3, 2),
            layout=draw.strided,
        ),
        Geometry(category="gaps between windows", batch=(n, c, 8, 9), kernel=(2, 1), stride=(3, 2)),
        Geometry(
            category="channels last in memory",
            batch=(n, c, 6, 4),
            kernel=(2, 4),
            stride=(2, 4),
            layout=channels_last,
        ),
    ]
    assert geometries[2].left_over == (2, 1)
    return geometries


def max_pool2d(draw: Draw) -> list[Case]:
    """Pooling without padding, windows overlapping too."""
    return pools(draw, [*_pools(draw), _large_window(), *_overlapping(draw)[:2]], backward=False)


def max_pool2d_backward(draw: Draw) -> list[Case]:
    """Backward passes of pooling without overlap and padding."""
    large = _large_window()

    def late() -> Array:
        return different(draw, *large.batch)

    # A position among 272 does not fit into 8 bits.
    x = until(late, lambda x: bool((x.reshape(len(x), -1).argmax(axis=1) >= 256).any()))
    return [*pools(draw, _pools(draw), backward=True), pool(draw, large, x, backward=True)]


def _large_window() -> Geometry:
    return Geometry(
        category="windows of 16 × 17, more than 256 entries", batch=(5, 1, 16, 17), kernel=(16, 17)
    )


def _overlapping(draw: Draw) -> list[Geometry]:
    """Windows that overlap, without and with padding."""
    n, c = draw.sizes(2, 2, 4)
    return [
        Geometry(category="windows that overlap", batch=(1, 1, 4, 5), kernel=(2, 3)),
        Geometry(
            category="windows that overlap, with a stride", batch=(n, c, 7, 8), kernel=(3, 4), stride=(2, 3)
        ),
        *_padded_pools(draw),
    ]


def _padded_pools(draw: Draw) -> list[Geometry]:
    """Padding, which must not win."""
    n, c = draw.sizes(2, 2, 4)
    return [
        Geometry(category="padding", batch=(1, 1, 4, 6), kernel=(2, 2), stride=(2, 2), padding=(1, 1)),
        Geometry(
            category="padding of rows alone", batch=(n, c, 5, 7), kernel=(3, 2), stride=(1, 2), padding=(1, 0)
        ),
        Geometry(
            category="another padding of rows than of columns, and some left over",
            batch=(c, n, 6, 7),
            kernel=(3, 4),
            stride=(2, 3),
            padding=(1, 2),
            layout=draw.strided,
        ),
    ]


def max_pool2d_padding(draw: Draw) -> list[Case]:
    """Pooling with padding, where whole windows at the border are negative."""
    return [pool(draw, geometry, telling(draw, geometry), backward=False) for geometry in _padded_pools(draw)]


def max_pool2d_backward_overlapping(draw: Draw) -> list[Case]:
    """Backward passes where some entry is the maximum of several windows, and some with padding."""
    return [pool(draw, geometry, telling(draw, geometry), backward=True) for geometry in _overlapping(draw)]


def telling(draw: Draw, geometry: Geometry) -> Array:
    """Draw images that tell a border of zeros from a right one, and overwriting from adding up."""
    overlap = any(s < k for s, k in zip(geometry.stride, geometry.kernel, strict=True))

    def tells(x: Array) -> bool:
        maxima = windows_of(x, geometry).max(axis=-1)
        some_repeat = len(np.unique(maxima)) < maxima.size  # all values are different
        return (some_repeat or not overlap) and (geometry.padding == (0, 0) or maxima[0, 0, 0, 0] < 0.0)

    return until(lambda: different(draw, *geometry.batch), tells)


def windows_of(x: Array, geometry: Geometry) -> Array:
    """Return the entries of all windows, row by row, in the last axis."""
    (rows, columns), (down, right) = geometry.padding, geometry.stride
    padded = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), constant_values=-np.inf)
    seen = sliding_window_view(padded, geometry.kernel, axis=(2, 3))[:, :, ::down, ::right]
    return seen.reshape(*seen.shape[:4], -1)


def max_pool2d_backward_ties(draw: Draw) -> list[Case]:
    """Backward passes in which the maximum stands several times in a window, in several rows too."""
    n, c = draw.sizes(2, 2, 4)
    geometries = [
        Geometry(category="ties", batch=(1, 2, 4, 6), kernel=(2, 3), stride=(2, 3)),
        Geometry(category="ties where windows overlap", batch=(n, c, 6, 7), kernel=(3, 2), stride=(2, 1)),
        Geometry(
            category="ties, with padding",
            batch=(c, n, 5, 6),
            kernel=(3, 4),
            stride=(2, 3),
            padding=(1, 2),
        ),
    ]
    return [pool(draw, geometry, tied(draw, geometry), backward=True) for geometry in geometries]


def tied(draw: Draw, geometry: Geometry) -> Array:
    """Values from few, so that maxima tie, also such that columns first would choose another one."""

    def disagrees(x: Array) -> bool:
        entries = windows_of(x, geometry)
        order = np.arange(entries.shape[-1]).reshape(geometry.kernel).T.ravel()
        by_rows, by_columns = entries.argmax(axis=-1), order[entries[..., order].argmax(axis=-1)]
        count = (entries == entries.max(axis=-1, keepdims=True)).sum(axis=-1)
        return bool((by_rows != by_columns).any() and (count > 2).any() and (count == 1).any())

    return until(lambda: draw.integers(-2, 2, *geometry.batch) * 0.75, disagrees)


def _norm_sizes(draw: Draw) -> dict[str, tuple[tuple[int, int, int, int], Layout]]:
    n, c, rows, columns = draw.sizes(4, 2, 6)
    return {
        "one image": ((1, 2, 3, 4), np.asarray),
        "one entry an image": ((4, 3, 1, 1), np.asarray),
        "several images": ((n, c, rows, columns), np.asarray),
        "non-contiguous images": ((c, n, columns, rows), draw.strided),
        "channels last in memory": ((n, rows, columns, c), channels_last),
    }


def _norm(draw: Draw, category: str, x: Array, *, training: bool, momentum: float, eps: float) -> Case:
    """One normalisation: running statistics that are far from the batch's."""
    channels = x.shape[1]
    return Case(
        category,
        x=x,
        gamma=signed(draw, channels),
        beta=signed(draw, channels),
        running_mean=signed(draw, channels),
        running_var=draw.uniform(2.5, 5.0, channels),
        training=training,
        momentum=momentum,
        eps=eps,
    )


def _images(draw: Draw, shape: tuple[int, ...]) -> Array:
    """Images whose channels have each their own mean and spread."""
    channels = (1, shape[1], 1, 1)
    spread, mean = draw.uniform(0.5, 1.5, *channels), signed(draw, *channels)
    return np.asarray(signed(draw, *shape) * spread + mean)


def _eps(draw: Draw) -> float:
    """A large one, so that its place matters."""
    return float(draw.uniform(0.05, 0.2))


def batch_norm2d_training(draw: Draw) -> list[Case]:
    """Training, where the running statistics stay as they are."""
    return [
        _norm(draw, category, layout(_images(draw, shape)), training=True, momentum=0.0, eps=_eps(draw))
        for category, (shape, layout) in _norm_sizes(draw).items()
    ]


def batch_norm2d_running(draw: Draw) -> list[Case]:
    """Training, where they move."""
    return [
        _norm(draw, category, _images(draw, shape), training=True, momentum=momentum, eps=_eps(draw))
        for category, shape, momentum in (
            ("a momentum of 0.1", (2, 3, 2, 4), 0.1),
            ("a momentum of 0.7", (3, 4, 1, 2), 0.7),
            ("a momentum of 1.0", (1, 4, 3, 2), 1.0),
        )
    ]


def batch_norm2d_evaluation(draw: Draw) -> list[Case]:
    """Evaluation: of batches, of one image, of a single entry, whose variance would be zero."""
    sizes: dict[str, tuple[tuple[int, int, int, int], Layout]] = {
        **_norm_sizes(draw),
        "a single entry": ((1, 3, 1, 1), np.asarray),
    }
    return [
        _norm(
            draw,
            f"evaluation, {category}",
            layout(_images(draw, shape)),
            training=False,
            momentum=0.3,
            eps=_eps(draw),
        )
        for category, (shape, layout) in sizes.items()
    ]


def batch_norm2d_large_mean(draw: Draw) -> list[Case]:
    """Training on images whose values lie far from zero."""
    x = _images(draw, (3, 2, 5, 4)) + _far(draw)
    return [_norm(draw, "a mean of 1e5 standard deviations", x, training=True, momentum=0.0, eps=1e-5)]


def _far(draw: Draw) -> Array:
    """Offsets of two channels, of both signs."""
    return np.asarray(draw.generator.permutation([-5e4, 5e4])[None, :, None, None])


def batch_norm2d_backward(draw: Draw) -> list[Case]:
    """Backward passes: gradients with a mean, and with a part along the normalised values."""
    return [
        _norm_backward(draw, category, _images(draw, shape), _eps(draw), layout)
        for category, (shape, layout) in _norm_sizes(draw).items()
    ]


def batch_norm2d_backward_large_mean(draw: Draw) -> list[Case]:
    """Backward passes for images whose values lie far from zero."""
    x = _images(draw, (3, 2, 5, 4)) + _far(draw)
    return [_norm_backward(draw, "a mean of 1e5 standard deviations", x, 1e-5, np.asarray)]


def _norm_backward(draw: Draw, category: str, x: Array, eps: float, layout: Layout) -> Case:
    shift = signed(draw, 1, x.shape[1], 1, 1)
    dout = signed(draw, *x.shape) + shift + 0.5 * (x - x.mean(axis=(0, 2, 3), keepdims=True))
    return Case(category, dout=layout(dout), x=layout(x), gamma=signed(draw, x.shape[1]), eps=eps)


def lessons(draw: Draw) -> list[Lesson]:
    """Three trainings: six times through the training set, then the held-out digits."""
    return [_lesson(draw) for _ in range(3)]


def _lesson(draw: Draw) -> Lesson:
    data = digits(draw)
    case = Case("digits", seed=_seed(draw)).then("fit", *_stream(draw, data.images, data.labels, 6))
    case.then("predict", data.held_out_images)

    def score(results: Sequence[Any]) -> float:
        return accuracy(results[-1], data.held_out_labels)

    return Lesson(case=case, score=score)


def lessons_one_by_one(draw: Draw) -> list[Lesson]:
    """Two times through the training set; then digits together, among bright images, and one by one."""
    return [_lesson_one_by_one(draw) for _ in range(3)]


def _lesson_one_by_one(draw: Draw) -> Lesson:
    data = digits(draw)
    case = Case("a short stream", seed=_seed(draw)).then("fit", *_stream(draw, data.images, data.labels, 2))
    # Statistics of a batch would move far: three of four images in it are white.
    some = data.held_out_images[::6]
    case.then("predict", data.held_out_images)
    case.then("predict", np.concatenate([some, np.ones((3 * len(some), 8, 8))]))
    singles = range(0, 60, 3)
    for single in singles:
        case.then("predict", data.held_out_images[single : single + 1])

    def score(results: Sequence[Any]) -> float:
        _, together, company, *alone = results
        reached = accuracy(together, data.held_out_labels)
        accuracy(company, np.zeros(4 * len(some), dtype=np.int64))
        for answer, single in zip(alone, singles, strict=True):
            accuracy(answer, data.held_out_labels[single : single + 1])
        same = np.array_equal(company[: len(some)], together[::6]) and all(
            answer[0] == together[single] for answer, single in zip(alone, singles, strict=True)
        )
        check(
            same,
            "what your classifier predicts for an image changes with the other images of the call; in"
            " prediction nothing may be computed over the batch: normalise by the running statistics",
        )
        return reached

    return Lesson(case=case, score=score)


def lessons_apart(draw: Draw) -> list[Lesson]:
    """Three classifiers of one seed: the second learns wrong labels, the third what the first has learnt."""
    return [_lesson_apart(draw) for _ in range(3)]


def _lesson_apart(draw: Draw) -> Lesson:
    data = digits(draw)
    stream = _stream(draw, data.images, data.labels, 2)
    shown = data.held_out_images
    case = Case("three classifiers with one seed", seed=_seed(draw)).then("fit", *stream)
    case.then("predict", shown)
    case.then("fit", stream[0][:640], (stream[1][:640] + 1) % 10, on=1).then("predict", shown)
    case.then("fit", *stream, on=2).then("predict", shown, on=2)

    def score(results: Sequence[Any]) -> float:
        before, after, again = results[1], results[3], results[5]
        reached = [accuracy(answer, data.held_out_labels) for answer in (before, after, again)]
        check(
            np.array_equal(before, after),
            "a classifier of yours predicts otherwise after another one was trained: what is learnt belongs"
            " to the object (`self`), not to the class or the module",
        )
        check(
            np.array_equal(before, again),
            "two classifiers of yours with the same seed and the same stream predict differently: draw all"
            " that is random from one `np.random.default_rng(seed)` of the object's own",
        )
        return min(reached)

    return Lesson(case=case, score=score)


def accuracy(predicted: Any, labels: Array) -> float:
    """Return the share of right predictions; refuse what has not the form that the contract says."""
    kind = getattr(getattr(predicted, "dtype", None), "kind", "")
    right_form = isinstance(predicted, np.ndarray) and kind in "iu" and predicted.shape == labels.shape
    check(right_form, "`predict` must return one whole number an image: an int64 array of shape (M,)")
    return float(np.mean(predicted == labels))


def _stream(draw: Draw, images: Array, labels: Array, passes: int) -> tuple[Array, Array]:
    """Return the training set ``passes`` times over, each time in a new order."""
    order = np.concatenate([draw.generator.permutation(len(images)) for _ in range(passes)])
    return images[order], labels[order]


def _seed(draw: Draw) -> int:
    return int(draw.integers(0, 2**31))
