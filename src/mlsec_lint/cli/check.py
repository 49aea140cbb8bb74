"""`mlsec-lint check`: read files and report what is wrong."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import click

from mlsec_lint import run as runner
from mlsec_lint.cli import options as shared
from mlsec_lint.cli import output, screen
from mlsec_lint.cli.words import Headed, Word, complete_formats
from mlsec_lint.model import Report, Settings
from mlsec_lint.report import View


@click.command(cls=Headed, epilog="Example: mlsec-lint check src notebooks --format text --format sarif:out.sarif")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@shared.choosing
@click.option(
    "--fail-on",
    type=Word("low", "medium", "high", "never"),
    help="Exit with 1 from this severity on (default: medium).",
)
@click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 whatever is found; files that cannot be read still give 2."
)
@click.option("--strict", is_flag=True, help="Exit with 1 for any finding and for stale baseline entries.")
@click.option("--statistics", is_flag=True, help="Count findings by rule, on stderr.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    callback=output.formats,
    metavar="NAME[:FILE]",
    shell_complete=complete_formats,
    help="text, concise, json, sarif, github, gitlab, junit or html; several if all but one have a file.",
)
@shared.COLOR
@click.option("--show-hidden", is_flag=True, help="List what is hidden, and why.")
@click.option("--all", "unfold", is_flag=True, help="Show each place by itself, and low findings whole.")
@click.option("--fix", is_flag=True, help="Make the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="Make the unsafe fixes, too.")
@click.option("--diff", is_flag=True, help="Show what the fixes would change, and change nothing.")
@click.option("--add-noqa", metavar="REASON", help="Write a `# noqa` with this reason for every finding.")
@click.option("-q", "--quiet", is_flag=True, help="No summary and no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Tell more, on stderr.")
@click.option("--show-files", is_flag=True, help="List the files that would be read.")
@click.option("--show-settings", is_flag=True, help="List the settings in force and where each was set.")
def check(paths: tuple[str, ...], **given: Any) -> int:
    """Read files and folders (default: the current one) and report what is wrong; `-` reads stdin."""
    paths = paths or (".",)
    options = shared.run_options(given, paths)
    if given["strict"] and given["fail_on"] is None and options.changes is not None:
        options = replace(options, changes={**options.changes, "fail_on": ("low", "--strict")})
    if given["show_settings"]:
        shared.show_settings(paths, options)
        return 0
    if given["show_files"]:
        return _show_files(paths, options)
    progress = screen.Progress(given["quiet"])
    report, changed = _checked_or_mended(paths, replace(options, progress=progress), given)
    progress.clear()
    code = exit_code(report, strict=given["strict"], exit_zero=given["exit_zero"]) if changed else 2
    settings = options.settings_for(".")
    if given["diff"] or (given["fix"] and options.stdin is not None):
        _tell(report, settings, given)
        return code
    formats = given["formats"] or (("text", ""),)
    names = {name for name, _ in formats}
    prose = bool(report.findings or report.hidden or names - {"text"})
    view = output.view_of(
        report, runner.ruleset_for(settings, prose=prose), settings, code, pages="sarif" in names, made="html" in names
    )
    view = replace(view, unfold=given["unfold"], show_hidden=given["show_hidden"])
    output.write(formats, view, given["color"])
    if "github" in names:
        _add_step_summary(view)
    _tell(report, settings, given)
    return code


def _checked_or_mended(paths: tuple[str, ...], options: runner.Options, given: dict[str, Any]) -> tuple[Report, bool]:
    """Check, and change what the options ask to be changed; tell whether every file could be changed."""
    if given["add_noqa"] is not None and (given["fix"] or given["diff"] or options.stdin is not None):
        raise click.UsageError("--add-noqa goes with neither --fix, --diff nor stdin.")
    if given["unsafe_fixes"] and not (given["fix"] or given["diff"]):
        raise click.UsageError("--unsafe-fixes needs --fix or --diff.")
    if not (given["fix"] or given["diff"] or given["add_noqa"] is not None):
        return runner.run(paths, options), True
    from mlsec_lint.cli import changing

    if given["add_noqa"] is not None:
        return changing.excuse(paths, options, given["add_noqa"])
    return changing.mend(paths, options, unsafe=given["unsafe_fixes"], diff=given["diff"], quiet=given["quiet"])


def exit_code(report: Report, *, strict: bool = False, exit_zero: bool = False) -> int:
    """Return 2 where something was not checked, 1 where something fails, else 0."""
    if report.unread or report.interrupted:
        return 2
    if exit_zero:
        return 0
    return 1 if report.failing or (strict and report.stale) else 0


def _add_step_summary(view: View) -> None:
    """Add a table to the file that GitHub shows with the step."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from mlsec_lint.report.github import step_summary

    with open(file, "a", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(step_summary(view))


def _tell(report: Report, settings: Settings, given: dict[str, Any]) -> None:
    """The summary, and what else belongs on stderr."""
    if given["statistics"]:
        click.echo(screen.statistics(report), err=True, nl=False)
    for unread in report.unread:
        if given["verbose"] or not any(one.code == "MLS901" for one in report.findings):
            screen.say(f"not checked: {unread.path}: {unread.reason}")
    for note in report.notes:
        screen.say(f"note: {note}")
    if given["verbose"] and report.cache:
        screen.say(report.cache)
    if report.interrupted:
        screen.say("stopped: not every file was checked; what follows and what was reported is a part of it")
    if given["verbose"]:
        files = sorted({where for _, where in settings.origin if not where.startswith("-")})
        screen.say(f"settings: {', '.join(files) or 'no file'}; {report.seconds:.2f} s")
    if not given["quiet"]:
        screen.say(screen.summary(report))


def _show_files(paths: tuple[str, ...], options: runner.Options) -> int:
    tasks, failed = runner.plan(paths, options)
    for task in tasks:
        click.echo(f"{task.file.shown}\t{task.file.kind}")
    for _, error in failed:
        screen.say(f"not readable: {error}")
    return 2 if failed else 0
