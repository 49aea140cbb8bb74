"""Many files -> what they fetch and which packages they ask for, for lock files and bills of materials.

Must not know what becomes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlsec_lint import requirements
from mlsec_lint.check import index_for, passes
from mlsec_lint.fetched import find
from mlsec_lint.model import Fetch, RuleSet, Settings, Source, SourceError, Unread
from mlsec_lint.others import has_dependencies
from mlsec_lint.project import Project
from mlsec_lint.run import Options, plan, rulesets_of
from mlsec_lint.run.one import Task, assuming, read

if TYPE_CHECKING:
    from mlsec_lint.python.index import Index


@dataclass(slots=True)
class Gathered:
    """What the files of one run fetch."""

    fetches: list[Fetch] = field(default_factory=list)
    packages: list[tuple[str, requirements.Entry]] = field(default_factory=list)  # with the path as shown
    unread: list[Unread] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # path as shown -> absolute path
    rules: RuleSet | None = None
    unknown: int = 0  # calls that fetch something whose name is not known

    @property
    def named(self) -> list[Fetch]:
        return [one for one in self.fetches if one.name]


@dataclass(slots=True)
class Reader:
    """Reads the files of one run, each with the settings and rules that hold for it."""

    tasks: list[Task]
    failed: list[Unread]
    rulesets: dict[tuple[str, ...], RuleSet]
    project: Project

    def source(self, task: Task) -> Source:
        """Return a file; raises SourceError."""
        return read(task)

    def fetches(self, source: Source, task: Task) -> list[Fetch]:
        """Return what a source fetches; raises SourceError."""
        return find(source, self.index(task), self.project, self.parses(source, task))

    def index(self, task: Task) -> Index:
        """Return the rules for a file, arranged for asking what it fetches."""
        return index_for(self.rulesets[task.settings.rules], self.settings(task), recording=True)

    def parses(self, source: Source, task: Task) -> bool:
        """Tell whether the Python of a source may fetch something."""
        return passes(source, self.index(task), self.project)

    def settings(self, task: Task) -> Settings:
        """Return the settings for a file; rules in preview say what is fetched as well."""
        return replace(assuming(task.settings, os.path.dirname(task.file.path)), preview=True)


def reader(paths: Iterable[str], options: Options) -> Reader:
    """Return what is to be read; raises Mistakes and rules.RuleErrors."""
    tasks, failed = plan(paths, options)
    unread = [Unread(task.file.shown, error.message) for task, error in failed]
    python = ((task.file.path, task.file.shown) for task in tasks if task.file.kind == "python")
    settings = [options.settings_for("."), *(task.settings for task in tasks)]
    return Reader(tasks, unread, rulesets_of(settings), Project(python))


def gather(paths: Iterable[str], options: Options) -> Gathered:
    """Return what the files under `paths` fetch; raises Mistakes and rules.RuleErrors."""
    work = reader(paths, options)
    out = Gathered(unread=list(work.failed), rules=next(iter(work.rulesets.values())))
    for number, task in enumerate(work.tasks, start=1):
        out.files[task.file.shown] = task.file.path
        try:
            source = work.source(task)
            out.unread += [Unread(f"{source.path}:{line}", reason) for line, reason in source.troubles]
            out.fetches += work.fetches(source, task)
            if has_dependencies(source):
                out.packages += [(source.path, entry) for entry in requirements.read(source)]
        except SourceError as error:
            out.unread.append(Unread(task.file.shown, error.message))
        except RecursionError:
            out.unread.append(Unread(task.file.shown, "it is nested too deeply"))
        if options.progress is not None:
            options.progress(number, len(work.tasks))
    out.unknown = sum(1 for one in out.fetches if not one.name)
    return out
