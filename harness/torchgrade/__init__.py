"""torchgrade grades deep-learning assignments.

This module is all that a submission or a contract imports: the two markers by which pluggy finds
what a contract asks for (``hookspec``) and what a student wrote (``hookimpl``), and ``report``, by which
long work tells how far it is.
"""

from __future__ import annotations

import pluggy

from torchgrade.progress import report

__all__ = ["__version__", "hookimpl", "hookspec", "report"]

__version__ = "0.1.0"

hookimpl = pluggy.HookimplMarker("torchgrade")
"""Marks a function of a submission as the answer to the contract's hook of the same name."""

hookspec = pluggy.HookspecMarker("torchgrade")
"""Marks a function of a contract as one that the student writes."""
