"""Environments for agents that learn by acting: they run here, and the agent in its worker.

An agent is asked for actions and told what happened, so no return can be claimed that was not earned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from torchgrade.testing.cases import Draw
from torchgrade.testing.checks import check
from torchgrade.wire.values import Array

__all__ = [
    "Agent",
    "CartPole",
    "Environment",
    "Guise",
    "Step",
    "Tabular",
    "Transition",
    "action_of",
    "play",
    "practise",
]

END = -1
"""Successor of a state and action after which the episode is over."""
ITERATIONS = 10_000
CLOSE = 1e-12

Step = tuple[Array, float, bool, bool]
"""Next observation, reward, whether the episode terminated, whether it was truncated."""
Transition = tuple[Array, int, float, Array, bool, bool]
"""Observation, action, then as ``Step``: the arguments of an agent's ``observe``."""


class Agent(Protocol):
    """What stands for an agent here, such as the remote object that ``learns`` hands to a practice.

    The methods that are asked for: ``act(observation, explore) -> int`` and ``observe(observation, action,
    reward, next_observation, terminated, truncated)``.
    """

    def in_turn(self, *calls: tuple[Any, ...]) -> list[Any]:
        """Call methods, each given by its name and arguments, and return their results."""
        ...


class Environment(Protocol):
    """What an agent acts in."""

    @property
    def num_actions(self) -> int:
        """Actions are the integers from 0 to ``num_actions - 1``."""
        ...

    @property
    def observation_size(self) -> int:
        """Entries of an observation."""
        ...

    def reset(self) -> Array:
        """Begin an episode; returns its first observation, float32, shape (observation_size,)."""
        ...

    def step(self, action: int) -> Step:
        """Take an action; after an end, ``reset`` comes next."""
        ...


@dataclass(kw_only=True)
class Tabular:
    """A finite decision process: what is observed is a vector for each state, and all else is a table.

    Nothing in it is left to chance but where an episode begins, so its Q-values are known exactly.

    Attributes:
        observations: of the S states, float32, shape (S, D).
        successors: state that follows, int64, shape (S, A); ``END`` where the episode terminates.
        rewards: float64, shape (S, A).
        starts: states in which an episode can begin, each as likely.
        time_limit: steps after which an episode is truncated; 0 for none.
        draw: by which the first state of an episode is chosen.
    """

    observations: Array
    successors: Array
    rewards: Array
    starts: Sequence[int]
    draw: Draw
    time_limit: int = 0
    _state: int = field(init=False, default=0)
    _taken: int = field(init=False, default=0)

    @property
    def num_actions(self) -> int:
        """How many actions there are in each state."""
        return int(self.rewards.shape[1])

    @property
    def observation_size(self) -> int:
        """Entries of an observation."""
        return int(self.observations.shape[1])

    def reset(self) -> Array:
        """Begin an episode in one of the states where it can."""
        self._state, self._taken = int(self.draw.generator.choice(self.starts)), 0
        begin: Array = self.observations[self._state].copy()
        return begin

    def step(self, action: int) -> Step:
        """Take an action. An end shows the observation of the state that it was taken in once more."""
        reward, successor = (
            float(self.rewards[self._state, action]),
            int(self.successors[self._state, action]),
        )
        self._taken += 1
        terminated = successor == END
        truncated = not terminated and self._taken == self.time_limit
        self._state = self._state if terminated else successor
        return self.observations[self._state].copy(), reward, terminated, truncated

    def q_values(self, gamma: float) -> Array:
        """Return the Q-values of the best policy, float64, shape (S, A), by value iteration.

        A truncation ends nothing: the values are those of going on.
        """
        q = np.zeros(self.rewards.shape)
        for _ in range(ITERATIONS):
            following = np.where(self.successors == END, 0.0, q.max(axis=1)[self.successors])
            new = self.rewards + gamma * following
            if np.abs(new - q).max() <= CLOSE:
                return new
            q = new
        raise ValueError("the values do not settle: is gamma too large for a process without an end?")

    def wander(self, count: int) -> Iterator[Transition]:
        """Yield what happens to somebody who takes every action as often as any other."""
        observation = self.reset()
        for _ in range(count):
            action = int(self.draw.integers(0, self.num_actions))
            after, reward, terminated, truncated = self.step(action)
            yield observation, action, reward, after, terminated, truncated
            observation = self.reset() if terminated or truncated else after


