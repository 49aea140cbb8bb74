"""Join the api tables of all files into `Apis`, and expand groups and named predicates; knows no rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from mlsec_lint.model import Api, Apis, Form, Members, Predicate, RuleError, Shape, VersionedDefault
from mlsec_lint.rules.keys import APIS
from mlsec_lint.rules.predicates import PredicateError, Reader
from mlsec_lint.rules.shape import faults, nearest

T = TypeVar("T")
_RANGE = re.compile(r"\*|(?:>=(?P<start>[0-9][0-9.]*))?,?\s*(?:<(?P<end>[0-9][0-9.]*))?")
_LISTS = ("sources", "handlers", "registrars", "callbacks", "digests")  # tables of name lists, united over files


class Names:
    """The groups of names that rules share."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        self._groups = groups
        self._known: dict[str, tuple[str, ...]] = {}

    def expand(self, name: str) -> tuple[str, ...]:
        """Return the names that `name` (a dotted name or `@group`) stands for; raises PredicateError."""
        return self._expand(name, ()) if name.startswith("@") else (name,)

    def all(self, written: object) -> tuple[str, ...]:
        """Return the names that a string or list of strings stands for, each once."""
        found: dict[str, None] = {}
        for name in texts(written):
            found.update(dict.fromkeys(self.expand(name)))
        return tuple(found)

    def _expand(self, name: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        group = name[1:]
        if group not in self._groups:
            raise PredicateError(f"unknown group {name!r}{nearest(group, self._groups)}")
        if group in inside:
            raise PredicateError(f"the group {name!r} contains itself")
        if group not in self._known:
            found: dict[str, None] = {}
            for member in self._groups[group]:
                part = self._expand(member, (*inside, group)) if member.startswith("@") else (member,)
                found.update(dict.fromkeys(part))
            self._known[group] = tuple(found)
        return self._known[group]


def texts(written: object) -> tuple[str, ...]:
    """Return a string, or a list of strings, as a tuple."""
    return tuple(str(one) for one in written) if isinstance(written, list) else (str(written),)


class Tables:
    """The api tables of all files, joined; each entry remembers the file it came from."""

    def __init__(self) -> None:
        self.errors: list[RuleError] = []
        self._entries: dict[str, dict[str, tuple[Any, str]]] = {}

    def add(self, path: str, data: dict[str, Any]) -> None:
        """Add one file's tables; a mistake in it, or a contradiction to an earlier file, is kept in `errors`."""
        wrong = [RuleError(path, key, message) for key, message in faults(data, APIS)]
        self.errors += wrong
        broken = {error.place.split(".")[0].split("[")[0] for error in wrong}
        for table, value in data.items():
            if table in broken:
                continue
            entries = {"": value} if table == "checks" else value
            for key, entry in entries.items():
                self._put(table, key, entry, path)

    def _put(self, table: str, key: str, entry: Any, path: str) -> None:
        known = self._entries.setdefault(table, {})
        if table in (*_LISTS, "checks"):
            earlier = known[key][0] if key in known else []
            known[key] = (list(dict.fromkeys((*earlier, *texts(entry)))), path)
        elif table == "defaults" and key in known:
            for name, value in entry.items():
                if known[key][0].setdefault(name, value) != value:
                    self._contradiction(path, f"{table}.{key}.{name}", known[key][1])
        elif key in known and known[key][0] != entry:
            self._contradiction(path, f"{table}.{key}", known[key][1])
        else:
            known[key] = (dict(entry) if table == "defaults" else entry, path)

    def _contradiction(self, path: str, place: str, other: str) -> None:
        self.errors.append(RuleError(path, place, f"says something else than {other}"))

    def entries(self, table: str) -> dict[str, tuple[Any, str]]:
        """Return a joined table: key -> (value, path of the file)."""
        return self._entries.get(table, {})


def build(tables: Tables) -> tuple[Apis, Names, Reader]:
    """Return the facts, the groups and the reader of predicates; what is wrong is added to `tables.errors`."""
    builder = _Builder(tables)
    return builder.facts(), builder.names, builder.reader


class _Builder:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.groups = {key: texts(value) for key, (value, _) in tables.entries("groups").items()}
        self.names = Names(self.groups)
        named = {key: value for key, (value, _) in tables.entries("predicates").items()}
        self.reader = Reader(named, self.names.expand)

    def facts(self) -> Apis:
        for key, (value, _) in self.tables.entries("predicates").items():
            self.attempt("predicates", key, partial(self.reader.read, value), None)
        groups = {key: self.expand("groups", key, "@" + key) for key in self.groups}
        return Apis(
            params=self.spread("params", tuple),
            aliases={key: value for key, (value, _) in self.tables.entries("aliases").items()},
            returns=self.spread("returns", str),
            defaults=self.defaults(),
            sources=self.lists("sources"),
            handlers=self.lists("handlers"),
            registrars=self.lists("registrars"),
            callbacks=self.lists("callbacks"),
            saves=self.spread("saves", tuple),
            options=self.spread("options", tuple),
            digests=self.lists("digests"),
            checks=self.lists("checks").get("", ()),
            groups=groups,
            restricts=self.spread("restricts", tuple),
            members=self.members(),
            artefacts={key: _form(key, value) for key, (value, _) in self.tables.entries("artefacts").items()},
            shapes={
                key: Shape(texts(value["has"]), texts(value.get("any", [])))
                for key, (value, _) in self.tables.entries("shapes").items()
            },
            files={key: value for key, (value, _) in self.tables.entries("files").items()},
            phrases={key: value for key, (value, _) in self.tables.entries("phrases").items()},
        )

    def attempt(self, table: str, key: str, act: Callable[[], T], otherwise: T) -> T:
        try:
            return act()
        except PredicateError as error:
            path = self.tables.entries(table)[key][1]
            self.tables.errors.append(RuleError(path, f"{table}.{key}" if key else table, str(error)))
            return otherwise

    def expand(self, table: str, key: str, written: object) -> tuple[str, ...]:
        return self.attempt(table, key, partial(self.names.all, written), ())

    def members(self) -> Members | None:
        rows = self.tables.entries("members")
        if not rows:
            return None
        return Members(self.expand("members", "lists", rows["lists"][0]), rows["paths"][0], rows["links"][0])

    def lists(self, table: str) -> dict[str, tuple[str, ...]]:
        return {key: self.expand(table, key, value) for key, (value, _) in self.tables.entries(table).items()}

    def spread(self, table: str, turn: Callable[[Any], Any]) -> dict[str, Any]:
        """Return a table whose keys may be groups, one entry for each name; a name's own entry wins over a group's."""
        spread: dict[str, Any] = {}
        by_group: dict[str, str] = {}
        rows = self.tables.entries(table)
        for key in sorted(rows, key=lambda key: key.startswith("@")):
            value, path = rows[key]
            for name in self.expand(table, key, key):
                turned = turn(value)
                if name not in spread:
                    spread[name] = turned
                    if key.startswith("@"):
                        by_group[name] = key
                elif name in by_group and spread[name] != turned:
                    message = f"{name} is in {by_group[name]} too, which says something else"
                    self.tables.errors.append(RuleError(path, f"{table}.{key}", message))
        return spread

    def defaults(self) -> dict[tuple[str, str], VersionedDefault]:
        found: dict[tuple[str, str], VersionedDefault] = {}
        for key, (by_parameter, _) in self.tables.entries("defaults").items():
            for parameter, written in by_parameter.items():
                default = self.attempt("defaults", key, partial(_default, parameter, written, self.reader), None)
                if default is not None:
                    found.update({(name, parameter): default for name in self.expand("defaults", key, key)})
        return found


def _form(key: str, written: Mapping[str, Any]) -> Form:
    also = tuple(written.get("also", {}).items())
    api = written.get("api")
    if api is not None:
        api = Api(**{**api, **{name: texts(api[name]) for name in ("endpoint", "token") if name in api}})
    return Form(**{"kind": key, **written, "also": also, "api": api})


def _default(parameter: str, written: Mapping[str, str], reader: Reader) -> VersionedDefault:
    if "package" not in written:
        raise PredicateError(f"{parameter}.package is missing")
    ranges: list[tuple[str, str, Predicate]] = []
    for versions, meaning in written.items():
        if versions == "package":
            continue
        match = _RANGE.fullmatch(versions)
        if match is None or not versions:
            raise PredicateError(f"{parameter}: {versions!r} is not a range of versions such as '<2.6' or '>=2.6,<3'")
        ranges.append((match["start"] or "", match["end"] or "", reader.read(meaning)))
    if not ranges:
        raise PredicateError(f"{parameter} names no range of versions")
    return VersionedDefault(written["package"], tuple(ranges))
