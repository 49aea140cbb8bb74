"""Making fixes, and writing `# noqa` comments: findings -> changed files.

Must not know formats or the command line; what may be changed is decided by whoever calls.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mlsec_lint import fix, suppress
from mlsec_lint.model import Finding, Report, Source, SourceError
from mlsec_lint.run import Options, one, plan, run

PASSES = 3  # overlapping fixes wait for the next one


@dataclass(slots=True)
class Mended:
    """What was changed: the bytes of each file before and after, by path as shown."""

    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    count: int = 0  # findings that are gone
    waiting: int = 0  # of those that are left, findings that an unsafe run would mend
    failed: list[SourceError] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)  # that no comment could be written for


Changer = Callable[[Source, Sequence[Finding]], str]


def mend(paths: Sequence[str], options: Options, *, unsafe: bool, write: bool) -> tuple[Mended, Report]:
    """Make the fixes, in several passes, and return what changed and what is left to say.

    Files are written if `write`; what came through stdin, and all files otherwise, only in `Mended.after`.  The report
    is that of the files as they then stand on the disk (of a text from stdin, as it is after the fixes).
    """
    mended = Mended()
    first = report = run(paths, options)
    for _ in range(PASSES):
        fixable = [
            found
            for found in report.findings
            if found.fix and (found.fix.safety == "safe" or (unsafe and found.fix.safety == "unsafe"))
        ]
        if not _change(paths, options, fixable, lambda text, found: fix.apply(text, found, unsafe), mended, write):
            break
        options = _with(options, mended, write)
        report = run(paths, options)
    mended.count = max(len(first.findings) - len(report.findings), 0)
    mended.waiting = sum(1 for one in report.findings if one.fix and one.fix.safety == "unsafe" and not unsafe)
    return mended, report if write else first


def _with(options: Options, mended: Mended, write: bool) -> Options:
    """Return the options for a run on the texts as they are now, those that were not written included."""
    if options.stdin is not None:
        options = replace(options, stdin=mended.after.get(_stdin_name(options), options.stdin))
    return options if write else replace(options, texts={**options.texts, **mended.after})


def _stdin_name(options: Options) -> str:
    return options.stdin_filename.replace(os.sep, "/")


def excuse(paths: Sequence[str], options: Options, reason: str) -> tuple[Mended, Report]:
    """Write a `# noqa` with `reason` for every finding; return what changed and what is left to say."""
    mended = Mended()
    report = run(paths, options)

    def commented(text: Source, findings: Sequence[Finding]) -> str:
        fixes, left = suppress.excuse(text, findings, reason)
        mended.left.extend(left)
        carriers = [replace(findings[0], fix=one_fix) for one_fix in fixes]
        return fix.apply(text, carriers)

    if _change(paths, options, report.findings, commented, mended, write=True):
        before = len(report.findings)
        report = run(paths, options)
        mended.count = max(before - len(report.findings), 0)
    return mended, report


def _change(
    paths: Sequence[str], options: Options, findings: Sequence[Finding], change: Changer, mended: Mended, write: bool
) -> bool:
    """Change each file that has one of `findings`; tell whether any changed."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    tasks = {task.file.shown: task for task in plan(paths, options)[0]}
    changed = False
    for path in sorted(by_path):
        task = tasks.get(path)
        if task is None:
            continue
        try:
            text = one.read(task)
            old = task.data if task.data is not None else fix.load(task.file.path, path)
            new = fix.encoded(old, change(text, by_path[path]), path)
            if new == old:
                continue
            if write and task.data is None:
                fix.write(task.file.path, new, path)
        except SourceError as error:
            mended.failed.append(error)
            continue
        mended.before.setdefault(path, old)
        mended.after[path] = new
        changed = True
    return changed
