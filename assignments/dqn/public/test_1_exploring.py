"""How often to explore, and what to do then."""

import torch

from torchgrade.testing import check, close


def test_epsilon_worked_example(student):
    """epsilon: the worked example, the ends of the line, and beyond"""
    for step, value in ((30, 0.8), (0, 1.0), (120, 0.2), (121, 0.2), (10_000, 0.2)):
        close(student.epsilon(step, 1.0, 0.2, 120), value, f"epsilon in step {step} of 120")
    close(student.epsilon(0, 1.0, 0.2, 0), 0.2, "epsilon in step 0 without a decay")


def test_epsilon_greedy_worked_example(student):
    """epsilon_greedy: the worked example"""
    q = torch.tensor([[1.0, 3.0, 2.0], [1.0, 3.0, 2.0], [4.0, -1.0, 4.0]])
    uniform = torch.tensor([0.6, 0.1, 0.25])
    random_action = torch.tensor([0, 2, 1])
    close(student.epsilon_greedy(q, 0.25, uniform, random_action), torch.tensor([1, 2, 0]), "the actions")


def test_epsilon_greedy_explores_as_often_as_it_is_told(student, draw):
    """epsilon_greedy: the share of rows that explore"""
    rows = 2_000
    q = torch.from_numpy(draw.normal(rows, 4))
    best = q.argmax(dim=1)
    for epsilon in (0.0, 0.3, 1.0):
        uniform = torch.from_numpy(draw.uniform(0.0, 1.0, rows))
        actions = student.epsilon_greedy(q, epsilon, uniform, (best + 1) % 4)
        right = (
            isinstance(actions, torch.Tensor) and actions.shape == best.shape and actions.dtype is torch.int64
        )
        check(right, f"the actions must be an int64 tensor of shape ({rows},)")
        share = float((actions != best).double().mean())
        check(abs(share - epsilon) < 0.05, f"with epsilon {epsilon}, {share:.3f} of the rows explore")
