"""Modules that an assignment has imported before there are workers."""

from __future__ import annotations

import pytest

from torchgrade.errors import ContentError
from torchgrade.plugin import load_plugins
from torchgrade.remote.zygote import Zygote

LOADED = "import sys; result = 'numpy.polynomial' in sys.modules"


def content(kit, folder, preload):
    manifest = kit.MANIFEST.replace('packages = ["numpy"]', f'packages = ["numpy"]\npreload = {preload}')
    return kit.write_assignment(folder, manifest)


@pytest.fixture(params=[sandbox for _, sandbox in load_plugins().sandboxes], ids=lambda box: str(box.level))
def sandbox(request):
    probe = request.param.probe()
    if not probe.works:
        pytest.skip(f"level {probe.level} does not work here: {probe.reason}")
    return request.param


@pytest.mark.parametrize("preload, there", [("[]", False), ('["numpy.polynomial"]', True)])
def test_what_is_preloaded_is_there_before_a_submission(kit, sandbox, tmp_path, preload, there):
    shop = kit.Workshop(sandbox, content(kit, tmp_path, preload))
    with shop.zygote:
        worker = shop.worker()
        answer = worker.call(shop.call(LOADED), kit.SECONDS)
        worker.end()
    assert answer.value is there


def test_a_module_that_is_not_there_is_the_authors_fault_and_named(kit, sandbox, tmp_path):
    assignment = content(kit, tmp_path, '["numpy.polynomail"]')
    with pytest.raises(ContentError, match=r"toml: preload: there is no module 'numpy\.polynomail'"):
        Zygote(sandbox, assignment)


def test_a_module_of_no_package_is_refused_at_the_reading(kit, tmp_path):
    with pytest.raises(ContentError, match=r"preload: 'sklearn\.svm' is in none of the packages"):
        content(kit, tmp_path, '["sklearn.svm"]')
