"""What goes to the terminal beside the findings: colours, progress, the summary."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import IO

import click

from mlsec_lint.model import Report
from mlsec_lint.report.view import counted, number


def wants_color(when: str, stream: IO[str]) -> bool:
    """Tell whether `stream` gets colours; `when` is auto, always or never."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return how many columns text may take."""
    import shutil  # slow to import, and not every command shows text

    return shutil.get_terminal_size((100, 24)).columns


class Progress:
    """One line on a terminal, only after a second, gone when the work is done."""

    def __init__(self, quiet: bool) -> None:
        self._start = time.monotonic()
        self._last = self._start
        self._on = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._on or now - self._start < 1 or now - self._last < 0.1:
            return
        self._last, self._shown = now, True
        sys.stderr.write(f"\r\x1b[K{done} of {total} files")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def summary(report: Report) -> str:
    """Return the last line: findings, hidden ones, files, parsed, unread."""
    levels = [f"{count} {level}" for level, count in counted(report.findings).items() if count]
    text = number(len(report.findings), "finding") + (f" ({', '.join(levels)})" if levels else "")
    if report.hidden:
        by = Counter(one.by for one in report.hidden)
        text += f", {len(report.hidden)} hidden ({', '.join(f'{count} {name}' for name, count in sorted(by.items()))})"
    text += f" in {number(report.files, 'file')} ({report.parsed} parsed, {len(report.unread)} unread)"
    return text


def statistics(report: Report) -> str:
    """Return how often each rule reported, the most frequent first."""
    counts = Counter((one.code, one.name) for one in report.findings)
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count:>6}  {code}  {name}\n" for (code, name), count in rows)


def say(text: str) -> None:
    """Write a line to stderr."""
    click.echo(text, err=True)
