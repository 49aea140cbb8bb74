"""What `--fix`, `--diff` and `--add-noqa` print and write."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator

import click

from mlsec_lint.cli import screen
from mlsec_lint.model import Report
from mlsec_lint.run import Options
from mlsec_lint.run import mend as mending


def mend(paths: tuple[str, ...], options: Options, *, unsafe: bool, diff: bool) -> Report:
    """Make the fixes, or show them; a text from stdin comes out fixed on stdout."""
    mended, report = mending.mend(paths, options, unsafe=unsafe, write=not diff)
    if diff:
        for path, old in mended.before.items():
            sys.stdout.writelines(_diff(path, old, mended.after[path]))
    elif options.stdin is not None:
        sys.stdout.write(mended.after.get(options.stdin_filename, _text(options.stdin)))
    else:
        _tell(mended, f"{mended.count} fixed in")
    return report


def excuse(paths: tuple[str, ...], options: Options, reason: str) -> Report:
    """Write the comments."""
    reason = " ".join(reason.split())
    if not reason or "#" in reason:
        raise click.UsageError("--add-noqa needs a reason, without `#`.")
    mended, report = mending.excuse(paths, options, reason)
    _tell(mended, f"{mended.count} given a reason in")
    if mended.left:
        screen.say(f"{len(mended.left)} stand where no comment can; use per-file-ignores or a baseline for them")
    return report


def _tell(mended: mending.Mended, what: str) -> None:
    count = len(mended.after)
    screen.say(f"{what} {count} file{'' if count == 1 else 's'}")
    for error in mended.failed:
        screen.say(f"not changed: {error}")


def _diff(path: str, old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}")
    for line in lines:
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
