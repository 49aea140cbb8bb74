"""Many files: which, in what order, in which process; then baseline and fingerprints -> Report.

Must not know formats, or what the command line looks like.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsec_lint import baseline, config, rules, source
from mlsec_lint.model import ConfigError, Finding, Hidden, Level, Problem, Report, RuleSet, Settings, SourceError
from mlsec_lint.project import Project
from mlsec_lint.run import pool
from mlsec_lint.run.cache import Cache, place
from mlsec_lint.run.one import Result, Task, forget, lock_of, not_checked

if TYPE_CHECKING:
    from mlsec_lint.changes import Changes

# Up to this many bytes in a run, files that no rule asks about are parsed too, so that a broken one is told (11 MB/s).
SMALL = 5_000_000

__all__ = ["Mistakes", "Options", "failing", "plan", "rulesets_of", "run"]


class Mistakes(Exception):
    """What is wrong with settings or rule files, all of it; nothing was checked."""

    def __init__(self, errors: Sequence[Problem]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(str(error) for error in errors))


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wants of a run, beside the settings of the project."""

    config: str | None = None
    isolated: bool = False
    changes: Mapping[str, tuple[Any, str]] | None = None  # field of Settings -> (value, where it was set)
    extend: tuple[str, ...] = ()  # more selectors
    exclude: tuple[str, ...] = ()  # more globs
    jobs: int = 0  # 0: as many as there are cores
    noqa: bool = True
    baseline: bool = True
    gitignore: bool = True
    force_exclude: bool = False
    diff_base: str = ""
    stdin: bytes | None = None
    stdin_filename: str = "stdin"
    texts: Mapping[str, bytes] = field(default_factory=dict)  # path as shown -> what to check in place of the file's
    progress: Callable[[int, int], None] | None = None  # (files done, files in all)
    cache: str | None = None  # the folder of results of earlier runs, "" for the usual place; None: check everything

    @property
    def narrowed(self) -> bool:
        """Whether options choose other rules or lines than the settings: what is not found may still be there."""
        choosing = {"select", "ignore", "per_file_ignores", "min_severity", "audit", "preview"}
        return bool(self.diff_base or self.extend or choosing & set(self.changes or ()))

    def settings_for(self, path: str) -> Settings:
        """Return the settings in force for a file or folder."""
        settings = config.for_path(path, self.config, self.isolated)
        wanted = dict(self.changes or {})
        if self.extend:
            before = wanted.get("select", (settings.select, ""))[0]
            wanted["select"] = ((*before, *self.extend), "--extend-select")
        if self.exclude:
            wanted["exclude"] = ((*settings.exclude, *self.exclude), "--exclude")
        return config.override(settings, wanted)


def ruleset_for(settings: Settings, *, prose: bool = True) -> RuleSet:
    """Return our rules and those that the settings add; raises rules.RuleErrors.  Checking needs no prose."""
    folders = tuple(Path(settings.root, folder) for folder in settings.rules)
    return rules.load(folders) if prose else _without_prose(folders)


@functools.cache  # a run and its report ask for the same
def _without_prose(folders: tuple[Path, ...]) -> RuleSet:
    return rules.load(folders, prose=False)


def plan(paths: Iterable[str], options: Options) -> tuple[list[Task], list[tuple[Task, SourceError]]]:
    """Return what is to be checked, in the order of the report, and what cannot be; raises Mistakes."""
    tasks: list[Task] = []
    failed: list[tuple[Task, SourceError]] = []
    by_folder: dict[str, Settings] = {}

    def settings_for(folder: str) -> Settings:
        if folder not in by_folder:
            by_folder[folder] = options.settings_for(folder)
        return by_folder[folder]

    names = [path for path in paths if path != "-"]
    for found in source.files(names, settings_for, force_exclude=options.force_exclude, gitignore=options.gitignore):
        if isinstance(found, SourceError):
            file = source.File(found.path, found.path, "python")
            failed.append((Task(file, settings_for(os.path.dirname(os.path.abspath(found.path)))), found))
        else:
            settings = settings_for(os.path.dirname(found.path))
            tasks.append(Task(found, settings, options.noqa, options.texts.get(found.shown)))
    if options.stdin is not None:
        name = options.stdin_filename
        settings = settings_for(os.path.dirname(os.path.abspath(name)))
        shown = name.replace(os.sep, "/")
        file = source.File(os.path.abspath(name), shown, source.kind_of(name) or "python")
        tasks.append(Task(file, settings, options.noqa, options.stdin))
    tasks.sort(key=lambda task: task.file.shown)
    return tasks, failed


