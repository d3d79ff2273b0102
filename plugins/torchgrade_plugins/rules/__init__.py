"""Rules: advice from reading a submission's source, which is never imported or run here.

They say early and kindly what a test would say later and harshly. They change no verdict, and keep nobody
from anything: what must not happen is prevented where the code runs.
"""

from __future__ import annotations

from torchgrade.plugin import Registry, Rule, hookimpl
from torchgrade_plugins.rules.off_limits import OffLimitsRule
from torchgrade_plugins.rules.signature import SignatureRule
from torchgrade_plugins.rules.sources import SourceReader
from torchgrade_plugins.rules.syntax import SyntaxRule

__all__ = ["OffLimitsRule", "SignatureRule", "SyntaxRule", "torchgrade_rules"]


@hookimpl
def torchgrade_rules(registry: Registry[Rule]) -> None:
    """Add the built-in rules. They share a reader, so that each source is parsed once."""
    reader = SourceReader()
    registry.add("syntax", SyntaxRule(reader))
    registry.add("signature", SignatureRule(reader))
    registry.add("off_limits", OffLimitsRule(reader))
