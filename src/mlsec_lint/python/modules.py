"""Which module a name stands for that the program has written itself: `tools.py`, imported as `tools`.

Knows the language's own importers; must not know rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsec_lint.python.texts import text_parts
from mlsec_lint.python.values import Key, Origin, Origins, Value

if TYPE_CHECKING:
    from mlsec_lint.python.arguments import Arguments
    from mlsec_lint.python.walk import Walker

IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})


def imported(walker: Walker, arguments: Arguments) -> None:
    """The name that an importer is given carries what the file holds that was written for it."""
    if arguments.positional:
        value, node = arguments.positional[0]
        arguments.positional[0] = (value.with_origins(_written(walker, value)), node)
    elif "name" in arguments.keywords:
        value, node = arguments.keywords["name"]
        arguments.keywords["name"] = (value.with_origins(_written(walker, value)), node)


def _written(walker: Walker, value: Value) -> Origins:
    out: set[Origin] = set()
    for alt in value.alts:
        name = text_parts(Value((alt,))) or ()
        for key, origins in walker.state.files.items():
            if len(name) == 1 and _is_module(key, name[0]):
                out |= origins
    return frozenset(out)


def _is_module(key: Key, name: str) -> bool:
    """Return whether a file is a module of this name; of what is unknown, `path.stem` is the module of `path.name`."""
    if name.startswith("\0"):
        base = name.removesuffix(".stem")
        return base != name and (key[-1] == f"{base}.name" or key[-2:] == (name, ".py"))
    file = key[-1].rpartition("/")[2]
    return file == f"{name.rpartition('.')[2]}.py" and (len(key) == 1 or "/" in key[-1])
