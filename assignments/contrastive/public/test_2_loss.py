"""NT-Xent."""

import math

import torch

from torchgrade.testing import check, close

Z1 = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
Z2 = torch.tensor([[2.0, 0.0], [-4.0, 3.0]], dtype=torch.float64)
TEMPERATURE = 0.2 / math.log(2.0)
LOSS = (math.log(25 / 8) + math.log(145 / 128)) / 2


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def test_loss_worked_example(student):
    """nt_xent: the worked example of the handout"""
    close(student.nt_xent(Z1, Z2, TEMPERATURE), scalar(LOSS), "loss")


def test_loss_in_float32(student):
    """nt_xent: float32 stays float32"""
    close(student.nt_xent(Z1.float(), Z2.float(), TEMPERATURE), scalar(LOSS).float(), "loss")


def test_loss_of_equal_rows(student):
    """nt_xent: 0 for one image, log(2N - 1) where all rows are equal"""
    close(student.nt_xent(Z1[:1], Z2[:1], 0.5), scalar(0.0), "loss of one image")
    for count in (2, 5):
        same = Z1[:1].repeat(count, 1)
        close(
            student.nt_xent(same, same, 0.5), scalar(math.log(2 * count - 1)), f"loss of {count} equal images"
        )


def test_loss_by_its_formula(student, cases):
    """nt_xent: agrees with the formula, one anchor after the other"""
    for case in cases.pairs():
        close(student.nt_xent(**case.arguments), by_formula(**case.arguments), f"loss ({case.category})")


def by_formula(z1, z2, temperature):
    rows = [row / row.norm() for row in (*z1, *z2)]
    total = 0.0
    for i, row in enumerate(rows):
        partner = (i + len(z1)) % len(rows)
        logits = [float(row @ other) / temperature for other in rows]
        below = sum(math.exp(logit) for k, logit in enumerate(logits) if k != i)
        total -= logits[partner] - math.log(below)
    return scalar(total / len(rows))


def test_loss_of_the_same_in_other_words(student, cases):
    """nt_xent: rows of other lengths, swapped views, images in another order"""
    for case in cases.pairs():
        z1, z2, temperature = case.arguments.values()
        loss = student.nt_xent(z1, z2, temperature)
        close(student.nt_xent(7.0 * z1, z2, temperature), loss, "loss of longer rows")
        close(student.nt_xent(z2, z1, temperature), loss, "loss of swapped views")
        order = torch.arange(len(z1)).roll(1)
        close(student.nt_xent(z1[order], z2[order], temperature), loss, "loss of images in another order")


def test_loss_at_low_temperatures(student):
    """nt_xent: finite where exponentials are not"""
    loss = student.nt_xent(Z1, Z2, 0.001)
    # Row 0 prefers row 1 by 0.2 / 0.001, row 1 row 0 likewise, and the others their partners by 0.6 and more.
    close(loss, scalar((200.0 + 200.0) / 4), "loss")
    single = student.nt_xent(Z1.float(), Z2.float(), 0.01)
    check(torch.isfinite(single), "the loss of float32 views at temperature 0.01 is not finite")


def test_loss_of_a_zero_row(student):
    """nt_xent: a zero row has similarity 0 to all others"""
    one = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    z1, z2 = torch.cat((one, 0.0 * one)), torch.cat((one, one))
    # Row 0: its partner and row 3 at 1, row 1 at 0. Row 1: three rows at 0.
    near = math.log((2 * math.e + 1) / math.e)
    close(student.nt_xent(z1, z2, 1.0), scalar((near + math.log(3) + near + near + 1.0) / 4), "loss")
