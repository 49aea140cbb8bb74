"""Which lines changed since a git revision: asks git, and knows nothing of findings."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlsec_lint.model import ConfigError

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Changes:
    """Changed lines since `revision`; `lines` holds ranges (first, last) by absolute path, None for a new file."""

    revision: str
    lines: Mapping[str, tuple[tuple[int, int], ...] | None]
    remark: str = ""  # what the reader has to know of the comparison

    def has(self, path: str, line: int = 0, end_line: int = 0) -> bool:
        """Tell whether the lines `line` to `end_line` of the file changed; without a line, whether the file did."""
        path = os.path.realpath(path)
        if path not in self.lines:
            return False
        ranges = self.lines[path]
        if ranges is None or not line:
            return True
        return any(first <= max(line, end_line) and line <= last for first, last in ranges)


def since(revision: str, folder: str = ".") -> Changes:
    """Return what changed in the git checkout of `folder` since it left `revision`, with uncommitted changes.

    Lines are compared with the commit that `revision` and the present one have in common, as pull requests are.
    Raises ConfigError where there is no git, no repository or no such revision, with what to do about it.
    """
    if not revision or revision.startswith("-"):
        raise ConfigError("--diff-base", "", f"`{revision}` is no revision")
    top = _git(folder, "rev-parse", "--show-toplevel").strip()
    base, remark = _base(revision, folder)
    lines: dict[str, tuple[tuple[int, int], ...] | None] = {}
    names = _git(top, "diff", "--name-only", "--diff-filter=A", "--find-renames", "-z", base, "--")
    names += _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    # as text and as git has it, whatever attributes and settings say: notebooks often have a diff of their own
    diff = _git(top, "-c", "core.quotePath=true", "diff", "--unified=0", "--inter-hunk-context=0", "--no-color",
                "--no-ext-diff", "--no-textconv", "--text", "--no-prefix", "--find-renames", "--diff-filter=CMRT",
                base, "--")  # fmt: skip
    for name, ranges in _hunks(diff):
        lines[_absolute(top, name)] = ranges
    for name in filter(None, names.split("\0")):
        lines[_absolute(top, name)] = None
    return Changes(revision, lines, remark)


def commit(folder: str) -> str:
    """Return "commit " and the short name of the one checked out in `folder`, or nothing where git tells none."""
    try:
        named = _git(folder, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12").strip()
    except ConfigError:
        return ""
    return f"commit {named.replace('-dirty', ', with changes')}"


def _hunks(diff: str) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Yield the name and the changed ranges of each file of a diff without context lines."""
    name, content = "", 0
    ranges: list[tuple[int, int]] = []
    for line in diff.split("\n"):
        if content and line[:1] in "+-":
            content -= 1
        elif line.startswith("+++ "):
            if name:
                yield name, tuple(ranges)
            name, ranges = _unquoted(line[4:].rstrip("\t")), []
        elif hunk := _HUNK.match(line):
            removed, first, added = int(hunk[1] or "1"), int(hunk[2]), int(hunk[3] or "1")
            content = removed + added
            # nothing is left of a deletion, but the lines around it may have lost what made them safe
            ranges.append((first, first + added - 1) if added else (first, first + 1))
    if name:
        yield name, tuple(ranges)


def _base(revision: str, folder: str) -> tuple[str, str]:
    """The commit to compare with, and what there is to say about it."""
    found = _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    shallow = _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
    deeper = "fetch more history first (`git fetch --unshallow`, or `fetch-depth: 0`)"
    if found.returncode != 0:
        why = f"; this clone is shallow: {deeper}" if shallow else ""
        raise ConfigError("--diff-base", "", f"git knows no revision `{revision}`{why}")
    common = _run(folder, "merge-base", revision, "HEAD")
    if common.returncode == 0:
        return common.stdout.strip(), ""
    if not shallow:
        raise ConfigError("--diff-base", "", f"`{revision}` and the present commit have no history in common")
    remark = f"this clone is shallow, so that lines that changed only in `{revision}` count, too; to avoid it, {deeper}"
    return found.stdout.strip(), f"--diff-base: {remark}"


def _absolute(top: str, name: str) -> str:
    return os.path.realpath(os.path.join(top, name))


def _unquoted(name: str) -> str:
    """The name as it is on disk: git puts odd names in quotes, their bytes as C would write them."""
    if not name.startswith('"'):
        return name
    raw = name[1:-1].encode("ascii", "backslashreplace").decode("unicode_escape").encode("latin-1")
    return raw.decode("utf-8", "surrogateescape")


def _git(folder: str, *words: str) -> str:
    done = _run(folder, *words)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise ConfigError("--diff-base", "", f"git: {lines[0] if lines else 'failed'}")
    return done.stdout


def _run(folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, encoding="utf-8", errors="surrogateescape", check=False
        )
    except FileNotFoundError as error:
        raise ConfigError("--diff-base", "", "git is not installed") from error