def run(paths: Iterable[str], options: Options) -> Report:
    """Check the files under `paths` and return what there is to say; raises Mistakes and rules.RuleErrors."""
    start = time.monotonic()
    forget()
    _without_prose.cache_clear()
    fallback = options.settings_for(".")
    tasks, failed = plan(paths, options)
    rulesets = rulesets_of([fallback, *(task.settings for task in tasks)])
    _hold_locks(tasks, rulesets)
    every = tasks
    if _bytes(tasks) <= SMALL:
        tasks = [replace(task, syntax=True) for task in tasks]
    touched = None
    if options.diff_base:
        from mlsec_lint import changes  # runs git: not needed on most starts

        touched = changes.since(options.diff_base)
    if touched is not None:
        tasks = [task for task in tasks if task.data is not None or touched.has(task.file.path)]
    project = Project(
        (task.file.path, task.file.shown) for task in every if task.file.kind == "python" and task.data is None
    )
    kept = None
    if options.cache is not None:
        kept = Cache(options.cache or place(fallback.root), tasks, rulesets, project)
    results: dict[str, Result] = kept.known() if kept else {}
    left = [task for task in tasks if task.file.path not in results]
    fresh: dict[str, Result] = {}
    interrupted = pool.work(left, rulesets, project, options.jobs, fresh, options.progress)
    results |= fresh
    if kept:
        kept.keep(fresh)
    for task, error in failed:
        results[task.file.path] = not_checked(task, rulesets[task.settings.rules], error.message)
    by_path = {task.file.shown: task for task in [*tasks, *(task for task, _ in failed)]}
    report = replace(_gathered(results), notes=_doubts(rulesets, [fallback, *(task.settings for task in every)]))
    if touched is not None:
        report = _only_changed(report, {task.file.shown: task for task in [*every, *by_path.values()]}, touched)
    report = _with_baseline(report, by_path, options)
    if any(one.by == "noqa" for one in report.hidden) and (name := config.ruff_table_without_us(".")):
        note = f'{name}: ruff may take our `# noqa` comments away; add external = ["MLS"] to [tool.ruff.lint]'
        report = replace(report, notes=(*report.notes, note))
    return replace(
        _finished(report),
        files=len(tasks) + len(failed),
        failing=sum(1 for one in report.findings if failing(one, _settings_of(one, by_path, fallback))),
        seconds=time.monotonic() - start,
        interrupted=interrupted,
        cache=kept.note if kept else "",
    )


def _bytes(tasks: Iterable[Task]) -> int:
    total = 0
    for task in tasks:
        with contextlib.suppress(OSError):
            total += os.path.getsize(task.file.path)
        if total > SMALL:
            break
    return total


def rulesets_of(every: Iterable[Settings]) -> dict[tuple[str, ...], RuleSet]:
    """The rule sets in use, by the `rules` setting; every selector is held against the one it is meant for."""
    rulesets: dict[tuple[str, ...], RuleSet] = {}
    errors: dict[str, Problem] = {}
    for settings in dict.fromkeys(every):
        if settings.rules not in rulesets:
            rulesets[settings.rules] = ruleset_for(settings, prose=False)
        for error in config.unknown_selectors(settings, rulesets[settings.rules].rules):
            errors[str(error)] = error
    if errors:
        raise Mistakes(tuple(errors.values()))
    return rulesets


def _hold_locks(tasks: Iterable[Task], rulesets: Mapping[tuple[str, ...], RuleSet]) -> None:
    """Read the lock files that rules ask about, so that a mistake in one is told once; raises Mistakes."""
    errors: dict[str, Problem] = {}
    for folder, settings in {(os.path.dirname(task.file.path), task.settings) for task in tasks}:
        try:
            lock_of(folder, rulesets[settings.rules], settings)
        except ConfigError as error:
            errors[str(error)] = error
    if errors:
        raise Mistakes(tuple(errors[key] for key in sorted(errors)))


