"""The losses: the worked example, and what every right solution has in common."""

from functools import partial

import torch

from torchgrade.testing import Tolerance, check, close, numerical_gradient

WRITTEN = Tolerance(relative=1e-6, absolute=1e-6)
SLOPES = Tolerance(relative=1e-6, absolute=1e-8)


def loss_at(function, place, arguments, array):
    """Return a function's loss with other logits in one place."""
    given = list(arguments)
    given[place] = torch.from_numpy(array)
    return function(*given)[0]


def test_worked_example(student):
    """discriminator_loss, generator_loss, least_squares_losses: the worked example of the handout"""
    real = torch.tensor([2.0, -1.0], dtype=torch.float64)
    fake = torch.tensor([0.0, -3.0, 1.0], dtype=torch.float64)
    loss, dreal, dfake = student.discriminator_loss(real, fake)
    close(loss, torch.tensor(1.405094, dtype=torch.float64), "the discriminator's loss", WRITTEN)
    close(dreal, torch.tensor([-0.059601, -0.365529], dtype=torch.float64), "dreal", WRITTEN)
    close(dfake, torch.tensor([0.166667, 0.015809, 0.243686], dtype=torch.float64), "dfake", WRITTEN)
    loss, dfake = student.generator_loss(fake)
    close(loss, torch.tensor(1.351665, dtype=torch.float64), "the generator's loss", WRITTEN)
    expected = torch.tensor([-0.166667, -0.317525, -0.089647], dtype=torch.float64)
    close(dfake, expected, "dfake of the generator's loss", WRITTEN)
    found = student.least_squares_losses(real, fake)
    right = [torch.tensor(value, dtype=torch.float64) for value in (2.916667, 2.833333)]
    close(found, right, "least_squares_losses(...)", WRITTEN)


def test_gradients_are_those_of_the_loss(student, cases):
    """discriminator_loss, generator_loss: gradients as numerical differentiation finds them"""
    for case in cases.pairs():
        real, fake = case.arguments["real_logits"], case.arguments["fake_logits"]

        functions = {
            "dreal": (real, partial(loss_at, student.discriminator_loss, 0, (real, fake))),
            "dfake": (fake, partial(loss_at, student.discriminator_loss, 1, (real, fake))),
            "dfake of generator_loss": (fake, partial(loss_at, student.generator_loss, 0, (fake,))),
        }
        gradients = (*student.discriminator_loss(real, fake)[1:], student.generator_loss(fake)[1])
        for (name, (values, function)), found in zip(functions.items(), gradients, strict=True):
            slope = torch.from_numpy(numerical_gradient(function, values.numpy()))
            close(found, slope, f"{name} ({case.category})", SLOPES)


def test_certainty(student):
    """discriminator_loss, generator_loss: a logit of 1,000 on the wrong side costs 1,000"""
    for dtype in (torch.float32, torch.float64):
        real, fake = torch.full((2, 1), -1_000.0, dtype=dtype), torch.full((3, 1), 1_000.0, dtype=dtype)
        expected = [
            torch.tensor(2_000.0, dtype=dtype),
            torch.full_like(real, -0.5),
            torch.full_like(fake, 1 / 3),
        ]
        close(student.discriminator_loss(real, fake), expected, "discriminator_loss(...)")
        expected = [torch.tensor(0.0, dtype=dtype), torch.zeros_like(real), torch.zeros_like(fake)]
        close(
            student.discriminator_loss(-real, -fake), expected, "discriminator_loss(...), certain and right"
        )
        expected = [torch.tensor(1_000.0, dtype=dtype), torch.full_like(real, -0.5)]
        close(student.generator_loss(real), expected, "generator_loss(...)")


def test_repeating_a_batch_changes_no_loss(student, cases):
    """discriminator_loss, generator_loss, least_squares_losses: as many made points again, the same loss"""
    for case in cases.pairs():
        real, fake = case.arguments["real_logits"], case.arguments["fake_logits"]
        twice = torch.cat([fake, fake])
        for name, one, other in (
            (
                "discriminator_loss",
                student.discriminator_loss(real, fake),
                student.discriminator_loss(real, twice),
            ),
            ("generator_loss", student.generator_loss(fake), student.generator_loss(twice)),
        ):
            close(other[0], one[0], f"the loss of {name} with each made point twice")
        one, other = student.least_squares_losses(real, fake), student.least_squares_losses(real, twice)
        close(other, one, "least_squares_losses with each made point twice")
        check(one[0].shape == (), "a loss has the shape ()")
