"""Configuration files (YAML, JSON, TOML) -> entries that the rules' `[[config]]` tables speak of.

Must not know which frameworks there are: rules and api tables name their shapes and keys.
"""

from __future__ import annotations

from mlsec_lint.configs.asking import Spoken, ask, may_speak
from mlsec_lint.configs.reading import Item, Tree, read

__all__ = ["Item", "Spoken", "Tree", "ask", "may_speak", "read"]
