# canary: torchgrade-reference-7f3c1d
"""your buffers share what they hold: making or filling one changes the other; keep it in the object
itself, not in class attributes or default arguments
"""

from typing import Any

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffers_apart",)


SHARED: dict[Any, Any] = {}


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    made = solution.ReplayBuffer(capacity, observation_size, seed)
    for key, part in SHARED.setdefault((capacity, observation_size), made.parts).items():
        made.parts[key] = part
    return made
