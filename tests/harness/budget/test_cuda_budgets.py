"""Budgets on a GPU, with a real one: skipped, with the reason, where workers can use none.

Every submission is tried at the strongest level that works: a right one must be measured as the reference is,
and no way to look quick or small on a GPU be worth anything.
"""

from __future__ import annotations

import textwrap

import pytest

from torchgrade.budget.accelerator import Accelerator
from torchgrade.budget.comparison import Effort
from torchgrade.budget.declaration import Budget
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.suite import BudgetSuite, Compared, Modules
from torchgrade.content import load_assignment
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome
from torchgrade.testing.compare import Tolerance

torch = pytest.importorskip("torch")

MANIFEST = """
title = "GPU"
packages = ["numpy", "torch"]
[limits]
import_seconds = 60
call_seconds = 60
memory_mib = 4096
"""
CONTRACT = """
from torchgrade import hookspec

@hookspec(firstresult=True)
def powers(x): ...

@hookspec(firstresult=True)
def distances(x): ...
"""
HEAD = "import threading, time\nimport torch\nfrom torchgrade import hookimpl\n"
SIZE, ROWS = 1_024, 4_096
STRICT = Tolerance(relative=3e-4, absolute=0.0)  # what full precision keeps, and TF32 does not


def module(powers="return work(x)", distances="return nearest(x)", before=""):
    """Return a submission: its functions' bodies, and lines of its own before them."""
    bodies = {"powers": powers, "distances": distances}
    functions = "".join(
        f"@hookimpl\ndef {name}(x):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n\n"
        for name, body in bodies.items()
    )
    return f"{HEAD}{WORK}\n{textwrap.dedent(before)}\n{functions}"


WORK = """
def work(x):
    y = x
    for _ in range(40):
        y = x @ y
        y = y / y.norm()
    return y

def nearest(x):
    return torch.stack([(x - each).square().sum(-1).topk(2, largest=False).values[1] for each in x])
"""
# The same in one step of O(T^2) memory, where the reference holds O(T).
AT_ONCE = "return torch.cdist(x, x).square().topk(2, largest=False).values[:, 1]"


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    offered = sorted((box for _, box in load_plugins().sandboxes), key=lambda box: -box.level.strength)
    sandbox = next(box for box in offered if box.probe().works)
    root = tmp_path_factory.mktemp("content")
    folder = root / "assignments" / "gpu"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(MANIFEST)
    (folder / "contract.py").write_text(CONTRACT)
    assignment = load_assignment(root, "gpu")
    with Accelerator(sandbox, assignment) as accelerator:
        if accelerator.why_not():
            pytest.skip(accelerator.why_not())
        yield BudgetSuite(
            [TIME, MEMORY],
            assignment=assignment,
            zygote=accelerator.zygote,
            compared=Compared(modules=modules(module())),
            lane=QuietLane(""),
            first_number=1,
            effort=Effort(call_seconds=60.0),
            accelerator=accelerator,
        )


def matrix(draw):
    return {"x": torch.from_numpy(draw.normal(SIZE, SIZE)).float()}


def rows(draw):
    return {"x": torch.from_numpy(draw.normal(ROWS, 8)).float()}


TIME = Budget(
    name="powers_time",
    title="time of forty products",
    call="powers",
    inputs=matrix,
    full_marks=1.5,
    zero_marks=6.0,
    points=10,
    device="cuda",
    tolerance=STRICT,
)
MEMORY = Budget(
    name="distances_memory",
    title="memory of the nearest of 4,096 rows",
    call="distances",
    inputs=rows,
    full_marks=3.0,
    zero_marks=30.0,
    points=10,
    device="cuda",
    measures="memory",
    tolerance=Tolerance(relative=1e-3, absolute=0.0),
)


def modules(source):
    return Modules(files={"submission.py": source.encode()}, entries=["submission.py"])


@pytest.fixture
def judge(suite):
    def run(source, budget=TIME):
        why = suite.why_not_measured(budget)
        if why:
            pytest.skip(why)
        return suite.judge(budget, modules(source))

    return run


def test_the_reference_is_as_quick_as_itself(judge):
    verdict = judge(module())
    assert verdict.outcome is Outcome.PASSED, verdict
    assert 0.85 < verdict.figures.ratio < 1.15


def test_twice_the_work_takes_twice_the_time(judge):
    verdict = judge(module("work(x)\nreturn work(x)"))
    assert verdict.outcome is Outcome.OVER_BUDGET, verdict
    assert 1.7 < verdict.figures.ratio < 2.3


def earns_nothing_by_it(verdict):
    """It was found wrong, or it took what the work takes."""
    if verdict.outcome is Outcome.FAILED:
        return verdict.points == 0
    return verdict.figures is not None and verdict.figures.low > 0.85


