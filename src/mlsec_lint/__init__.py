"""A linter for the security of machine-learning code: its version and its public nouns.

Importing this package loads nothing else: the nouns are fetched from `mlsec_lint.model` when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlsec_lint.model import Edit, Finding, Fix, Level, Report, Rule, RuleSet, Settings, Source

__version__ = "0.1.0.dev0"

__all__ = [
    "Edit",
    "Finding",
    "Fix",
    "Level",
    "Report",
    "Rule",
    "RuleSet",
    "Settings",
    "Source",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Fetch one of the public nouns; AttributeError for any other name."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mlsec_lint import model

    return getattr(model, name)


def __dir__() -> list[str]:
    return sorted(__all__)
