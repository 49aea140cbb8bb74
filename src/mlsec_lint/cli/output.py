"""Reports to stdout and to files, in one format or several."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from mlsec_lint import __version__, atomic, config
from mlsec_lint.cli import screen
from mlsec_lint.cli.words import did_you_mean
from mlsec_lint.model import Report, RuleSet, Settings
from mlsec_lint.report import FORMATS, View, render


def formats(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (name, file or "") for each `NAME` or `NAME:FILE`."""
    found = []
    for value in values:
        name, colon, file = value.partition(":")
        if name.lower() not in FORMATS:
            hint = did_you_mean(name, FORMATS)
            raise click.BadParameter(f"There is no format `{name}` among {', '.join(FORMATS)}{hint}", ctx, param)
        if colon and not file:
            raise click.BadParameter(f"`{value}` names no file.", ctx, param)
        found.append((name.lower(), file))
    if sum(1 for _, file in found if not file) > 1:
        raise click.BadParameter("Only one format can go to stdout; give the others a file: NAME:FILE.", ctx, param)
    return tuple(found)


def view_of(
    report: Report, ruleset: RuleSet, settings: Settings, exit_code: int, *, pages: bool = False, made: bool = False
) -> View:
    """Return the view that every format is given, for no terminal in particular.

    `pages` asks for the pages of rules, `made` for the date and the commit; not every format shows them.
    """
    rules = {rule.code: rule for rule in ruleset.rules}
    found = {one.code for one in report.findings} | {one.finding.code for one in report.hidden}
    texts: dict[str, str] = {}
    if pages:
        from mlsec_lint.explain import page

        texts = {code: page(rules[code]) for code in sorted(found) if code in rules}
    return View(
        report=report,
        version=__version__,
        rules=rules,
        pages=texts,
        root=os.getcwd(),
        title=os.path.basename(os.getcwd()),
        made=_made() if made else "",
        off=frozenset(rule.code for rule in ruleset.rules if not config.chosen(settings, rule)),
        arguments=tuple(sys.argv[1:]),
        exit_code=exit_code,
    )


def _made() -> str:
    """The date (UTC), which SOURCE_DATE_EPOCH may set, and the commit that is checked out here."""
    from mlsec_lint import changes  # runs git: not needed on most starts

    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = time.gmtime(int(seconds) if seconds.isdigit() else None)
    return ", ".join(part for part in (time.strftime("%Y-%m-%d", moment), changes.commit(".")) if part)


def write(wanted: tuple[tuple[str, str], ...], view: View, color: str) -> None:
    """Render the report in each format, to its file or to stdout."""
    for name, file in wanted:
        if file:
            write_file(file, render(name, view))
        else:
            painted = screen.wants_color(color, sys.stdout)
            links = painted and sys.stdout.isatty()
            width = screen.width() if view.report.findings or view.report.hidden else view.width  # slow to ask
            terminal = replace(view, color=painted, links=links, width=width)
            sys.stdout.write(render(name, terminal))
            sys.stdout.flush()


def write_file(file: str, text: str) -> None:
    """Write `text` to `file`, making its folder; raises UsageError where that is not possible."""
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("utf-8", "backslashreplace")
        if os.path.exists(file) and not os.path.isfile(file):  # `/dev/stdout`, a named pipe
            with open(file, "wb") as stream:
                stream.write(data)
        else:
            atomic.write(file, data)
    except OSError as error:
        raise click.UsageError(f"`{file}` cannot be written: {error.strerror or error}") from error
