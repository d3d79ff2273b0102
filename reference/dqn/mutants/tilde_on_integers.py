# canary: torchgrade-reference-7f3c1d
"""your td_targets use ~ on numbers: ~0 is -1 and ~1 is -2; of a bool tensor it is the opposite, of an
int one it is not (or write 1 - terminated)
"""

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


def next_value(online, target, double):
    best = (online if double else target).argmax(dim=1, keepdim=True)
    return target.gather(1, best).squeeze(1)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    value = next_value(next_q_online, next_q_target, double)
    return reward + gamma * ~terminated.long() * value
