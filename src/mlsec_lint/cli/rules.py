"""`mlsec-lint explain` and `mlsec-lint rules`: what is reported, and why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mlsec_lint import config
from mlsec_lint import rules as rulebook
from mlsec_lint.cli import options as shared
from mlsec_lint.cli import screen
from mlsec_lint.cli.words import Word, complete_rules, did_you_mean
from mlsec_lint.model import Rule
from mlsec_lint.run import ruleset_for


@click.command(epilog="Example: mlsec-lint explain MLS101")
@click.argument("rule", metavar="CODE|NAME", shell_complete=complete_rules)
@shared.COLOR
@click.option("--markdown", is_flag=True, help="The page as Markdown, as it stands on the site.")
def explain(rule: str, color: str, markdown: bool) -> int:
    """Show the page of one rule: what it finds, what an attacker does with it, what to write instead."""
    from mlsec_lint.explain import page, terminal

    ruleset = ruleset_for(config.for_path("."))
    found = [one for one in ruleset.rules if rule.lower() in (one.code.lower(), one.name)]
    if not found:
        known = [name for one in ruleset.rules for name in (one.code, one.name)]
        raise click.UsageError(f"There is no rule `{rule}`{did_you_mean(rule, known)}")
    painted = screen.wants_color(color, sys.stdout)
    click.echo(page(found[0]) if markdown else terminal(found[0], painted), color=painted)
    return 0


@click.command(epilog="Example: mlsec-lint rules --check security/rules")
@click.option(
    "--check",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True),
    help="Load the rule files in DIR and run their examples.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a rule file, for editors.")
@click.option("--format", "form", type=Word("text", "json"), default="text", help="How to list.")
def rules(folder: str | None, schema: bool, form: str) -> int:
    """List the rules, or check rule files of your own."""
    if schema:
        click.echo(json.dumps(rulebook.schema(), indent=2))
        return 0
    if folder is not None:
        return _prove(folder)
    listed = [one for one in ruleset_for(config.for_path(".")).rules if one.status != "removed"]
    if form == "json":
        click.echo(json.dumps([_as_object(one) for one in listed], indent=2))
        return 0
    width = max((len(one.name) for one in listed), default=0)
    for one in listed:
        mark = "" if one.status == "stable" else f" [{one.status}]"
        click.echo(f"{one.code}  {one.name.ljust(width)}  {str(one.severity).ljust(6)}  {one.summary}{mark}")
    return 0


def _as_object(one: Rule) -> dict[str, object]:
    return {
        "code": one.code,
        "name": one.name,
        "family": one.family,
        "summary": one.summary,
        "severity": str(one.severity),
        "confidence": str(one.confidence),
        "status": one.status,
        "since": one.since,
        "guidelines": list(one.guidelines),
        "cwe": list(one.cwe),
    }


def _prove(folder: str) -> int:
    """Run the examples of the rule files in `folder`."""
    from mlsec_lint.proof import prove

    ruleset = rulebook.load((Path(folder),))
    mine = {one.code for one in ruleset.rules} - {one.code for one in rulebook.load().rules}
    faults = prove(ruleset, mine)
    for fault in faults:
        click.echo(fault)
    screen.say(f"rules in {folder}: {len(mine)}; faults of their examples: {len(faults)}")
    return 1 if faults else 0
