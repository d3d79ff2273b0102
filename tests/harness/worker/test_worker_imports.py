"""How the files of a submission import one another inside the worker."""

from __future__ import annotations

import sys

import pytest

from torchgrade.contract import load_contract
from torchgrade.worker.implementation import Implementation

CONTRACT = "from torchgrade import hookspec\n\n@hookspec(firstresult=True)\ndef f(x): ...\n"
ENTRY = "import torchgrade\nfrom {module} import answer\n\n@torchgrade.hookimpl\ndef f(x): return answer\n"


@pytest.mark.parametrize(
    "entry, helper, module",
    [
        ("submission.py", "wk_beside.py", "wk_beside"),
        ("submission.py", "wk_lib/inner.py", "wk_lib.inner"),
        ("wk_src/submission.py", "wk_src/wk_sibling.py", "wk_sibling"),
        ("wk_src/submission.py", "wk_top.py", "wk_top"),
    ],
)
def test_an_entry_imports_from_the_top_folder_and_from_its_own(tmp_path, monkeypatch, entry, helper, module):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    implementation = Implementation(load_contract(CONTRACT, "contract.py"), str(tmp_path))

    loaded = implementation.load(
        {entry: ENTRY.format(module=module).encode(), helper: b"answer = 42\n"}, [entry]
    )

    assert loaded["usable"] == ["f"]
    assert implementation.call("f", [0]) == 42
