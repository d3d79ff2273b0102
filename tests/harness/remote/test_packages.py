"""What lies on a worker's import path."""

from __future__ import annotations

import pytest

from torchgrade.errors import ContentError
from torchgrade.remote.packages import worker_packages


def test_a_worker_for_numpy_gets_what_numpy_and_the_wire_need_and_no_torch():
    found = worker_packages(["numpy"])

    assert {"numpy", "msgspec", "pluggy"} <= set(found)
    assert not {"torch", "pytest", "sqlalchemy", "hypothesis", "torchgrade_plugins"} & set(found)
    assert all(path.exists() for path in found.values())


def test_of_the_engine_only_the_workers_own_parts_are_there():
    parts = {name for name in worker_packages([]) if name.startswith("torchgrade")}

    assert parts == {
        "torchgrade/__init__.py",
        "torchgrade/contract.py",
        "torchgrade/progress.py",
        "torchgrade/wire",
        "torchgrade/worker",
    }


def test_a_package_brings_along_what_it_requires():
    pytest.importorskip("torch")
    found = worker_packages(["torch"])

    assert {"torch", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "typing_extensions.py"} <= set(
        found
    )


def test_names_are_read_as_pip_reads_them():
    assert worker_packages(["NumPy"]) == worker_packages(["numpy"])
    assert "typing_extensions.py" in worker_packages(["typing.extensions"])


def test_nothing_outside_the_packages_is_named():
    for name in worker_packages(["numpy", "torch", "pytest"]):
        assert not name.startswith(("..", "/", "bin"))
        assert "__pycache__" not in name


def test_a_package_that_is_not_installed_is_the_authors_to_mend():
    with pytest.raises(ContentError, match="needs the package 'no-such-package', which is not installed"):
        worker_packages(["numpy", "no_such.package"])
