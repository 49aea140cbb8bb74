"""Turn the tables that say what a rule looks for into dataclasses; must not know files, prose or examples."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from mlsec_lint.model import (
    Assign,
    Conditions,
    Config,
    Default,
    Drift,
    Endpoint,
    Entry,
    Flow,
    Level,
    Match,
    Predicate,
    Requirement,
    RuleError,
    RuleFix,
    Text,
    Words,
)
from mlsec_lint.rules import fixes
from mlsec_lint.rules.apis import Names, texts
from mlsec_lint.rules.keys import PLACEHOLDERS
from mlsec_lint.rules.predicates import PredicateError, Reader
from mlsec_lint.rules.shape import nearest

T = TypeVar("T")
Table = Mapping[str, Any]
_TARGET = re.compile(r"[A-Za-z_*]\w*(\.([A-Za-z_]\w*|\*))*(\[('[^']*'|\"[^\"]*\"|\*)\])?")
_ENDPOINT = re.compile(r"(?P<call>[^()\s]+)\((?P<parameter>[^()]+)\)")


class Detection:
    """The tables of one rule file; mistakes are collected in `errors`."""

    def __init__(self, path: str, data: Table, names: Names, reader: Reader) -> None:
        self.path, self.data, self.names, self.reader = path, data, names, reader
        self.errors: list[RuleError] = []
        self.broken: set[str] = set()  # top-level keys that do not have the right shape
        self.rule_fix: RuleFix | None = None  # for the tables that have none of their own

    def tell(self, key: str, message: str) -> None:
        self.errors.append(RuleError(self.path, key, message))

    def attempt(self, key: str, act: Callable[[], T], otherwise: T) -> T:
        try:
            return act()
        except PredicateError as error:
            self.tell(key, str(error))
            return otherwise

    def sound(self, *keys: str) -> bool:
        """Whether these keys are there and have the right shape."""
        return all(key in self.data and key not in self.broken for key in keys)

    def check_message(self, key: str, message: str) -> None:
        try:
            fields = [name for _, name, _, _ in string.Formatter().parse(message) if name is not None]
        except ValueError as error:
            self.tell(key, f"has a brace that is not a placeholder: {error}")
            return
        for name in fields:
            if name not in PLACEHOLDERS:
                known = ", ".join("{" + one + "}" for one in PLACEHOLDERS)
                self.tell(key, f"unknown placeholder {{{name}}}{nearest(name, PLACEHOLDERS)}; known are {known}")

    def detection(self) -> dict[str, Any]:
        """Return the fields of `Rule` that say what is looked for."""
        if self.sound("fix"):
            self.rule_fix = fixes.read("fix", self.data["fix"], self.tell)
        return {
            "matches": tuple(self.match(*one) for one in self.tables("match")),
            "assigns": tuple(self.assign(*one) for one in self.tables("assign")),
            "defaults": tuple(self.default(*one) for one in self.tables("default")),
            "entries": tuple(self.entry(*one) for one in self.tables("entry")),
            "flow": self.flow("flow", self.data["flow"]) if self.sound("flow") else None,
            "commands": tuple(self.command(*one) for one in self.tables("command")),
            "texts": tuple(self.text(*one) for one in self.tables("text")),
            "requirements": tuple(self.requirement(*one) for one in self.tables("requirement")),
            "configs": tuple(self.config(*one) for one in self.tables("config")),
            "drifts": tuple(Drift(one["fault"], one.get("message", "")) for _, one in self.tables("lock")),
        }

    def tables(self, kind: str) -> Iterator[tuple[str, Table]]:
        if self.sound(kind):
            for number, table in enumerate(self.data[kind]):
                if "message" in table:
                    self.check_message(f"{kind}[{number}].message", table["message"])
                yield f"{kind}[{number}]", table

    def predicate(self, key: str, written: object) -> Predicate:
        return self.attempt(key, lambda: self.reader.read(written), Predicate("given"))

    def conditions(self, key: str, table: Table, name: str) -> Conditions:
        rows = table.get(name, {}).items()
        return tuple((parameter, self.predicate(f"{key}.{name}.{parameter}", value)) for parameter, value in rows)

    def expand(self, key: str, written: object) -> tuple[str, ...]:
        return self.attempt(key, lambda: self.names.all(written), ())

    def fix(self, kind: str, key: str, table: Table) -> RuleFix | None:
        """Return the table's own fix, or what the rule's can do to what the table finds."""
        own = table.get("fix", True)
        if isinstance(own, bool):
            return fixes.part_for(kind, self.rule_fix) if own else None
        return fixes.read(f"{key}.fix", own, self.tell, kind)

    def match(self, key: str, table: Table) -> Match:
        calls = self.expand(f"{key}.call", table["call"])
        unresolved = table.get("unresolved", False)
        methods = tuple(unresolved) if isinstance(unresolved, list) else ()
        if unresolved is True:
            methods = tuple(dict.fromkeys(call.rpartition(".")[2] for call in calls))
            if "*" in methods:
                self.tell(f"{key}.unresolved", "`*` is no method name; give a list of method names")
        return Match(
            calls=calls,
            methods=methods,
            require=self.conditions(key, table, "require"),
            forbid=self.conditions(key, table, "forbid"),
            unless=self.conditions(key, table, "unless"),
            when=self.conditions(key, table, "when"),
            subject=table.get("subject", ""),
            data=table.get("data", ""),
            reference=table.get("reference", False),
            callers=table.get("callers", False),
            message=table.get("message", ""),
            severity=_level(table, "severity"),
            confidence=_level(table, "confidence"),
            artefacts=_artefacts(table),
            revision=table.get("revision", ""),
            digests=texts(table.get("digest", [])),
            file=table.get("file", ""),
            consent=texts(table.get("consent", [])),
            words=texts(table.get("words", [])),
            harmless=self.regex(f"{key}.harmless", table.get("harmless", "")),
            fix=self.fix("match", key, table),
        )

    def regex(self, key: str, written: str) -> str:
        try:
            re.compile(written)
        except re.error as error:
            self.tell(key, f"{written!r} is no regular expression: {error}")
        return written

    def assign(self, key: str, table: Table) -> Assign:
        targets: list[str] = []
        for target in texts(table["target"]):
            if target.startswith("@"):
                targets += self.expand(f"{key}.target", target)
            elif _TARGET.fullmatch(target):
                targets.append(target)
            else:
                self.tell(f"{key}.target", f"{target!r} is not an attribute or an item with a constant key")
        value = self.predicate(f"{key}.value", table["value"])
        fix = self.fix("assign", key, table)
        sure, severity = _level(table, "confidence"), _level(table, "severity")
        return Assign(tuple(targets), value, table.get("message", ""), sure, fix, severity)

    def default(self, key: str, table: Table) -> Default:
        value = self.predicate(f"{key}.value", table["value"])
        words = texts(table.get("words", []))
        fix = self.fix("default", key, table)
        sure, severity = _level(table, "confidence"), _level(table, "severity")
        return Default(texts(table["name"]), value, table.get("message", ""), sure, words, fix, severity)

    def entry(self, key: str, table: Table) -> Entry:
        value = self.predicate(f"{key}.value", table["value"])
        words = texts(table.get("words", []))
        beside, consent = texts(table.get("beside", [])), texts(table.get("consent", []))
        fix = self.fix("entry", key, table)
        sure, severity = _level(table, "confidence"), _level(table, "severity")
        message, unless = table.get("message", ""), self.conditions(key, table, "unless")
        return Entry(texts(table["key"]), value, message, sure, words, beside, fix, severity, consent, unless)

    def flow(self, key: str, table: Table) -> Flow:
        if "message" in table:
            self.check_message(f"{key}.message", table["message"])
        written = table["to"] if isinstance(table["to"], list) else [table["to"]]
        to: list[Endpoint] = []
        for number, one in enumerate(written):
            place = f"{key}.to[{number}]"
            places = texts(one["at"]) if isinstance(one, dict) else (one,)
            unless = self.conditions(place, one, "unless") if isinstance(one, dict) else ()
            fix = self.fix("flow", place, one if isinstance(one, dict) else {})
            for endpoint in places:
                match = _ENDPOINT.fullmatch(endpoint)
                if match:
                    calls = self.expand(place, match["call"])
                    to += [Endpoint(call, match["parameter"], unless, fix) for call in calls]
        consent = texts(table.get("consent", []))
        return Flow(texts(table["from"]), tuple(to), table.get("checks", True), table.get("message", ""), consent)

    def command(self, key: str, table: Table) -> Words:
        return Words(
            program=texts(table["program"]),
            options=self.conditions(key, table, "option"),
            absent=texts(table["absent"]) if "absent" in table else (),
            operand=self.predicate(f"{key}.operand", table["operand"]) if "operand" in table else None,
            first=self.predicate(f"{key}.first", table["first"]) if "first" in table else None,
            before=texts(table["before"]) if "before" in table else (),
            checks=table.get("checks", False),
            message=table.get("message", ""),
            severity=_level(table, "severity"),
            confidence=_level(table, "confidence"),
            artefacts=_artefacts(table),
            subject=table.get("subject", ""),
            revision=table.get("revision", ""),
            fix=self.fix("command", key, table),
        )

    def text(self, key: str, table: Table) -> Text:
        return Text(
            regex=table["regex"],
            unless=self.predicate(f"{key}.unless", table["unless"]) if "unless" in table else None,
            entropy=float(table.get("entropy", 0.0)),
            words=texts(table["words"]) if "words" in table else (),
            message=table.get("message", ""),
            confidence=_level(table, "confidence"),
            fix=self.fix("text", key, table),
        )

    def config(self, key: str, table: Table) -> Config:
        if "shape" not in table and not table.get("when"):
            self.tell(f"{key}.shape", "is missing: a shape or entries beside it (`when`) prove whose file it is")
        return Config(
            keys=texts(table["key"]),
            value=self.predicate(f"{key}.value", table["value"]),
            shapes=texts(table["shape"]) if "shape" in table else (),
            when=self.conditions(key, table, "when"),
            require=self.conditions(key, table, "require"),
            unless=self.conditions(key, table, "unless"),
            message=table.get("message", ""),
            severity=_level(table, "severity"),
            confidence=_level(table, "confidence"),
            fix=self.fix("config", key, table),
        )

    def requirement(self, key: str, table: Table) -> Requirement:
        if table["fault"] == "vulnerable" and "below" not in table:
            self.tell(f"{key}.below", "is missing: the first version without the fault")
        if table["fault"] == "option" and not table.get("option"):
            self.tell(f"{key}.option", "is missing: the option of the installer, and a predicate on its value")
        return Requirement(
            names=texts(table.get("name", "*")),
            fault=table["fault"],
            introduced=table.get("introduced", ""),
            below=table.get("below", ""),
            options=self.conditions(key, table, "option"),
            advisory=table.get("advisory", ""),
            message=table.get("message", ""),
            severity=_level(table, "severity"),
            artefacts=_artefacts(table),
            fix=self.fix("requirement", key, table),
        )


def _artefacts(table: Table) -> tuple[str, ...]:
    return texts(table["artefact"]) if "artefact" in table else ()


def _level(table: Table, key: str) -> Level | None:
    return Level.parse(table[key]) if key in table else None
