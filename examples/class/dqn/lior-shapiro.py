"""Deep Q-learning: your submission.

Replace each `raise NotImplementedError` by your own code. Keep the functions marked `@hookimpl`, their
arguments and the mark: that is how they are found. The two classes are proposals; any objects with these
methods will do. You may add functions, classes and further modules of your own.

Two rules hold everywhere. Never write into what you were given, neither arrays nor tensors. And what you
keep, keep as a copy.

The handout explains the ideas; the contract (`assignments/dqn/contract.py` among the course's files) says
exactly what is asked, down to the corner cases. Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def epsilon(step, start, end, decay_steps):
    """Return the probability of exploring in a step: a straight line from `start` to `end`.

    Args:
        step: from 0.
        start: in step 0.
        end: in step `decay_steps` and later.
        decay_steps: may be 0.

    Raises:
        ValueError: if one of the numbers of steps is negative.
    """
    raise NotImplementedError


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    """Choose an action for each row.

    Args:
        q: Q-values, shape (B, A).
        epsilon: probability of exploring.
        uniform: shape (B,): row n explores if `uniform[n] < epsilon`.
        random_action: shape (B,): what it then takes.

    Returns:
        Actions, int64, shape (B,).
    """
    raise NotImplementedError


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    """Return the targets of a batch, shape (B,).

    Args:
        reward: shape (B,).
        terminated: bool, shape (B,).
        next_q_online: Q-values of the next observations by the network that learns, shape (B, A).
        next_q_target: the same by the target network.
        gamma: discount.
        double: whether one network chooses the action and the other one values it.
    """
    raise NotImplementedError


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    """Return `(loss, dweight)` of the network `observation @ weight`.

    Args:
        weight: shape (D, A).
        target_weight: of the target network, or None if there is none.
        batch: dictionary with "observation", "action", "reward", "next_observation", "terminated".
        gamma: discount.
        double: as for `td_targets`.
    """
    raise NotImplementedError


class ReplayBuffer:
    """The last transitions, up to some number of them."""

    def __init__(self, capacity, observation_size, seed):
        """Make room for `capacity` transitions with observations of `observation_size` entries.

        Raises:
            ValueError: if there would be no room at all.
        """
        raise NotImplementedError

    def add(self, observation, action, reward, next_observation, terminated):
        """Keep one transition; if there is no room, in the place of the oldest."""
        raise NotImplementedError

    def extend(self, batch):
        """Keep the rows of a batch, one after the other."""
        raise NotImplementedError

    def sample(self, batch_size):
        """Return a batch of transitions drawn at random.

        Raises:
            ValueError: if there are not so many.
        """
        raise NotImplementedError

    def size(self):
        """Return how many transitions there are."""
        raise NotImplementedError

    def contents(self):
        """Return all of them, the oldest first."""
        raise NotImplementedError


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    """Return a replay buffer."""
    return ReplayBuffer(capacity, observation_size, seed)


class Agent:
    """Learns Q-values, and acts by them."""

    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        """Make networks, an optimiser and a buffer; nothing is known yet."""
        raise NotImplementedError

    def act(self, observation, explore):
        """Return an action, an int, for an observation, a numpy array of shape (D,)."""
        raise NotImplementedError

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        """Take in one transition, and learn."""
        raise NotImplementedError

    def q_values(self, observations):
        """Return the Q-values, shape (N, A), of observations, a tensor of shape (N, D)."""
        raise NotImplementedError


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    """Return an agent that will be told of `total_steps` transitions at the most."""
    return Agent(observation_size, num_actions, gamma, total_steps, seed)
