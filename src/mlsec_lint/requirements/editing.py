"""A fix of a dependency line -> edits of it: another name, or the first version without the fault.

Must not know files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlsec_lint.model import Edit, Requirement, RuleFix
from mlsec_lint.requirements import entries
from mlsec_lint.requirements.entries import Entry
from mlsec_lint.requirements.versions import clauses

_PIN = re.compile(r"(===?)(\s*)([^\s,;#'\"]+)")


def edits(entry: Entry, table: Requirement, fix: RuleFix, lines: Sequence[str]) -> list[Edit]:
    """Return the edits of `lines` that make `fix` where `entry` stands; empty where it is not written in one piece."""
    row = lines[entry.line - 1] if 0 < entry.line <= len(lines) else ""
    start, end = entry.column - 1, entry.end_column - 1
    text = row[start:end]
    read = entries.entry(text, entry.line, entry.column)
    if (read.name, read.specifier) != (entry.name, entry.specifier) or entry.has_hash or entry.others_hashed:
        return []
    new = text
    for name, value in fix.set:
        if name == "version":
            new = _with_version(new, entry.specifier, value.replace("{below}", table.below))
    for pattern, replacement in fix.replace:
        new = re.sub(pattern, replacement, new)
    return [Edit(entry.line, start + 1, entry.line, end + 1, new)] if new != text else []


def _with_version(text: str, specifier: str, version: str) -> str:
    """Return the line with another version, where it names exactly one."""
    parts = clauses(specifier)
    if len(parts) != 1 or parts[0][0] not in ("==", "===") or parts[0][1].endswith("*") or not version:
        return text
    return _PIN.sub(lambda found: f"=={found[2]}{version}", text, count=1)
