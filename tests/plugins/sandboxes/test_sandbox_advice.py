"""What is said where namespaces are refused: the switch of this machine, not a list of all."""

from __future__ import annotations

import pytest

from torchgrade_plugins.sandboxes.advice import namespace_advice

APPARMOR = "kernel/apparmor_restrict_unprivileged_userns"
DEBIAN = "kernel/unprivileged_userns_clone"


@pytest.mark.parametrize(
    "switches, container, told, not_told",
    [
        ({APPARMOR: "1"}, False, ["kernel.apparmor_restrict_unprivileged_userns=0"], ["Docker"]),
        ({APPARMOR: "0"}, False, ["if this is a container"], ["sysctl"]),
        ({DEBIAN: "0"}, False, ["kernel.unprivileged_userns_clone=1"], ["Docker"]),
        ({"user/max_user_namespaces": "0"}, False, ["user.max_user_namespaces="], ["Docker"]),
        ({"user/max_user_namespaces": "95000"}, True, ["seccomp=unconfined"], ["sysctl"]),
        ({APPARMOR: "1"}, True, ["seccomp=unconfined", "on the machine outside: sudo sysctl"], []),
        ({}, False, ["allow unprivileged user namespaces"], ["sysctl"]),
    ],
)
def test_the_advice_fits_the_machine(tmp_path, switches, container, told, not_told):
    for name, value in switches.items():
        path = tmp_path / "proc" / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    if container:
        (tmp_path / ".dockerenv").touch()

    advice = namespace_advice(tmp_path)

    assert [part for part in told if part not in advice] == []
    assert [part for part in not_told if part in advice] == []
    assert "docs/how-to/get-a-stronger-sandbox.md" in advice
