"""One file, from its name to what is shown and hidden; whatever goes wrong becomes a finding.

Must not know of other files, processes, baselines or formats.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlsec_lint import config, source, suppress
from mlsec_lint.model import Finding, Hidden, Level, Rule, RuleSet, Settings, Source, SourceError, Unread
from mlsec_lint.source.python import python_source

if TYPE_CHECKING:
    from mlsec_lint.lockfile import Lock
    from mlsec_lint.project import Lookup, Project
    from mlsec_lint.requirements import Facts

NOT_CHECKED = "MLS901"
# Endings of what `requirements` reads.
_MANIFESTS = (".toml", ".cfg", ".txt", ".yml", ".yaml", "setup.py", "Pipfile", ".dist-info")


@dataclass(frozen=True, slots=True)
class Task:
    """One file to check, with all that is needed for it; `data` holds what came through stdin."""

    file: source.File
    settings: Settings
    noqa: bool = True
    data: bytes | None = None
    syntax: bool = False  # hold it to Python's grammar even where no rule has anything to ask


@dataclass(slots=True)
class Result:
    """What there is to say about one file."""

    shown: list[Finding] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    parsed: bool = False
    lines: dict[tuple[str, int], str] = field(default_factory=dict)
    files: tuple[str, ...] = ()  # other files of the project whose content mattered
    lookups: tuple[Lookup, ...] = ()  # modules looked for, and where they were found


def check_file(task: Task, ruleset: RuleSet, project: Project | None = None) -> Result:
    """Read and check one file; never raises for what stands in it."""
    try:
        text = read(task)
        if project is None:
            return _check(text, task, ruleset, project)
        with project.noting() as used:
            result = _check(text, task, ruleset, project)
        result.files = tuple(sorted(used.files - {task.file.path, ""}))
        result.lookups = tuple(sorted(used.lookups))
        return result
    except KeyboardInterrupt:
        raise
    except SourceError as error:
        line = int(error.place) if error.place.isdigit() else 0
        return not_checked(task, ruleset, error.message, line)
    except RecursionError:
        return not_checked(task, ruleset, "it is nested too deeply")
    except MemoryError:
        return not_checked(task, ruleset, "there was not enough memory")
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return not_checked(task, ruleset, f"an error inside the linter ({reason[:200]})")


def read(task: Task) -> Source:
    """Return the file of `task`; raises SourceError where it cannot be read."""
    file = task.file
    if task.data is not None:
        return _from_stdin(task.data, task)
    return source.read(file.path, file.shown, task.settings.root, file.kind)


def _from_stdin(data: bytes, task: Task) -> Source:
    file = task.file
    if file.kind == "python":
        return python_source(data, file.path, file.shown, task.settings.root)
    import tempfile  # slow to import, and needed for this alone

    with tempfile.TemporaryDirectory() as folder:  # the other readers open a file by its name
        path = os.path.join(folder, os.path.basename(file.path))
        Path(path).write_bytes(data)
        return source.read(path, file.shown, task.settings.root, file.kind)


def _check(text: Source, task: Task, ruleset: RuleSet, project: Project | None) -> Result:
    from mlsec_lint.check import check, index_for, passes

    folder = os.path.dirname(os.path.abspath(task.file.path))
    parsed = passes(text, index_for(ruleset, task.settings), project)
    settings = task.settings if text.kind == "python" and not parsed else assuming(task.settings, folder)
    facts = _facts(folder) if text.kind == "requirements" or text.path.endswith("setup.py") else None
    lock = lock_of(folder, ruleset, settings)
    raw = check(text, ruleset, settings, project, facts, lock, parsed)
    if task.syntax and text.kind == "python" and not parsed:
        from mlsec_lint.python.syntax import read_by_python

        read_by_python(text)
    result = Result(parsed=parsed)
    by_code = {rule.code: rule for rule in ruleset.rules}
    for number, reason in (*text.troubles, *_unreadable(text)):
        result.unread.append(Unread(_place(text, number), reason))
        raw.append(_trouble(text, by_code.get(NOT_CHECKED), number, reason))
    shown: list[Finding] = raw
    hidden: list[Hidden] = []
    if task.noqa:
        shown, hidden = suppress.apply(
            text,
            raw,
            ruleset.rules,
            require_reasons=settings.require_reasons,
            selected=lambda rule: _alive(rule, settings),
            everything=lambda: check(text, ruleset, replace(settings, audit=True, preview=True), project, facts, lock),
        )
    for finding in _placed(text, shown):
        _sort_out(finding, by_code, task, result)
    kept = {finding.code for finding in raw if _wanted(finding, by_code, settings)}
    result.hidden += [one for one in hidden if one.finding.code in kept and _severe(one.finding, settings)]
    _remember_lines(text, result)
    return result


def lock_of(folder: str, ruleset: RuleSet, settings: Settings) -> Lock | None:
    """Return the lock file that holds for a folder, where a rule in force asks about it; raises ConfigError."""
    if not any(rule.drifts and _alive(rule, settings) and config.chosen(settings, rule) for rule in ruleset.rules):
        return None
    from mlsec_lint import lockfile

    return lockfile.for_folder(folder)


def _unreadable(text: Source) -> tuple[tuple[int, str], ...]:
    if text.kind != "requirements":
        return ()
    from mlsec_lint import others

    return others.unreadable(text)


def _placed(text: Source, findings: list[Finding]) -> list[Finding]:
    """Return the findings, for a notebook with their edits as edits of its JSON; it is read once for all of them."""
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    if text.kind != "notebook" or not edits:
        return findings
    from mlsec_lint.source import notebook

    try:
        places = iter(notebook.in_file(text.raw, edits))
    except ValueError:  # one of them reaches into another cell
        return [replace(one, fix=None) for one in findings]
    return [
        replace(one, fix=replace(one.fix, in_file=tuple(next(places) for _ in one.fix.edits))) if one.fix else one
        for one in findings
    ]


@functools.lru_cache(maxsize=4096)
def _minimums(folder: str) -> tuple[tuple[str, str], ...]:
    if not _may_declare(folder):
        parent = os.path.dirname(folder)
        return () if parent == folder or os.path.exists(os.path.join(folder, ".git")) else _minimums(parent)
    from mlsec_lint import requirements

    own = requirements.declared(folder)
    if own is not None:
        return tuple(sorted(own.items()))
    above = requirements.above(folder)
    return _minimums(above) if above else ()


def forget() -> None:
    """Read the project's metadata anew: another run has begun."""
    for read_once in (_minimums, _facts, assuming):
        read_once.cache_clear()


