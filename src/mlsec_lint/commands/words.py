"""What a command is once it has been split, and which of its words is the program.

Must not know how commands are written down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PYTHON = re.compile(r"python(?:w|\d(?:\.\d+)?)?(?:\.exe)?")
_PIP = re.compile(r"pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON_VALUED = ("-W", "-X", "--check-hash-based-pycs")
# Programs that take their program from standard input unless they are given one.
INTERPRETERS = frozenset(
    {"sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "pwsh", "source", ".", "eval", "iex", "Invoke-Expression"}
    | {"python", "perl", "ruby", "node", "php"}
)
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "powershell", "pwsh", "cmd"})
_SCRIPT = re.compile(r"-[a-z]*c|-[Cc]ommand|/[cC]")  # the option behind which a shell takes its script
DIGESTS = frozenset(
    {"sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum", "b2sum", "b3sum", "md5sum", "rhash"}
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command: its text, or None where a part of it is unknown; `known` is how it begins.

    Lines and columns count from 1 in the text that was split.
    """

    text: str | None
    known: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command, without what only wraps it (`sudo`, `env`, `time`, assignments, redirections).

    `into` names the programs that its output is piped into, or that run the file it saved; of a shell or another
    interpreter only where it runs what it reads.  `checked`: a later command of the same script compares its digest,
    verifies a signature or checks out a commit.  `environment` is what is set for it, or set by it for all that follow.
    """

    words: tuple[Word, ...]
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    into: tuple[str, ...] = ()
    environment: tuple[tuple[str, str | None], ...] = ()
    checked: bool = False

    @property
    def text(self) -> str:
        """The words as one line, `…` standing for what is unknown."""
        return " ".join(word.known + "…" if word.text is None else word.text for word in self.words)

    @property
    def program(self) -> str:
        """The program's name; of `python -m name` that name."""
        start = module_at(self.words)
        return (self.words[start].text or "") if start else program_name(self.words[0].text) if self.words else ""


def program_name(text: str | None) -> str:
    """Return the name by which a program is known: no folder, no version of Python or pip; "" for an unknown one."""
    if text is None:
        return ""
    if text == ".":
        return text
    name = text.replace("\\", "/").rpartition("/")[2]
    if _PYTHON.fullmatch(name):
        return "python"
    if _PIP.fullmatch(name):
        return "pip"
    return name


def module_at(words: Sequence[Word]) -> int:
    """Return the index of the module's name in `python -m name …` (the program may be unknown), or 0."""
    if not words or (words[0].text is not None and program_name(words[0].text) != "python"):
        return 0
    at = 1
    while at + 1 < len(words) and (text := words[at].text) and text.startswith("-"):
        if text == "-m":
            return at + 1 if words[at + 1].text else 0
        if text in ("-c", "-"):
            return 0
        at += 2 if text in _PYTHON_VALUED else 1
    return 0


def runs_its_input(words: Sequence[Word]) -> bool:
    """Return whether an interpreter runs what it reads: `bash`, `sh -s -- x`, `python -`, but not `bash file`."""
    shell = program_name(words[0].text) != "python"
    for word in words[1:]:
        text = word.text
        if text in ("-", "/dev/stdin") or (shell and text == "-s"):
            return True
        if text is None or not text.startswith("-") or text == "-m" or re.fullmatch(r"-[a-z]*c", text):
            return False
    return True


def script_at(words: Sequence[Word]) -> int:
    """Return the index of the word that is the script a shell is given to run (`bash -c '…'`), or 0."""
    if not words or program_name(words[0].text).removesuffix(".exe") not in SHELLS:
        return 0
    options = (number for number, word in enumerate(words[1:-1], 1) if word.text and _SCRIPT.fullmatch(word.text))
    return next(options, -1) + 1


def checks(words: Sequence[Word]) -> bool:
    """Return whether a command compares digests or verifies a signature."""
    name = program_name(words[0].text) if words else ""
    given = [word.text or "" for word in words[1:]]
    if name in DIGESTS:
        return any(text in ("--check", "--status") or re.fullmatch(r"-[a-z]*c[a-z]*", text) for text in given)
    if name in ("gpg", "gpg2", "gpgv"):
        return name == "gpgv" or "--verify" in given
    return (name in ("cosign", "minisign", "sigstore", "slsa-verifier", "openssl")) and any(
        text.startswith(("verify", "-verify", "-V")) for text in given
    )
