"""`mlsec-lint report`: item by item of the guidelines."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from mlsec_lint import run as runner
from mlsec_lint.cli import options as shared
from mlsec_lint.cli import output, screen
from mlsec_lint.cli.check import exit_code
from mlsec_lint.cli.words import Headed, Word
from mlsec_lint.report import guidelines


@click.command(cls=Headed, epilog="Example: mlsec-lint report --format html --output guidelines.html")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@shared.choosing
@click.option("--format", "form", type=Word(*guidelines.FORMS), default="markdown", help="The form of the report.")
@click.option("--output", "file", metavar="FILE", help="Where to write it (default: stdout).")
@click.option("--title", metavar="NAME", help="The name of the project (default: of the folder).")
@click.option("-q", "--quiet", is_flag=True, help="No summary and no progress.")
def report(paths: tuple[str, ...], **given: Any) -> int:
    """Tell for each item of the guidelines what enforces it, what was found, what was set aside and why.

    Exits with 0 when the report could be made, with 2 when files could not be checked.
    """
    paths = paths or (".",)
    options = shared.run_options(given, paths)
    progress = screen.Progress(given["quiet"])
    outcome = runner.run(paths, replace(options, progress=progress))
    progress.clear()
    settings = options.settings_for(".")
    view = output.view_of(outcome, runner.ruleset_for(settings), settings, 0, made=True)
    if given["title"]:
        view = replace(view, title=given["title"])
    text = guidelines.render(given["form"], view)
    if given["file"]:
        output.write_file(given["file"], text)
    else:
        sys.stdout.write(text)
    if not given["quiet"]:
        screen.say(screen.summary(outcome))
    return exit_code(outcome, exit_zero=True)
