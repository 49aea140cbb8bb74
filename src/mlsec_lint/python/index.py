"""The rules, arranged for asking: which rules speak of this callable, attribute, parameter or key.

Knows nothing of LibCST.
"""

from __future__ import annotations

import copy
import functools
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mlsec_lint.model import Apis, Assign, Default, Endpoint, Entry, Flow, Match, Predicate, Rule, RuleSet


@functools.cache  # few are ever asked, and compiling all of them is a tenth of a start
def pattern(dotted: str) -> re.Pattern[str]:
    """Return the regular expression of a dotted name with `*` for one or more parts."""
    parts = [r"[^.]+(?:\.[^.]+)*" if p == "*" else re.escape(p) for p in dotted.split(".")]
    return re.compile(r"\.".join(parts))


T = TypeVar("T")


class Names(Generic[T]):
    """A multi-map from dotted names, some of them patterns."""

    __slots__ = ("_cache", "_exact", "_wild")

    def __init__(self) -> None:
        self._exact: dict[str, list[T]] = defaultdict(list)
        self._wild: dict[str, list[tuple[str, T]]] = defaultdict(list)
        self._cache: dict[str, tuple[T, ...]] = {}

    def add(self, dotted: str, item: T) -> None:
        if "*" in dotted:
            self._wild[dotted.rpartition(".")[2]].append((dotted, item))
        else:
            self._exact[dotted].append(item)

    def find(self, dotted: str) -> tuple[T, ...]:
        """Return every item whose name is, or whose pattern matches, `dotted`."""
        found = self._cache.get(dotted)
        if found is None:
            hits = list(self._exact.get(dotted, ()))
            for leaf in (dotted.rpartition(".")[2], "*"):
                hits += [item for wild, item in self._wild.get(leaf, ()) if pattern(wild).fullmatch(dotted)]
            found = self._cache[dotted] = tuple(hits)
        return found


@dataclass(slots=True, eq=False)
class Index:
    """Everything the walk asks of the rules."""

    rules: RuleSet
    recording: bool = False  # the walk remembers what is fetched, pinned or not
    minimums: Mapping[str, str] = field(default_factory=dict)  # distribution -> oldest version the project runs on
    calls: Names[tuple[Rule, Match]] = field(default_factory=Names)
    methods: dict[str, list[tuple[Rule, Match, frozenset[str]]]] = field(default_factory=lambda: defaultdict(list))
    targets: dict[str, list[tuple[Rule, Assign]]] = field(default_factory=lambda: defaultdict(list))
    defaults: dict[str, list[tuple[Rule, Default]]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, list[tuple[Rule, Entry]]] = field(default_factory=lambda: defaultdict(list))
    endpoints: Names[tuple[Rule, Flow, Endpoint]] = field(default_factory=Names)
    params: Names[tuple[str, ...]] = field(default_factory=Names)
    sources: dict[str, str] = field(default_factory=dict)
    source_patterns: Names[str] = field(default_factory=Names)
    handlers: Names[str] = field(default_factory=Names)
    callbacks: Names[str] = field(default_factory=Names)
    overridden: frozenset[str] = frozenset()  # the names of the methods in `callbacks`
    digests: dict[str, bool] = field(default_factory=dict)  # callable -> weak
    checks: frozenset[str] = frozenset()
    shells: frozenset[str] = frozenset()
    savers: frozenset[bytes] = frozenset()  # words of which each function that saves an object has one
    consents: frozenset[str] = frozenset()  # switches and functions, as `Match.consent` has them
    commands: tuple[Rule, ...] = ()
    visitors: dict[str, Rule] = field(default_factory=dict)
    restricts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()  # libraries that the tables know, and Python's own
    modules: frozenset[str] = frozenset()  # modules of Python's own that rules speak of
    _sources: dict[str, str] = field(default_factory=dict)
    _shared: Index | None = None  # what has the same tables, for whatever versions

    @property
    def tables(self) -> Index:
        """The same for all that is left the same by the versions that a project runs on: which names are spoken of."""
        return self._shared or self

    def running_on(self, minimums: Mapping[str, str]) -> Index:
        """Return the same tables for a project that runs on at least these versions."""
        if not minimums:
            return self.tables
        other = copy.copy(self)
        other.minimums, other._shared = minimums, self.tables
        return other

    @property
    def apis(self) -> Apis:
        return self.rules.apis

    def speaks_of(self, dotted: str) -> bool:
        """Return whether a table names this object."""
        return bool(
            self.calls.find(dotted) or self.params.find(dotted) or self.source(dotted) or dotted in self.apis.aliases
        )

    def foreign(self, dotted: str) -> bool:
        """Return whether a method's name is all that can be asked about: nothing is known of what it belongs to.

        That is the result of a function that no table speaks of, or an object of a library that none knows.
        """
        owner, _, method = dotted.rpartition(".")
        if method not in self.methods or not owner or self.calls.find(dotted):
            return False
        return owner.endswith("()") or owner.partition(".")[0] not in self.roots

    def source(self, dotted: str) -> str:
        """Return the origin kind of a library object (a source covers everything below it), or ""."""
        kind = self._sources.get(dotted)
        if kind is None:
            kind, name = "", dotted
            while name:
                if name in self.sources:
                    kind = self.sources[name]
                    break
                if wild := self.source_patterns.find(name):
                    kind = wild[0]
                    break
                name = name.rpartition(".")[0]
            self._sources[dotted] = kind
        return kind

    def parameters(self, dotted: str) -> tuple[str, ...]:
        """Return the parameter names of a callable in order, or ()."""
        found = self.params.find(dotted)
        return found[0] if found else ()

    def canonical(self, dotted: str) -> str:
        """Return the public name of a library object, following the re-exports of `[aliases]`."""
        aliases = self.apis.aliases
        for _ in range(3):
            name = dotted
            while name and name not in aliases:
                name = name.rpartition(".")[0]
            if not name or aliases[name] == name:
                return dotted
            dotted = aliases[name] + dotted[len(name) :]
        return dotted

    def default(self, dotted: str, parameter: str) -> Predicate | None:
        """Return what an absent argument equals for the versions this project runs on, if that is known."""
        versioned = self.apis.defaults.get((dotted, parameter))
        if versioned is None:
            return None
        if not versioned.package:
            return versioned.ranges[0][2] if versioned.ranges else None
        least = self.minimums.get(versioned.package)
        if least is None:
            return None
        from mlsec_lint.requirements import at_least  # loaded by whoever read the project's minimums

        for start, end, value in versioned.ranges:
            if (not start or at_least(least, start)) and not end:
                return value
        return None


