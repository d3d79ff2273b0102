"""Deep Q-learning: the functions and objects that a student writes.

Arguments are never modified: not one of these functions and methods writes into an array, tensor or
dictionary that it was given, neither at once nor in a later call; what is kept is kept as a copy. Tensors
that are given may be non-contiguous views. All tensors are plain ``torch.Tensor`` on the CPU, and neither
arguments nor results require gradients.

Sizes: D entries of an observation, A actions, numbered from 0 to A - 1, B rows of a batch; each is 1 or
more.

A *transition* is what one step of an environment showed: in ``observation`` the agent took ``action``,
got ``reward`` and saw ``next_observation``. ``terminated`` tells that the task is over, so that nothing
comes after ``next_observation``: whatever value a network gives it counts as zero. ``truncated`` tells
that the episode was only broken off, by a time limit: the next one begins elsewhere, but
``next_observation`` is an ordinary observation with an ordinary value. Never are both true.

A *batch* is a dictionary of B transitions, a tensor for each part, with exactly these keys:

* ``"observation"`` and ``"next_observation"``: shape (B, D).
* ``"action"``: int64, shape (B,).
* ``"reward"``: shape (B,).
* ``"terminated"``: bool, shape (B,).

Observations and rewards of one batch have the same dtype: float32 from a replay buffer, float32 or float64
where a function is given one. Results in float64 need the digits of float32 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from torchgrade import hookspec
from torchgrade.contract import returns, returns_object

if TYPE_CHECKING:  # a contract is also read by what never computes, such as `torchgrade list`
    import numpy as np
    import torch

    Observation = np.ndarray[Any, np.dtype[np.float32]]
    Batch = dict[str, torch.Tensor]


class ReplayBuffer(Protocol):
    """What ``replay_buffer`` returns. What the methods do is said there."""

    def add(
        self,
        observation: Observation,
        action: int,
        reward: float,
        next_observation: Observation,
        terminated: bool,
    ) -> None: ...

    def extend(self, batch: Batch) -> None: ...

    def sample(self, batch_size: int) -> Batch: ...

    def size(self) -> int: ...

    def contents(self) -> Batch: ...


class Agent(Protocol):
    """What ``dqn_agent`` returns. What the methods do is said there."""

    def act(self, observation: Observation, explore: bool) -> int: ...

    def observe(
        self,
        observation: Observation,
        action: int,
        reward: float,
        next_observation: Observation,
        terminated: bool,
        truncated: bool,
    ) -> None: ...

    def q_values(self, observations: torch.Tensor) -> torch.Tensor: ...


@hookspec(firstresult=True)
def epsilon(step: int, start: float, end: float, decay_steps: int) -> float:
    """Return the probability of exploring in one step: it goes from start to end in a straight line.

    Args:
        step: number of the step, from 0.
        start: the probability in step 0, if ``decay_steps`` > 0.
        end: the probability in step ``decay_steps`` and in all later ones. It may be larger than ``start``.
        decay_steps: 0 or more.

    Returns:
        A Python float.

    Raises:
        ValueError: if step < 0 or decay_steps < 0.
    """


@hookspec(firstresult=True)
def epsilon_greedy(
    q: torch.Tensor, epsilon: float, uniform: torch.Tensor, random_action: torch.Tensor
) -> torch.Tensor:
    """Choose an action for each row: the best one, or with probability epsilon any.

    All chance is in the arguments: row n explores, that is, takes ``random_action[n]``, if and only if
    ``uniform[n] < epsilon``. All other rows take the action with the largest Q-value, the first of them where
    several are largest.

    Args:
        q: Q-values, float32 or float64, shape (B, A).
        epsilon: probability of exploring, from 0 to 1, both included.
        uniform: numbers from [0, 1), the dtype of q, shape (B,): equal to epsilon to the last digit of that
            dtype, or so far from it that rounding does not decide.
        random_action: actions, int64, shape (B,). One may happen to be the best.

    Returns:
        Actions, int64, shape (B,).
    """


@hookspec(firstresult=True)
def td_targets(
    reward: torch.Tensor,
    terminated: torch.Tensor,
    next_q_online: torch.Tensor,
    next_q_target: torch.Tensor,
    gamma: float,
    double: bool,
) -> torch.Tensor:
    """Return what the Q-values of the actions that were taken should have been.

    ``y = reward + gamma * value``, with the value of the next observation: 0 where ``terminated``, and
    elsewhere

    * if not ``double`` (Mnih and others 2015): the largest entry of the row of ``next_q_target``;
    * if ``double`` (van Hasselt, Guez and Silver 2016): the entry of the row of ``next_q_target`` for the
      action that is best by ``next_q_online``, the first of them where several are best.

    Args:
        reward: float32 or float64, shape (B,).
        terminated: bool, shape (B,).
        next_q_online: Q-values of the next observations by the network that learns, the dtype of
            reward, shape (B, A).
        next_q_target: the same by the target network.
        gamma: discount, from 0 to 1.
        double: as above.

    Returns:
        Targets, the dtype of reward, shape (B,).
    """


@hookspec(firstresult=True)
@returns("loss", "dweight")
def td_gradient(
    weight: torch.Tensor, target_weight: torch.Tensor | None, batch: Batch, gamma: float, double: bool
) -> tuple[float, torch.Tensor]:
    """Return the loss of the smallest Q-network there is, one matrix, and the gradient for its next step.

    The network is ``q(observation) = observation @ weight``; the target network is the same with
    ``target_weight``. The loss is the mean over the batch of ``huber(q(observation)[action] - y)``, with
    ``huber(e) = e**2 / 2`` for ``abs(e) <= 1`` and ``abs(e) - 1/2`` beyond, and the targets y as
    ``td_targets`` has them.

    The targets are constants: the gradient goes through ``q(observation)`` alone.

    Args:
        weight: of the network that learns, float32 or float64, shape (D, A).
        target_weight: of the target network, the same dtype and shape. None: there is no target network, and
            y is computed with ``weight`` in its place; it is a constant all the same.
        batch: as described at the top, its observations and rewards of the dtype of weight.
        gamma: discount, from 0 to 1.
        double: as for ``td_targets``.

    Returns:
        ``(loss, dweight)``: a Python float, and the gradient with respect to weight, its dtype, shape (D, A).
    """


@hookspec(firstresult=True)
@returns_object("add", "extend", "sample", "size", "contents")
def replay_buffer(capacity: int, observation_size: int, seed: int) -> ReplayBuffer:
    """Return a memory of the last ``capacity`` transitions.

    Args:
        capacity: how many transitions are kept, 1 or more. Once there are so many, each new one
            takes the place of the oldest.
        observation_size: D.
        seed: an int of which all that is random depends: two buffers made with the same arguments
            that are told and asked the same answer the same. Nothing that others draw, by
            ``torch.manual_seed`` or ``random``, makes a difference.

    Raises:
        ValueError: if capacity < 1.

    The methods of the buffer (special methods such as ``__len__`` cannot be called from outside, so there
    are none among them):

    * ``add(observation, action, reward, next_observation, terminated) -> None``: keep one transition, as
      an environment tells it: two float32 numpy arrays of shape (D,), an int, a float and a bool.
    * ``extend(batch) -> None``: the same as ``add`` for the rows of a batch, one after the other. It may
      have more rows than the buffer has places: then the last ``capacity`` of them remain.
    * ``size() -> int``: how many transitions are there now, ``capacity`` at the most.
    * ``sample(batch_size) -> dict``: a batch of that many transitions, each of those present with the same
      probability in each row. Whether one can occur twice in a batch is up to you; the parts of a row belong
      together in any case. Raises ValueError if batch_size < 1 or batch_size > size().
    * ``contents() -> dict``: a batch of all that is there, the oldest first. With nothing there, it has
      tensors of 0 rows.

    Both batches are snapshots in tensors of their own, with observations and rewards in float32, actions in
    int64 and terminated as bool.
    """


@hookspec(firstresult=True)
@returns_object("act", "observe", "q_values")
def dqn_agent(observation_size: int, num_actions: int, gamma: float, total_steps: int, seed: int) -> Agent:
    """Return an agent that learns Q-values from what it is told, and acts by them.

    The environment runs elsewhere: the agent is asked for actions and told what came of them. What it shall
    learn are the Q-values of the best policy: ``q(s, a)`` is the expected sum of the rewards from taking a in
    s and acting best from then on, where each step counts ``gamma`` times as much as the one before.
    Truncation ends no such sum.

    Args:
        observation_size: D.
        num_actions: A.
        gamma: discount, from 0 (included) to 1 (not included).
        total_steps: how often ``observe`` will be called at the most, from 300 to 5,000: for whoever lets
            something fall over time.
        seed: an int of which all that is random depends, as for ``replay_buffer``: first weights, samples
            and exploration. The tests look at what two new agents explore. Different seeds may do the same.

    The methods of the agent:

    * ``act(observation, explore) -> int``: an action for an observation (float32 numpy array of shape (D,));
      a Python int, or one of numpy's integers.
      If ``explore`` is False: the action with the largest of its ``q_values``, the first of them where
      several are largest. Nothing in the agent changes by that: it can be asked as often as one likes.
      If ``explore`` is True: now and then another. In an agent that has not observed anything yet, each
      action then has a probability of at least 1 / (2A).
    * ``observe(observation, action, reward, next_observation, terminated, truncated) -> None``: one
      transition; the place where the agent learns. Arrays are float32 numpy arrays of shape (D,), the rest
      an int, a float and two bools. The observation of the next transition need not be this one's
      ``next_observation``: after an end a new episode begins. Nor need the action be one that ``act``
      chose: the agent may be told what somebody else did, and learns from that too.
    * ``q_values(observations) -> tensor``: the Q-values of observations (float32 tensor of shape (N, D), any
      N of 1 or more), float32, shape (N, A): those by which ``act(…, False)`` chooses at present. They may
      be those of any networks, or averages of networks, that the agent itself has kept.

    Several agents never influence each other, whatever the order in which they are made and used.

    The tasks. All of them are drawn anew for each grading:

    * *Told*: 600 transitions of a small decision process, its actions chosen at random by somebody else.
      It has 4 states and 3 actions at the most. Entries of an observation lie between -2 and 2, observations
      of different states 1.5 apart at least, and rewards between -9 and 9. Either the best actions lead to
      the end from everywhere, in 4 steps at the most: then gamma is between 0.5 and 0.7, and no Q-value
      beyond 9. Or no action ever leads to an end: then gamma is 0.5, and no Q-value beyond 15. Afterwards
      every Q-value is to be right to within 0.3.
    * *Acting*: 1,000 steps in such a process, its actions chosen by ``act(…, True)``. Afterwards every
      Q-value is to be right to within 0.5.
    * *CartPole*: up to 5,000 steps of Gymnasium's CartPole-v1, truncated after 200 steps, with gamma 0.98.
      The entries of the observation come in an order and with signs that are drawn for each training, and so
      does which action pushes to which side. After every 1,000 steps the agent is examined: 20 episodes with
      ``act(…, False)``. One mean return of at least 100 is enough, and ends the training; so does it if none
      was above 25 by step 2,000.

    In *acting* and *CartPole* the median of three trainings counts, each in an environment and with a seed of
    its own. All of this is reached with: two hidden layers of 64 units, weights and biases of each layer
    uniform between plus and minus one over the root of the number of its inputs, as ``torch.nn.Linear`` has
    them; Adam with a learning rate of 0.001, the Huber loss, one update with a batch of 64 for every
    transition that is observed, as soon as there are 64, a target network that is copied every 50 updates,
    and exploration that goes from 1 to 0.05 over the first 40 % of ``total_steps``, counted in transitions
    observed. Agents built otherwise are as welcome. One call may take 60 seconds and all calls of a grading
    400 seconds together; a millisecond for an ``observe`` is usual.
    """
