"""The last steps before a worker serves: it gives up what its level takes from it, for good."""

from __future__ import annotations

import os

from torchgrade.worker import filters, landlock, linux
from torchgrade.worker.config import Confinement

__all__ = ["choose_user", "confine"]


def choose_user(confinement: Confinement) -> int | None:
    """Return the user id of this keeper's worker, None if it keeps its zygote's.

    Keepers that live at the same time have different process ids, and so, but for chance, their workers
    different users.
    """
    if confinement.users is None:
        return None
    first, number = confinement.users
    return first + os.getpid() % number


def confine(confinement: Confinement, folder: str, user: int | None) -> None:
    """Hold this process and all that it will start.

    Args:
        confinement: how.
        folder: where it may write.
        user: whom it becomes.

    Raises:
        OSError: if the system refuses a step; then nothing of a student's may run here.
    """
    if not confinement.namespaces:  # elsewhere the keeper has done this for both
        if user is not None:
            linux.become(user, keeping=confinement.capability)
        elif confinement.readable is not None:
            linux.drop_capabilities()
        linux.die_with_parent()  # after the change of user, which undoes it
        linux.gain_no_privileges()  # what it starts stays killable
    if confinement.devices:
        linux.show_to_itself()
    if confinement.readable is not None:
        landlock.restrict(
            confinement.readable,
            confinement.listable,
            [folder, os.devnull],
            controllable=confinement.devices,
            changeable=[f"/proc/{os.getpid()}"] if confinement.devices else [],
        )
    if confinement.system_calls:
        filters.install(confinement.system_calls)
