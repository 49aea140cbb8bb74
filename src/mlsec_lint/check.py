"""(Source, rules) -> findings: the one pure function that every door calls.

No files, no options, no output.  LibCST is imported only behind the word scan.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mlsec_lint.model import HOME, Finding, Level, Related, Rule, RuleSet, Settings, Source

if TYPE_CHECKING:
    from mlsec_lint.lockfile import Lock
    from mlsec_lint.project import Project
    from mlsec_lint.python.index import Index
    from mlsec_lint.requirements import Facts

_PYTHON = ("python", "notebook")
_PLAIN = Settings()


def check(
    source: Source,
    rules: RuleSet,
    settings: Settings = _PLAIN,
    project: Project | None = None,
    facts: Facts | None = None,
    lock: Lock | None = None,
    passed: bool | None = None,
) -> list[Finding]:
    """Return the findings of one source, sorted by place, before suppressions.

    `facts` tell about the project that a dependency file belongs to, `lock` what it fetches by its lock file, `passed`
    whether the word scan lets the source through, where that is known.  Raises SourceError where Python does not parse.
    Preview rules and findings of low confidence are left out unless the settings ask for them.
    """
    from mlsec_lint import literals

    drifting = lock is not None and any(rule.drifts and in_force(rule, settings) for rule in rules.rules)
    index = index_for(rules, settings, recording=drifting)
    found = list(literals.find(source, index.rules))
    if passed is None:
        passed = passes(source, index, project)
    if passed:
        from mlsec_lint import python

        found += python.analyse(source, index, project, Level.LOW if settings.audit else Level.MEDIUM)
    if source.kind != "python" or source.path.endswith("setup.py") or _was_notebook(source.text):
        from mlsec_lint import others

        found += others.find(source, index.rules, facts)
    if lock is not None and drifting:
        from mlsec_lint import fetched

        found += fetched.judge(source, index, lock, project, passed)
    return finish(source, found, settings)


def finish(source: Source, found: list[Finding], settings: Settings) -> list[Finding]:
    """Return what is left after the settings' say, placed in the notebook where there is one, sorted."""
    out: dict[tuple[object, ...], Finding] = {}
    for finding in found:
        if finding.confidence is Level.LOW and not settings.audit:
            continue
        if settings.allow and _allowed(finding, settings):
            continue
        if not finding.text_line:
            finding = replace(finding, text_line=finding.line)
        if source.places and not finding.cell and finding.text_line <= len(source.places):
            place = source.places[finding.text_line - 1]
            last = source.places[min(finding.end_line, len(source.places)) - 1]
            finding = replace(
                finding,
                line=place.line,
                end_line=max(last.line, place.line),
                cell=place.cell,
                cell_line=place.cell_line,
                related=tuple(_in_cell(source, one) for one in finding.related),
            )
        if not finding.url:
            finding = replace(finding, url=f"{HOME}rules/{finding.code}/")
        key = (finding.line, finding.cell, finding.cell_line, finding.column, finding.code)
        old = out.get(key)
        if old is None or (finding.severity, finding.confidence) > (old.severity, old.confidence):
            out[key] = finding
    return sorted(out.values(), key=lambda f: f.order)


def _in_cell(source: Source, related: Related) -> Related:
    """Return a place in the notebook's text as a place in its file."""
    if related.path != source.path or not 0 < related.line <= len(source.places):
        return related
    place = source.places[related.line - 1]
    return replace(related, line=place.line, cell=place.cell, cell_line=place.cell_line)


def _was_notebook(text: str) -> bool:
    """Return whether a Python file is a notebook that was exported, so that shell lines may stand in it."""
    return "get_ipython()" in text or text.startswith("# Databricks ")


def _allowed(finding: Finding, settings: Settings) -> bool:
    return bool(finding.subject) and any(fnmatchcase(finding.subject, glob) for glob in settings.allow)


def passes(source: Source, index: Index, project: Project | None = None) -> bool:
    """Return whether the word scan says that the source may have a finding; the versions in `index` do not matter."""
    if source.kind not in _PYTHON:
        return False
    from mlsec_lint.python import scans

    if scans.narrow(index).passes(source.text, source.module):
        return True
    return project is not None and project.texts(index).passes(source)


_INDEXES: dict[tuple[str, tuple[tuple[str, str], ...], bool, bool], Index] = {}


def index_for(rules: RuleSet, settings: Settings, recording: bool = False) -> Index:
    """Return the index of the rules that the settings put in force; kept from one source to the next.

    With `recording` the walk remembers what is fetched.
    """
    key = (rules.digest or str(id(rules)), settings.assume, settings.preview, recording)
    index = _INDEXES.get(key)
    if index is None:
        if settings.assume:
            index = index_for(rules, replace(settings, assume=()), recording).running_on(dict(settings.assume))
        else:
            from mlsec_lint.python import index as module

            wanted = tuple(r for r in rules.rules if in_force(r, settings))
            index = module.build(replace(rules, rules=wanted), recording)
        _INDEXES[key] = index
    return index


def in_force(rule: Rule, settings: Settings) -> bool:
    """Return whether a rule is asked at all."""
    return rule.status in ("stable", "deprecated") or (rule.status == "preview" and settings.preview)
