"""What `--fix`, `--diff` and `--add-noqa` print and write."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator

import click

from mlsec_lint.cli import screen
from mlsec_lint.model import Report
from mlsec_lint.run import Options
from mlsec_lint.run import mend as mending


def mend(paths: tuple[str, ...], options: Options, *, unsafe: bool, diff: bool, quiet: bool) -> tuple[Report, bool]:
    """Make the fixes, or show them; a text from stdin comes out fixed on stdout.

    Return what is left to say, and whether every file that was to be changed could be.
    """
    mended, report = mending.mend(paths, options, unsafe=unsafe, write=not diff)
    if diff:
        _write(*(_diff(path, old, mended.after[path]) for path, old in mended.before.items()))
    elif options.stdin is not None:
        _write(mended.after.get(options.stdin_filename.replace(os.sep, "/"), options.stdin))
    if not diff and options.stdin is None and not quiet:
        more = f", {mended.waiting} more with --unsafe-fixes" if mended.waiting else ""
        _tell(mended, f"{mended.count} fixed in", f", {len(report.findings)} left{more}")
    _failed(mended)
    return report, not mended.failed


def excuse(paths: tuple[str, ...], options: Options, reason: str) -> tuple[Report, bool]:
    """Write the comments."""
    reason = " ".join(reason.split())
    if not reason or "#" in reason:
        raise click.UsageError("--add-noqa needs a reason, without `#`.")
    mended, report = mending.excuse(paths, options, reason)
    _tell(mended, f"{mended.count} given a reason in")
    _failed(mended)
    if mended.left:
        screen.say(f"{len(mended.left)} stand where no comment can; use per-file-ignores or a baseline for them")
    return report, not mended.failed


def _tell(mended: mending.Mended, what: str, more: str = "") -> None:
    count = len(mended.after)
    screen.say(f"{what} {count} file{'' if count == 1 else 's'}{more}")


def _failed(mended: mending.Mended) -> None:
    for error in mended.failed:
        screen.say(f"not changed: {error}")


def _write(*parts: bytes) -> None:
    """Write bytes to stdout: a text keeps its encoding and its line ends."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()


def _diff(path: str, old: bytes, new: bytes) -> bytes:
    """Return what `patch` and `git apply` read: lines end where a line feed stands, and bytes are left as they are."""
    before, after = ([line.decode("latin-1") for line in _lines(data)] for data in (old, new))
    name = path.encode().decode("latin-1")
    end = "\t" if " " in path else ""  # where a name with blanks ends
    lines = difflib.unified_diff(before, after, f"a/{name}{end}", f"b/{name}{end}")
    whole = [line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines]
    return "".join(whole).encode("latin-1")


def _lines(data: bytes) -> Iterator[bytes]:
    *lines, last = data.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if last:
        yield last
