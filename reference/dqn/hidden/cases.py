# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

Sizes of a case are all different; the largest Q-values of a row lie well apart unless ties are the point;
the two networks prefer different actions in most rows; some rows are terminated and some are not. In the
decision processes every Q-value is known exactly, and the mistakes known move at least one of them by ten
times of what is allowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchgrade.testing import Case, Draw, Practice, Scored, check
from torchgrade.testing.environments import END, CartPole, Guise, Tabular, play, practise
from torchgrade.testing.exhibits import curves
from torchgrade.wire.values import Array

TOLD_STEPS = 600
ACTED_STEPS = 1_000
POLE_STEPS, POLE_GAMMA, POLE_LIMIT, EXAM_EVERY, EPISODES, POLE_ENOUGH = 5_000, 0.98, 200, 1_000, 20, 100
# Whoever has not got so far by then will not get anywhere.
HOPE_AFTER, HOPE = 2_000, 25
NEW_SEED = 2**31
# What the contract says of decision processes: how many states and actions, how far apart observations are,
# what no entry of one, no reward and no Q-value is beyond, and which discounts occur.
MOST_STATES, MOST_ACTIONS, LEAST_GAP, MOST_SEEN, MOST_REWARD = 4, 3, 1.5, 2.0, 9.0
GAMMAS, MOST_Q, MOST_TO_END = (0.5, 0.7), 9.0, 4
ENDLESS_GAMMA, MOST_ENDLESS_Q = 0.5, 15.0
# Mean and median are the same and not near 0: who learns one value for all is told from who learns none.
REWARDS = (1.0, 4.8, 8.6)


def tensor(array: Any, dtype: str = "float64") -> Tensor:
    """Return a tensor of these numbers."""
    return torch.from_numpy(np.asarray(array)).to(getattr(torch, dtype))


def strided(given: Tensor) -> Tensor:
    """Return a view with the same values whose last axis is not contiguous."""
    wide = torch.zeros(*given.shape[:-1], 2 * given.shape[-1], dtype=given.dtype)
    view = wide[..., ::2]
    view.copy_(given)
    return view


def apart(draw: Draw, rows: int, actions: int) -> Array:
    """Return Q-values of both signs whose entries differ by 0.3 at least within a row."""
    steps = np.cumsum(draw.uniform(0.4, 1.2, rows, actions), axis=1)
    steps -= steps.mean(axis=1, keepdims=True)
    return draw.generator.permuted(steps, axis=1) + draw.uniform(-1.0, 1.0, rows, 1)


def ends(draw: Draw, rows: int) -> Array:
    """Return a bool a row, of both kinds if there are several rows."""
    ended = draw.integers(0, 2, rows).astype(bool)
    if rows > 1:
        one, other = draw.generator.permutation(rows)[:2]
        ended[one], ended[other] = True, False
    return ended


# epsilon, epsilon_greedy


