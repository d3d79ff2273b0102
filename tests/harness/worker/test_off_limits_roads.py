"""Every road that leads to what is off limits ends in the same sentence."""

from __future__ import annotations

import pytest

from torchgrade.remote.answers import AnswerKind

ATTENTION = "torch.nn.functional.scaled_dot_product_attention"
SETTING = """
import importlib, sys
__name__ = "attempt"
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

q = torch.ones(2, 3, 4, 8)
x = torch.ones(3, requires_grad=True)
sequence = torch.ones(2, 1, 3)
state = torch.ones(1, 1, 4), torch.ones(1, 1, 4)
weights = [torch.ones(16, 3), torch.ones(16, 4), torch.ones(16), torch.ones(16)]
"""
SCRIPTED = """
with open("scripted.py", "w") as file:
    file.write("import torch.nn.functional as F\\n")
    file.write("def own(q):\\n    return F.scaled_dot_product_attention(q, q, q)\\n")
    file.write("def gradient(x):\\n    return F.torch.autograd.grad([x.sum()], [x])\\n")
sys.path.append(".")
import scripted
"""
ROADS = [
    # a class
    ("torch.nn.LSTM", "nn.LSTM(3, 4)"),
    ("torch.nn.LSTM", "nn.modules.rnn.LSTM(3, 4)"),
    ("torch.nn.LSTM", "from torch.nn import LSTM as Own; Own(3, 4)"),
    ("torch.nn.LSTM", "getattr(nn, 'LS' + 'TM')(3, 4)"),
    ("torch.nn.LSTM", "next(c for c in nn.RNNBase.__subclasses__() if c.__name__ == 'LSTM')(3, 4)"),
    ("torch.nn.LSTM", "class Own(nn.LSTM): pass\nOwn(3, 4)"),
    ("torch.nn.LSTM", "class Own(nn.LSTM):\n    def __init__(self): pass\nOwn()"),
    (
        "torch.nn.LSTM",
        (
            "class Own(nn.LSTM):\n"
            "    def __new__(cls): return object.__new__(cls)\n"
            "    def __init__(self): nn.RNNBase.__init__(self, 'LSTM', 3, 4)\n"
            "Own()(sequence)"
        ),
    ),
    ("torch.nn.LSTM", "nn.LSTM.forward(None, sequence)"),
    ("torch.nn.LSTMCell", "nn.LSTMCell(3, 4)"),
    ("torch.nn.MultiheadAttention", "nn.MultiheadAttention(8, 2)"),
    ("torch.nn.MultiheadAttention", "nn.TransformerEncoderLayer(8, 2)"),
    # what a class calls
    ("torch.nn.LSTM", "torch._VF.lstm(sequence, state, weights, True, 1, 0.0, False, False, False)"),
    ("torch.nn.LSTM", "torch.lstm(sequence, state, weights, True, 1, 0.0, False, False, False)"),
    (
        "torch.nn.LSTM",
        "torch.ops.aten.lstm.input(sequence, state, weights, True, 1, 0.0, False, False, False)",
    ),
    ("torch.nn.LSTMCell", "torch.lstm_cell(sequence[0], [s[0] for s in state], *weights)"),
    # a function of C
    (ATTENTION, "F.scaled_dot_product_attention(q, q, q)"),
    (ATTENTION, "torch._C._nn.scaled_dot_product_attention(q, q, q)"),
    (ATTENTION, "F.scaled_dot_product_attention(q.requires_grad_(), q, q)"),
    (ATTENTION, "torch.ops.aten.scaled_dot_product_attention(q, q, q)"),
    (ATTENTION, "torch.ops.aten.scaled_dot_product_attention.default(q, q, q)"),
    (ATTENTION, "torch.ops.aten.scaled_dot_product_attention.default.decompose(q, q, q)"),
    (ATTENTION, "torch._scaled_dot_product_attention_math(q, q, q)"),
    (ATTENTION, "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, q, q)"),
    (ATTENTION, "q = q.to('meta')\ntorch.ops.aten.scaled_dot_product_attention(q, q, q)"),
    (ATTENTION, "q = q.bfloat16()\ntorch.ops.aten.scaled_dot_product_attention(q, q, q)"),
    (ATTENTION, "with torch.no_grad():\n    torch.ops.aten.scaled_dot_product_attention(q, q, q)"),
    (
        ATTENTION,
        (
            "with torch.inference_mode():\n"
            "    q = torch.ones(2, 3, 4, 8)\n    torch.ops.aten.scaled_dot_product_attention(q, q, q)"
        ),
    ),
    (
        ATTENTION,
        (
            "with torch.autocast('cpu', dtype=torch.bfloat16):\n"
            "    torch.ops.aten.scaled_dot_product_attention(q, q, q)"
        ),
    ),
    (ATTENTION, "torch.vmap(lambda q: torch.ops.aten.scaled_dot_product_attention(q, q, q))(q)"),
    (
        ATTENTION,
        "torch.func.jvp(lambda q: torch.ops.aten.scaled_dot_product_attention(q, q, q), (q,), (q,))",
    ),
    (
        ATTENTION,
        "torch.func.functionalize(lambda q: torch.ops.aten.scaled_dot_product_attention(q, q, q))(q)",
    ),
    (ATTENTION, "torch.compile(lambda q: F.scaled_dot_product_attention(q, q, q), backend='eager')(q)"),
    (
        ATTENTION,
        "torch.compile(lambda q: torch.ops.aten.scaled_dot_product_attention(q, q, q), backend='eager')(q)",
    ),
    (ATTENTION, "torch.jit.trace(lambda q: torch.ops.aten.scaled_dot_product_attention(q, q, q), q)"),
    (ATTENTION, SCRIPTED + "torch.jit.script(scripted.own)(q)"),
    (ATTENTION, "torch.jit.script(F.scaled_dot_product_attention)(q, q, q)"),
    ("torch.autograd.grad", SCRIPTED + "torch.jit.script(scripted.gradient)(x)"),
    (
        "torch.Tensor.cumsum",
        "unit = torch.jit.CompilationUnit('def own(x):\\n    return torch.cumsum(x, 0)\\n')\nunit.own(x)",
    ),
    ("torch.linalg.svd", "torch.linalg.svd(q)"),
    ("torch.linalg.svd", "torch._C._linalg.linalg_svd(q)"),
    ("torch.linalg.svd", "q.svd()"),
    # a function of Python, its wrappers and what is behind it
    ("torch.nn.functional.max_pool2d", "F.max_pool2d(q, 2)"),
    ("torch.nn.functional.max_pool2d", "nn.MaxPool2d(2)(q)"),
    ("torch.nn.functional.max_pool2d", "torch.max_pool2d(q, 2)"),
    ("torch.nn.functional.layer_norm", "F.layer_norm(q, (8,))"),
    ("torch.nn.functional.layer_norm", "nn.LayerNorm(8)(q)"),
    ("torch.nn.functional.layer_norm", "torch.layer_norm(q, (8,))"),
    ("torch.nn.functional.layer_norm", "torch.native_layer_norm(q, (8,), None, None, 1e-5)"),
    ("torch.nn.functional.layer_norm", "import torch._refs as refs; refs.nn.functional.layer_norm(q, (8,))"),
    (
        "torch.nn.functional.layer_norm",
        (
            "from torch._decomp import decomposition_table as table\n"
            "table[torch.ops.aten.native_layer_norm.default](q, (8,), None, None, 1e-5)"
        ),
    ),
    # a module
    ("torch.optim.Adam", "torch.optim.Adam([x])"),
    ("torch.optim.Adam", "import torch.optim as o; o.Adam([x])"),
    ("torch.optim.Adam", "from torch.optim.adam import Adam; Adam([x])"),
    ("torch.optim.Adam", "sys.modules['torch.optim'].Adam([x])"),
    ("torch.optim.SGD", "class Own(torch.optim.SGD): pass\nOwn([x])"),
    ("torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.StepLR(None, 1)"),
    (
        "torch.optim",
        (
            "t = [torch.ones(2)]\n"
            "torch._fused_sgd_(t, t, t, weight_decay=0.0, momentum=0.0, lr=0.1, dampening=0.0,"
            " nesterov=False, maximize=False, is_first_step=True)"
        ),
    ),
    ("torch.fft.fft", "torch.fft.fft(q)"),
    ("torch.fft.fft", "torch._C._fft.fft_fft(q)"),
    ("torch.fft.fft", "torch.ops.aten.fft_fft(q)"),
    ("statistics.median", "import statistics; statistics.median([1, 2])"),
    ("statistics.median", "importlib.import_module('statistics').median([1, 2])"),
    # a method
    ("torch.Tensor.backward", "x.sum().backward()"),
    ("torch.Tensor.backward", "torch.Tensor.backward(x.sum())"),
    ("torch.Tensor.backward", "nn.Parameter(torch.ones(())).backward()"),
    ("torch.Tensor.backward", "torch.ops.aten._backward(x.sum(), [])"),
    ("torch.autograd.backward", "torch.autograd.backward(x.sum())"),
    ("torch.autograd.grad", "torch.func.grad(lambda x: x.sum())(x)"),
    ("torch.Tensor.cumsum", "x.cumsum(0)"),
    ("torch.Tensor.cumsum", "torch.cumsum(x, 0)"),
    ("torch.Tensor.itemsize", "x.itemsize"),
    # numpy
    ("numpy.linalg.svd", "np.linalg.svd(np.eye(2))"),
    ("numpy.linalg.svd", "from numpy.linalg import svd as own; own(np.eye(2))"),
    ("numpy.linalg.svd", "np.linalg._linalg.svd(np.eye(2))"),
    ("numpy.linalg.svd", "np.linalg.svd.__wrapped__(np.eye(2))"),
    ("numpy.linalg.svd", "np.linalg.pinv(np.eye(2))"),
    ("numpy.einsum", "np.einsum('ii', np.eye(2))"),
    ("numpy.matmul", "np.matmul(np.eye(2), np.eye(2))"),
    ("numpy.random.Generator", "np.random.Generator(np.random.PCG64())"),
    # an operator by its own name
    ("aten::native_batch_norm", "nn.BatchNorm2d(3)(q)"),
]


