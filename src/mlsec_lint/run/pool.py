"""Spread files over processes, when there is enough to do that starting them pays.

Must not know what a result says: the same results come back whatever the number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from mlsec_lint.model import RuleSet
from mlsec_lint.run.one import Result, Task, check_file, not_checked

if TYPE_CHECKING:
    from mlsec_lint.project import Project

Rulesets = Mapping[tuple[str, ...], RuleSet]
Progress = Callable[[int, int], None]

PATIENCE = 0.5  # seconds of work in this process before others are started
WORTH = 8  # files that must still be left
CHUNKS_PER_PROCESS = 8

_state: tuple[Rulesets, Project | None] | None = None  # in a worker: what every file is checked with


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
    started only when that has taken a while and much is left.
    """
    jobs = jobs or available_cores()
    deadline = time.monotonic() + PATIENCE
    left = _largest_first(tasks) if jobs > 1 else list(tasks)
    count = 0
    try:
        while left:
            if jobs > 1 and len(left) >= WORTH and time.monotonic() > deadline:
                for path, result in _spread(left, rulesets, project, jobs):
                    results[path] = result
                    count += 1
                    if progress:
                        progress(count, len(tasks))
                return False
            task = left.pop(0)
            results[task.file.path] = check_file(task, rulesets[task.settings.rules], project)
            count += 1
            if progress:
                progress(count, len(tasks))
    except KeyboardInterrupt:
        return True
    return False


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _size(task: Task) -> int:
    if task.data is not None:
        return len(task.data)
    try:
        return os.stat(task.file.path).st_size
    except OSError:
        return 0


def _largest_first(tasks: Sequence[Task]) -> list[Task]:
    return [task for _, task in sorted(((-_size(task), task) for task in tasks), key=lambda pair: pair[0])]


def _chunks(tasks: Sequence[Task], number: int) -> list[list[Task]]:
    """Split into at most about `number` chunks of like size, the largest files first."""
    sizes = [_size(task) for task in tasks]
    share = max(sum(sizes) // number, 1)
    chunks: list[list[Task]] = [[]]
    filled = 0
    for task, size in zip(tasks, sizes, strict=True):
        if chunks[-1] and filled + size > share:
            chunks.append([])
            filled = 0
        chunks[-1].append(task)
        filled += size
    return chunks


def _spread(
    tasks: Sequence[Task], rulesets: Rulesets, project: Project | None, jobs: int
) -> Iterator[tuple[str, Result]]:
    """Yield (path, result) as processes return them; a file that kills its process is reported, no other is lost."""
    lost: list[Task] = []
    waiting: dict[Future[list[Result]], list[Task]] = {}
    with _executor(jobs, rulesets, project) as executor:
        try:
            for chunk in _chunks(tasks, jobs * CHUNKS_PER_PROCESS):
                waiting[executor.submit(_check_chunk, chunk)] = chunk
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    chunk = waiting.pop(future)
                    try:
                        checked = future.result()
                    except BrokenProcessPool:
                        lost += chunk
                    else:
                        yield from zip((task.file.path for task in chunk), checked, strict=True)
        except BrokenProcessPool:
            finished = {task.file.path for task in lost}
            lost += [task for chunk in waiting.values() for task in chunk if task.file.path not in finished]
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    for task in lost:
        yield task.file.path, _alone(task, rulesets, project)


def _alone(task: Task, rulesets: Rulesets, project: Project | None) -> Result:
    with _executor(1, rulesets, project) as executor:
        try:
            return executor.submit(_check_chunk, [task]).result()[0]
        except BrokenProcessPool:
            return not_checked(task, rulesets[task.settings.rules], "checking it ended the process")


def _executor(jobs: int, rulesets: Rulesets, project: Project | None) -> ProcessPoolExecutor:
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(os.environ.get("MLSEC_LINT_START_METHOD", method))
    return ProcessPoolExecutor(jobs, context, _begin, (rulesets, project))


def _begin(rulesets: Rulesets, project: Project | None) -> None:
    global _state
    _state = (rulesets, project)


def _check_chunk(tasks: list[Task]) -> list[Result]:
    assert _state is not None
    rulesets, project = _state
    return [check_file(task, rulesets[task.settings.rules], project) for task in tasks]
