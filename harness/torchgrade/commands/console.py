"""Warnings of the engine and its plugins, as lines on stderr."""

from __future__ import annotations

import logging

import click

from torchgrade.commands.inert import inert

__all__ = ["configure_logging"]


class _EchoHandler(logging.Handler):
    """Writes to what ``sys.stderr`` is at the moment: a progress bar may have taken its place."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(inert(f"{record.levelname.lower()}: {self.format(record)}"), err=True)


def configure_logging() -> None:
    """Print warnings and errors; called once a process, and harmless when called again."""
    root = logging.getLogger()
    if not any(isinstance(handler, _EchoHandler) for handler in root.handlers):
        root.addHandler(_EchoHandler(logging.WARNING))
