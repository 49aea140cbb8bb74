"""Words of the command line: the nearest one for a mistyped one, completion in shells, options under headings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlsec_lint import config

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # not generic before click 8.2

# heading -> names of parameters; what stands nowhere comes last
HEADINGS = {
    "Which rules": ("select", "extend_select", "ignore", "per_file_ignores", "preview", "audit", "min_severity"),
    "Which files": ("only", "exclude", "force_exclude", "no_gitignore", "stdin_filename", "show_files"),
    "What is set aside": (
        "no_noqa", "require_reasons", "add_noqa", "baseline", "no_baseline", "diff_base", "show_hidden",
    ),
    "Outcome": ("fail_on", "exit_zero", "strict"),
    "Output": ("formats", "form", "file", "title", "color", "unfold", "statistics", "quiet", "verbose"),
    "Mending": ("fix", "unsafe_fixes", "diff"),
}  # fmt: skip
_HEADING_OF = {name: heading for heading, names in HEADINGS.items() for name in names}


class Word(_Choice):
    """One of a few words, whatever their case; a mistyped one is answered with the nearest."""

    def __init__(self, *choices: str) -> None:
        super().__init__(choices, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the choice that `value` names."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise click.BadParameter(
                f"{error.message[:-1]}{did_you_mean(str(value), self.choices)}", ctx, param
            ) from None


def did_you_mean(word: str, known: Any) -> str:
    """Return ". Did you mean …?" as click says it, or a full stop."""
    hint = config.did_you_mean(word, known)
    return f". Did you mean {hint.removeprefix('; did you mean ')}" if hint else "."


class Headed(click.Command):
    """A command whose many options are listed under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, heading by heading."""
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                rows.setdefault(_HEADING_OF.get(str(param.name), "Other options"), []).append(record)
        for heading, records in rows.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return codes, names and families that begin like the last of the words between commas."""
    from click.shell_completion import CompletionItem  # asked for by shells alone

    from mlsec_lint.run import ruleset_for

    before, comma, word = incomplete.rpartition(",")
    rules = ruleset_for(config.for_path("."), prose=False).rules
    known = {rule.code: rule.summary for rule in rules if rule.status != "removed"}
    if param.name != "rule" or word[:1].islower():
        known |= {rule.name: rule.summary for rule in rules}
    if param.name != "rule":
        known |= {rule.family: f"every rule about {rule.family}" for rule in rules}
    return [
        CompletionItem(f"{before}{comma}{name}", help=text)
        for name, text in sorted(known.items())
        if name.startswith(word)
    ]


def complete_formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of formats."""
    from click.shell_completion import CompletionItem  # asked for by shells alone

    from mlsec_lint.report import FORMATS

    return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]
