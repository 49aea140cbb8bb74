"""The commit of a branch or a tag, by `git ls-remote`; never asks for a password.

Must not know which libraries fetch from git.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from mlsec_lint.hub import Answer, Failure, Manner, Question, Unavailable

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
    "LC_ALL": "C",
}


def connect(questions: Sequence[Question], say: Callable[[str], None]) -> Callable[[Question, Manner], Answer]:
    """Return what answers questions; says which hosts will be asked.  Raises Unavailable."""
    if shutil.which("git") is None:
        raise Unavailable("`git` is not installed; it is needed to look up commits of git repositories")
    by_host: dict[str, int] = {}
    for one in questions:
        by_host[host(one.name)] = by_host.get(host(one.name), 0) + 1
    for name, count in sorted(by_host.items()):
        say(f"asking {name} by `git ls-remote` about {count} name{'' if count == 1 else 's'}")
    return answer


def host(address: str) -> str:
    """Return whom an address belongs to, without user and password."""
    if address.startswith("git@"):
        return address[4:].partition(":")[0]
    parts = urlsplit(address)
    return parts.hostname or parts.scheme or address


def answer(question: Question, manner: Manner) -> Answer:
    """Return the commit of a question's ref; raises Failure."""
    ref = question.ref or "HEAD"
    wanted = [ref] if ref == "HEAD" or ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    patterns = [*wanted, *(f"{one}^{{}}" for one in wanted if one != "HEAD")]
    if ref.startswith("-"):
        raise Failure(f"`{ref}` is no name of a branch or tag")
    try:
        done = subprocess.run(
            ["git", "ls-remote", "--symref", "--", question.name, *patterns],
            capture_output=True, text=True, errors="replace", check=False, timeout=manner.timeout,
            stdin=subprocess.DEVNULL, env={**os.environ, "GIT_SSH_COMMAND": _ssh(), **_QUIET},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failure(f"no answer within {manner.timeout:g} seconds", 0.0) from None
    except OSError as error:
        raise Failure(f"`git` cannot be run: {error.strerror}") from None
    if done.returncode:
        raise _failure(done.stderr)
    pairs = [line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line and not line.startswith("ref:")]
    found = {name: commit for commit, name in pairs}
    branch = next((value for name, value in _symbolic(done.stdout) if name == "HEAD"), "")
    for one in wanted:
        commit = found.get(f"{one}^{{}}") or found.get(one)
        if commit:
            return Answer(commit, branch.removeprefix("refs/heads/") if ref == "HEAD" and branch else ref)
    raise Failure(f"it has no branch or tag `{question.ref}`" if question.ref else "it is empty")


def _symbolic(output: str) -> list[tuple[str, str]]:
    return [(found[2], found[1]) for found in re.finditer(r"^ref: (\S+)\t(\S+)$", output, re.MULTILINE)]


def _ssh() -> str:
    return os.environ.get("GIT_SSH_COMMAND", "ssh") + " -oBatchMode=yes"


def _failure(said: str) -> Failure:
    """Return git's own words in one line, without what may be a password; a dropped connection may be tried again."""
    lines = [line for line in said.splitlines() if line.strip()]
    line = next(
        (one for one in reversed(lines) if one.startswith(("fatal:", "remote:", "error:"))), (lines or [""])[-1]
    )
    line = re.sub(r"(\w+://)[^/\s@]+@", r"\1", line.removeprefix("fatal: "))
    if re.search(r"could not read (?:Username|Password)|Authentication failed|Permission denied", said):
        return Failure("there is no such repository, or it wants a login")
    if re.search(r"not found|does not (?:exist|appear to be a git repository)", said):
        return Failure("there is no such repository")
    if re.search(r"returned error: (?:429|5\d\d)|early EOF|hung up|[Cc]onnection (?:reset|timed out)|RPC failed", said):
        return Failure(f"git says: {line[:160]}", 0.0)
    return Failure(f"git says: {line[:160]}")
