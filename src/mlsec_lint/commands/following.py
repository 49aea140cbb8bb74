"""What later commands of a script do with what an earlier one fetched: check it, run it, or check out a commit of it.

Must not know how commands are written down, nor rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mlsec_lint.commands.words import DIGESTS, INTERPRETERS, Command, checks, program_name

_SAVED = {  # options that name the file written
    "curl": ("-o", "--output"),
    "wget": ("-O", "--output-document"),
    "aria2c": ("-o", "--out"),
}
_COMPARERS = frozenset({"grep", "egrep", "fgrep", "diff", "cmp"})
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_CLUSTER = re.compile(r"-[a-zA-Z]{1,8}")


def finish(found: Sequence[Command], last_check: int = -1) -> tuple[Command, ...]:
    """Return the commands of one script, told what later ones do with what earlier ones fetched.

    `last_check` is the index of a test that compares a digest, after which what was fetched before counts as checked.
    """
    told = list(found)
    later = _Later(told, last_check)
    for number, command in enumerate(told):
        saved = _saved(command)
        if _is_clone(command):
            told[number] = replace(command, checked=number < later.commit)
        elif command.checked or later.checks(saved, number):
            told[number] = replace(command, checked=True)
        elif saved in later.runs and number < later.runs[saved][0]:
            told[number] = replace(command, into=(*command.into, later.runs[saved][1]))
    return tuple(told)


class _Later:
    """Where in a script something is last checked, run or put at a commit; an index of -1 is nowhere."""

    def __init__(self, script: Sequence[Command], last_check: int) -> None:
        self.unnamed = last_check  # the last check that does not say of which file
        self.named: dict[str, int] = {}
        self.runs: dict[str, tuple[int, str]] = {}
        self.commit = -1
        for number, command in enumerate(script):
            if checks(command.words):
                names = _named(script, number)
                self.named.update(dict.fromkeys(names, number))
                self.unnamed = self.unnamed if names else number
            elif program_name(command.words[0].text) in DIGESTS and not _COMPARERS.isdisjoint(command.into):
                files = [_base(text) for text in _texts(command)[1:] if not text.startswith("-")]
                self.named.update(dict.fromkeys(files, number))
            elif _takes_commit(command):
                self.commit = number
            file, runner = _runs(command)
            if file:
                self.runs[file] = (number, runner)
        self.any = max(self.named.values(), default=-1)

    def checks(self, saved: str, number: int) -> bool:
        """Return whether the file `saved`, or one of which the name is not known, is checked after command `number`."""
        return number < max(self.unnamed, self.named.get(saved, -1) if saved else self.any)


def _texts(command: Command) -> list[str]:
    return [word.text if word.text is not None else word.known for word in command.words]


def _saved(command: Command) -> str:
    """Return the name of the file that a download writes, without its folder; "" where that is not known."""
    options = _SAVED.get(program_name(command.words[0].text), ())
    if not options:
        return ""
    texts = _texts(command)
    for number, text in enumerate(texts[1:], start=1):
        if text in options or (_CLUSTER.fullmatch(text) and text[-1] == options[0][1]):
            return _base(texts[number + 1]) if number + 1 < len(texts) else ""
        if text.startswith(options[1] + "="):
            return _base(text.partition("=")[2])
    address = next((text for text in texts[1:] if "://" in text), "")
    return _base(address.partition("?")[0]) if address.count("/") > 2 else ""


def _base(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _named(script: Sequence[Command], number: int) -> list[str]:
    """Return the names of files that are piped with their digests into a check; none where they are in a file."""
    name = program_name(script[number].words[0].text)
    words: list[str] = []
    while number > 0 and name in script[number - 1].into:
        number -= 1
        words += [part for text in _texts(script[number]) for part in text.split()]
    known = name in DIGESTS and any(_DIGEST.fullmatch(word) for word in words)
    return [_base(word.lstrip("*")) for word in words if not _DIGEST.fullmatch(word)] if known else []


def _runs(command: Command) -> tuple[str, str]:
    """Return the name of the file that a command runs, without its folder, and what interprets it."""
    texts = _texts(command)
    name = program_name(command.words[0].text)
    if name in INTERPRETERS:
        return _base(next((text for text in texts[1:] if not text.startswith("-")), "")), name
    return (_base(texts[0]), "sh") if "/" in texts[0] else ("", "")


def _is_clone(command: Command) -> bool:
    return program_name(command.words[0].text) == "git" and "clone" in _texts(command)


def _takes_commit(command: Command) -> bool:
    """Return whether a command puts a working copy at a commit."""
    texts = _texts(command)
    return (
        program_name(command.words[0].text) == "git"
        and any(text in ("checkout", "reset", "switch", "fetch") for text in texts)
        # a commit that stands in a variable is a decision made elsewhere
        and any(_COMMIT.fullmatch(text) or word.text is None for text, word in zip(texts, command.words, strict=True))
    )
