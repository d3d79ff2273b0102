# canary: torchgrade-reference-7f3c1d
"""your td_targets add shapes (B,) and (B, 1), which gives (B, B): every reward with every value;
squeeze the one that came from gather or keepdim
"""

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    best = (next_q_online if double else next_q_target).argmax(dim=1, keepdim=True)
    value = next_q_target.gather(1, best)
    return reward + gamma * ~terminated * value
