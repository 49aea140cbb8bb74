"""Shell command lines -> words that rules match: notebooks' `!`, `os.system`, scripts, Dockerfiles, workflows.

Must not know Python's syntax nor which rules there are.
"""

from __future__ import annotations

from mlsec_lint.commands.asking import ask, ask_environment
from mlsec_lint.commands.editing import edits, rows
from mlsec_lint.commands.fetching import Candidate, candidates
from mlsec_lint.commands.files import find
from mlsec_lint.commands.matching import holds, match
from mlsec_lint.commands.shell import from_words, split
from mlsec_lint.commands.words import Command, Word, script_at

__all__ = [
    "Candidate",
    "Command",
    "Word",
    "ask",
    "ask_environment",
    "candidates",
    "edits",
    "find",
    "from_words",
    "holds",
    "match",
    "rows",
    "script_at",
    "split",
]