@pytest.mark.parametrize("name, road", ROADS, ids=[road.replace("\n", "; ")[:80] for _, road in ROADS])
def test_a_road_to_what_is_off_limits_ends_in_its_sentence(attempt, name, road):
    answer = attempt(SETTING + road)

    assert answer.kind is AnswerKind.RAISED, answer
    assert answer.raised.type == "OffLimitsError", answer.raised
    assert answer.raised.message == f"uses `{name}`, which this assignment asks you to write"


@pytest.mark.parametrize(
    "name, road",
    [
        ("torch.nn.LSTM", "importlib.reload(sys.modules['torch.nn.modules.rnn']).LSTM(3, 4)(sequence)"),
        ("torch.optim", "importlib.reload(sys.modules['torch.optim.adam']).Adam([x])"),
        ("torch.optim", "del sys.modules['torch.optim.adam']\nimport torch.optim.adam"),
        ("statistics", "importlib.reload(importlib.import_module('statistics')).median([1, 2])"),
    ],
)
def test_what_is_read_again_from_its_file_refuses_too(workshop, name, road):
    answer, _ = workshop.run(SETTING + road)

    assert "OffLimitsError" in answer.raised.types
    assert answer.raised.message.startswith(f"uses `{name}`, which this assignment asks you to ")


