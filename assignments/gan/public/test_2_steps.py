"""Two networks and their steps: the worked examples, and who may change what."""

import numpy as np
import torch

from torchgrade.testing import Tolerance, check, close

WRITTEN = Tolerance(relative=1e-5, absolute=1e-9)
WIDTH = 64


def normal(draw, *shape):
    """Return float64 values."""
    return torch.from_numpy(np.asarray(draw.normal(*shape)))


def empty(model):
    """Return a model's state with zeros for all parameters but the gammas."""
    state = model.state()
    for name in ("generator", "discriminator"):
        state[name]["parameters"] = [torch.zeros_like(each) for each in state[name]["parameters"]]
    for name, place in (("generator", 1), ("generator", 4), ("discriminator", 3)):
        state[name]["parameters"][place] = torch.ones(WIDTH, dtype=torch.float64)
    return state


def test_new_model(student):
    """gan: the numbers of a new model in the handout, and its form"""
    state = student.gan(2, 3, 5).state()
    shapes = {
        "generator": [(64, 3), (64,), (64,), (64, 64), (64,), (64,), (2, 64), (2,)],
        "discriminator": [(64, 2), (64,), (64, 64), (64,), (64,), (1, 64), (1,)],
    }
    check(set(state) == {*shapes, "statistics"}, f"`state()` has the keys {sorted(map(str, state))}")
    for name, wanted in shapes.items():
        for key in ("parameters", "m", "v"):
            found = [tuple(each.shape) for each in state[name][key]]
            check(found == wanted, f"the shapes of `{name}`'s `{key}` are {found}; expected: {wanted}")
            check(
                all(each.dtype is torch.float64 for each in state[name][key]), f"`{name}`'s `{key}`: float64"
            )
        close(state[name]["t"], 0, f"`{name}`'s `t`")
    row = torch.tensor([-0.654774, -1.081335, -0.202786], dtype=torch.float64)
    close(state["generator"]["parameters"][0][0], row, "the first row of the generator's W1", WRITTEN)
    row = torch.tensor([-1.803023, -0.549313], dtype=torch.float64)
    close(state["discriminator"]["parameters"][0][0], row, "the first row of the discriminator's W1", WRITTEN)


def test_worked_example_of_a_discriminator_step(student, draw):
    """gan: the discriminator step of the handout, in which every logit is 1"""
    model = student.gan(2, 3, 5)
    state = empty(model)
    state["discriminator"]["parameters"][6] = torch.ones(1, dtype=torch.float64)
    model.load(state)
    loss = model.discriminator_step(normal(draw, 6, 2), normal(draw, 4, 3))
    close(loss, torch.tensor(1.626523, dtype=torch.float64), "the loss", WRITTEN)
    after = model.state()["discriminator"]
    for key, expected in (("m", 0.231059), ("v", 0.000213552), ("parameters", 0.998)):
        found, right = after[key][6], torch.tensor([expected], dtype=torch.float64)
        close(found, right, f"`{key}` of b3 after the step", WRITTEN)
    close(after["t"], 1, "`t` after the step")


def test_worked_example_of_the_statistics(student):
    """gan: the running statistics of the handout"""
    model = student.gan(2, 3, 5)
    state = empty(model)
    state["generator"]["parameters"][0][:, 0] = 1.0
    model.load(state)
    noise = torch.tensor([[0.0, 5.0, 1.0], [2.0, -3.0, 7.0], [4.0, 1.0, -2.0]], dtype=torch.float64)
    model.generator_step(noise)
    mean, variance, *_ = model.state()["statistics"]
    close(mean, torch.full((WIDTH,), 0.2, dtype=torch.float64), "the running mean of norm1")
    close(variance, torch.full((WIDTH,), 1.3, dtype=torch.float64), "the running variance of norm1")


