# canary: torchgrade-reference-7f3c1d
"""your agents share their network: what one learns, the other one forgets; make networks in the object
itself, not as globals or class attributes
"""

from typing import Any

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_two_agents",)


SHARED: dict[Any, Any] = {}


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    made = solution.Agent(observation_size, num_actions, gamma, total_steps, seed)
    kept = SHARED.setdefault((observation_size, num_actions, total_steps, seed), made)
    made.online, made.target, made.optimiser = kept.online, kept.target, kept.optimiser
    return made
