"""Targets, and the gradient towards them."""

import numpy as np
import torch

from torchgrade.testing import Tolerance, check, close, numerical_gradient

ALMOST = Tolerance(relative=2e-5, absolute=1e-7)


def targets_of(student, **given):
    """Return the student's targets; fail if already their form is wrong."""
    got, reward = student.td_targets(**given), given["reward"]
    fits = isinstance(got, torch.Tensor) and got.shape == reward.shape and got.dtype is reward.dtype
    check(
        fits,
        f"td_targets with double={given['double']} must return a tensor of the shape and dtype of `reward`,"
        f" {tuple(reward.shape)} and float64 here",
    )
    return got


def test_targets_worked_example(student):
    """td_targets: the worked example, plain and double"""
    reward = torch.tensor([1.0, -2.0, 10.0])
    terminated = torch.tensor([False, False, True])
    online = torch.tensor([[5.0, 2.0, 0.0], [1.0, 1.0, 7.0], [9.0, 9.0, 9.0]])
    target = torch.tensor([[4.0, 8.0, 6.0], [2.0, 0.0, 3.0], [9.0, 9.0, 9.0]])
    for double, expected in ((False, [5.0, -0.5, 10.0]), (True, [3.0, -0.5, 10.0])):
        got = student.td_targets(reward, terminated, online, target, 0.5, double)
        close(got, torch.tensor(expected), f"the targets with double={double}")


def test_targets_in_float64(student, cases):
    """td_targets: float64, and rewards alone with gamma 0"""
    for case in cases.targets():
        given = {**case.arguments, "gamma": 0.0}
        close(student.td_targets(**given), given["reward"], f"the targets with gamma 0 ({case.category})")


def test_double_makes_no_difference_where_networks_agree(student, cases):
    """td_targets: two networks that are the same give the same targets, double or not"""
    case = cases.targets()[0]
    given = {**case.arguments, "next_q_online": case.arguments["next_q_target"].clone()}
    plain, double = (targets_of(student, **{**given, "double": double}) for double in (False, True))
    close(double, plain, "the double targets, beside your plain ones, where both networks say the same,")


def test_gradient_worked_example(student):
    """td_gradient: the worked example"""
    weight = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    batch = {
        "observation": torch.tensor([[1.0, 0.0]]),
        "action": torch.tensor([0]),
        "reward": torch.tensor([0.0]),
        "next_observation": torch.tensor([[0.0, 1.0]]),
        "terminated": torch.tensor([False]),
    }
    got = student.td_gradient(weight, None, batch, 0.5, False)
    close(got, (0.125, torch.tensor([[0.5, 0.0], [0.0, 0.0]])), "(loss, dweight)")


def test_gradient_by_differences(student, cases):
    """td_gradient: the gradient is that of the loss, where the targets do not depend on weight"""
    for case in cases.gradients():
        given = {**case.arguments, "double": False}

        def loss(weight, given=given):
            return student.td_gradient(**{**given, "weight": torch.from_numpy(weight)})[0]

        answer = student.td_gradient(**given)
        right = isinstance(answer, list | tuple) and len(answer) == 2 and isinstance(answer[0], float)
        check(right, "td_gradient must return a Python float and a tensor")
        expected = torch.from_numpy(np.asarray(numerical_gradient(loss, given["weight"].numpy())))
        close(answer[1], expected, f"dweight ({case.category})", ALMOST)


def test_loss_of_double_targets(student, cases):
    """td_gradient: the loss is Huber's, of the targets of your own td_targets"""
    for case in cases.gradients():
        given = case.arguments
        batch, weight = given["batch"], given["weight"]
        other = weight if given["target_weight"] is None else given["target_weight"]
        after = batch["next_observation"]
        wanted = targets_of(
            student,
            reward=batch["reward"],
            terminated=batch["terminated"],
            next_q_online=after @ weight,
            next_q_target=after @ other,
            gamma=given["gamma"],
            double=given["double"],
        )
        q = (batch["observation"] @ weight)[torch.arange(len(wanted)), batch["action"]]
        expected = float(torch.nn.functional.huber_loss(q, wanted))
        close(student.td_gradient(**given)[0], expected, f"the loss ({case.category})", ALMOST)