@dataclass(frozen=True, slots=True)
class Guise:
    """How a pole on a cart is observed and steered: who knows the task by heart does not know this.

    Attributes:
        order: which of position, speed, angle and turning speed stands where.
        signs: of what stands there, 1 or -1.
        swapped: 1 if the first action pushes to the other side, else 0.
    """

    order: tuple[int, ...]
    signs: tuple[int, ...]
    swapped: int

    @classmethod
    def drawn(cls, draw: Draw) -> Guise:
        """Return any of the 768."""
        order = draw.generator.permutation(CART_POLE_ENTRIES)
        signs = 2 * draw.integers(0, 2, CART_POLE_ENTRIES) - 1
        return cls(tuple(order.tolist()), tuple(signs.tolist()), int(draw.integers(0, 2)))

    def opposed(self) -> tuple[Guise, Guise, Guise]:
        """Return it and two others such that what works in one by chance hardly works in another.

        One in six fixed linear controllers balances a pole of three drawn at random for a hundred steps, so
        that one in sixteen would do so in two of three. Of these three it is one in seventy, as found by
        trying all ways to exchange and negate what is observed: in the second every push goes the other way,
        and in the third the cart's entries stand where the pole's were.
        """
        exchanged = tuple(_EXCHANGED[entry] for entry in self.order)
        signs = tuple(
            -sign if entry in _POLE else sign for sign, entry in zip(self.signs, self.order, strict=True)
        )
        return self, Guise(self.order, self.signs, 1 - self.swapped), Guise(exchanged, signs, self.swapped)


CART_POLE_ENTRIES = 4
_EXCHANGED = (2, 3, 0, 1)
_POLE = (2, 3)


class CartPole:
    """Gymnasium's CartPole-v1, observed and steered in a guise.

    Args:
        draw: by which the first states are drawn, and the guise if there is none.
        time_limit: steps after which an episode is truncated.
        guise: how it is observed and steered.
    """

    num_actions = 2
    observation_size = CART_POLE_ENTRIES

    def __init__(self, draw: Draw, time_limit: int, guise: Guise | None = None) -> None:
        self._draw = draw
        self._time_limit = time_limit
        self._taken = 0
        self._guise = guise or Guise.drawn(draw)
        self._order = list(self._guise.order)
        self._signs = np.array(self._guise.signs, dtype=np.float32)
        self._env = _cart_pole()

    def reset(self) -> Array:
        """Begin an episode."""
        self._taken = 0
        observation, _ = self._env.reset(seed=int(self._draw.integers(0, 2**31)))
        return self._seen(observation)

    def step(self, action: int) -> Step:
        """Push to one side or to the other; each step gives a reward of 1."""
        observation, reward, terminated, _, _ = self._env.step(action ^ self._guise.swapped)
        self._taken += 1
        truncated = not terminated and self._taken == self._time_limit
        return self._seen(observation), float(reward), bool(terminated), truncated

    def alike(self, count: int) -> list[CartPole]:
        """Return others in the same guise."""
        return [CartPole(self._draw, self._time_limit, self._guise) for _ in range(count)]

    def _seen(self, observation: Array) -> Array:
        seen: Array = observation[self._order].astype(np.float32) * self._signs
        return seen


def _cart_pole() -> Any:
    """Return the environment itself: Gymnasium's wrappers around it take longer than it does."""
    from gymnasium.envs.classic_control import CartPoleEnv

    return CartPoleEnv()


def practise(agent: Agent, environment: Environment, steps: int) -> Iterator[tuple[int, float, bool]]:
    """Let an agent explore and learn, in one round trip a step.

    Args:
        agent: which learns.
        environment: in which it acts.
        steps: how many.

    Yields:
        After each step: its number from 1, its reward, and whether it was the last of its episode.

    Raises:
        StudentFailure: if an action is none.
    """
    observation = environment.reset()
    action = action_of(agent.in_turn(("act", observation, True))[0], environment.num_actions)
    for number in range(1, steps + 1):
        after, reward, terminated, truncated = environment.step(action)
        ended = terminated or truncated
        told = ("observe", observation, action, reward, after, terminated, truncated)
        observation = environment.reset() if ended else after
        _, answer = agent.in_turn(told, ("act", observation, True))
        action = action_of(answer, environment.num_actions)
        yield number, reward, ended


def play(agent: Agent, environments: Sequence[Environment]) -> Array:
    """Let an agent show what it can, without exploring or learning: one episode in each environment.

    Args:
        agent: which is asked with ``explore`` False.
        environments: played side by side, all in one round trip a step. Their episodes have an end.

    Returns:
        The returns, undiscounted, float64, shape (len(environments),).

    Raises:
        StudentFailure: if an action is none.
    """
    returns = np.zeros(len(environments))
    observations = {k: environment.reset() for k, environment in enumerate(environments)}
    while observations:
        answers = agent.in_turn(*(("act", observation, False) for observation in observations.values()))
        for k, answer in zip(tuple(observations), answers, strict=True):
            action = action_of(answer, environments[k].num_actions)
            observations[k], reward, terminated, truncated = environments[k].step(action)
            returns[k] += reward
            if terminated or truncated:
                del observations[k]
    return returns


def action_of(answer: Any, num_actions: int) -> int:
    """Return an action that an agent answered, a Python or a numpy integer.

    Raises:
        StudentFailure: if it is none.
    """
    if isinstance(answer, np.ndarray) and answer.shape == () and answer.dtype.kind in "iu":
        answer = int(answer)
    right = type(answer) is int and 0 <= answer < num_actions
    check(right, f"`act` must return an action here, an int from 0 to {num_actions - 1}")
    return int(answer)
