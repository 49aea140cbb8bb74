"""Report -> text, one module per format, all alike: `render(view) -> str`.

Formats know the nouns only; they never read a project's file, ask a setting or decide what is reported.
"""

from __future__ import annotations

import importlib

from mlsec_lint.report.view import View

__all__ = ["FORMATS", "View", "render"]

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "html")


def render(name: str, view: View) -> str:
    """Return the report in the format called `name`, one of FORMATS."""
    module = importlib.import_module(f"mlsec_lint.report.{name}")
    text: str = module.render(view)
    return text