def schedules(draw: Draw) -> list[Case]:
    """Start, middle, end, beyond; falling and rising; no decay at all."""
    decay = int(draw.integers(6, 40))
    high, low = float(draw.uniform(0.7, 1.0)), float(draw.uniform(0.02, 0.2))
    falling = {
        "the first step": 0,
        "the second step": 1,
        "on the way": decay // 2,
        "one before the last of the way": decay - 1,
        "the end of the way": decay,
        "just beyond": decay + 1,
        "far beyond": 1_000 * decay,
    }
    cases = [Case(name, step=step, start=high, end=low, decay_steps=decay) for name, step in falling.items()]
    cases += [
        Case("rising", step=decay // 3, start=low, end=high, decay_steps=decay),
        Case("no decay, the first step", step=0, start=high, end=low, decay_steps=0),
        Case("no decay, a later step", step=3, start=high, end=low, decay_steps=0),
        Case("a decay of one step", step=1, start=high, end=low, decay_steps=1),
    ]
    return cases


def bad_schedules(draw: Draw) -> list[Case]:
    """Steps that cannot be."""
    del draw
    return [
        Case("a step below 0", step=-1, start=1.0, end=0.1, decay_steps=10),
        Case("decay_steps below 0", step=0, start=1.0, end=0.1, decay_steps=-1),
    ]


def choices(draw: Draw) -> list[Case]:
    """Rows that explore and rows that do not, at several epsilons."""
    rows, actions = 40, int(draw.integers(4, 7))
    cases = []
    for category, count, share in (
        ("one row, epsilon 0", 1, 0.0),
        ("epsilon 0", rows, 0.0),
        ("epsilon 1", rows, 1.0),
        ("epsilon between 0 and 1", rows, float(draw.uniform(0.3, 0.45))),
        ("a small epsilon", rows, 0.1),
    ):
        uniform = draw.uniform(0.0, 1.0, count)
        if count > 1 and 0 < share < 1:
            uniform[:4] = (share, 0.0, share / 2, 0.5 + share / 2)  # epsilon itself does not explore
        cases.append(choice(draw, category, apart(draw, count, actions), share, uniform))
    tied = np.asarray(draw.integers(0, 2, rows, actions), dtype=np.float64)
    tied[0] = 0.0
    cases.append(choice(draw, "several actions are best", tied, 0.0, draw.uniform(0.0, 1.0, rows)))
    wide = choice(
        draw, "float32, non-contiguous", apart(draw, rows, actions), 0.3, np.linspace(0, 0.99, rows)
    )
    wide.arguments["q"] = strided(wide.arguments["q"].float())
    wide.arguments["uniform"] = strided(wide.arguments["uniform"].float())
    return [*cases, wide]


def choice(draw: Draw, category: str, q: Array, epsilon: float, uniform: Array) -> Case:
    """One call; a random action differs from the best and from the worst of its row."""
    actions = q.shape[1]
    shift = draw.integers(1, actions - 1, len(q))
    other = (q.argmax(axis=1) + shift) % actions
    other = np.where(other == q.argmin(axis=1), (q.argmax(axis=1) + actions - 1) % actions, other)
    return Case(
        category, q=tensor(q), epsilon=epsilon, uniform=tensor(uniform), random_action=torch.from_numpy(other)
    )


# td_targets, td_gradient


def targets(draw: Draw, double: bool) -> list[Case]:
    """Batches of one and of many, with ends and without."""
    rows, actions = draw.sizes(2, 4, 9)
    cases = [
        targets_case(draw, "one row, not terminated", np.zeros(1, bool), actions, double),
        targets_case(draw, "one row, terminated", np.ones(1, bool), actions, double),
        targets_case(draw, "no row is terminated", np.zeros(rows, bool), actions, double),
        targets_case(draw, "some rows are terminated", ends(draw, rows + 12), actions, double),
        targets_case(draw, "as many rows as actions", ends(draw, actions), actions, double),
        targets_case(draw, "one action", ends(draw, rows), 1, double),
        targets_case(draw, "gamma 0", ends(draw, rows), actions, double, gamma=0.0),
        targets_case(draw, "gamma 1", ends(draw, rows), actions, double, gamma=1.0),
    ]
    wide = targets_case(draw, "float32, non-contiguous", ends(draw, rows), actions, double)
    for name in ("reward", "next_q_online", "next_q_target"):
        wide.arguments[name] = strided(wide.arguments[name].float())
    wide.arguments["terminated"] = strided(wide.arguments["terminated"])
    return [*cases, wide]


def targets_case(
    draw: Draw,
    category: str,
    terminated: Array,
    actions: int,
    double: bool,
    gamma: float | None = None,
) -> Case:
    """One call, in which the networks prefer different actions."""
    rows = len(terminated)
    target = apart(draw, rows, actions)
    online = np.roll(target, 1, axis=1) + draw.uniform(-0.05, 0.05, rows, actions)
    return Case(
        category,
        reward=tensor(draw.uniform(0.5, 2.0, rows) * (2.0 * draw.integers(0, 2, rows) - 1.0)),
        terminated=torch.from_numpy(terminated.copy()),
        next_q_online=tensor(online),
        next_q_target=tensor(target),
        gamma=float(draw.uniform(0.5, 0.95)) if gamma is None else gamma,
        double=double,
    )


def ties(draw: Draw) -> list[Case]:
    """Several actions are best by the one network, and the other tells them apart."""
    rows, actions = draw.sizes(2, 4, 8)
    case = targets_case(draw, "several actions are best", np.zeros(rows, bool), actions, double=True)
    best = np.zeros((rows, actions))
    for row in best:
        row[draw.generator.permutation(actions)[:2]] = 1.0
    case.arguments["next_q_online"] = tensor(best)
    return [case]


def gradients(draw: Draw, double: bool) -> list[Case]:
    """Small and large errors, with ends and without, with a target network of its own."""
    rows, size, actions = draw.sizes(3, 3, 8)
    cases = [
        gradient_case(draw, "one row, a small error", 1, size, actions, double, wanted=0.4),
        gradient_case(draw, "one row, a large error", 1, size, actions, double, wanted=-3.0),
        gradient_case(draw, "small and large errors", rows + 8, size, actions, double),
        gradient_case(draw, "as many rows as actions", actions, size, actions, double),
    ]
    wide = gradient_case(draw, "non-contiguous", rows, size, actions, double)
    for name in ("weight", "target_weight"):
        wide.arguments[name] = strided(wide.arguments[name])
    wide.arguments["batch"] = {key: strided(part) for key, part in wide.arguments["batch"].items()}
    return [*cases, wide]


def gradients_in_float32(draw: Draw) -> list[Case]:
    """Weights, observations and rewards in single precision."""
    rows, size, actions = draw.sizes(3, 3, 8)
    case = gradient_case(draw, "float32", rows, size, actions, double=True)
    for name in ("weight", "target_weight"):
        case.arguments[name] = case.arguments[name].float()
    case.arguments["batch"] = {
        key: part.float() if part.dtype is torch.float64 else part
        for key, part in case.arguments["batch"].items()
    }
    return [case]


def gradients_without_target(draw: Draw) -> list[Case]:
    """No target network: what stands in for it is a constant all the same."""
    rows, size, actions = draw.sizes(3, 3, 8)
    cases = []
    for category, count, double in (
        ("one row", 1, False),
        ("some rows", rows, False),
        ("double", rows, True),
    ):
        case = gradient_case(draw, category, count, size, actions, double)
        case.arguments["target_weight"] = None
        if count == 1:
            case.arguments["batch"]["terminated"] = torch.zeros(1, dtype=torch.bool)
        cases.append(case)
    return cases


def gradient_case(
    draw: Draw,
    category: str,
    rows: int,
    size: int,
    actions: int,
    double: bool,
    wanted: float | None = None,
) -> Case:
    """One call with errors on both sides of 1 and away from it; ``wanted``: of all rows."""
    weight, target_weight = (tensor(draw.normal(size, actions, scale=0.5)) for _ in range(2))
    observation, following = (tensor(draw.normal(rows, size)) for _ in range(2))
    gamma = float(draw.uniform(0.5, 0.95))
    ended = torch.from_numpy(ends(draw, rows))
    q = observation @ weight
    # Not the action that is best: a gradient of the best one's value is another.
    action = (q.argmax(dim=1) + torch.from_numpy(draw.integers(1, actions, rows))) % actions
    online, target = following @ weight, following @ target_weight
    best = (online if double else target).argmax(dim=1, keepdim=True)
    value = torch.where(ended, 0.0, gamma * target.gather(1, best).squeeze(1))
    sizes = np.where(np.arange(rows) % 2 == 0, draw.uniform(0.2, 0.8, rows), draw.uniform(1.5, 4.0, rows))
    errors = np.full(rows, wanted) if wanted is not None else sizes * (2.0 * draw.integers(0, 2, rows) - 1.0)
    reward = q.gather(1, action.unsqueeze(1)).squeeze(1) - value - tensor(errors)
    batch = {
        "observation": observation,
        "action": action,
        "reward": reward,
        "next_observation": following,
        "terminated": ended,
    }
    return Case(category, weight=weight, target_weight=target_weight, batch=batch, gamma=gamma, double=double)


# replay_buffer


def transitions(draw: Draw, rows: int, size: int, layout: Any = None) -> dict[str, Tensor]:
    """Return a batch as a buffer holds it; no two rows have an entry in common."""
    lay = layout or (lambda part: part)
    return {
        "observation": lay(tensor(draw.normal(rows, size), "float32")),
        "action": lay(torch.from_numpy(draw.generator.permutation(rows))),
        "reward": lay(tensor(draw.normal(rows), "float32")),
        "next_observation": lay(tensor(draw.normal(rows, size), "float32")),
        "terminated": lay(torch.from_numpy(ends(draw, rows))),
    }


def adds(case: Case, batch: dict[str, Tensor], on: int = 0) -> Case:
    """Add the rows of a batch, one by one."""
    for row in range(len(batch["action"])):
        observation, following = (batch[key][row].numpy() for key in ("observation", "next_observation"))
        action, reward, ended = (batch[key][row].item() for key in ("action", "reward", "terminated"))
        case.then("add", observation, action, reward, following, ended, on=on)
    return case


def buffer(category: str, capacity: int, size: int, draw: Draw) -> Case:
    """Return a case that makes a buffer."""
    seed = int(draw.integers(0, NEW_SEED))
    return Case(category, capacity=capacity, observation_size=size, seed=seed)


def filling(draw: Draw) -> list[Case]:
    """Empty, with one transition, half full, full."""
    capacity, size = draw.sizes(2, 3, 7)
    cases = [buffer("nothing in it", capacity, size, draw).then("size").then("contents")]
    for category, rows in (("one transition", 1), ("half full", capacity // 2 + 1), ("full", capacity)):
        case = adds(buffer(category, capacity, size, draw), transitions(draw, rows, size))
        cases.append(case.then("size").then("contents"))
    cases.append(
        adds(buffer("observations of one entry", capacity, 1, draw), transitions(draw, 2, 1)).then("contents")
    )
    return cases


def overflowing(draw: Draw) -> list[Case]:
    """One more than there is room for, one and a half times as many, three times as many; room for one."""
    capacity, size = draw.sizes(2, 4, 8)
    cases = []
    for category, room, rows in (
        ("one too many", capacity, capacity + 1),
        ("half as many again", capacity, capacity + capacity // 2),
        ("three times as many, and one", capacity, 3 * capacity + 1),
        ("room for one", 1, 3),
    ):
        case = adds(buffer(category, room, size, draw), transitions(draw, rows, size))
        cases.append(case.then("size").then("contents"))
    return cases


def extending(draw: Draw) -> list[Case]:
    """Batches that fit, that go round the end, that are too large; before and after single ones."""
    capacity, size = draw.sizes(2, 5, 9)
    fits = buffer("a batch that fits", capacity, size, draw)
    fits.then("extend", transitions(draw, capacity - 2, size)).then("size").then("contents")
    row = buffer("a batch of one", capacity, size, draw).then("extend", transitions(draw, 1, size))
    row.then("contents")
    around = adds(buffer("single ones, then a batch", capacity, size, draw), transitions(draw, 3, size))
    around.then("extend", transitions(draw, capacity - 1, size)).then("contents")
    adds(around, transitions(draw, 2, size)).then("size").then("contents")
    large = adds(buffer("a batch larger than the buffer", capacity, size, draw), transitions(draw, 2, size))
    large.then("extend", transitions(draw, 2 * capacity + 1, size)).then("size").then("contents")
    adds(large, transitions(draw, 1, size)).then("contents")
    wide = buffer("a batch that is non-contiguous", capacity, size, draw)
    wide.then("extend", transitions(draw, capacity - 1, size, strided)).then("contents")
    return [fits, row, around, large, wide]


def samples_that_are_certain(draw: Draw) -> list[Case]:
    """Buffers of which only one batch can be drawn: all transitions in it are the same, or there is one."""
    size = int(draw.integers(2, 6))
    one = transitions(draw, 1, size)
    single = adds(buffer("one transition", 50, size, draw), one).then("sample", 1)
    same = buffer("the same transition again and again, with room for more", 500, size, draw)
    for _ in range(4):
        adds(same, one)
    same.then("sample", 2).then("sample", 4).then("sample", 4)
    newest = buffer("room for one: the newest", 1, size, draw)
    for _ in range(3):
        adds(newest, transitions(draw, 1, size)).then("sample", 1)
    return [single, same, newest]


def buffers_side_by_side(draw: Draw) -> list[Case]:
    """Two buffers made alike and told different things."""
    capacity, size = draw.sizes(2, 3, 7)
    case = adds(buffer("two buffers", capacity, size, draw), transitions(draw, 2, size))
    adds(case, transitions(draw, 3, size), on=1)
    return [case.then("size").then("contents").then("size", on=1).then("contents", on=1)]


def bad_buffers(draw: Draw) -> list[Case]:
    """No room, and batches that cannot be had."""
    size = int(draw.integers(2, 6))
    cases = [buffer("capacity 0", 0, size, draw).then("size")]
    cases.append(buffer("a sample of 1 from nothing", 5, size, draw).then("sample", 1))
    for category, count in (("a sample of more than there are", 4), ("a sample of 0", 0)):
        case = adds(buffer(category, 9, size, draw), transitions(draw, 3, size))
        cases.append(case.then("sample", count))
    return cases


# dqn_agent


def states(draw: Draw, count: int, size: int) -> Array:
    """Return observations, shape (count, size), that lie well apart."""
    while True:
        sizes = draw.uniform(0.4, 1.6, count, size)
        found = (sizes * (2.0 * draw.integers(0, 2, count, size) - 1.0)).astype(np.float32)
        gaps = np.linalg.norm(found[:, None] - found[None], axis=-1) + 10.0 * np.eye(count)
        if gaps.min() > LEAST_GAP:
            return found


def process(
    draw: Draw,
    size: int,
    successors: Any,
    rewards: Any,
    starts: tuple[int, ...],
    time_limit: int = 0,
) -> Tabular:
    """Return a decision process with these tables, rewards moved a little, and observations drawn."""
    table = np.asarray(rewards, dtype=np.float64)
    moved = table + draw.uniform(-0.2, 0.2, *table.shape) * (table != 0)
    return Tabular(
        observations=states(draw, len(table), size),
        successors=np.asarray(successors, dtype=np.int64),
        rewards=moved,
        starts=starts,
        time_limit=time_limit,
        draw=draw,
    )


def promised(given: Tabular, gamma: float) -> Tabular:
    """Return the process, which is one of those that the contract describes.

    Raises:
        ValueError: if it is none: agents as the contract recommends them might not get there in time.
    """
    count, actions = given.rewards.shape
    seen = given.observations
    gaps = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[~np.eye(count, dtype=bool)]
    largest = float(np.abs(given.q_values(gamma)).max())
    if (given.successors != END).all():
        fits = gamma == ENDLESS_GAMMA and largest <= MOST_ENDLESS_Q
    else:
        fits = GAMMAS[0] <= gamma <= GAMMAS[1] and largest <= MOST_Q and ends_soon(given, gamma)
    fits = fits and count <= MOST_STATES and actions <= MOST_ACTIONS and bool((gaps > LEAST_GAP).all())
    if not (fits and np.abs(seen).max() <= MOST_SEEN and np.abs(given.rewards).max() <= MOST_REWARD):
        raise ValueError(f"the contract promises other processes than {given} with gamma {gamma}")
    return given


def ends_soon(given: Tabular, gamma: float) -> bool:
    """Tell whether the best actions lead to the end from every state, in as many steps as are promised."""
    best = given.q_values(gamma).argmax(axis=1)
    following = given.successors[np.arange(len(best)), best]
    reached = np.arange(len(best))
    for _ in range(MOST_TO_END):
        reached = np.where(reached == END, END, following[reached])
    return bool((reached == END).all())


def sign(draw: Draw) -> float:
    """Return -1 or 1."""
    return 2.0 * int(draw.integers(0, 2)) - 1.0


def told(draw: Draw, category: str, given: Tabular, gamma: float) -> Case:
    """Return a case in which an agent is told what somebody did, and is asked for the Q-values then."""
    case = Case(
        category,
        observation_size=given.observation_size,
        num_actions=given.num_actions,
        gamma=gamma,
        total_steps=TOLD_STEPS,
        seed=int(draw.integers(0, NEW_SEED)),
    )
    return tell(case, given)


def tell(case: Case, given: Tabular, on: int = 0) -> Case:
    """Add the transitions, and the question."""
    for transition in promised(given, case.arguments["gamma"]).wander(TOLD_STEPS):
        case.then("observe", *transition, on=on)
    return case.then("q_values", torch.from_numpy(given.observations), on=on)


def constant(draw: Draw) -> list[Case]:
    """One state, one action, one reward, and the end."""
    given = process(draw, 3, [[END]], [[sign(draw) * 6.0]], (0,))
    return [told(draw, "always the same reward, and the end", given, 0.6)]


def seen(draw: Draw) -> list[Case]:
    """What is observed tells the reward."""
    rewards = sign(draw) * draw.generator.permutation(REWARDS)[:, None]
    given = process(draw, 4, [[END]] * 3, rewards, (0, 1, 2))
    return [told(draw, "the reward depends on what is observed", given, 0.5)]


def delayed(draw: Draw) -> list[Case]:
    """The reward comes two steps later."""
    given = process(draw, 4, [[1], [2], [END]], [[0.0], [0.0], [sign(draw) * 8.5]], (0,))
    return [told(draw, "the reward comes two steps later", given, 0.6)]


def chosen(draw: Draw) -> list[Case]:
    """What is done decides the reward."""
    rewards = sign(draw) * draw.generator.permutation(REWARDS)[None]
    given = process(draw, 4, [[END] * 3], rewards, (0,))
    return [told(draw, "the reward depends on the action", given, 0.5)]


def seen_and_chosen(draw: Draw) -> list[Case]:
    """What is done decides the reward and what follows, otherwise in each state."""
    given = process(
        draw,
        5,
        [[1, END, 3], [END, 2, 0], [END, END, 1], [2, 0, END]],
        [[0.0, 4.0, -3.0], [-6.0, 0.0, 2.0], [8.0, -8.0, 0.0], [0.0, -5.0, -2.0]],
        (0, 1, 2, 3),
    )
    return [told(draw, "rewards depend on observation and action", given, 0.7)]


def truncated(draw: Draw) -> list[Case]:
    """Nothing ever ends, and every episode is broken off after one step."""
    given = process(draw, 4, [[1], [1]], [[0.0], [sign(draw) * 7.0]], (0, 1), time_limit=1)
    return [told(draw, "episodes that are truncated, never terminated", given, 0.5)]


def agents_side_by_side(draw: Draw) -> list[Case]:
    """Two agents made alike and told different things, one after the other; then the first is asked again."""
    first = process(draw, 3, [[END, END]], [[8.0, 2.0]], (0,))
    second = Tabular(
        observations=first.observations,
        successors=first.successors,
        rewards=first.rewards[:, ::-1].copy(),
        starts=(0,),
        draw=draw,
    )
    case = tell(told(draw, "two agents", first, 0.5), second, on=1)
    return [case.then("q_values", torch.from_numpy(first.observations))]


# learning by acting


def corridor(draw: Draw) -> list[Practice]:
    """Four states in a row, a reward at the end; which action leads on differs from state to state."""
    return [practice(draw, _corridor, 0.7) for _ in range(3)]


def treadmill(draw: Draw) -> list[Practice]:
    """Three states without an end, in episodes of five steps; one action stays, the other goes on."""
    return [practice(draw, _treadmill, 0.5) for _ in range(3)]


def _corridor(draw: Draw) -> Tabular:
    onwards = draw.integers(0, 2, 4)
    successors = np.zeros((4, 2), dtype=np.int64)
    rewards = np.zeros((4, 2))
    for state, action in enumerate(onwards):
        successors[state, action] = state + 1 if state < len(onwards) - 1 else END
        rewards[state, 1 - action] = -1.0
    rewards[3, onwards[3]] = 8.0
    return process(draw, 5, successors, rewards, (0,), time_limit=20)


def _treadmill(draw: Draw) -> Tabular:
    stay = draw.integers(0, 2, 3)
    successors = np.zeros((3, 2), dtype=np.int64)
    rewards = np.zeros((3, 2))
    for state, action in enumerate(stay):
        successors[state, action], successors[state, 1 - action] = state, (state + 1) % 3
        rewards[state, action] = (1.0, 4.0, -4.0)[state]
    return process(draw, 4, successors, rewards, (0, 1, 2), time_limit=5)


def practice(draw: Draw, make: Any, gamma: float) -> Practice:
    """One agent in one process, the same for every agent; its figure is its worst error in the end."""
    seed = draw.generator.bytes(32)
    given = promised(make(Draw(seed, "process")), gamma)

    def train(agent: Any) -> Scored:
        environment = make(Draw(seed, "process"))
        right = environment.q_values(gamma)
        asked = torch.from_numpy(environment.observations)
        steps, errors = [], []
        for step, *_ in practise(agent, environment, ACTED_STEPS):
            if step % 100 == 0:
                steps.append(step)
                errors.append(worst_error(agent.q_values(asked), right))
        shown = curves(
            "How far the Q-values are off",
            {"largest error": (steps, errors)},
            x_label="steps",
            y_label="error",
            level=0.5,
            level_label="allowed at the end",
        )
        return Scored(figure=errors[-1], exhibits=(shown,))

    arguments = {
        "observation_size": given.observation_size,
        "num_actions": given.num_actions,
        "gamma": gamma,
        "total_steps": ACTED_STEPS,
        "seed": int(draw.integers(0, NEW_SEED)),
    }
    return Practice(arguments=arguments, train=train)


def worst_error(got: Any, right: Array) -> float:
    """Return the largest error of what an agent gives as Q-values."""
    fits = isinstance(got, Tensor) and got.shape == right.shape and got.dtype is torch.float32
    check(fits, f"`q_values` must return a float32 tensor of shape {right.shape} here")
    check(bool(torch.isfinite(got).all()), "`q_values` returns NaN or what is infinite")
    return float(np.abs(got.numpy() - right).max())


def cart_pole(draw: Draw) -> list[Practice]:
    """Balancing a pole, observed and steered in three guises."""
    return [pole(draw, guise) for guise in Guise.drawn(draw).opposed()]


def pole(draw: Draw, guise: Guise) -> Practice:
    """One training, with an examination now and then; its figure is the best mean return."""
    seed = draw.generator.bytes(32)

    def train(agent: Any) -> Scored:
        environment = CartPole(Draw(seed, "pole"), POLE_LIMIT, guise)
        judges = environment.alike(EPISODES)
        ends, returns, exams, so_far = [], [], {0: 0.0}, 0.0
        for step, reward, ended in practise(agent, environment, POLE_STEPS):
            so_far += reward
            if ended:
                ends.append(step)
                returns.append(so_far)
                so_far = 0.0
            if step % EXAM_EVERY == 0:
                exams[step] = float(play(agent, judges).mean())
                best = max(exams.values())
                if best >= POLE_ENOUGH or (step >= HOPE_AFTER and best < HOPE):
                    break
        shown = curves(
            "CartPole",
            {"while exploring": (ends, returns), "examined": (list(exams), list(exams.values()))},
            x_label="steps",
            y_label="return",
            level=POLE_ENOUGH,
            level_label="enough",
        )
        return Scored(figure=max(exams.values()), exhibits=(shown,))

    arguments = {
        "observation_size": CartPole.observation_size,
        "num_actions": CartPole.num_actions,
        "gamma": POLE_GAMMA,
        "total_steps": POLE_STEPS,
        "seed": int(draw.integers(0, NEW_SEED)),
    }
    return Practice(arguments=arguments, train=train)