def test_who_changes_what(student, cases, draw):
    """gan: a step changes its own network, bit for bit nothing of the other; sample changes nothing"""
    for case in cases.models():
        data, latent = case.arguments["data_dim"], case.arguments["latent_dim"]
        model = student.gan(**case.arguments)
        model.discriminator_step(normal(draw, 9, data), normal(draw, 7, latent))
        model.generator_step(normal(draw, 8, latent))
        for name, arguments, changed in (
            ("discriminator_step", (normal(draw, 9, data), normal(draw, 7, latent)), "discriminator"),
            ("generator_step", (normal(draw, 8, latent),), "generator"),
            ("sample", (normal(draw, 8, latent),), None),
        ):
            before = model.state()
            getattr(model, name)(*arguments)
            after = model.state()
            for side in ("generator", "discriminator"):
                for key in ("parameters", "m", "v"):
                    pairs = zip(before[side][key], after[side][key], strict=True)
                    same = all(torch.equal(one, other) for one, other in pairs)
                    told = "changes" if not same else "does not change"
                    check(same is (side != changed), f"`{name}` {told} the {side}'s `{key}`")
                grown = after[side]["t"] - before[side]["t"]
                check(grown == (side == changed), f"`{name}` adds {grown} to the {side}'s `t`")
            moved = not all(map(torch.equal, before["statistics"], after["statistics"]))
            told = "moves" if moved else "does not move"
            check(moved is (name != "sample"), f"`{name}` {told} the running statistics")


def test_points_do_not_depend_on_each_other(student, cases, draw):
    """gan: sample makes the same point of a noise vector alone and among others"""
    for case in cases.models():
        model = student.gan(**case.arguments)
        noise = normal(draw, 30, case.arguments["latent_dim"])
        model.generator_step(noise)
        together = model.sample(noise)
        close(model.sample(noise[:1]), together[:1], "the first of 30 points, sampled alone")
        close(model.sample(noise), together, "the same points, sampled again")


def test_real_and_made_points_pass_apart(student, cases, draw):
    """gan: the discriminator's loss does not change if all points of one kind come twice"""
    for case in cases.models():
        real, noise = (normal(draw, 8, case.arguments[name]) for name in ("data_dim", "latent_dim"))
        one = student.gan(**case.arguments).discriminator_step(real, noise)
        other = student.gan(**case.arguments).discriminator_step(torch.cat([real, real]), noise)
        close(other, one, "the loss with every real point twice")


def test_a_saved_training_goes_on(student, cases, draw):
    """gan: what loads a state goes on as what saved it does"""
    for case in cases.models():
        data, latent = case.arguments["data_dim"], case.arguments["latent_dim"]
        one, other = student.gan(**case.arguments), student.gan(**case.arguments)
        for _ in range(3):
            one.discriminator_step(normal(draw, 10, data), normal(draw, 10, latent))
            one.generator_step(normal(draw, 12, latent))
        other.load(one.state())
        real, noise = normal(draw, 11, data), normal(draw, 9, latent)
        for model in (one, other):
            model.generator_step(noise)
            model.discriminator_step(real, noise)
        close(other.state(), one.state(), "`state()` of a model that was loaded")


def test_an_order_of_steps_that_leaves_nothing_over(student, cases, draw):
    """gan: a step does the same after other steps as in a model that has just been loaded"""
    for case in cases.models():
        data, latent = case.arguments["data_dim"], case.arguments["latent_dim"]
        used, fresh = student.gan(**case.arguments), student.gan(**case.arguments)
        for step in ("discriminator", "generator", "generator", "discriminator"):
            given = [normal(draw, 10, data)] if step == "discriminator" else []
            getattr(used, f"{step}_step")(*given, normal(draw, 10, latent))
            fresh = student.gan(**case.arguments)
            fresh.load(used.state())
            noise, real = normal(draw, 7, latent), normal(draw, 8, data)
            one = used.discriminator_step(real, noise), used.generator_step(noise)
            other = fresh.discriminator_step(real, noise), fresh.generator_step(noise)
            close(one, other, f"the losses of the steps after a {step}'s step")
            close(used.state(), fresh.state(), f"`state()` after a {step}'s step and two more")
