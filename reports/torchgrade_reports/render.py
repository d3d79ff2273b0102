"""The Jinja2 environment: templates compiled once, everything escaped, nothing undefined."""

from __future__ import annotations

import base64
import hashlib
import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from torchgrade_reports import budget_picture, chart
from torchgrade_reports.contexts import ClassPage, SubmissionPage

__all__ = ["Renderer"]

_CODE = re.compile(r"`([^`\n]+)`")


class Renderer:
    """Turns page records into HTML; made once for many pages.

    The templates know ``page``, the filter ``code`` and, beside Jinja2's own globals, ``style`` and
    ``script`` (inlined), the hashes under which the page's policy allows them, ``chart``, the size of
    the drawing of scores, and ``dots``, the heights between which those of a class lie.
    """

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("torchgrade_reports"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style, script = self._source("style.css"), self._source("table.js")
        self._environment.filters["code"] = mark_code
        self._environment.globals.update(
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=_policy_hash(style),
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=_policy_hash(script),
            chart={"width": chart.WIDTH, "height": chart.HEIGHT, "base": chart.BASE},
            dots={"top": budget_picture.DOT_TOP, "base": budget_picture.DOT_BASE},
        )
        self._submission = self._environment.get_template("submission.html")
        self._class = self._environment.get_template("class.html")

    def submission(self, page: SubmissionPage) -> str:
        """Return the page about one submission."""
        return self._submission.render(page=page)

    def whole_class(self, page: ClassPage) -> str:
        """Return the page about a batch."""
        return self._class.render(page=page)

    def _source(self, name: str) -> str:
        return self._environment.get_template(name).render()


def mark_code(text: str) -> Markup:
    """Escape ``text`` and show what stands between backticks as code."""
    parts = _CODE.split(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def _policy_hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
