"""What the page about off-limits built-ins recommends holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "rule-out-built-ins.md"
SETTING = """
import json
import torch
import torch.nn.functional as F
from torch import nn
from torchgrade.worker.off_limits import enforce

image = torch.ones(2, 3, 8, 8)
leaf = torch.ones(2, 3, requires_grad=True)
"""
USES = {
    "an LSTM": ["nn.LSTM(3, 4)", "nn.LSTMCell(3, 4)", "torch._VF.lstm_cell(leaf, (leaf, leaf), leaf, leaf)"],
    "attention": [
        "F.scaled_dot_product_attention(image, image, image)",
        "nn.MultiheadAttention(8, 2)",
        "nn.TransformerEncoderLayer(8, 2)",
        "F.multi_head_attention_forward()",
    ],
    "an optimiser": [
        "torch.optim.Adam([leaf])",
        "from torch.optim.sgd import sgd; sgd()",
        "torch.optim.LBFGS([leaf])",
    ],
    "a convolution": [
        "nn.Conv2d(3, 4, 3)",
        "nn.LazyConv1d(3, 4)",
        "F.conv2d(image, torch.ones(4, 3, 2, 2))",
        "torch.conv1d(image[0], torch.ones(4, 8, 2))",
        "torch.ops.aten.convolution(image, image, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)",
        "torch.ops.aten._slow_conv2d_forward(image, image, [8, 8], None, [1, 1], [0, 0])",
    ],
    "batch normalisation": [
        "nn.BatchNorm2d(3)",
        "F.batch_norm(image, None, None, training=True)",
        "F.instance_norm(image)",
        "torch.native_batch_norm(image, None, None, None, None, True, 0.1, 1e-5)",
    ],
    "gradients by hand": [
        "leaf.sum().backward()",
        "torch.autograd.grad(leaf.sum(), leaf)",
        "torch.func.grad(torch.sum)(leaf)",
        "torch.autograd.functional.jacobian(torch.sum, leaf)",
    ],
}
PERMITTED = "torch.softmax(nn.Linear(3, 4)(leaf) @ torch.ones(4, 4), -1).tanh().sum()"


def recipes():
    """Return names and operators of each line of the page's table of recipes."""
    table = PAGE.read_text(encoding="utf-8").partition("| the student writes |")[2].partition("\n\n")[0]
    lines = [line.split("|") for line in table.splitlines() if "`" in line]
    return {line[1].strip(): re.findall(r"`([^`]+)`", line[2]) for line in lines}


def test_each_recipe_is_tried():
    assert set(recipes()) == set(USES)


@pytest.mark.parametrize("what", USES)
def test_a_recipe_rules_out_what_it_says_and_no_more(what):
    named = recipes()[what]
    names, ops = [n for n in named if "::" not in n], [n for n in named if "::" in n]
    code = [SETTING, f"enforce({names}, {ops})\ntold = []"]
    code += [
        f"try:\n    {use}\n    told.append('')\nexcept Exception as e:\n    told.append(type(e).__name__)"
        for use in USES[what]
    ]
    code.append(f"{PERMITTED}\nprint(json.dumps(told))")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == ["OffLimitsError"] * len(USES[what])
