"""Jinja2 templates and styles that turn results into pages."""

from __future__ import annotations

from torchgrade_reports.pages import write_pages

__all__ = ["write_pages"]
