"""What ruling things out does to a process, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

torch = pytest.importorskip("torch")

NAMES = [
    "torch.nn.LSTM*",
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.optim",
    "torch.Tensor.backward",
    "numpy.linalg.svd",
]
PERMITTED = ["aten::add.Tensor", "aten::gru.input", "aten::softmax.int", "aten::mm", "aten::linalg_inv"]


@pytest.fixture
def run():
    """Run code in a fresh process that imports torch and ``enforce``; return what it printed as JSON."""

    def started(code):
        head = "import json, os, sys\nimport torch\nfrom torchgrade.worker.off_limits import enforce\n"
        command = [sys.executable, "-W", "always", "-c", head + textwrap.dedent(code)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return json.loads(done.stdout)

    return started


def test_it_says_nothing_and_starts_no_thread(run):
    told = run(
        f"""
        before = len(os.listdir("/proc/self/task"))
        enforce({NAMES}, ["aten::native_batch_norm"])
        print(json.dumps(len(os.listdir("/proc/self/task")) - before))
        """
    )

    assert told == 0


def test_the_tables_of_other_operators_stay_as_they_were(run):
    told = run(
        f"""
        dump = torch._C._dispatch_dump_table
        before = [dump(op) for op in {PERMITTED}]
        refused = dump("aten::lstm.input")
        enforce({NAMES}, [])
        print(json.dumps([[dump(op) for op in {PERMITTED}] == before, dump("aten::lstm.input") == refused]))
        """
    )

    assert told == [True, False]


def test_whatever_is_cleared_in_the_process_the_operators_go_on_refusing(run):
    told = run(
        f"""
        import gc
        enforce({NAMES}, [])
        sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type)]
        for thing in gc.get_objects():
            if type(thing).__module__.startswith("torchgrade.worker.off"):
                vars(thing).clear()
        for name in [name for name in sys.modules if name.startswith("torchgrade.worker")]:
            vars(sys.modules.pop(name)).clear()
        gc.collect()
        q = torch.ones(2, 3, 4, 8)
        try:
            torch.ops.aten.scaled_dot_product_attention(q, q, q)
        except Exception as error:
            print(json.dumps(str(error)))
        """
    )

    assert told.startswith("uses `torch.nn.functional.scaled_dot_product_attention`, which")


def test_without_operators_torchs_dispatcher_is_left_alone_and_torch_not_imported(run):
    told = run(
        """
        modules = sorted(name for name in sys.modules if name.startswith("torch"))
        enforce(["numpy.linalg.svd", "jax"], [])
        print(json.dumps(sorted(name for name in sys.modules if name.startswith("torch")) == modules))
        """
    )

    assert told is True


def test_every_key_at_which_an_operator_can_be_met_is_known_to_this_torch():
    from torchgrade.worker.off_limits_ops import _KEYS

    refuses = torch._C._dispatch_has_kernel_for_dispatch_key  # raises for what is no key
    assert [key for key in _KEYS if refuses("aten::gru.input", key)] == ["CompositeImplicitAutograd"]


def test_every_operator_that_a_name_brings_along_is_registered():
    from torchgrade.worker.off_limits_ops import _BEHIND, find_ops

    assert [op for ops in _BEHIND.values() for op in ops if not find_ops(op)] == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("mode", ["torch.enable_grad()", "torch.inference_mode()", "torch.autocast('cuda')"])
def test_on_a_gpu_operators_refuse_too(run, mode):
    told = run(
        f"""
        enforce({NAMES}, [])
        with {mode}:
            q = torch.ones(2, 3, 4, 8, device="cuda")
            try:
                torch.ops.aten.scaled_dot_product_attention(q, q, q)
            except Exception as error:
                print(json.dumps(type(error).__name__))
        """
    )

    assert told == "OffLimitsError"


@pytest.mark.parametrize("own", [True, False])
def test_a_package_found_elsewhere_is_refused_and_one_of_ones_own_is_not(run, tmp_path, own):
    (tmp_path / "jax").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "jax" / "__init__.py").write_text("from jax import numpy\n")
    (tmp_path / "jax" / "numpy.py").write_text("answer = 42\n")
    told = run(
        f"""
        enforce(["jax"], [])
        os.chdir({str(tmp_path if own else tmp_path / "work")!r})
        sys.path.append({str(tmp_path)!r})
        try:
            import jax.numpy
            print(json.dumps(jax.numpy.answer))
        except ImportError as error:
            print(json.dumps(str(error)))
        """
    )

    assert told == (42 if own else "uses `jax`, which this assignment asks you to do without")


def test_functions_with_cells_and_wrappers_refuse_and_keep_their_names():
    from torchgrade.worker.off_limits_names import find_targets, replace_targets
    from torchgrade.worker.refusal import OffLimitsError

    module = _module(
        """
        import functools

        def decorate(function):
            @functools.wraps(function)
            def wrapper(*args, scale=1):
                return scale * function(*args)
            return wrapper

        @decorate
        def solve(x, y=2):
            return x + y

        class Solver:
            kind = "own"
            def __init__(self, x): self.x = x
            @staticmethod
            def twice(x): return 2 * x
            @classmethod
            def make(cls): return cls(1)
            def __repr__(self): return "Solver"
        class Part(Solver): pass
        def other(x): return solve(x)
        """
    )
    held = (module.solve, module.solve.__wrapped__, module.Solver.twice, module.Solver.make, module.Part)
    replace_targets([*find_targets("wk_ruled_out.solve"), *find_targets("wk_ruled_out.Solver")])

    for function in held:
        with pytest.raises(OffLimitsError, match=r"^uses `wk_ruled_out\.(solve|Solver)`, which"):
            function(1)
    with pytest.raises(OffLimitsError, match="solve"):
        module.other(1)
    assert module.solve.__name__ == module.solve.__code__.co_name.replace("wrapper", "solve") == "solve"
    assert (module.Solver.kind, repr(object.__new__(module.Part))) == ("own", "Solver")


def test_a_method_that_a_class_inherits_refuses_in_that_class_alone():
    from torchgrade.worker.off_limits_names import find_targets, replace_targets
    from torchgrade.worker.refusal import OffLimitsError

    module = _module(
        """
        class Base:
            def fit(self): return "base"
            @property
            def loss(self): return 1.0
        class Model(Base): pass
        """
    )
    replace_targets([*find_targets("wk_ruled_out.Model.fit"), *find_targets("wk_ruled_out.Model.loss")])

    with pytest.raises(OffLimitsError, match=r"Model\.fit"):
        module.Model().fit()
    with pytest.raises(OffLimitsError, match=r"Model\.loss"):
        _ = module.Model().loss
    assert (module.Base().fit(), module.Base().loss) == ("base", 1.0)


@pytest.fixture(autouse=True)
def no_module_left():
    yield
    sys.modules.pop("wk_ruled_out", None)


def _module(source):
    module = type(sys)("wk_ruled_out")
    exec(textwrap.dedent(source), vars(module))
    sys.modules[module.__name__] = module
    return module
