"""What a training asks of an optimiser beside its formula."""

import torch

from torchgrade.testing import check, close


def drawn(draw, params):
    """Return gradients for these parameters."""
    return [torch.as_tensor(draw.normal(*p.shape), dtype=p.dtype) for p in params]


def test_none_leaves_a_parameter_alone(student, cases, draw):
    """adam: a parameter whose gradient is None stays where it is, and the others go on"""
    case = cases.problems()[-1]
    params = case.arguments["params"]
    optimiser = student.adam(**{**case.arguments, "weight_decay": 0.5, "decoupled": True})
    optimiser.step(drawn(draw, params))
    before = optimiser.parameters()
    first, _, last = drawn(draw, params)
    optimiser.step([first, None, last])
    after = optimiser.parameters()
    close(after[1], before[1], "the parameter whose gradient was None")
    check(not torch.equal(after[0], before[0]), "the parameter before it must move")
    check(not torch.equal(after[2], before[2]), "the parameter after it must move")


def test_none_counts_as_a_step(student, cases, draw):
    """adam: t counts a step in which all gradients are None"""
    case = cases.problems()[-1]
    nothing = [None] * len(case.arguments["params"])
    optimiser = student.adam(**case.arguments)
    optimiser.step(nothing)
    optimiser.step(drawn(draw, case.arguments["params"]))
    close(optimiser.state()["t"], 2, "t in state()")


def test_a_saved_training_goes_on(student, cases, draw):
    """adam: what loads a state goes on as what saved it does"""
    for amsgrad in (False, True):
        case = cases.problems()[-1]
        given = {**case.arguments, "amsgrad": amsgrad}
        one, other = student.adam(**given), student.adam(**given)
        for _ in range(3):
            one.step(drawn(draw, given["params"]))
        one.set_lr(0.2)
        other.load(one.state())
        for _ in range(3):
            gradients = drawn(draw, given["params"])
            one.step(gradients)
            other.step(gradients)
        close(other.state()["lr"], 0.2, "lr in state(), after load()")
        close(other.parameters(), one.parameters(), f"parameters() with amsgrad={amsgrad}")


def test_a_new_rate_counts_from_the_next_step(student, cases, draw):
    """adam: with a rate of 0 nothing moves, with the old one again it does"""
    case = cases.problems()[-1]
    params = case.arguments["params"]
    optimiser = student.adam(**{**case.arguments, "weight_decay": 0.5, "decoupled": True})
    optimiser.set_lr(0.0)
    optimiser.step(drawn(draw, params))
    close(optimiser.parameters(), params, "parameters() after a step with the rate 0")
    optimiser.set_lr(0.1)
    optimiser.step(drawn(draw, params))
    check(
        not torch.equal(optimiser.parameters()[0], params[0]), "after set_lr(0.1) a step must move parameters"
    )


def test_a_state_before_the_first_step(student, cases):
    """adam: the state of a new optimiser"""
    case = cases.problems()[-1]
    params = case.arguments["params"]
    zeros = [torch.zeros_like(p) for p in params]
    expected = {"t": 0, "lr": case.arguments["lr"], "parameters": params, "m": zeros, "v": zeros, "v_max": []}
    close(student.adam(**case.arguments).state(), expected, "state()")


def test_two_optimisers_do_not_meet(student, cases, draw):
    """adam: a second optimiser changes nothing for the first"""
    case = cases.problems()[-1]
    steps = [drawn(draw, case.arguments["params"]) for _ in range(4)]
    alone = student.adam(**case.arguments)
    for gradients in steps:
        alone.step(gradients)
    expected = alone.parameters()
    watched = student.adam(**case.arguments)
    for gradients in steps:
        watched.step(gradients)
        student.adam(**case.arguments).step(drawn(draw, case.arguments["params"]))
    close(watched.parameters(), expected, "parameters() beside other optimisers")


def test_dtypes(student, draw):
    """adam: parameters keep their dtypes, and moments have theirs"""
    dtypes = (torch.float32, torch.float64, torch.bfloat16)
    params = [torch.as_tensor(draw.normal(2, 3)).to(dtype) for dtype in dtypes]
    optimiser = student.adam(params, 0.1, (0.9, 0.99), 1e-8, 0.0, False, False)
    optimiser.step(drawn(draw, params))
    found = optimiser.state()
    kept = [p.dtype for p in optimiser.parameters()]
    check(
        kept == list(dtypes),
        f"after a step, parameters of {dtypes} are of {kept}; they must keep their dtypes",
    )
    for name in ("m", "v"):
        got = [m.dtype for m in found[name]]
        wanted = [torch.float32, torch.float64, torch.float32]
        check(got == wanted, f"{name} of parameters of {dtypes} is of {got}; it must be of {wanted}")
