# canary: torchgrade-reference-7f3c1d
"""The replay buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import check, points

KEYS = ("observation", "action", "reward", "next_observation", "terminated")
# A chi-square this many standard deviations above its mean comes by chance once in millions of times.
FAR = 8.0


@points(3)
def test_buffer_fills(agree, cases):
    """replay_buffer: what was added is there, in its order"""
    agree("replay_buffer", cases.filling())


@points(3)
def test_buffer_overflows(agree, cases):
    """replay_buffer: when it is full, the oldest make room"""
    agree("replay_buffer", cases.overflowing())


@points(3)
def test_buffer_extends(agree, cases):
    """replay_buffer: batches"""
    agree("replay_buffer", cases.extending())


@points(2)
def test_certain_samples(agree, cases):
    """replay_buffer: samples from a single transition, or from equal ones"""
    agree("replay_buffer", cases.samples_that_are_certain())


@points(4)
def test_samples(student, draw):
    """replay_buffer: samples are uniform over what is there, and rows keep together"""
    capacity, added, rows = 24, 37, 12
    buffer = student.replay_buffer(capacity, 2, int(draw.integers(0, 2**31)))
    for number in range(added):
        one = np.array([number, -number], dtype=np.float32)
        buffer.add(one, number, 0.5 * number, one + 1.0, number % 3 == 0)
    counts = np.zeros((rows, added))
    answers = [taken for _ in range(10) for taken in buffer.in_turn(*[("sample", rows)] * 60)]
    for answer in answers:
        counts[np.arange(rows), numbers_of(answer, rows, added)] += 1
    expected = len(answers) / capacity
    check(counts[:, : added - capacity].sum() == 0, "a sample holds transitions that had to make room")
    present = counts[:, added - capacity :]
    check(present.sum(axis=0).min() > 0, "some of the transitions that are there are never sampled")
    for name, found, wanted in (
        ("over all rows", present.sum(axis=0), rows * expected),
        ("in the first row", present[0], expected),
        ("in the last row", present[-1], expected),
    ):
        check(
            is_uniform(found, wanted), f"not all transitions are sampled equally often {name} of the batches"
        )


@points(2)
def test_seeds(student, draw):
    """replay_buffer: the seed decides what is sampled, and nothing else does"""
    batch = whole(50)
    seed = int(draw.integers(0, 2**31))
    told = []
    for number in (seed, seed, seed + 1):
        buffer = student.replay_buffer(60, 2, number)
        buffer.extend(batch)
        told.append([numbers_of(buffer.sample(20), 20, 50).tolist() for _ in range(3)])
    check(told[0] == told[1], "two buffers with the same seed and contents sample differently")
    check(told[0] != told[2], "two buffers with different seeds sample the same")
    check(told[0][0] != told[0][1], "a buffer samples the same batch twice in a row")


@points(1)
def test_buffers_apart(agree, cases):
    """replay_buffer: two buffers side by side"""
    agree("replay_buffer", cases.buffers_side_by_side())


@points(1)
def test_buffer_errors(agree, cases):
    """replay_buffer: what cannot be raises ValueError"""
    agree("replay_buffer", cases.bad_buffers())


def whole(count: int) -> dict[str, torch.Tensor]:
    """Return a batch of transitions that are known by their numbers."""
    number = torch.arange(count)
    observation = torch.stack((number, -number), dim=1).float()
    return {
        "observation": observation,
        "action": number,
        "reward": 0.5 * number,
        "next_observation": observation + 1.0,
        "terminated": number % 3 == 0,
    }


def numbers_of(answer: Any, rows: int, count: int) -> Any:
    """Return the number of the transition in each row of a sample, whose parts must belong together."""
    check(
        isinstance(answer, dict) and set(answer) == set(KEYS), f"`sample` must return a dictionary of {KEYS}"
    )
    forms = {"observation": (rows, 2), "next_observation": (rows, 2)}
    dtypes = {"action": torch.int64, "terminated": torch.bool}
    for key in KEYS:
        part, shape, dtype = answer[key], forms.get(key, (rows,)), dtypes.get(key, torch.float32)
        fits = isinstance(part, torch.Tensor) and tuple(part.shape) == shape and part.dtype is dtype
        kind = str(dtype).removeprefix("torch.")
        check(fits, f'"{key}" of a sample must be a tensor of shape {shape} and dtype {kind} here')
    number = answer["action"]
    first = answer["observation"]
    together = (
        torch.equal(first[:, 0], number.float())
        and torch.equal(first[:, 1], -number.float())
        and torch.equal(answer["next_observation"], first + 1.0)
        and torch.equal(answer["reward"], 0.5 * number)
        and torch.equal(answer["terminated"], number % 3 == 0)
    )
    check(together, "a row of a sample is put together from different transitions, or from none")
    check(int(number.min()) >= 0 and int(number.max()) < count, "a sample holds what was never added")
    return number.numpy()


def is_uniform(counts: Any, expected: float) -> bool:
    """Tell whether counts may well be those of equal probabilities."""
    degrees = len(counts) - 1
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic <= degrees + FAR * (2.0 * degrees) ** 0.5