def _may_declare(folder: str) -> bool:
    """Return whether a folder may hold a manifest, by names alone: reading manifests costs a tenth of a second to load."""
    try:
        return any(name.endswith(_MANIFESTS) for name in os.listdir(folder))
    except OSError:
        return False


@functools.lru_cache(maxsize=256)
def _facts(folder: str) -> Facts:
    from mlsec_lint import requirements

    return requirements.facts(folder)


@functools.lru_cache(maxsize=4096)
def assuming(settings: Settings, folder: str) -> Settings:
    """Return the settings with the oldest versions that the project's own metadata admits; `assume` goes first."""
    return replace(settings, assume=tuple({**dict(_minimums(folder)), **dict(settings.assume)}.items()))


def _alive(rule: Rule, settings: Settings) -> bool:
    return rule.status != "removed" and (rule.status != "preview" or settings.preview)


def _wanted(finding: Finding, by_code: Mapping[str, Rule], settings: Settings) -> bool:
    rule = by_code.get(finding.code)
    return rule is None or config.chosen(settings, rule)


def _severe(finding: Finding, settings: Settings) -> bool:
    return finding.severity >= Level.parse(settings.min_severity)


def _sort_out(finding: Finding, by_code: Mapping[str, Rule], task: Task, result: Result) -> None:
    """Put a finding where select, ignore, per-file-ignores and min-severity want it."""
    settings = task.settings
    if not _wanted(finding, by_code, settings) or not _severe(finding, settings):
        return
    rule = by_code.get(finding.code)
    glob = config.ignored_for(settings, rule, task.file.path) if rule else ""
    if glob:
        result.hidden.append(Hidden(finding, "per-file-ignores", glob))
    else:
        result.shown.append(finding)


# ---------------------------------------------------------------- what was not checked


def not_checked(task: Task, ruleset: RuleSet, reason: str, line: int = 0) -> Result:
    """Return the result that says that the file was not checked, and why."""
    shown = task.file.shown
    rule = next((rule for rule in ruleset.rules if rule.code == NOT_CHECKED), None)
    result = Result(unread=[Unread(f"{shown}:{line}" if line else shown, reason)])
    finding = _trouble(Source(shown, ""), rule, line, reason)
    if rule is None or config.selects(task.settings, rule, task.file.path):
        result.shown.append(finding)
    return result


def _trouble(text: Source, rule: Rule | None, line: int, reason: str) -> Finding:
    place = text.places[line - 1] if 0 < line <= len(text.places) else None
    number = place.line if place else max(line, 1)
    what = "this cell" if place else "this part" if text.text else "this file"
    return Finding(
        path=text.path,
        line=number,
        column=1,
        code=NOT_CHECKED,
        name=rule.name if rule else "not-checked",
        message=f"{what} was not checked: {reason}",
        severity=rule.severity if rule else Level.MEDIUM,
        confidence=Level.HIGH,
        end_line=number,
        end_column=1,
        guidelines=rule.guidelines if rule else (),
        cwe=rule.cwe if rule else (),
        cell=place.cell if place else None,
        cell_line=place.cell_line if place else None,
        text_line=line,
    )


def _place(text: Source, line: int) -> str:
    if 0 < line <= len(text.places):
        place = text.places[line - 1]
        return f"{text.path}:cell {place.cell}:{place.cell_line}"
    return f"{text.path}:{line}" if line else text.path


# ---------------------------------------------------------------- the lines that reports show


def _remember_lines(text: Source, result: Result) -> None:
    """Keep the lines that findings point at, by path and line as findings give them."""
    if not result.shown and not result.hidden:
        return
    from mlsec_lint.commands import rows

    lines = rows(text)
    in_text = {place.line: number for number, place in reversed(list(enumerate(text.places, start=1)))}
    findings = result.shown + [one.finding for one in result.hidden]
    for finding in findings:
        wanted = {finding.line: finding.text_line or finding.line}
        for related in finding.related:
            if related.path == text.path:
                wanted[related.line] = in_text.get(related.line, related.line)
        for line, number in wanted.items():
            if 0 < number <= len(lines):
                result.lines[text.path, line] = lines[number - 1]