def build(rules: RuleSet, recording: bool = False) -> Index:
    """Return the index of these rules."""
    index = Index(rules, recording)
    apis = rules.apis
    for name, order in apis.params.items():
        index.params.add(name, order)
    for kind, names in apis.sources.items():
        for name in names:
            if "*" in name:
                index.source_patterns.add(name, kind)
            else:
                index.sources[name] = kind
    for table in (apis.handlers, apis.registrars):
        for kind, names in table.items():
            for name in names:
                index.handlers.add(name, kind)
    for kind, names in apis.callbacks.items():
        for name in names:
            index.callbacks.add(name, kind)
    index.overridden = frozenset(name.rpartition(".")[2] for names in apis.callbacks.values() for name in names)
    for strength, names in apis.digests.items():
        for name in names:
            index.digests[name] = strength == "weak"
    index.checks = frozenset(apis.checks)
    index.shells = frozenset(apis.groups.get("shell", ()))
    index.restricts = apis.restricts
    saving = (name for name, (source, _) in apis.saves.items() if source == "own")
    index.savers = frozenset(name.rpartition(".")[2].encode() for name in saving)
    commands = []
    calls = [c for rule in rules.rules for match in rule.matches for c in match.calls]
    tables = (calls, apis.params, apis.aliases, apis.returns)
    index.roots = frozenset(n.partition(".")[0] for names in tables for n in names) | sys.stdlib_module_names
    index.modules = frozenset(c.partition(".")[0] for c in calls) & sys.stdlib_module_names - {"builtins"}
    for rule in rules.rules:
        for match in rule.matches:
            for call in match.calls:
                index.calls.add(call, (rule, match))
            roots = frozenset(c.partition(".")[0] for c in match.calls)
            for method in match.methods:
                index.methods[method].append((rule, match, roots))
        for assign in rule.assigns:
            for target in assign.targets:
                index.targets[target].append((rule, assign))
        for default in rule.defaults:
            for name in default.names:
                index.defaults[name].append((rule, default))
        for entry in rule.entries:
            for key in entry.keys:
                index.entries[key].append((rule, entry))
        if rule.flow is not None:
            for endpoint in rule.flow.to:
                index.endpoints.add(endpoint.call, (rule, rule.flow, endpoint))
        if rule.commands:
            commands.append(rule)
        if rule.visitor:
            index.visitors[rule.visitor] = rule
    index.commands = tuple(commands)
    index.consents = frozenset(
        name
        for rule in rules.rules
        for table in (*rule.matches, *rule.entries, *((rule.flow,) if rule.flow is not None else ()))
        for name in table.consent
    )
    return index
