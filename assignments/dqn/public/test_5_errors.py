"""What cannot be raises ValueError."""

from torchgrade.results import Outcome
from torchgrade.testing import check
from torchgrade.testing.failures import StudentFailure


def refuses(call, what):
    """Fail unless the call raises ValueError."""
    told = "it raises nothing"
    try:
        call()
    except StudentFailure as failure:
        if failure.outcome is Outcome.NOT_IMPLEMENTED:
            raise
        told = failure.student_message
    check("ValueError" in told, f"{what} must raise ValueError, but {told}")


def test_epsilon_errors(student):
    """epsilon: numbers of steps below 0"""
    refuses(lambda: student.epsilon(-1, 1.0, 0.1, 10), "epsilon in step -1")
    refuses(lambda: student.epsilon(0, 1.0, 0.1, -1), "epsilon with decay_steps -1")


def test_buffer_errors(student):
    """replay_buffer: no room, and batches that cannot be had"""
    refuses(lambda: student.replay_buffer(0, 2, 7), "a buffer with capacity 0")
    refuses(lambda: student.replay_buffer(5, 2, 7).sample(1), "a sample of 1 from an empty buffer")
    refuses(lambda: student.replay_buffer(5, 2, 7).sample(0), "a sample of 0")
