#!/usr/bin/env python3
"""Hold the rules against a catalogue of hazardous APIs: which they name, which were refused and why, which are missing.

usage: catalogue.py CATALOGUE.jsonl [--show]

Each line of the catalogue is an object with `api`, `aliases` and `hazard`. A record is covered when a table of a rule,
or one of the tables of rules/apis that take part in a verdict, names the API or an alias of it; a pattern counts only
where it fixes both the library and the last part (`transformers.*.from_pretrained`). It is refused when a file of
tests/catalogue names it with a reason. Exit 1 when anything is missing.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mlsec_lint import rules
from mlsec_lint.model import Apis, RuleSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REFUSED = Path(__file__).resolve().parents[1] / "tests" / "catalogue"


def named(ruleset: RuleSet) -> Iterator[str]:
    """Yield the dotted names, command words and keys that decide about findings."""
    for rule in ruleset.rules:
        for match in rule.matches:
            yield from match.calls
        for assign in rule.assigns:
            yield from assign.targets
        for words in rule.commands:
            yield from words.program
        for entry in rule.entries:
            yield from entry.keys
        for requirement in rule.requirements:
            yield from requirement.names
        if rule.flow is not None:
            yield from (endpoint.call for endpoint in rule.flow.to)
    apis = ruleset.apis
    for table in (apis.sources, apis.digests, apis.handlers):
        for names in table.values():
            yield from names
    yield from apis.checks
    yield from apis.saves
    yield from (call for call, _ in apis.defaults)


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
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(REFUSED.glob("*.toml"))]
    return {one["api"]: one["reason"] for table in tables for one in table["refused"]}


def main() -> int:
    arguments = [one for one in sys.argv[1:] if one != "--show"]
    ruleset = rules.load()
    names = {canonical(name, ruleset.apis) for name in named(ruleset)}
    patterns = [
        re.compile(re.escape(name).replace(r"\*", r"\w+(?:\.\w+)*"))
        for name in names
        if "*" in name and not name.startswith("*") and not name.endswith("*")
    ]
    refused = refusals()
    count: Counter[str] = Counter()
    for line in Path(arguments[0]).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        spelled = [record["api"], *(record.get("aliases") or ())]
        known = {form for one in spelled for form in (one, canonical(one, ruleset.apis))}
        if known & names:
            verdict = "named"
        elif known & refused.keys():
            verdict = "refused"
        elif any(pattern.fullmatch(one) for pattern in patterns for one in known):
            verdict = "by pattern"
        else:
            verdict = "missing"
        count[verdict] += 1
        if verdict == "missing" or ("--show" in sys.argv and verdict != "named"):
            reason = next((refused[one] for one in known if one in refused), "")
            print(f"{verdict:10} {record['hazard']:4} {record['api']}  {reason}")
    print(", ".join(f"{number} {verdict}" for verdict, number in count.most_common()))
    return 1 if count["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
