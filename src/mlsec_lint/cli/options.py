"""Options that several commands share, and what they make of the settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from mlsec_lint import config
from mlsec_lint.cli.words import Word, complete_rules
from mlsec_lint.config import KINDS
from mlsec_lint.run import Options

Command = TypeVar("Command", bound=Callable[..., Any])
LEVELS = Word("low", "medium", "high")
COLOR = click.option("--color", type=Word("auto", "always", "never"), default="auto", help="Colours on stdout.")


def choosing(command: Command) -> Command:
    """Add the options that choose rules, files and settings."""
    options = [
        _rules("--select", "Report only these codes, prefixes, names or families."),
        _rules("--extend-select", "Report these as well."),
        _rules("--ignore", "Do not report these."),
        click.option(
            "--per-file-ignores",
            metavar="GLOB:X,Y",
            multiple=True,
            help="Do not report these in files that GLOB names.",
        ),
        click.option("--preview/--no-preview", default=None, help="Report rules that are still being tried out."),
        click.option("--audit/--no-audit", default=None, help="Report guesses of low confidence too."),
        click.option("--min-severity", type=LEVELS, help="Report nothing below this."),
        click.option("--require-reasons", is_flag=True, default=None, help="A `# noqa` must say why: `-- reason`."),
        click.option("--no-noqa", is_flag=True, help="Report what `# noqa` comments hide."),
        click.option("--baseline", metavar="FILE", help="The file of accepted findings."),
        click.option("--no-baseline", is_flag=True, help="Report accepted findings too."),
        click.option("--diff-base", metavar="REV", help="Report only lines changed since this git revision."),
        click.option("--only", metavar="KIND", multiple=True, type=Word(*KINDS), help="Read these kinds alone."),
        click.option("--exclude", metavar="GLOB", multiple=True, help="Do not read these files."),
        click.option("--force-exclude", is_flag=True, help="Not even when they are named on the command line."),
        click.option("--no-gitignore", is_flag=True, help="Read files that git ignores."),
        click.option("--stdin-filename", metavar="NAME", help="What to call the text that `-` reads."),
        click.option("--config", metavar="FILE", help="Use the settings in this file."),
        click.option("--isolated", is_flag=True, help="Use no settings file."),
        click.option("--no-cache", is_flag=True, help="Check every file, and keep no results for the next run."),
        click.option("--cache-dir", metavar="FOLDER", help="Keep results here (default: .mlsec-lint-cache)."),
        click.option(
            "-j",
            "--jobs",
            metavar="N",
            type=click.IntRange(min=0),
            default=0,
            help="Processes (0: as many as cores).",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _rules(name: str, text: str) -> Callable[[Command], Command]:
    return click.option(name, metavar="X,Y", multiple=True, help=text, shell_complete=complete_rules)


def run_options(given: dict[str, Any], paths: tuple[str, ...]) -> Options:
    """Return what the options of `choosing` ask of a run; reads stdin when a path is `-`."""
    if given["config"] and given["isolated"]:
        raise click.UsageError("--config and --isolated exclude each other.")
    if given["config"] and not os.path.isfile(given["config"]):
        raise click.UsageError(f"--config: there is no file `{given['config']}`.")
    if given["diff_base"] == "":
        raise click.UsageError("--diff-base needs a revision, such as `origin/main`.")
    changes: dict[str, tuple[Any, str]] = {}
    for name in ("select", "ignore"):
        if given[name]:
            changes[name] = (words(given[name]), f"--{name}")
    if given["per_file_ignores"]:
        changes["per_file_ignores"] = (tuple(map(_glob_and_codes, given["per_file_ignores"])), "--per-file-ignores")
    for name in ("preview", "audit", "min_severity", "require_reasons", "fail_on"):
        if given.get(name) is not None:
            changes[name] = (given[name], "--" + name.replace("_", "-"))
    if given["only"]:
        changes["only"] = (tuple(given["only"]), "--only")
    if given["baseline"]:
        changes["baseline"] = (os.path.abspath(given["baseline"]), "--baseline")
    stdin = sys.stdin.buffer.read() if "-" in paths else None
    return Options(
        config=given["config"],
        isolated=given["isolated"],
        changes=changes,
        extend=words(given["extend_select"]),
        exclude=tuple(given["exclude"]),
        jobs=given["jobs"],
        noqa=not given["no_noqa"],
        baseline=not given["no_baseline"],
        gitignore=not given["no_gitignore"],
        force_exclude=given["force_exclude"],
        diff_base=given["diff_base"] or "",
        cache=None if given["no_cache"] else given["cache_dir"] or "",
        stdin=stdin,
        stdin_filename=given["stdin_filename"] or "stdin",
    )


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of comma-separated values."""
    return tuple(word for value in values for word in (part.strip() for part in value.split(",")) if word)


def _glob_and_codes(value: str) -> tuple[str, tuple[str, ...]]:
    glob, colon, codes = value.rpartition(":")
    if not colon or not glob or not words((codes,)):
        raise click.UsageError(f"--per-file-ignores: `{value}` is not of the form GLOB:CODE,CODE.")
    return glob, words((codes,))


def show_settings(paths: tuple[str, ...], options: Options) -> None:
    """Print every setting in force for each path, and where it was set."""
    for path in paths:
        settings = options.settings_for(path)
        click.echo(f"# {path}" + (f" (settings of {settings.root})" if settings.root else ""))
        rows = config.show(settings)
        width = max(len(key) for key, _, _ in rows)
        for key, value, origin in rows:
            click.echo(f"{key.ljust(width)} = {value}  # {origin}")
