"""Pinning: for each file its targets, what is asked about them, and the new text once the answers are there.

Must not know how files are found or written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from mlsec_lint import fix, forms
from mlsec_lint.hub import Answer, Question
from mlsec_lint.inventory.asking import question
from mlsec_lint.model import Edit, Fetch, Fix, Form, Source
from mlsec_lint.python.pinning import Pin, Pinning

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Aim(Protocol):
    """One place that fetches something and may be told a commit."""

    fetch: Fetch
    refusal: str
    ref: str
    guessed: bool

    @property
    def is_pinned(self) -> bool: ...


@dataclass(slots=True)
class Entry:
    """One line of a dependency file, or a command, that fetches something."""

    fetch: Fetch
    refusal: str = ""
    ref: str = ""
    guessed: bool = False

    @property
    def is_pinned(self) -> bool:
        return forms.is_commit(self.fetch.revision)


@dataclass(slots=True)
class Result:
    """What became of one aim."""

    aim: Aim
    question: Question | None = None
    pin: Pin | None = None
    said: str = ""  # why there is none
    failed: bool = False  # it was asked about, and there is no answer


@dataclass(slots=True)
class PinFile:
    """One file: its targets, and how their edits are made."""

    source: Source
    path: str
    forms: Mapping[str, Form]
    code: Pinning | None = None
    others: list[Entry] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def aims(self) -> list[Aim]:
        return [*(self.code.targets if self.code is not None else ()), *self.others]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which names are to be pinned."""

    only: tuple[str, ...] = ()  # globs of names
    update: bool = False  # move existing pins forward, too
    allow: tuple[str, ...] = ()  # globs of names that may move

    def wants(self, aim: Aim) -> str:
        """Return "" where an aim is to be pinned, else why it is left out without a word ("-") or with one."""
        if self.only and not any(fnmatchcase(aim.fetch.name, glob) for glob in self.only):
            return "-"
        if aim.is_pinned and not self.update:
            return "-"
        if any(fnmatchcase(aim.fetch.name, glob) for glob in self.allow):
            return "the settings allow it to move"
        return aim.refusal


def prepare(
    files: Iterable[PinFile], wish: Callable[[PinFile], Wish], excused: Callable[[PinFile, Fetch], str]
) -> list[Question]:
    """Fill in the results of all files, as far as nobody has to be asked; return what is to be asked."""
    questions: list[Question] = []
    for file in files:
        wanted = wish(file)
        for aim in file.aims():
            said = wanted.wants(aim)
            if said == "-":
                continue
            said = said or excused(file, aim.fetch)
            asked = None if said else question(aim.fetch, file.forms[aim.fetch.form], _ref(aim))
            if not said and asked is None:
                form = file.forms[aim.fetch.form]
                if form.component == "file" or aim.fetch.revision:
                    continue  # an address has no commit, and a version is the registry's own kind of pin
                said = "nobody can be asked for its version"
            file.results.append(Result(aim, asked, said=said))
            if asked is not None:
                questions.append(asked)
    return list(dict.fromkeys(questions))


def _ref(aim: Aim) -> str:
    return "" if aim.ref == forms.UNKNOWN else aim.ref


def answer(files: Iterable[PinFile], answers: Mapping[Question, Answer], date: str) -> None:
    """Fill in the results with the answers."""
    for file in files:
        for result in file.results:
            if result.question is None:
                continue
            got = answers[result.question]
            if got.error:
                result.said, result.failed = got.error, True
            elif got.commit == result.aim.fetch.revision:
                result.said = "-"  # it is where it was
            else:
                result.pin = Pin(got.commit, got.ref, date)


def changed(file: PinFile) -> str:
    """Return the text of a file with its pins; results whose edits cannot be made lose their pin."""
    pins = {id(result.aim): result for result in file.results if result.pin is not None}
    fixes: list[tuple[Result, Fix]] = []
    if file.code is not None:
        for target, edits in file.code.edits(lambda one: pins[id(one)].pin if id(one) in pins else None):
            fixes.append((pins[id(target)], Fix("safe", edits)))
        for target in file.code.targets:
            if target.refusal and id(target) in pins:
                pins[id(target)].pin, pins[id(target)].said = None, target.refusal
    lines = file.source.text.splitlines(keepends=True)
    for entry in file.others:
        if id(entry) in pins and (result := pins[id(entry)]).pin is not None:
            edit = _in_line(entry.fetch, file, lines, result.pin)
            if edit:
                fixes.append((result, Fix("safe", edit)))
            else:
                result.pin, result.said = None, "its address is put together elsewhere"
    return _merged(file, fixes)


def _merged(file: PinFile, fixes: Sequence[tuple[Result, Fix]]) -> str:
    source = file.source
    text, applied, postponed = fix.merge(source.text, [one for _, one in fixes], python=file.code is not None)
    for result, one in fixes:
        if any(one is late for late in postponed):
            result.pin, result.said = None, "it overlaps with another change; run it again"
    if source.path.endswith(".toml") and not _is_toml(text):
        for result, _ in fixes:
            result.pin, result.said = None, "the file could not be changed without breaking it"
        return source.text
    if source.kind != "notebook":
        return text
    from mlsec_lint.source.notebook import write_back

    return write_back(source.raw, dict.fromkeys(edit for one in applied for edit in one.edits))


def _in_line(fetch: Fetch, file: PinFile, lines: Sequence[str], pin: Pin) -> tuple[Edit, ...]:
    """Return the edits that pin an address in its line, and say what it stood for in a comment."""
    row = lines[fetch.text_line - 1] if fetch.text_line <= len(lines) else ""
    body = row.rstrip("\r\n")
    at = body.find(fetch.text, max(fetch.column - 1, 0))
    at = at if at >= 0 else body.find(fetch.text)
    text = forms.pinned(fetch.text, file.forms[fetch.form], pin.commit)
    if at < 0 or not text:
        return ()
    line, end = fetch.text_line, len(body.rstrip())
    edits = [Edit(line, at + 1, line, at + len(fetch.text) + 1, text)]
    if "#" not in body[at + len(fetch.text) :] and not body.endswith("\\") and '"""' not in body:
        edits.append(Edit(line, end + 1, line, end + 1, f"  # {pin.ref} on {pin.date}"))
    return tuple(edits)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
