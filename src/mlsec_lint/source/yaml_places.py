"""YAML text -> nodes that know where they stand in the text; PyYAML reads it, and nothing is constructed from it.

Must not know what the YAML is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsec_lint.model import SourceError

if TYPE_CHECKING:
    from yaml.nodes import Node

_TRUE = frozenset({"true", "yes", "on"})


def compose(text: str, shown: str) -> list[Node]:
    """Return the root nodes of the documents in `text`; raises SourceError with the line where it is no YAML.

    Offsets are those of the marks' `index`, in characters from the start of `text`.
    """
    import yaml  # only for files that need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(yaml.compose_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(shown, str(mark.line + 1) if mark else "", f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SourceError(shown, "", f"is not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise SourceError(shown, "", "is YAML nested too deeply") from None


def pairs(node: object) -> Iterator[tuple[str, Node, Node]]:
    """Yield each scalar key of a mapping with the nodes of the key and of its value; nothing for other nodes."""
    from yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                yield str(key.value), key, value


def get(node: object, *keys: str) -> Node | None:
    """Return what stands under these keys, or None."""
    found: object = node
    for wanted in keys:
        found = next((value for key, _, value in pairs(found) if key == wanted), None)
    return found  # type: ignore[return-value]  # a node, unless no key was asked for


def items(node: object) -> list[Node]:
    """Return the items of a sequence; nothing for other nodes."""
    from yaml.nodes import SequenceNode

    return list(node.value) if isinstance(node, SequenceNode) else []


def kind_of(node: object) -> str:
    """Return "scalar", "sequence" or "mapping", or "" for a node with a tag of the file's own."""
    from yaml.nodes import Node

    return str(getattr(node, "id", "")) if isinstance(node, Node) and not node.tag.startswith("!") else ""


def text_of(node: object) -> str | None:
    """Return the text of a scalar that is a string, a number or a date as it is written; None for anything else."""
    from yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode) or node.tag.endswith((":null", ":bool")) or node.tag.startswith("!"):
        return None
    return str(node.value)


def value_of(node: object) -> object:
    """Return a scalar as Python means it (text, truth value, None; a number as it is written), `...` for other nodes."""
    from yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode):
        return ...
    if node.tag.endswith(":bool"):
        return str(node.value).lower() in _TRUE
    if node.tag.endswith(":null"):
        return None
    return ... if node.tag.startswith("!") else str(node.value)


def mappings(roots: list[Node]) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Yield every mapping below `roots` with its path of keys and indexes; what an alias repeats, once."""
    seen: set[int] = set()
    waiting: list[tuple[tuple[str | int, ...], Node]] = [((), root) for root in reversed(roots)]
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        named = [((*path, key), value) for key, _, value in pairs(node)]
        if named:
            yield path, node
        waiting += reversed(named or [((*path, index), one) for index, one in enumerate(items(node))])
