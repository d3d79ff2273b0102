"""A small assignment whose functions make objects: an accumulator, and something that learns a line."""

from __future__ import annotations

CONTRACT = '''\
from torchgrade import hookspec
from torchgrade.contract import returns_object

@hookspec(firstresult=True)
@returns_object("add", "total", "state", "load")
def accumulator(start):
    """Return an object that sums up from ``start``; ``add`` leaves its argument alone."""

@hookspec(firstresult=True)
@returns_object("fit", "predict")
def line(seed):
    """Return an object that learns a slope."""

@hookspec(firstresult=True)
@returns_object("guess", "hear")
def guesser(low, high):
    """Return an object that finds a whole number by asking."""
'''

SOLUTION = """\
import numpy as np
from torchgrade import hookimpl

class Accumulator:
    def __init__(self, start):
        self.sum = np.array(start)

    def add(self, x):
        self.sum += x

    def total(self):
        return self.sum

    def state(self):
        return {"sum": self.sum}

    def load(self, state):
        self.sum = np.array(state["sum"])

class Line:
    def fit(self, x, y):
        self.slope = float((x * y).sum() / (x * x).sum())

    def predict(self, x):
        return self.slope * x

class Guesser:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def guess(self):
        return (self.low + self.high) // 2

    def hear(self, guess, higher):
        if higher:
            self.low = guess + 1
        else:
            self.high = guess - 1

@hookimpl
def accumulator(start):
    return Accumulator(start)

@hookimpl
def line(seed):
    return Line()

@hookimpl
def guesser(low, high):
    return Guesser(low, high)
"""

STARTER = """\
from torchgrade import hookimpl

@hookimpl
def accumulator(start):
    raise NotImplementedError

@hookimpl
def line(seed):
    raise NotImplementedError

@hookimpl
def guesser(low, high):
    raise NotImplementedError
"""

CASES = """\
import numpy as np
from torchgrade.testing import Case, Lesson, Practice, Scored, check
from torchgrade.testing.exhibits import curves

def sums(draw):
    start, x, y = (draw.normal(3) for _ in range(3))
    return [
        Case("one sum", start=start).then("add", x).then("total"),
        Case("two sums", start=start).then("add", x).then("total").then("add", y).then("total"),
        Case("two", start=start).then("add", x).then("add", y, on=1).then("total").then("total", on=1),
    ]

def restored(draw):
    start, x, y = (draw.normal(3) for _ in range(3))
    case = Case("saved and restored", start=start).then("add", x).then("state")
    case.then("add", y).then("load", case.result(1), on=1).then("total", on=1)
    return [case]

def lessons(draw):
    def lesson(seed):
        slope, x, z = draw.normal() + 3, draw.normal(20), draw.normal(5)

        def score(results):
            predicted = results[-1]
            check(np.shape(predicted) == (5,), "predict must return 5 numbers")
            return float(abs(predicted - slope * z).max())

        case = Case("a line", seed=seed).then("fit", x, slope * x).then("predict", z)
        return Lesson(case=case, score=score)

    return [lesson(seed) for seed in range(3)]

def games(draw):
    def game(number):
        def train(guesser):
            guesses = [guesser.guess()]
            while guesses[-1] != number and len(guesses) < 50:
                check(type(guesses[-1]) is int, "guess() must return an int")
                told = ("hear", guesses[-1], number > guesses[-1])
                guesses.append(guesser.in_turn(told, ("guess",))[1])
            tries = range(1, len(guesses) + 1)
            shown = curves("guesses", {"yours": (tries, guesses)}, x_label="tries", y_label="guess")
            return Scored(figure=len(guesses), exhibits=(shown,))

        return Practice(arguments={"low": 0, "high": 1000}, train=train)

    return [game(int(draw.integers(300, 400))) for _ in range(3)]
"""

HIDDEN = '''\
from torchgrade.testing import close, points

@points(40)
def test_sums(agree, cases):
    """accumulator: sums"""
    agree("accumulator", cases.sums())

@points(20)
def test_restored(agree, cases):
    """accumulator: its state can be saved and loaded"""
    agree("accumulator", cases.restored())

@points(20)
def test_learns(learns, cases):
    """line: learns the slope"""
    learns("line", cases.lessons(), what="the largest error", at_most=1e-6)

@points(10)
def test_guesses(learns, cases):
    """guesser: finds a number"""
    learns("guesser", cases.games(), what="the number of guesses", at_most=11)

@points(10)
def test_in_turn(student, reference, draw):
    """accumulator: asked step by step"""
    start, x = draw.normal(2), draw.normal(2)
    mine, right = student.accumulator(start), reference.accumulator(start)
    close(mine.total(), right.total(), "total()")
    for each in (mine, right):
        each.add(x)
    close(mine.total(), right.total(), "total() after add()")
'''

PUBLIC = '''\
import numpy as np
from torchgrade.testing import close

def test_sum(student):
    """accumulator: 1 + 2"""
    made = student.accumulator(np.array([1.0]))
    made.add(np.array([2.0]))
    close(made.total(), np.array([3.0]), "total()")
'''

SHARED = """\
\"\"\"your accumulators share one sum; each has its own\"\"\"
import numpy as np
from torchgrade import hookimpl
KILLED_BY = ("test_sums",)

class Shared:
    sums = []

    def __init__(self, start):
        Shared.sums = Shared.sums or [np.array(start)]

    def add(self, x):
        self.sums[0] = self.sums[0] + x

    def total(self):
        return self.sums[0]

    def state(self):
        return {"sum": self.sums[0]}

    def load(self, state):
        self.sums[0] = np.array(state["sum"])

@hookimpl
def accumulator(start):
    Shared.sums = Shared.sums if len(Shared.sums) and Shared.sums[0].shape == start.shape else []
    return Shared(start)
"""

DOUBLED = """\
\"\"\"your accumulator adds everything twice\"\"\"
import numpy as np
from torchgrade import hookimpl
KILLED_BY = ("test_sums", "test_restored", "test_in_turn")

class Doubled:
    def __init__(self, start):
        self.sum = np.array(start)

    def add(self, x):
        self.sum = self.sum + 2 * x

    def total(self):
        return self.sum

    def state(self):
        return {"sum": self.sum}

    def load(self, state):
        self.sum = np.array(state["sum"])

@hookimpl
def accumulator(start):
    return Doubled(start)
"""

CHANGES = {
    "contract.py": CONTRACT,
    "starter/submission.py": STARTER,
    "public/test_public.py": PUBLIC,
    "solution.py": SOLUTION,
    "hidden/cases.py": CASES,
    "hidden/test_hidden.py": HIDDEN,
    "mutants/tripled.py": None,
    "mutants/never_refuses.py": None,
    "mutants/shared.py": SHARED,
    "mutants/doubled.py": DOUBLED,
    "alternatives/by_adding.py": SOLUTION.replace("self.sum += x", "self.sum = self.sum + x"),
    "alternatives/by_powers.py": SOLUTION.replace("self.sum += x", "self.sum -= -x"),
}