@pytest.mark.parametrize(
    "road",
    [
        "import jax",
        "import jax.numpy as jnp",
        "from jax import grad",
        "__import__('jax')",
        "import importlib; importlib.import_module('jax.numpy')",
    ],
)
def test_a_ruled_out_package_that_is_not_there_says_so(attempt, road):
    answer = attempt(road)

    assert answer.raised.types[:3] == ("OffLimitsImportError", "OffLimitsError", "ModuleNotFoundError")
    assert answer.raised.message == "uses `jax`, which this assignment asks you to do without"


@pytest.mark.parametrize(
    "code, value",
    [
        ("result = nn.GRU(3, 4)(sequence)[0].shape[-1]", 4),
        ("result = nn.Linear(3, 4)(sequence).shape[-1]", 4),
        ("result = torch.func.functionalize(lambda q: q + 1)(q).sum().item()", 384.0),
        ("result = torch.softmax(q, -1).sum().item()", 24.0),
        ("result = torch.vmap(lambda q: q.sum())(q).sum().item()", 192.0),
        ("result = torch.nn.functional.avg_pool2d(q, 2).sum().item()", 48.0),
        ("result = float((np.eye(2) @ np.eye(2)).sum() + np.dot(np.ones(2), np.ones(2)))", 4.0),
        ("result = float(np.linalg.det(np.eye(2)))", 1.0),
        ("result = bool(x.sum().grad_fn is not None)", True),
        # asking is not using
        ("result = hasattr(nn, 'LSTM') and isinstance(nn.LSTM, type)", True),
        ("result = isinstance(nn.GRU(3, 4), nn.LSTM)", False),
        ("class Own(nn.LSTM): pass\nresult = issubclass(Own, nn.LSTM)", True),
        ("import torch.optim\nfrom torch.optim import Adam\nresult = 1", 1),
        ("import importlib.util\nresult = importlib.util.find_spec('jax') is None", True),
        ("result = '''torch.nn.LSTM(3, 4)'''  # torch.nn.LSTM(3, 4)", "torch.nn.LSTM(3, 4)"),
        # one's own
        (
            "class LSTM(nn.Module):\n    def forward(self, x): return x + 1\nresult = LSTM()(q).sum().item()",
            384.0,
        ),
        ("def svd(x): return 7\nresult = svd(1)", 7),
        # and what is caught is nobody's business
        ("try:\n    nn.LSTM(3, 4)\nexcept Exception:\n    result = 'own'", "own"),
        ("try:\n    import jax\nexcept ImportError:\n    result = 'own'", "own"),
        ("try:\n    import jax\nexcept ModuleNotFoundError:\n    result = 'own'", "own"),
    ],
)
def test_everything_else_is_as_it_was(attempt, code, value):
    answer = attempt(SETTING + code)

    assert answer.kind is AnswerKind.VALUE, answer
    assert answer.value == value


def test_any_other_module_that_is_not_there_is_missed_as_ever(attempt):
    answer = attempt("import jaxlib")

    assert answer.raised.types[:2] == ("ModuleNotFoundError", "ImportError")
    assert answer.raised.message == "No module named 'jaxlib'"


def test_a_worker_still_has_one_thread(workshop):
    answer, _ = workshop.run(
        "import threading, torch\nresult = [threading.active_count(), torch.get_num_threads()]"
    )

    assert answer.value == [1, 1]
