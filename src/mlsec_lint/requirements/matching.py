"""Does an entry have the fault that a rule's `[[requirement]]` table names.

Must not know files.
"""

from __future__ import annotations

import re

from mlsec_lint.holds import holds
from mlsec_lint.model import Requirement
from mlsec_lint.requirements.entries import Entry, Facts, canonical
from mlsec_lint.requirements.versions import at_least, is_below, is_pinned, lowest

UNKNOWN = Facts()
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+|git@", re.IGNORECASE)
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:[0-9a-f]{24})?(?:[#&?].*)?$", re.IGNORECASE)
_LOCAL = re.compile(r"file:|https?://(?:localhost|127\.)", re.IGNORECASE)


def match(entry: Entry, table: Requirement, facts: Facts = UNKNOWN) -> bool:
    """Return whether the entry has the table's fault.

    `unpinned` is a fault of applications only (see `project.facts`), and not where a lock file stands beside it.
    """
    if table.fault == "extra-index":
        return entry.option == "--extra-index-url"
    if table.fault == "option":
        return any(entry.option == name and holds(value, entry.url) is True for name, value in table.options)
    named = entry.name and ("*" in table.names or entry.name in {canonical(name) for name in table.names})
    if entry.option or entry.trouble or not (named or ("*" in table.names and entry.url)):
        return False
    if table.fault == "look-alike":
        return True
    if table.fault == "vcs":
        return bool(_VCS.match(entry.url)) and not _COMMIT.search(entry.url)
    if table.fault == "url":
        remote = bool(entry.url) and not _VCS.match(entry.url) and not _LOCAL.match(entry.url)
        return remote and not entry.has_hash
    if entry.url or entry.name == "python":
        return False
    if table.fault == "vulnerable":
        early = bool(table.introduced) and not at_least(lowest(entry.specifier), table.introduced)
        return bool(table.below) and not early and is_below(entry.specifier, table.below)
    if table.fault == "no-hash":
        return entry.others_hashed and not entry.has_hash
    if table.fault == "unpinned":
        wide = not is_pinned(entry.specifier) and not entry.has_hash
        locked = facts.locked or entry.name in facts.pinned
        return wide and facts.application and not locked and not (entry.in_package and entry.group == "build")
    return False
