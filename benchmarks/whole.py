"""A module walked as a whole, as LibCST's parser reads it: what the findings in its pieces are held against."""

from __future__ import annotations

from mlsec_lint.model import Finding, Level, Source
from mlsec_lint.project import Project
from mlsec_lint.python.index import Index
from mlsec_lint.python.place import told, walk
from mlsec_lint.python.positions import Lines, spans

Told = tuple[int, int, str, Level, Level]  # line, column, code, severity, confidence


def found(source: Source, index: Index, project: Project | None) -> set[Told]:
    """Return what there is to tell of a module; raises SourceError."""
    walker = project.walker_of(source, index) if project is not None else walk(source, index, None)
    raws = told(walker)
    where = spans(walker.tree, [raw.node for raw in raws]) if raws else {}
    lines = Lines(source.text)
    return {
        (*lines.place(where[id(raw.node)][0]), raw.rule.code, raw.severity, raw.confidence)
        for raw in raws
        if id(raw.node) in where
    }


def as_told(findings: list[Finding]) -> set[Told]:
    """Return the same of findings."""
    return {(one.text_line, one.column, one.code, one.severity, one.confidence) for one in findings}
