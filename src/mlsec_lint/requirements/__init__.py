"""Dependency files -> what they ask for, how firmly, and the lowest versions that a project admits.

Must not know which packages rules name, and asks no index: everything stands in the project's own files.
"""

from __future__ import annotations

from mlsec_lint.requirements.entries import Entry, Facts
from mlsec_lint.requirements.matching import match
from mlsec_lint.requirements.project import above, declared, facts, minimums
from mlsec_lint.requirements.readers import read
from mlsec_lint.requirements.versions import at_least

__all__ = ["Entry", "Facts", "above", "at_least", "declared", "facts", "match", "minimums", "read"]
