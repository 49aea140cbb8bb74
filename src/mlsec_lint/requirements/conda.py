"""environment.yml -> entries, those under `pip:` as pip reads them.

Must not know conda's own solver: `=1.2` is read as far as it says whether a version is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsec_lint.requirements import lists
from mlsec_lint.requirements.entries import Entry, canonical
from mlsec_lint.source import yaml_places

if TYPE_CHECKING:
    from yaml.nodes import Node

# A "match specification": channel::name, then a version after an operator or a blank, then a build
_SPEC = re.compile(
    r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.-]*)\s*(?:\[[^\]]*\])?\s*"
    r"(?:(==|>=|<=|!=|~=|=|<|>|(?<=\s)(?=\d))\s*([^\s=,|]+)(.*))?"
)
_BRACKET = re.compile(r"\bversion\s*=\s*['\"]?([^'\"\],]+)")


def read(text: str, shown: str) -> Iterator[Entry]:
    """Yield what a conda environment asks for; raises SourceError where it is no YAML."""
    for root in yaml_places.compose(text, shown):
        for item in yaml_places.items(yaml_places.get(root, "dependencies")):
            written = yaml_places.text_of(item)
            if written is not None:
                yield from _package(written, *_place(text, item))
            for line in yaml_places.items(yaml_places.get(item, "pip")):
                if (written := yaml_places.text_of(line)) is not None:
                    yield from lists.read_line(lists.without_comment(written), *_place(text, line))


def _place(text: str, node: Node) -> tuple[int, int]:
    start = node.start_mark.index + (getattr(node, "style", None) in ("'", '"'))
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


def _package(written: str, line: int, column: int) -> Iterator[Entry]:
    found = _SPEC.fullmatch(written.strip())
    if found is None:
        return
    specifier = ""
    if bracket := _BRACKET.search(written):
        found_in_bracket = _SPEC.fullmatch("x " + bracket[1])
        operator, version, rest = found_in_bracket.group(2, 3, 4) if found_in_bracket else (None, "", "")
    else:
        operator, version, rest = found.group(2, 3, 4)
    if version and not (rest or "").lstrip().startswith("|"):
        exact = operator in ("=", "")
        loose = operator == "=" and version.count(".") < 2 and not rest and not version.endswith("*")
        specifier = ("==" if exact else operator or "") + version + (".*" if loose else "")
        specifier += (rest or "") if not exact and (rest or "").startswith(",") else ""
    yield Entry(canonical(found[1]), specifier, "", line, column, column + len(written))
