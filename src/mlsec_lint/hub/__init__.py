"""What a moving name stands for: asks model hubs and git servers, the only part that opens a connection.

Must not know code, lock files or the command line.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlsec_lint.forms import is_commit
from mlsec_lint.lockfile import File
from mlsec_lint.model import Api

WORKERS = 8  # names asked about at once
LONGEST = 600.0  # seconds that all questions together may take


class Unavailable(Exception):
    """Nobody can be asked at all: the extra is missing, or this machine is told to stay offline."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which commit is `ref` ("" for the default branch) of this repository, and what does it hold?"""

    source: str  # hub, git, api
    name: str  # of the repository; for git its address
    type: str = ""  # of repository, for hubs
    ref: str = ""
    api: Api | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a repository holds in one commit; `ref` is the name that the commit was found by."""

    commit: str
    ref: str
    license: str = ""
    files: tuple[File, ...] = ()
    error: str = ""  # why there is no answer


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask; times in seconds."""

    timeout: float = 20.0
    attempts: int = 4
    pause: float = 1.0  # before the second attempt, doubled for each further one
    say: Callable[[str], None] = lambda line: None


class Failure(Exception):
    """One attempt failed; `wait` is None where another one is of no use, else the least pause that was asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.reason, self.wait = reason, wait
        super().__init__(reason)


def retry_after(value: str | None) -> float:
    """Return how many seconds a server asks to wait; 0 where it does not say, or gives a date."""
    return float(value) if value and value.replace(".", "", 1).isdigit() else 0.0


def ask(questions: Iterable[Question], manner: Manner) -> dict[Question, Answer]:
    """Return an answer to each question, several asked at once; says who is asked.  Raises Unavailable."""
    wanted = list(dict.fromkeys(questions))
    if not wanted:
        return {}
    from mlsec_lint.hub import api, git, huggingface

    if huggingface.offline():
        raise Unavailable("HF_HUB_OFFLINE is set: nobody was asked")
    ways: dict[str, Callable[[Question, Manner], Answer]] = {}
    if any(one.source == "hub" for one in wanted):
        ways["hub"] = huggingface.connect(sum(1 for one in wanted if one.source == "hub"), manner.say)
    if any(one.source == "git" for one in wanted):
        ways["git"] = git.connect([one for one in wanted if one.source == "git"], manner.say)
    if any(one.source == "api" for one in wanted):
        ways["api"] = api.connect([one for one in wanted if one.source == "api"], manner.say)
    return _all(wanted, lambda one: _patiently(ways[one.source], one, manner))


def _all(questions: list[Question], answer: Callable[[Question], Answer]) -> dict[Question, Answer]:
    """Ask in several threads; one that never comes back ends with the process."""
    waiting: queue.Queue[Question] = queue.Queue()
    done: queue.Queue[tuple[Question, Answer]] = queue.Queue()
    for one in questions:
        waiting.put(one)

    def work() -> None:
        while True:
            try:
                one = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((one, answer(one)))

    for _ in range(min(WORKERS, len(questions))):
        threading.Thread(target=work, daemon=True).start()
    answers: dict[Question, Answer] = {}
    end = time.monotonic() + LONGEST
    while len(answers) < len(questions):
        try:
            one, got = done.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        answers[one] = got
    late = Answer("", "", error=f"no answer within {LONGEST:.0f} seconds")
    return {one: answers.get(one, late) for one in questions}


def _patiently(way: Callable[[Question, Manner], Answer], question: Question, manner: Manner) -> Answer:
    """Ask again where that may help, after a pause that grows, or that the server names."""
    pause = manner.pause
    for attempt in range(1, manner.attempts + 1):
        try:
            answer = way(question, manner)
        except Failure as failure:
            if failure.wait is None or attempt == manner.attempts:
                times = f" (asked {attempt} times)" if attempt > 1 else ""
                return Answer("", "", error=failure.reason + times)
            time.sleep(min(max(pause, failure.wait), 60.0))
            pause *= 2
        except Exception as error:  # whatever a library raises, the other names are still to be asked about
            return Answer("", "", error=" ".join(f"{type(error).__name__}: {error}".split())[:200])
        else:
            if not is_commit(answer.commit):
                return Answer("", "", error="the answer names no commit")
            return answer
    return Answer("", "", error="not asked")