def test_work_on_another_stream_that_nobody_waits_for_is_wrong_or_counts(judge):
    """T4."""
    body = """
    other = torch.cuda.Stream()
    with torch.cuda.stream(other):
        y = work(x)
    return y
    """
    assert earns_nothing_by_it(judge(module(body)))
    silenced = "torch.cuda.synchronize = lambda *_: None"
    assert earns_nothing_by_it(judge(module(body, before=silenced)))


def test_patched_events_and_synchronisation_change_nothing(judge):
    """T2: there is no clock in the worker."""
    before = """
    torch.cuda.synchronize = lambda *_: None
    torch.cuda.Event.elapsed_time = lambda *_: 1e-6
    torch.cuda.Event.synchronize = lambda *_: None
    """
    assert earns_nothing_by_it(judge(module(before=before)))


def test_work_in_a_thread_that_goes_on_after_the_answer_is_wrong_or_counts(judge):
    body = """
    y = torch.empty_like(x)
    threading.Thread(target=lambda: y.copy_(work(x))).start()
    return y
    """
    assert earns_nothing_by_it(judge(module(body)))


def test_lower_precision_is_refused_by_the_tolerance(judge):
    for before in (
        "torch.backends.cuda.matmul.allow_tf32 = True",
        "whole = work\ndef work(x):\n    return whole(x.half()).float()",
        "whole = work\ndef work(x):\n    return whole(x.bfloat16()).float()",
    ):
        assert judge(module(before=before)).outcome is Outcome.FAILED, before


def test_a_replayed_graph_on_inputs_that_have_gone_is_wrong(judge):
    """T13: the first call is captured, and all others replay it on the first one's inputs."""
    before = "captured = []"
    body = """
    if not captured:
        own = x.clone()
        work(own)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            y = work(own)
        captured.extend([graph, y])
    captured[0].replay()
    return captured[1].clone()
    """
    assert judge(module(body, before=before)).outcome is Outcome.FAILED


def test_a_graph_that_is_given_each_call_its_own_inputs_is_no_trick(judge):
    before = "captured = []"
    body = """
    if not captured:
        own = x.clone()
        work(own)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            y = work(own)
        captured.extend([graph, own, y])
    captured[1].copy_(x)
    captured[0].replay()
    return captured[2].clone()
    """
    assert judge(module(body, before=before)).outcome is Outcome.PASSED


def test_keeping_data_in_the_cache_of_the_device_is_worth_nothing(judge):
    """T12: the part of the cache that is set aside is the submission's, its inputs are new."""
    before = """
    import ctypes
    try:
        runtime = ctypes.CDLL("libcudart.so.12" if torch.version.cuda.startswith("12") else "libcudart.so.13")
        runtime.cudaDeviceSetLimit(6, ctypes.c_size_t(1 << 30))
    except OSError:
        pass
    """
    assert earns_nothing_by_it(judge(module(before=before)))


def test_work_left_behind_on_the_device_does_not_slow_down_the_reference(judge):
    """T19: kernels go on while their process is stopped."""
    body = """
    y = work(x)
    torch.cuda.synchronize()
    answer = y.cpu()
    with torch.cuda.stream(torch.cuda.Stream()):
        for _ in range(3):
            work(x)
    return answer
    """
    silenced = "torch.cuda.synchronize = lambda *_: None\ntorch.cuda.empty_cache = lambda: None"
    verdict = judge(module(body, before=silenced))
    assert verdict.outcome is not Outcome.INTERNAL_ERROR, verdict.instructor_message
    assert verdict.figures is None or verdict.figures.low > 0.75


def test_the_reference_holds_what_itself_holds(judge):
    verdict = judge(module(), MEMORY)
    assert verdict.outcome is Outcome.PASSED, verdict
    assert 0.7 < verdict.figures.ratio < 1.4
    assert "allocator" in verdict.instructor_message


def test_memory_of_every_pair_and_of_every_row_are_told_apart(judge):
    verdict = judge(module(distances=AT_ONCE), MEMORY)
    assert verdict.outcome is Outcome.OVER_BUDGET, verdict
    assert verdict.figures.low > MEMORY.full_marks
    assert verdict.figures.submission > 0.8 * 4 * ROWS * ROWS


def test_memory_that_the_allocator_does_not_know_of_counts(judge):
    """Taken from the driver, past torch's allocator and its count."""
    before = """
    import ctypes
    driver = ctypes.CDLL("libcuda.so.1")
    """
    body = """
    place = ctypes.c_uint64()
    assert driver.cuMemAlloc_v2(ctypes.byref(place), ctypes.c_size_t(1 << 30)) == 0
    y = nearest(x)
    assert driver.cuMemFree_v2(place) == 0
    return y
    """
    verdict = judge(module(distances=body, before=before), MEMORY)
    assert verdict.figures is not None, verdict
    assert verdict.figures.submission > 0.9 * (1 << 30)
