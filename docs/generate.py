"""Generated pages of the site: one for each rule, their list, and the guidelines item by item.

Called by mkdocs; the pages exist only while the site is built, so nobody can edit them apart from the rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from mlsec_lint import explain, rules
from mlsec_lint.model import Rule
from mlsec_lint.report.items import CHAPTERS, ITEMS


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages to the written ones."""
    every = [rule for rule in rules.load(keep=False).rules if rule.status != "removed"]
    for name, content in pages(every):
        files.append(File.generated(config, name, content=content))
    return files


def pages(every: list[Rule]) -> Iterator[tuple[str, str]]:
    """Yield the name and the Markdown of each generated page."""
    for rule in every:
        yield f"rules/{rule.code}.md", explain.page(rule)
    yield "rules/index.md", _list(every)
    yield "guidelines.md", _guidelines(every)


def _list(every: list[Rule]) -> str:
    lines = ["# Rules", "", f"{len(every)} rules. Each is one file; its examples are its tests, and this page."]
    for family in dict.fromkeys(rule.family for rule in every):
        lines += ["", f"## {family.capitalize()}", "", "| code | name | severity | what |", "| --- | --- | --- | --- |"]
        for rule in every:
            if rule.family == family:
                mark = "" if rule.status == "stable" else f" ({rule.status})"
                lines.append(
                    f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.summary}{mark} |"
                )
    return "\n".join(lines) + "\n"


def _guidelines(every: list[Rule]) -> str:
    lines = [
        "# The guidelines, item by item",
        "",
        (
            "*Guidelines for secure AI system development* (NCSC, CISA and partners, November 2023): what a linter can hold "
            "code to, which rules do so, and an honest *no* where none can. `mlsec-lint report` gives the same account of "
            "your own code."
        ),
    ]
    for number, chapter in CHAPTERS.items():
        lines += ["", f"## {number} {chapter}", "", "| item | what can be checked | rules |", "| --- | --- | --- |"]
        for item in ITEMS:
            if item.id.startswith(f"{number}."):
                codes = [f"[{rule.code}](rules/{rule.code}.md)" for rule in every if item.id in rule.guidelines]
                lines.append(f"| {item.id} {item.title} | {item.checked} | {', '.join(codes) or 'none'} |")
    return "\n".join(lines) + "\n"
