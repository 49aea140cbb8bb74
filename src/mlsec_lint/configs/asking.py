"""Which rules speak of an entry of a configuration file, where the shape of the file proves whose it is.

Must not know files or formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from mlsec_lint.configs.reading import Item, Path, Tree, plain
from mlsec_lint.holds import holds
from mlsec_lint.model import Config, Predicate, Rule, Shape

Tables = Mapping[Path, Mapping[str, Item]]
Shapes = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A rule speaks of the entry called `key`."""

    rule: Rule
    table: Config
    key: str
    item: Item


def may_speak(text: str, table: Config, shapes: Shapes) -> bool:
    """Return whether the keys that the table needs occur in a text, so that it is worth reading as a file."""
    if not any(_occurs(key, text) for key in table.keys) or not all(_occurs(name, text) for name, _ in table.when):
        return False
    return not table.shapes or any(
        all(_occurs(one, text) for one in shape.has) and (not shape.any or any(_occurs(one, text) for one in shape.any))
        for shape in (shapes[name] for name in table.shapes)
    )


def _occurs(pattern: str, text: str) -> bool:
    return all(part == "*" or _key(part).search(text) for part in pattern.split("."))


@cache
def _key(word: str) -> re.Pattern[str]:
    """Return what a key of this name looks like in YAML, JSON and TOML."""
    spelled = re.escape(word).replace("_", "[-_]").replace(r"\-", "[-_]")
    return re.compile(rf"(?<![\w-]){spelled}[\"']?\s*[:=]|\[[\w.\"' -]*\b{spelled}[\"']?\s*\]")


def ask(tree: Tree, rules: Iterable[Rule], shapes: Shapes) -> Iterator[Spoken]:
    """Yield what the rules say of a file, each entry once for each rule."""
    tables = dict(tree.tables)
    for rule in rules:
        told: set[int] = set()
        for table in rule.configs:
            if table.shapes and not any(has_shape(tree, shapes[name]) for name in table.shapes):
                continue
            for key, item in _entries(tree, table, tables):
                if item.start not in told:
                    told.add(item.start)
                    yield Spoken(rule, table, key, item)


def has_shape(tree: Tree, shape: Shape) -> bool:
    """Return whether a file has all keys of `has` and, where there are some, one of `any`."""
    return all(_has(tree, pattern) for pattern in shape.has) and (
        not shape.any or any(_has(tree, pattern) for pattern in shape.any)
    )


def _has(tree: Tree, pattern: str) -> bool:
    wanted = _parts(pattern)
    return wanted in tree.paths or ("*" in wanted and any(_fits(path, wanted) for path in tree.paths))


def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(plain(part) for part in pattern.split("."))


def _fits(path: Path, wanted: tuple[str, ...]) -> bool:
    return len(path) == len(wanted) and all(w in ("*", part) for part, w in zip(path, wanted, strict=True))


def _entries(tree: Tree, table: Config, tables: Tables) -> Iterator[tuple[str, Item]]:
    wanted = [_parts(key) for key in table.keys]
    for path, items in tree.tables:
        for key, item in items.items():
            whole = (*path, key)
            if not any(_fits(whole[-len(parts) :], parts) for parts in wanted):
                continue
            if holds(table.value, item.value) is True and _conditions(table, path, tables):
                yield key, item


def _conditions(table: Config, path: Path, tables: Tables) -> bool:
    """Return whether the entries beside the one at hand leave it wrong."""

    def beside(name: str, predicate: Predicate) -> bool | None:
        parts = _parts(name)
        item = tables.get((*path, *parts[:-1]), {}).get(parts[-1])
        return False if item is None else holds(predicate, item.value)

    return (
        all(beside(name, predicate) is True for name, predicate in table.when)
        and not any(beside(name, predicate) is True for name, predicate in table.unless)
        and all(beside(name, predicate) is False for name, predicate in table.require)
    )
