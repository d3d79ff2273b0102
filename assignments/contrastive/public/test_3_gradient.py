"""The gradient of NT-Xent."""

import math

import torch

from torchgrade.testing import Tolerance, close, numerical_gradient

Z1 = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
Z2 = torch.tensor([[2.0, 0.0], [-4.0, 3.0]], dtype=torch.float64)
TEMPERATURE = 0.2 / math.log(2.0)
DZ1 = torch.tensor([[-0.215727, 0.161795], [0.674145, 0.0]], dtype=torch.float64)
DZ2 = torch.tensor([[0.0, -0.207586], [-0.049821, -0.066427]], dtype=torch.float64)
ROUNDED = Tolerance(relative=0.0, absolute=2e-6)
NUMERICAL = Tolerance(relative=1e-6, absolute=1e-8)


def test_gradient_worked_example(student):
    """nt_xent_backward: the worked example of the handout"""
    dz1, dz2 = student.nt_xent_backward(Z1, Z2, TEMPERATURE)
    close(dz1, DZ1, "dz1", ROUNDED)
    close(dz2, DZ2, "dz2", ROUNDED)


def test_gradient_in_float32(student):
    """nt_xent_backward: float32 stays float32"""
    dz1, dz2 = student.nt_xent_backward(Z1.float(), Z2.float(), TEMPERATURE)
    close(dz1, DZ1.float(), "dz1", ROUNDED)
    close(dz2, DZ2.float(), "dz2", ROUNDED)


def test_gradient_numerically(student, cases):
    """nt_xent_backward: agrees with numerical differentiation of your own loss"""
    for case in cases.pairs():
        z1, z2, temperature = case.arguments.values()
        dz1, dz2 = student.nt_xent_backward(z1, z2, temperature)

        def of_first(z, z2=z2, temperature=temperature):
            return loss(student, torch.from_numpy(z), z2, temperature)

        def of_second(z, z1=z1, temperature=temperature):
            return loss(student, z1, torch.from_numpy(z), temperature)

        expected = torch.from_numpy(numerical_gradient(of_first, z1.numpy()))
        close(dz1, expected, f"dz1 ({case.category})", NUMERICAL)
        expected = torch.from_numpy(numerical_gradient(of_second, z2.numpy()))
        close(dz2, expected, f"dz2 ({case.category})", NUMERICAL)


def loss(student, z1, z2, temperature):
    return student.nt_xent(z1, z2, temperature).detach().numpy()


def test_gradient_of_one_image_and_of_a_zero_row(student):
    """nt_xent_backward: zero for one image, and for a zero row"""
    dz1, dz2 = student.nt_xent_backward(Z1[:1], Z2[:1], 0.5)
    close(dz1, torch.zeros(1, 2, dtype=torch.float64), "dz1 of one image")
    close(dz2, torch.zeros(1, 2, dtype=torch.float64), "dz2 of one image")
    holed = Z1.clone()
    holed[1] = 0.0
    dz1, _ = student.nt_xent_backward(holed, Z2, 0.5)
    close(dz1[1], torch.zeros(2, dtype=torch.float64), "dz1 of the zero row")
