#!/usr/bin/env python3
"""Hold the rules against a catalogue of hazardous APIs: which they name, which were refused and why, which are missing.

usage: catalogue.py [CATALOGUE.jsonl] [--show]

Without a file the list of tests/catalogue/apis.toml is taken; each line of a file is an object with `api`, `aliases` and
`hazard`. A record is covered when a table of a rule, or one of the tables of rules/apis that take part in a verdict,
names the API or an alias of it; a pattern counts only where it fixes both the library and the last part
(`transformers.*.from_pretrained`). It is refused when a file of tests/catalogue names it with a reason. Exit 1 when
anything is missing, or a refusal is about nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsec_lint import rules
from mlsec_lint.model import Apis, RuleSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parents[1] / "tests" / "catalogue"


@dataclass(frozen=True)
class Record:
    """One hazardous API."""

    api: str
    hazard: str
    aliases: tuple[str, ...] = ()
    library: str = ""


def named(ruleset: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield the dotted names, command words and keys that decide about findings, each with the family that asks."""
    for rule in ruleset.rules:
        names = [call for match in rule.matches for call in match.calls]
        names += [target for assign in rule.assigns for target in assign.targets]
        names += [word for words in rule.commands for word in words.program]
        names += [key for entry in rule.entries for key in entry.keys]
        names += [name for requirement in rule.requirements for name in requirement.names]
        names += [endpoint.call for endpoint in rule.flow.to] if rule.flow is not None else []
        yield from ((name, rule.family) for name in names)
    apis = ruleset.apis
    facts = [
        name for table in (apis.sources, apis.digests, apis.handlers) for names in table.values() for name in names
    ]
    facts += [*apis.checks, *apis.saves, *(call for call, _ in apis.defaults)]
    yield from ((name, "facts") for name in facts)


def canonical(name: str, apis: Apis) -> str:
    """Return the name after the aliases of the api tables, longest prefix first."""
    for _ in range(8):
        prefix = name
        while prefix and prefix not in apis.aliases:
            prefix = prefix.rpartition(".")[0]
        if not prefix:
            break
        name = apis.aliases[prefix] + name[len(prefix) :]
    return name


def refusals() -> dict[str, str]:
    """Return the reasons of the APIs that were considered and are not reported."""
    tables = [_toml(path) for path in sorted(HERE.glob("*.toml")) if path.name != "apis.toml"]
    return {one["api"]: one["reason"] for table in tables for one in table["refused"]}


def records() -> list[Record]:
    """Return our own list."""
    table = _toml(HERE / "apis.toml")
    return [
        Record(api, said[0], tuple(said[1:]), library) for library, apis in table.items() for api, said in apis.items()
    ]


class Coverage:
    """What the rules know of APIs."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._apis = ruleset.apis
        self._families: defaultdict[str, set[str]] = defaultdict(set)
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        for name, family in named(ruleset):
            self._families[canonical(name, ruleset.apis)].add(family)
            if "*" in name and not name.startswith("*") and not name.endswith("*"):
                self._patterns.append((re.compile(re.escape(name).replace(r"\*", r"\w+(?:\.\w+)*")), family))
        self.refused = refusals()

    def verdict(self, record: Record) -> str:
        """Return `named`, `refused`, `by pattern` or `missing`."""
        known = self._known(record)
        if any(self._families.get(name, set()) - {"facts"} for name in known):
            return "named"
        if known & self.refused.keys():
            return "refused"
        if any(name in self._families for name in known):
            return "named"  # by a table that verdicts rest upon
        return "by pattern" if any(one.fullmatch(name) for one, _ in self._patterns for name in known) else "missing"

    def families(self, name: str) -> set[str]:
        """Return the families whose rules would look at a call of `name`; `facts` where only a table does."""
        name = canonical(name, self._apis)
        return self._families.get(name, set()) | {family for one, family in self._patterns if one.fullmatch(name)}

    def idle(self, listed: Iterable[Record]) -> list[str]:
        """Return the refusals of APIs that no record has, or that a rule names after all."""
        about = [(record, self._known(record)) for record in listed]
        return [
            api
            for api in self.refused
            if not any(api in known and self.verdict(record) == "refused" for record, known in about)
        ]

    def reason(self, record: Record) -> str:
        return next((self.refused[one] for one in self._known(record) if one in self.refused), "")

    def _known(self, record: Record) -> set[str]:
        return {form for one in (record.api, *record.aliases) for form in (one, canonical(one, self._apis))}


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _read(path: Path) -> list[Record]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Record(row["api"], row["hazard"], tuple(row.get("aliases") or ())) for row in rows]


def main() -> int:
    files = [one for one in sys.argv[1:] if one != "--show"]
    listed = _read(Path(files[0])) if files else records()
    coverage = Coverage(rules.load())
    count = Counter(coverage.verdict(record) for record in listed)
    for record in listed:
        verdict = coverage.verdict(record)
        if verdict == "missing" or ("--show" in sys.argv and verdict != "named"):
            print(f"{verdict:10} {record.hazard:4} {record.api}  {coverage.reason(record)}")
    idle = coverage.idle(listed)
    for api in idle:
        print(f"{'idle':10} {'':4} {api}  the refusal is about nothing")
    print(", ".join(f"{number} {verdict}" for verdict, number in count.most_common()))
    return 1 if count["missing"] or idle else 0


if __name__ == "__main__":
    sys.exit(main())
