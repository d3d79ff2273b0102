"""The replay buffer."""

import numpy as np
import torch

from torchgrade.testing import check, close


def transition(number):
    """Return the arguments of ``add`` for a transition that is known by its number."""
    observation = np.array([number, -number], dtype=np.float32)
    return observation, number, 0.5 * number, observation + 1.0, number % 3 == 0


def batch_of(numbers):
    """Return a batch of such transitions."""
    number = torch.tensor(numbers)
    observation = torch.stack((number, -number), dim=1).float()
    return {
        "observation": observation,
        "action": number,
        "reward": 0.5 * number,
        "next_observation": observation + 1.0,
        "terminated": number % 3 == 0,
    }


def test_ring_worked_example(student):
    """replay_buffer: capacity 3, five transitions"""
    buffer = student.replay_buffer(3, 2, 7)
    for number in range(1, 6):
        buffer.add(*transition(number))
    close(buffer.size(), 3, "size()")
    close(buffer.contents(), batch_of([3, 4, 5]), "contents()")


def test_extend_is_add_row_by_row(student):
    """replay_buffer: batches that fit, that go round the end, and that are too large"""
    buffer = student.replay_buffer(4, 2, 7)
    buffer.extend(batch_of([1, 2, 3]))
    close(buffer.contents(), batch_of([1, 2, 3]), "contents() after a batch of 3 in a buffer for 4")
    buffer.extend(batch_of([4, 5]))
    close(buffer.contents(), batch_of([2, 3, 4, 5]), "contents() after a batch of 2 more")
    buffer.add(*transition(6))
    close(buffer.contents(), batch_of([3, 4, 5, 6]), "contents() after one more")
    buffer.extend(batch_of([10, 11, 12, 13, 14, 15]))
    close(buffer.contents(), batch_of([12, 13, 14, 15]), "contents() after a batch of 6")


def test_an_empty_buffer(student):
    """replay_buffer: nothing in it"""
    buffer = student.replay_buffer(3, 2, 7)
    close(buffer.size(), 0, "size()")
    empty = {key: part[:0] for key, part in batch_of([1]).items()}
    close(buffer.contents(), empty, "contents()")


def test_samples_hold_what_was_added(student, draw):
    """replay_buffer: rows keep together, everything present is drawn, nothing else is"""
    buffer = student.replay_buffer(8, 2, int(draw.integers(0, 1_000)))
    for number in range(1, 12):
        buffer.add(*transition(number))
    drawn = set()
    for _ in range(60):
        batch = buffer.sample(5)
        check(
            isinstance(batch, dict) and "action" in batch,
            "sample() must return a dictionary, as the contract says",
        )
        close(batch, batch_of([int(number) for number in batch["action"]]), "a sample, going by its actions,")
        drawn.update(int(number) for number in batch["action"])
    check(drawn == set(range(4, 12)), f"300 rows of 4 … 11 were drawn, and these came: {sorted(drawn)}")


def test_the_seed_decides(student):
    """replay_buffer: equal seeds draw the same, other seeds do not"""
    drawn = []
    for seed in (5, 5, 6):
        buffer = student.replay_buffer(100, 2, seed)
        buffer.extend(batch_of(list(range(90))))
        drawn.append([buffer.sample(30)["action"].tolist() for _ in range(2)])
    check(drawn[0] == drawn[1], "two buffers with the same seed draw different samples")
    check(drawn[0] != drawn[2], "two buffers with different seeds draw the same samples")
    check(drawn[0][0] != drawn[0][1], "two samples of a buffer are the same")
