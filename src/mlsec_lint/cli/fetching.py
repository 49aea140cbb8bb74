"""Options that the commands about fetched artefacts share, and what they make of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from mlsec_lint import hub, lockfile
from mlsec_lint.cli import screen
from mlsec_lint.run import Options

Command = TypeVar("Command", bound=Callable[..., Any])


def choosing(command: Command) -> Command:
    """Add the options that choose files and settings."""
    for option in (
        click.option("--isolated", is_flag=True, help="Use no settings file."),
        click.option("--config", metavar="FILE", help="Use the settings in this file."),
        click.option("--no-gitignore", is_flag=True, help="Read files that git ignores."),
        click.option("--exclude", metavar="GLOB", multiple=True, help="Do not read these files."),
    ):
        command = option(command)
    return command


def asking(command: Command) -> Command:
    """Add the options that say how patiently to ask."""
    for option in (
        click.option("--attempts", type=click.IntRange(1, 10), default=4, help="How often to ask (default: 4)."),
        click.option("--timeout", type=click.FloatRange(0.1, 600), default=20.0, metavar="SECONDS",
                     help="How long to wait for an answer (default: 20)."),
    ):  # fmt: skip
        command = option(command)
    return command


def options(given: dict[str, Any]) -> Options:
    """Return what the options of `choosing` ask of a run."""
    if given["config"] and given["isolated"]:
        raise click.UsageError("--config and --isolated exclude each other.")
    if given["config"] and not os.path.isfile(given["config"]):
        raise click.UsageError(f"--config: there is no file `{given['config']}`.")
    return Options(
        config=given["config"], isolated=given["isolated"], exclude=tuple(given["exclude"]),
        gitignore=not given["no_gitignore"], progress=screen.Progress(given.get("quiet", False)),
    )  # fmt: skip


def manner(given: dict[str, Any]) -> hub.Manner:
    """Return how to ask, and to say on stderr who is asked."""
    return hub.Manner(given["timeout"], given["attempts"], say=lambda line: screen.say(f"mlsec-lint: {line}"))


def lock_path(given: str | None) -> str:
    """Return the lock file that is meant: the one given, the nearest one, or a new one here."""
    return given or lockfile.locate(os.getcwd()) or os.path.join(os.getcwd(), lockfile.NAME)
