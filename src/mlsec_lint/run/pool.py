"""Check many files: in this process, and in others once there is enough to do that starting them pays.

Must not know what a result says: the same results come back whatever the number of processes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING

from mlsec_lint.collector import RestingCollector
from mlsec_lint.model import RuleSet
from mlsec_lint.run.one import Result, Task, check_file

if TYPE_CHECKING:
    from mlsec_lint.project import Project

Rulesets = Mapping[tuple[str, ...], RuleSet]
Progress = Callable[[int, int], None]

PATIENCE = 0.4  # seconds of work in this process before others are thought of
PAYS = 0.8  # seconds of work that must still be left, judged by what has been done
WORTH = 8  # files that must still be left


def work(
    tasks: Sequence[Task],
    rulesets: Rulesets,
    project: Project | None,
    jobs: int,
    results: MutableMapping[str, Result],
    progress: Progress | None = None,
) -> bool:
    """Check every task into `results`, by path; return whether the user stopped it.

    `jobs` is the most processes to use, 0 for one per core.  The first files are checked in this process; others are
    started only when that has taken a while and would take long yet.
    """
    jobs = jobs or available_cores()
    count = 0

    def done(path: str, result: Result) -> None:
        nonlocal count
        results[path] = result
        count += 1
        if progress:
            progress(count, len(tasks))

    try:
        left = _here(tasks, rulesets, project, jobs, done)
        if left:
            from mlsec_lint.run import processes  # slow to import, and most runs need it not

            for path, result in processes.spread(left, rulesets, project, jobs):
                done(path, result)
    except KeyboardInterrupt:
        return True
    return False


def _here(
    tasks: Sequence[Task],
    rulesets: Rulesets,
    project: Project | None,
    jobs: int,
    done: Callable[[str, Result], None],
) -> list[Task]:
    """Check tasks in this process; return those that others had better do."""
    left = list(tasks)
    ahead = 0
    if jobs > 1:
        left = largest_first(tasks)
        ahead = sum(map(size, left))
    start, behind = time.monotonic(), 0
    with RestingCollector() as collector:
        for number, task in enumerate(left):
            spent = time.monotonic() - start
            if (
                jobs > 1
                and len(left) - number >= WORTH
                and spent > PATIENCE
                and spent * (ahead - behind) > PAYS * behind
            ):
                return left[number:]
            done(task.file.path, checked(task, rulesets, project, collector))
            behind += size(task)
    return []


def checked(task: Task, rulesets: Rulesets, project: Project | None, collector: RestingCollector) -> Result:
    """Check one file, and have the garbage of what was parsed for it collected now and then."""
    before = project.parsed if project is not None else 0
    result = check_file(task, rulesets[task.settings.rules], project)
    read = project.parsed - before if project is not None else 0
    collector.count(read + size(task) if result.parsed else read)
    return result


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def size(task: Task) -> int:
    """Return the bytes of a task's file, 0 where there is none."""
    if task.data is not None:
        return len(task.data)
    try:
        return os.stat(task.file.path).st_size
    except OSError:
        return 0


def largest_first(tasks: Sequence[Task]) -> list[Task]:
    """Return tasks by size; a large one that came last would keep one process busy when the others are done."""
    return [task for _, task in sorted(((-size(task), task) for task in tasks), key=lambda pair: pair[0])]
