"""`mlsec-lint baseline`: accept what is found today, drop what is gone, show what is accepted."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import Any

import click

from mlsec_lint import baseline as store
from mlsec_lint import config
from mlsec_lint import run as runner
from mlsec_lint.cli import options as shared
from mlsec_lint.cli import output, screen
from mlsec_lint.cli.check import exit_code
from mlsec_lint.cli.words import Headed

DEFAULT = "mlsec-baseline.json"


@click.command(cls=Headed, epilog="Example: mlsec-lint baseline --accept src")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--accept", is_flag=True, help="Accept what is found now in PATH; entries about other files and rules stay."
)
@click.option("--prune", is_flag=True, help="Remove entries that nothing matches any more; adds none.")
@click.option("--show", is_flag=True, help="List what is accepted.")
@shared.choosing
@click.option("-q", "--quiet", is_flag=True, help="Say nothing.")
def baseline(paths: tuple[str, ...], accept: bool, prune: bool, show: bool, **given: Any) -> int:
    """Keep the file of accepted findings; exactly one of --accept, --prune and --show."""
    if accept + prune + show != 1:
        raise click.UsageError("Say one of --accept, --prune and --show.")
    for name in ("diff_base", "no_baseline"):
        if given[name]:
            raise click.UsageError(f"--{name.replace('_', '-')} makes no sense here.")
    paths = paths or (".",)
    options = shared.run_options(given, paths)
    if prune and options.narrowed:
        raise click.UsageError(
            "--prune looks for everything that was accepted; it goes with no option that chooses rules."
        )
    settings = options.settings_for(".")
    file = config.baseline_path(settings) or os.path.abspath(DEFAULT)
    before = store.read(file) if os.path.exists(file) else {}
    if show:
        return _show(before)
    if prune and not os.path.exists(file):
        raise click.UsageError(f"There is no baseline `{os.path.relpath(file)}` to prune.")
    report = runner.run(paths, replace(options, baseline=False, progress=screen.Progress(given["quiet"])))
    if report.unread or report.interrupted:
        for unread in report.unread:
            screen.say(f"not checked: {unread.path}: {unread.reason}")
        screen.say("nothing was written, because not every file was checked")
        return exit_code(report)
    tasks, _ = runner.plan(paths, options)
    checked = [task.file.path for task in tasks]
    if accept:
        after = _accepted(before, store.accept(report.findings, file), file, checked, adding=options.narrowed)
    else:
        outcome = store.split(report.findings, before, file, only={one.path for one in report.findings})
        stale = {entry: count for entry, count in outcome.stale.items() if store.covers(entry, file, checked)}
        after = store.prune(before, stale)
    output.write_file(file, store.written(after))
    if not given["quiet"]:
        _tell(before, after, file, bool(settings.baseline))
    return 0


def _accepted(
    before: store.Accepted, found: store.Accepted, file: str, checked: list[str], adding: bool
) -> store.Accepted:
    """What is found now, and what was accepted earlier for files, or (`adding`) rules, that were not looked at."""
    if adding:
        return Counter(before) | Counter(found)
    kept = {entry: count for entry, count in before.items() if not store.covers(entry, file, checked)}
    return Counter(found) + Counter(kept)


def _show(accepted: store.Accepted) -> int:
    for entry, count in sorted(accepted.items()):
        click.echo(f"{entry}" + (f" ({count} times)" if count > 1 else ""))
    screen.say(f"{sum(accepted.values())} accepted")
    return 0


def _tell(before: store.Accepted, after: store.Accepted, file: str, configured: bool) -> None:
    was, now = sum(before.values()), sum(after.values())
    screen.say(f"{os.path.relpath(file)}: {now} accepted (before: {was})")
    if not configured:
        screen.say(f'note: name it in [tool.mlsec-lint] to have it used: baseline = "{os.path.basename(file)}"')
