"""The text of a configuration file -> its mappings, each entry with its place.

Must not know rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlsec_lint.holds import UNKNOWN
from mlsec_lint.model import Source, SourceError
from mlsec_lint.source import json_places, toml_places, yaml_places

Path = tuple[str | int, ...]  # keys, and indexes of lists
_FILLED_IN = re.compile(r"\$\{|\$[A-Za-z_]|\{\{|<[A-Za-z_ -]+>|\?\?\?")  # interpolations, templates, placeholders


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a mapping: between which offsets it is written, and its value, UNKNOWN where it is filled in later."""

    start: int
    end: int
    value: object


@dataclass(frozen=True, slots=True)
class Tree:
    """A configuration file: its mappings with their paths, and the paths of all its keys."""

    tables: tuple[tuple[Path, Mapping[str, Item]], ...]
    paths: frozenset[Path]


def read(source: Source) -> Tree:
    """Return the mappings of a file; raises SourceError where it is not of the format that its name promises."""
    suffix = source.path.rpartition(".")[2].lower()
    if suffix == "json":
        found = _json(source)
    elif suffix == "toml":
        data = toml_places.parse(source.text, source.path)
        found = _toml(data, toml_places.places(source.text), ())
    else:
        found = _yaml(source)
    tables = tuple((_plain(path), {plain(key): item for key, item in items.items()}) for path, items in found)
    return Tree(tables, frozenset((*path, key) for path, items in tables for key in items))


def plain(key: str) -> str:
    """Return a key as it is compared: many programs take `a-b` for `a_b`."""
    return key.replace("-", "_")


def _plain(path: Path) -> Path:
    return tuple(plain(part) if isinstance(part, str) else part for part in path)


def _value(value: object) -> object:
    return UNKNOWN if isinstance(value, str) and _FILLED_IN.search(value) else value


def _yaml(source: Source) -> Iterator[tuple[Path, dict[str, Item]]]:
    for path, node in yaml_places.mappings(yaml_places.compose(source.text, source.path)):
        items = {}
        for name, key, value in yaml_places.pairs(node):
            start, end = key.start_mark.index, value.end_mark.index
            line_end = source.text.find("\n", start)
            end = min(end, line_end if line_end >= 0 else end)
            kind = yaml_places.kind_of(value)
            items[name] = Item(start, end, _value(yaml_places.value_of(value)) if kind == "scalar" else _empty(kind))
        yield path, items


def _empty(kind: str) -> object:
    """Return a value of this kind; what stands in it is a table of its own."""
    return {"mapping": {}, "sequence": []}.get(kind, UNKNOWN)


def _json(source: Source) -> Iterator[tuple[Path, dict[str, Item]]]:
    try:
        data = json_places.parse(source.text)
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise SourceError(source.path, str(error.lineno), reason) from None
    except RecursionError:
        raise SourceError(source.path, "", "is JSON nested too deeply") from None
    waiting: list[tuple[Path, object]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [((*path, index), one) for index, one in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            waiting += [((*path, str(key)), one) for key, one in reversed(value.items())]
            yield path, {str(key): _placed(source.text, key, one) for key, one in value.items()}


def _placed(text: str, key: json_places.Placed, value: object) -> Item:
    end = json_places.offset_in(text, key, len(key)) + 1
    if isinstance(value, json_places.Placed):
        end = json_places.offset_in(text, value, len(value)) + 1
        return Item(key.start, end, _value(str(value)))
    return Item(
        key.start,
        end,
        _empty("mapping" if isinstance(value, dict) else "sequence") if isinstance(value, dict | list) else value,
    )


def _toml(
    data: Mapping[str, object], places: Mapping[toml_places.Path, tuple[int, int]], path: Path
) -> Iterator[tuple[Path, dict[str, Item]]]:
    items = {}
    below = list[tuple[Path, Mapping[str, object]]]()
    for key, value in data.items():
        start, end = places.get((*path, key), (0, 1))
        kept = {} if isinstance(value, dict) else [] if isinstance(value, list) else _value(value)
        items[key] = Item(start, end, kept)
        if isinstance(value, dict):
            below.append(((*path, key), value))
        for index, one in enumerate(value if isinstance(value, list) else ()):
            if isinstance(one, dict):
                below.append(((*path, key, index), one))
    yield path, items
    for inner, table in below:
        yield from _toml(table, places, inner)
