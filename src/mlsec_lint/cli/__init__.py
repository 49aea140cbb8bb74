"""Door: the command line.  One module per group of commands, imported when it is asked for.

Must not know LibCST, and must decide nothing about findings: it turns words into options and reports into output.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mlsec_lint import __version__

# command -> (module, what it does in one line)
COMMANDS = {
    "check": ("check", "Read files and report what is wrong."),
    "explain": ("rules", "Show the page of one rule."),
    "rules": ("rules", "List the rules, or check rule files of your own."),
    "baseline": ("baseline", "Accept today's findings, drop those that are gone."),
    "pin": ("pin", "Write the commits that moving names stand for into the code (asks the hub)."),
    "lock": ("lock", "Write down what the code fetches, or check that it is what was written down."),
    "verify": ("lock", "Hold files on disk against the lock, by SHA-256."),
    "bom": ("bom", "Write a bill of materials: models, data, code, packages (CycloneDX)."),
    "report": ("report", "Tell, item by item of the guidelines, what was found."),
}


class _Commands(click.Group):
    """Commands whose modules are imported only when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"mlsec_lint.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib  # only where there is a mistake to explain

            close = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            if not close and os.path.exists(name):
                hint = f" Did you mean `mlsec-lint check {name}`?"
            ctx.fail(f"No such command `{name}`.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: mlsec-lint check src notebooks",
)
@click.version_option(__version__, message="mlsec-lint %(version)s")
def program() -> None:
    """Find in Python code, notebooks and scripts what makes machine learning insecure."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 nothing to fail for, 1 findings, 2 wrong use or unread files."""
    _plain_output()
    gc.set_threshold(50_000)  # what a start makes is kept: looking for garbage in it took a tenth of it
    try:
        code = program.main(arguments, prog_name="mlsec-lint", standalone_mode=False)
        code = code if isinstance(code, int) else 0
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.Abort:
        click.echo("mlsec-lint: stopped", err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except Exception as error:
        _told(error)
        code = 2
    return code


def process() -> NoReturn:
    """Run the command line and end the process, at once: to free what it holds takes up to a sixth of a run."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _told(error: Exception) -> None:
    """Say what is wrong: with what we were given, or with ourselves."""
    from mlsec_lint.model import Problem  # not needed to tell the version or a command's help

    errors = [error] if isinstance(error, Problem) else getattr(error, "errors", ())  # rules.RuleErrors, run.Mistakes
    for one in errors:
        click.echo(f"mlsec-lint: {one}", err=True)
    if not errors:
        _internal(error)


def _internal(error: Exception) -> None:
    import traceback

    click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo("mlsec-lint: this is an error in the linter itself; please report the lines above", err=True)


def _plain_output() -> None:
    """Never fail over a character that the terminal cannot show, nor turn line ends into others."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
