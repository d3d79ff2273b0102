"""The assignment dqn: what students hear who make its mistakes, and that no environment is within reach."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "dqn" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "dqn"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
FUNCTIONS = ("epsilon", "epsilon_greedy", "td_targets", "td_gradient", "replay_buffer", "dqn_agent")
AGENTS = [name for name, mutant in MUTANTS.items() if "dqn_agent" in mutant.hooks]
OTHERS = [name for name in MUTANTS if name not in AGENTS]
# Training an agent takes a second and more: these tests are left out where the mistake is elsewhere.
TOLD, ACTING = "test_4_told.py", "test_5_acting.py"
# A sample is another each time: `check` finds these, and says what it saw.
SAMPLED_WRONGLY = {
    "parts are drawn apart": (
        (
            "rows = lambda: self.places(batch_size)\n"
            "        return {key: part[rows()] for key, part in self.parts.items()}"
        ),
        "put together from different transitions",
    ),
    "only the newest": (
        "return self.taken(torch.arange(self.added - batch_size, self.added) % self.capacity)",
        "some of the transitions that are there are never sampled",
    ),
    "the older, the rarer": (
        (
            "ages = (self.size() * torch.rand(batch_size, generator=self.generator) ** 2).long()\n"
            "        return self.taken((self.added - 1 - ages) % self.capacity)"
        ),
        "not all transitions are sampled equally often",
    ),
    "by the global generator": (
        "return self.taken(torch.randint(self.size(), (batch_size,)))",
        "two buffers with the same seed and contents sample differently",
    ),
    "always the same": (
        "self.generator.manual_seed(7)\n        return self.taken(self.places(batch_size))",
        "two buffers with different seeds sample the same",
    ),
}
SAMPLING = """
import solution
import torch
from torchgrade import hookimpl

class Buffer(solution.ReplayBuffer):
    def sample(self, batch_size):
        if not 1 <= batch_size <= self.size():
            raise ValueError("no such batch")
        {body}

@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Buffer(capacity, observation_size, seed)
"""
ACTING_WRONGLY = {
    "never explores": (
        "return super().act(observation, False)",
        "takes one of them fewer than 25 times",
    ),
    "always explores": (
        "return self.random.randrange(self.num_actions)",
        "with explore=False, `act` does not always take the action with the largest",
    ),
    "takes the worst": (
        (
            "values = self.values(torch.from_numpy(observation)[None])\n"
            "        return super().act(observation, True) if explore else int(values.argmin())"
        ),
        "with explore=False, `act` does not always take the action with the largest",
    ),
    "explores by the global generator": (
        "return super().act(observation, False) if not explore else random.randrange(self.num_actions)",
        "two new agents with the same seed explore differently",
    ),
    "answers with a tensor": (
        "return torch.tensor(super().act(observation, explore))",
        "`act` must return an action here, an int from 0 to 2",
    ),
}
ACTS = """
import random
import solution
import torch
from torchgrade import hookimpl

class Agent(solution.Agent):
    def act(self, observation, explore):
        {body}

@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Agent(observation_size, num_actions, gamma, total_steps, seed)
"""
# Knows how to balance a pole, and looks for the environment.
BY_HEART = """
import torch
from torchgrade import hookimpl

try:
    import gymnasium as found
except ImportError:
    found = None

class Controller:
    def __init__(self, num_actions):
        self.num_actions = num_actions

    def act(self, observation, explore):
        assert found is None, "an environment to try everything out in"
        return min(int(observation[min(2, len(observation) - 1)] > 0), self.num_actions - 1)

    def observe(self, *transition):
        pass

    def q_values(self, observations):
        return torch.zeros(len(observations), self.num_actions)

