"""Environments that agents are trained in: what they show, what their values are, how they are acted in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from torchgrade.testing import Draw
from torchgrade.testing.environments import END, CartPole, Guise, Tabular, action_of, play, practise
from torchgrade.testing.failures import StudentFailure

SEED = bytes(32)


def draw(name="test"):
    return Draw(SEED, name)


def chain(time_limit=0):
    """Three states in a row, action 1 leads on, action 0 back to the first; 8 at the end."""
    return Tabular(
        observations=np.eye(3, dtype=np.float32),
        successors=np.array([[0, 1], [0, 2], [0, END]]),
        rewards=np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 8.0]]),
        starts=(0,),
        time_limit=time_limit,
        draw=draw(),
    )


class Local:
    """An agent in this process that is asked as one in a worker is."""

    def __init__(self, choose):
        self._choose = choose
        self.told = []
        self.asked = []

    def act(self, observation, explore):
        self.asked.append((observation, explore))
        return self._choose(observation)

    def observe(self, *transition):
        self.told.append(transition)

    def in_turn(self, *calls):
        return [getattr(self, method)(*arguments) for method, *arguments in calls]


def test_q_values_are_those_of_acting_best():
    right = [[0.5 * 2.0, 2.0], [0.5 * 2.0, 4.0], [1.0 + 0.5 * 2.0, 8.0]]
    assert np.allclose(chain().q_values(0.5), right, atol=1e-9)


def test_a_truncation_changes_no_value():
    assert np.array_equal(chain(time_limit=1).q_values(0.5), chain().q_values(0.5))


def test_a_process_without_an_end_has_the_values_of_a_geometric_series():
    loop = Tabular(
        observations=np.ones((1, 2), dtype=np.float32),
        successors=np.array([[0]]),
        rewards=np.array([[3.0]]),
        starts=(0,),
        draw=draw(),
    )
    assert np.allclose(loop.q_values(0.75), 12.0)


def test_values_that_do_not_settle_are_an_error():
    loop = Tabular(
        observations=np.ones((1, 2), dtype=np.float32),
        successors=np.array([[0]]),
        rewards=np.array([[3.0]]),
        starts=(0,),
        draw=draw(),
    )
    with pytest.raises(ValueError, match="do not settle"):
        loop.q_values(1.0)


def test_a_step_tells_an_end_from_a_time_limit():
    process = chain(time_limit=2)
    first = process.reset()
    assert np.array_equal(first, [1, 0, 0])
    assert process.step(1)[1:] == (0.0, False, False)
    after, reward, terminated, truncated = process.step(1)
    assert np.array_equal(after, [0, 0, 1])
    assert (reward, terminated, truncated) == (0.0, False, True)
    without = chain()
    without.reset()
    for _ in range(2):
        without.step(1)
    assert without.step(1)[1:] == (8.0, True, False)


def test_an_end_in_the_last_step_allowed_is_no_truncation():
    process = chain(time_limit=3)
    process.reset()
    for _ in range(2):
        process.step(1)
    assert process.step(1)[2:] == (True, False)


def test_somebody_who_wanders_takes_every_action_in_every_state():
    seen = {(int(before.argmax()), action) for before, action, *_ in chain().wander(200)}
    assert seen == {(state, action) for state in range(3) for action in range(2)}


def test_transitions_hang_together_until_an_episode_ends():
    transitions = list(chain(time_limit=4).wander(60))
    for (_, _, _, after, terminated, truncated), (before, *_) in itertools.pairwise(transitions):
        expected = [1, 0, 0] if terminated or truncated else after
        assert np.array_equal(before, expected)
    assert any(truncated for *_, truncated in transitions)


def test_an_agent_is_told_what_followed_and_asked_at_what_comes_next():
    agent = Local(lambda _: 1)
    log = list(practise(agent, chain(), 5))
    assert log == [(1, 0.0, False), (2, 0.0, False), (3, 8.0, True), (4, 0.0, False), (5, 0.0, False)]
    assert [action for _, action, *_ in agent.told] == [1] * 5
    # At the end it is told the last observation, and asked at the first of the next episode.
    assert np.array_equal(agent.told[2][3], [0, 0, 1])
    assert agent.told[2][4:] == (True, False)
    assert np.array_equal(agent.asked[3][0], [1, 0, 0])
    assert all(explore for _, explore in agent.asked)


def test_episodes_side_by_side_earn_what_each_of_them_earns():
    agent = Local(lambda _: 1)
    assert play(agent, [chain(), chain(time_limit=2), chain()]).tolist() == [8.0, 0.0, 8.0]
    assert not any(explore for _, explore in agent.asked)


@pytest.mark.parametrize("answer", [None, True, 2, -1, 1.0, "1", np.array([1]), np.float32(1), 10**50])
def test_what_is_no_action_is_refused(answer):
    with pytest.raises(StudentFailure, match="an int from 0 to 1"):
        action_of(answer, 2)


@pytest.mark.parametrize("answer", [1, np.array(1, dtype=np.int32), np.array(1, dtype=np.uint8)])
def test_integers_of_numpy_are_actions(answer):
    assert action_of(answer, 2) == 1


def test_a_controller_that_knows_the_pole_by_heart_does_not_know_this_one():
    """Pushing to the side to which the pole leans balances it, if one knows which side that is."""
    by_heart = Local(lambda seen: int(seen[2] + 0.5 * seen[3] > 0))
    returns = [play(by_heart, CartPole(draw(str(k)), 200).alike(5)).mean() for k in range(12)]
    assert sorted(returns)[8] < 100


def test_a_controller_that_works_in_one_guise_hardly_works_in_another_of_three():
    """Of independent draws, two of three are balanced by one fixed controller in sixteen."""
    by_heart = Local(lambda seen: int(0.1 * seen[0] + 0.3 * seen[1] + 2.0 * seen[2] + 0.6 * seen[3] > 0))
    twice = 0
    for k in range(60):
        poles = [CartPole(draw(f"{k}"), 200, guise) for guise in Guise.drawn(draw(str(k))).opposed()]
        twice += sum(play(by_heart, pole.alike(2)).mean() >= 100 for pole in poles) >= 2
    assert twice <= 1


def test_three_guises_show_the_same_pole_in_three_ways():
    guise = Guise(order=(2, 0, 3, 1), signs=(1, -1, -1, 1), swapped=0)

    same, pushed, exchanged = guise.opposed()

    assert same == guise
    assert pushed == Guise(order=(2, 0, 3, 1), signs=(1, -1, -1, 1), swapped=1)
    assert exchanged == Guise(order=(0, 2, 1, 3), signs=(-1, -1, 1, 1), swapped=0)


def test_poles_that_are_alike_are_observed_and_steered_alike():
    first = CartPole(draw(), 200)
    twin = first.alike(1)[0]
    # Pushed to one side all the time, the same entry of what is observed grows, with the same sign.
    drifts = []
    for pole in (first, twin):
        begin = pole.reset()
        for _ in range(5):
            after = pole.step(0)[0]
        drifts.append(after - begin)
    moved = [int(np.abs(drift).argmax()) for drift in drifts]
    assert moved[0] == moved[1]
    assert np.sign(drifts[0][moved[0]]) == np.sign(drifts[1][moved[1]])


def test_a_pole_is_the_same_for_the_same_draw_and_truncated_in_time():
    told = []
    for _ in range(2):
        pole = CartPole(draw(), 4)
        told.append([pole.reset().tolist(), *(pole.step(k % 2)[0].tolist() for k in range(4))])
    assert told[0] == told[1]
    pole = CartPole(draw(), 4)
    pole.reset()
    assert [pole.step(k % 2)[1:] for k in range(4)] == [(1.0, False, False)] * 3 + [(1.0, False, True)]
