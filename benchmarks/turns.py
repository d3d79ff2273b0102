"""What a turn costs in which an agent is told what happened and asked what to do.

    python benchmarks/turns.py          one JSON object, a table a sandbox level; all in microseconds

The agent does nothing, so all of it is the way there and back: ``ping`` is an empty round trip,
``observe`` and ``act`` are calls of their own, ``both`` is the two of them in one round trip, as
environments of assignments do it. ``byte`` is what this machine takes at the least: one byte to a
process that does nothing but send it back, taken in turn with the others.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from torchgrade.content import Assignment, find_content_root, load_assignment
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import Answer, AnswerKind, Call, MethodCall
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.proxy import RemoteObject
from torchgrade.remote.zygote import Zygote

IDLE = b"""
from torchgrade import hookimpl

class Idle:
    def act(self, observation, explore):
        return 1

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        pass

@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Idle()
"""
WARM = 200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=2_000, help="of each kind, at each level")
    options = parser.parse_args()
    assignment = load_assignment(find_content_root(), "dqn")
    figures = {
        name: measure(Zygote(sandbox, assignment), assignment, options.turns)
        for name, sandbox in load_plugins().sandboxes
        if sandbox.probe().works
    }
    print(json.dumps(figures))


def measure(zygote: Zygote, assignment: Assignment, turns: int) -> dict[str, float]:
    """Return the median of each kind of turn; the kinds take turns, so that noise meets all of them."""
    with zygote:
        managed = ManagedImplementation(
            zygote, {"submission.py": IDLE}, ["submission.py"], assignment.manifest.limits
        )
        agent = made(managed, assignment)
        worker = managed._worker  # noqa: SLF001 - no assignment pings
        assert worker is not None
        before, after = np.zeros(4, dtype=np.float32), np.ones(4, dtype=np.float32)
        told = (before, 1, 1.0, after, False, False)
        mirror = Mirror()
        kinds: dict[str, Callable[[], Any]] = {
            "byte": mirror.ask,
            "ping": lambda: worker.ping(10),
            "observe": lambda: agent.observe(*told),
            "act": lambda: agent.act(after, True),
            "both": lambda: agent.in_turn(("observe", *told), ("act", after, True)),
        }
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for turn in range(WARM + turns):
            for kind, take in kinds.items():
                started = time.perf_counter()
                take()
                if turn >= WARM:
                    seconds[kind].append(time.perf_counter() - started)
        managed.finish()
        mirror.close()
    return {kind: round(1e6 * statistics.median(taken), 1) for kind, taken in seconds.items()}


class Mirror:
    """A process that sends back each byte."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._process = os.fork()
        if self._process == 0:
            self._ours.close()
            while byte := theirs.recv(1):
                theirs.sendall(byte)
            os._exit(0)
        theirs.close()

    def ask(self) -> None:
        """Send a byte and wait for it."""
        self._ours.sendall(b"?")
        self._ours.recv(1)

    def close(self) -> None:
        """End the process."""
        self._ours.close()
        os.waitpid(self._process, 0)


def made(managed: ManagedImplementation, assignment: Assignment) -> RemoteObject:
    """Return an agent in a worker, as tests have it."""
    hook = assignment.contract.hooks["dqn_agent"]

    def ask(call: MethodCall) -> list[Any]:
        results: list[Any] = checked(managed.answer_method(call)).value
        return results

    handle = checked(managed.answer(Call(hook, (4, 2, 0.9, 1_000, 0)))).value
    return RemoteObject(hook, handle, ask)


def checked(answer: Answer) -> Answer:
    """Return an answer that is one."""
    if answer.kind is not AnswerKind.VALUE:
        raise SystemExit(f"error: the idle agent did not answer: {answer}")
    return answer


if __name__ == "__main__":
    main()
