"""Reading Python: what a module's code does that a rule speaks of.  The only part that knows LibCST.

`analyse` is the way in; importing this package loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlsec_lint.model import Finding, Level, Source
    from mlsec_lint.project import Project
    from mlsec_lint.python.index import Index


def analyse(source: Source, index: Index, project: Project | None, least: Level) -> list[Finding]:
    """Return what the rules of `index` say of a module with at least this confidence, or some of less, too.

    Raises SourceError where it does not parse.
    """
    from mlsec_lint.python.place import findings

    return findings(source, index, project, least)