def _doubts(rulesets: Mapping[tuple[str, ...], RuleSet], every: Iterable[Settings]) -> tuple[str, ...]:
    remarks: dict[str, None] = {}
    for settings in dict.fromkeys(every):
        packages = {default.package for default in rulesets[settings.rules].apis.defaults.values()}
        remarks.update(dict.fromkeys(config.doubtful_assumptions(settings, packages)))
    return tuple(remarks)


def failing(finding: Finding, settings: Settings) -> bool:
    """Tell whether `finding` makes the run fail."""
    return settings.fail_on != "never" and finding.severity >= Level.parse(settings.fail_on)


def _settings_of(finding: Finding, by_path: Mapping[str, Task], fallback: Settings) -> Settings:
    task = by_path.get(finding.path)
    return task.settings if task else fallback


def _gathered(results: Mapping[str, Result]) -> Report:
    every = results.values()
    lines: dict[tuple[str, int], str] = {}
    for result in every:
        lines.update(result.lines)
    return Report(
        findings=tuple(one for result in every for one in result.shown),
        hidden=tuple(one for result in every for one in result.hidden),
        unread=tuple(sorted((one for result in every for one in result.unread), key=lambda one: one.path)),
        parsed=sum(result.parsed for result in every),
        lines=lines,
    )


def _only_changed(report: Report, by_path: Mapping[str, Task], touched: Changes) -> Report:
    """Hide what has neither its place nor the other end of its flow on a changed line."""

    def changed(path: str, line: int, end_line: int) -> bool:
        task = by_path.get(path)
        return task is not None and (task.data is not None or touched.has(task.file.path, line, end_line))

    shown, hidden = [], list(report.hidden)
    for one in report.findings:
        ends = [(one.path, one.line, one.end_line), *((end.path, end.line, end.line) for end in one.related)]
        if any(changed(*end) for end in ends):
            shown.append(one)
        else:
            hidden.append(Hidden(one, "diff-base", f"not on a line changed since {touched.revision}"))
    notes = (*report.notes, touched.remark) if touched.remark else report.notes
    return replace(report, findings=tuple(shown), hidden=tuple(hidden), notes=notes)


def _with_baseline(report: Report, by_path: Mapping[str, Task], options: Options) -> Report:
    """Hide what each project's baseline accepts; stale entries are told in the notes."""
    if not options.baseline:
        return report
    files = {name for task in by_path.values() if (name := config.baseline_path(task.settings))}
    notes, stale = list(report.notes), 0
    for name in sorted(files):
        mine = {path for path, task in by_path.items() if config.baseline_path(task.settings) == name}
        if not os.path.exists(name):
            notes.append(f"there is no baseline {name} yet; `mlsec-lint baseline --accept` writes it")
            continue
        accepted = baseline.read(name)
        outcome = baseline.split(report.findings, accepted, name, only=mine)
        report = replace(report, findings=outcome.new, hidden=report.hidden + outcome.accepted)
        gone = [] if options.narrowed else [entry for entry in outcome.stale if baseline.covers(entry, name, mine)]
        stale += len(gone)
        notes += [f"{name}: no longer found, `mlsec-lint baseline --prune` removes it: {entry}" for entry in gone]
    return replace(report, notes=tuple(notes), stale=stale)


def _finished(report: Report) -> Report:
    """Sorted, with fingerprints and groups, so that nothing depends on the order of the work."""
    marked = baseline.fingerprinted([*report.findings, *(one.finding for one in report.hidden)])
    marked = [replace(one, group=_group(one)) for one in marked]
    count = len(report.findings)
    hidden = [replace(one, finding=new) for one, new in zip(report.hidden, marked[count:], strict=True)]
    return replace(
        report,
        findings=tuple(sorted(marked[:count], key=lambda one: one.order)),
        hidden=tuple(sorted(hidden, key=lambda one: (one.finding.order, one.by))),
    )


def _group(finding: Finding) -> str:
    """A name for the places that are one decision; findings with the same words in one file are one, too."""
    parts = (finding.code, finding.path, finding.group or finding.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