@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Controller(num_actions)
"""


def grade(folder, sources, *left_out):
    """Grade submissions that may import the solution as a module of their own; return results by name."""
    content = folder / "content"
    for kind in ("assignments", "reference"):
        shutil.copytree(ROOT / kind / "dqn", content / kind / "dqn")
    for name in left_out:
        (content / "reference" / "dqn" / "hidden" / name).unlink()
    results = {}

    def body(session):
        for number, (name, text) in enumerate(sources.items()):
            place = folder / str(number)
            place.mkdir()
            (place / "solution.py").write_text(SOLUTION, encoding="utf-8")
            (place / "submission.py").write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))

    setup = GradingSetup(content_root=str(content), assignment="dqn", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def completed(text, *without):
    """Return a submission with the solution's functions where it has none of its own."""
    others = [name for name in FUNCTIONS if not re.search(rf"^def {name}\(", text, re.MULTILINE)]
    wanted = [name for name in others if name not in without]
    return f"{text}\n\nfrom solution import {', '.join(wanted)}\n" if wanted else text


def mixed(*names):
    """Return several mutants in one submission; each has other functions."""
    return completed("\n\n".join(MUTANTS[name].path.read_text(encoding="utf-8") for name in names))


def lost(result):
    """Return the tests that were lost."""
    kept = {Outcome.PASSED, Outcome.NOT_MEASURED}
    return {test.id: test for test in result.tests if test.outcome not in kept}


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """Results of all but agents, in the tests of all but agents."""
    sources = {name: mixed(name) for name in OTHERS}
    sources["four mistakes"] = mixed(
        "epsilon_goes_on_falling", "roles_exchanged", "loss_summed", "newest_first"
    )
    sources["right"] = completed("")
    sources |= {name: completed(SAMPLING.format(body=body)) for name, (body, _) in SAMPLED_WRONGLY.items()}
    return grade(tmp_path_factory.mktemp("functions"), sources, TOLD, ACTING)


@pytest.fixture(scope="module")
def agents(tmp_path_factory):
    """Results of agents that are told what somebody else did."""
    return grade(tmp_path_factory.mktemp("agents"), {name: mixed(name) for name in AGENTS}, ACTING)


@pytest.fixture(scope="module")
def actors(tmp_path_factory):
    """Results of agents, in the tests in which they act."""
    sources = {name: completed(ACTS.format(body=body)) for name, (body, _) in ACTING_WRONGLY.items()}
    sources["by heart"] = completed(BY_HEART)
    return grade(tmp_path_factory.mktemp("actors"), sources, TOLD)


@pytest.mark.long
@pytest.mark.parametrize("name", OTHERS)
def test_who_makes_a_mistake_hears_of_it(functions, name):
    found = lost(functions[name])
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.long
@pytest.mark.parametrize("name", AGENTS)
def test_whose_agent_makes_a_mistake_hears_of_it(agents, name):
    found = lost(agents[name])
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.long
def test_who_makes_four_mistakes_hears_of_each(functions):
    causes = {test.cause.mutant for test in lost(functions["four mistakes"]).values() if test.cause}
    assert causes == {"epsilon_goes_on_falling", "roles_exchanged", "loss_summed", "newest_first"}


@pytest.mark.long
def test_who_makes_none_loses_nothing(functions):
    assert lost(functions["right"]) == {}


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLED_WRONGLY)
def test_who_samples_wrongly_hears_what_was_seen(functions, name):
    messages = "\n".join(test.student_message for test in lost(functions[name]).values())
    assert SAMPLED_WRONGLY[name][1] in messages


@pytest.mark.long
@pytest.mark.parametrize("name", ACTING_WRONGLY)
def test_whose_agent_explores_wrongly_hears_what_was_seen(actors, name):
    assert ACTING_WRONGLY[name][1] in lost(actors[name])["test_exploring"].student_message


@pytest.mark.long
def test_a_controller_that_was_written_by_hand_earns_nothing_where_agents_learn(actors):
    found = lost(actors["by heart"])
    acting = {"test_exploring", "test_a_corridor", "test_a_treadmill", "test_cart_pole"}
    assert set(found) == acting
    assert all("an environment to try" not in test.student_message for test in found.values())
