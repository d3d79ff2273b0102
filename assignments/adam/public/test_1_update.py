"""One update and several: the worked examples, and what every right Adam has in common."""

import torch

from torchgrade.testing import Tolerance, check, close

ALMOST = Tolerance(relative=1e-7, absolute=1e-9)


def test_worked_example(student):
    """adam: the worked example of the handout"""
    optimiser = student.adam(
        [torch.tensor(1.0, dtype=torch.float64)], 0.1, (0.9, 0.99), 1e-8, 0.0, False, False
    )
    for gradient, expected in ((2.0, 0.9), (-1.0, 0.8733300571)):
        optimiser.step([torch.tensor(gradient, dtype=torch.float64)])
        found = optimiser.parameters()
        close(found, [torch.tensor(expected, dtype=torch.float64)], "parameters()", ALMOST)


def test_worked_example_of_amsgrad(student):
    """adam: the worked example of AMSGrad"""
    for amsgrad, second in ((False, 4 / 3), (True, 8 / 3)):
        start = torch.zeros(1, dtype=torch.float64)
        optimiser = student.adam([start], 1.0, (0.5, 0.5), 1e-12, 0.0, False, amsgrad)
        for gradient in (2.0, 0.0):
            optimiser.step([torch.tensor([gradient], dtype=torch.float64)])
        # The first step is lr long; then m is 0.5, corrected 2/3.
        expected = -1.0 - (2 / 3) / second**0.5
        what = f"the parameter with amsgrad={amsgrad}"
        close(optimiser.parameters()[0], torch.tensor([expected], dtype=torch.float64), what, ALMOST)


def test_first_step_has_the_length_of_the_learning_rate(student, cases, draw):
    """adam: the first step is lr long in every entry, against the gradient"""
    for case in cases.problems():
        params, lr = case.arguments["params"], case.arguments["lr"]
        gradients = [torch.as_tensor(draw.normal(*p.shape) * 10.0, dtype=torch.float64) for p in params]
        optimiser = student.adam(**case.arguments)
        optimiser.step(gradients)
        expected = [p - lr * g.sign() for p, g in zip(params, gradients, strict=True)]
        close(optimiser.parameters(), expected, f"parameters() ({case.category})", ALMOST)


def test_units_do_not_matter(student, cases, draw):
    """adam: gradients that are 1,000 times larger lead the same way"""
    for case in cases.problems():
        small, large = student.adam(**case.arguments), student.adam(**case.arguments)
        for _ in range(5):
            gradients = [
                torch.as_tensor(draw.normal(*p.shape), dtype=torch.float64) for p in case.arguments["params"]
            ]
            small.step(gradients)
            large.step([1_000.0 * g for g in gradients])
        close(large.parameters(), small.parameters(), f"parameters() ({case.category})", ALMOST)


def test_eps_beside_a_gradient_of_its_size(student):
    """adam: eps is added to the root"""
    eps = 1e-6
    start = torch.zeros(3, dtype=torch.float64)
    optimiser = student.adam([start], 1.0, (0.9, 0.999), eps, 0.0, False, False)
    gradient = torch.tensor([eps, -3.0 * eps, 0.0], dtype=torch.float64)
    optimiser.step([gradient])
    expected = torch.tensor([-0.5, 0.75, 0.0], dtype=torch.float64)
    close(optimiser.parameters()[0], expected, "the parameter", ALMOST)


def test_decoupled_weight_decay_of_an_idle_parameter(student, cases):
    """adam: with gradients of zero, decoupled weight decay shrinks by lr times weight_decay"""
    for case in cases.problems():
        given = {**case.arguments, "weight_decay": 0.5, "decoupled": True}
        optimiser = student.adam(**given)
        for _ in range(4):
            optimiser.step([torch.zeros_like(p) for p in given["params"]])
        expected = [p * (1.0 - given["lr"] * 0.5) ** 4 for p in given["params"]]
        close(optimiser.parameters(), expected, f"parameters() ({case.category})", ALMOST)


def test_weight_decay_on_gradients(student, cases, draw):
    """adam: weight decay that is not decoupled is a term of the gradient"""
    for case in cases.problems():
        decayed = student.adam(**{**case.arguments, "weight_decay": 0.5})
        plain = student.adam(**case.arguments)
        for _ in range(5):
            before = plain.parameters()
            check(isinstance(before, list), "`parameters()` must return a list")
            gradients = [torch.as_tensor(draw.normal(*p.shape), dtype=torch.float64) for p in before]
            decayed.step(gradients)
            plain.step([g + 0.5 * p for g, p in zip(gradients, before, strict=True)])
        close(decayed.parameters(), plain.parameters(), f"parameters() ({case.category})", ALMOST)
