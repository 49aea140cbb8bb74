"""Spread files over processes; one that kills its process is reported, and no other is lost.

Must not know what a result says, nor when starting processes pays.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from mlsec_lint.collector import RestingCollector
from mlsec_lint.run.one import Result, Task, not_checked
from mlsec_lint.run.pool import Rulesets, checked, size

if TYPE_CHECKING:
    from mlsec_lint.project import Project

LARGE = 0.7  # of the text is spread in one chunk for each process, the rest in small ones
SMALL_CHUNKS = 8  # for each process
MOST = 1_000  # files in a chunk: a process holds their results until it is through

_state: tuple[Rulesets, Project | None, RestingCollector] | None = None  # in a worker: what files are checked with


def spread(
    tasks: Sequence[Task], rulesets: Rulesets, project: Project | None, jobs: int
) -> Iterator[tuple[str, Result]]:
    """Yield (path, result) as processes return them."""
    lost: list[Task] = []
    waiting: dict[Future[list[Result]], list[Task]] = {}
    with _executor(jobs, rulesets, project) as executor:
        try:
            for chunk in chunks(tasks, jobs):
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
            for process in multiprocessing.active_children():  # at once: nobody wants what they would still find
                process.kill()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    for task in lost:
        yield task.file.path, _alone(task, rulesets, project)


def chunks(tasks: Sequence[Task], jobs: int) -> list[list[Task]]:
    """Split into a large chunk for each process, of files that stand together, and small ones for those that end early.

    Files that stand together import the same modules, which each process has to read for itself.
    """
    tasks = sorted(tasks, key=lambda task: task.file.path)
    sizes = [size(task) for task in tasks]
    large = max(int(sum(sizes) * LARGE) // jobs, 1)
    small = max(int(sum(sizes) * (1 - LARGE)) // (jobs * SMALL_CHUNKS), 1)
    out: list[list[Task]] = [[]]
    filled = 0
    for task, much in zip(tasks, sizes, strict=True):
        if out[-1] and filled + much > (large if len(out) <= jobs else small):
            out.append([])
            filled = 0
        out[-1].append(task)
        filled += much
    return [chunk[at : at + MOST] for chunk in out for at in range(0, len(chunk), MOST)]


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    _state = (rulesets, project, RestingCollector().__enter__())


def _check_chunk(tasks: list[Task]) -> list[Result]:
    assert _state is not None
    rulesets, project, collector = _state
    return [checked(task, rulesets, project, collector) for task in tasks]
