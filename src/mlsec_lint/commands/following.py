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
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_CLUSTER = re.compile(r"-[a-zA-Z]{1,8}")


def finish(found: Sequence[Command], last_check: int = -1) -> tuple[Command, ...]:
    """Return the commands of one script, told what later ones do with what earlier ones fetched.

    `last_check` is the index of a test that compares a digest, after which what was fetched before counts as checked.
    """
    told = list(found)
    checkers = [(number, _named(command, told)) for number, command in enumerate(told) if checks(command.words)]
    for number, command in enumerate(told):
        saved, later = _saved(command), told[number + 1 :]
        checked = any(at > number and (not named or not saved or saved in named) for at, named in checkers)
        if _is_clone(command):
            told[number] = replace(command, checked=any(_takes_commit(one) for one in later))
        elif command.checked or checked or number < last_check:
            told[number] = replace(command, checked=True)
        elif saved and (runner := next((name for one in later if (name := _runs(one, saved))), "")):
            told[number] = replace(command, into=(*command.into, runner))
    return tuple(told)


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


def _named(check: Command, script: Sequence[Command]) -> str:
    """Return the digests and names that are handed to a command which compares them; "" where they are in a file."""
    name = program_name(check.words[0].text)
    named = " ".join(text for one in script if name in one.into for text in _texts(one))
    return named if name in DIGESTS and re.search(r"[0-9a-f]{32}", named) else ""


def _runs(command: Command, saved: str) -> str:
    """Return the name of the interpreter that runs the file called `saved`, or of the file where it is run itself."""
    name = program_name(command.words[0].text)
    if command.words[0].text and _base(command.words[0].text) == saved and "/" in command.words[0].text:
        return "sh"
    if name in INTERPRETERS:
        operand = next((text for text in _texts(command)[1:] if not text.startswith("-")), "")
        return name if operand and _base(operand) == saved else ""
    return ""


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
