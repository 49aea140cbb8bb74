"""Files that the program saves, and loads again elsewhere in the same module: in another method of the class, another time.

Must not know rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Level
from mlsec_lint.python.values import Key, Origin, Site

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

_PARAMETER = re.compile(r"^\0p\d+:(?!(?:self|cls)\.)")
_WORDS = re.compile(r"\w{2,}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that the program has put something into: `call` is what saved an object, "" where it came from outside."""

    key: Key
    function: int  # 0 for the module's own statements
    cls: int
    call: str = ""
    site: Site | None = None

    @property
    def place(self) -> tuple[int, int, int]:
        return (self.site.line, self.site.column, self.site.serial) if self.site is not None else (0, 0, 0)


@dataclass(slots=True)
class Saves:
    """What a module saves."""

    all: list[Saved] = field(default_factory=list)

    def note(self, walker: Walker, key: Key, call: str, node: cst.CSTNode | None = None) -> None:
        """Remember what has been put into a file."""
        if not walker.silent:
            self.all.append(here(walker, key, call, walker.site(node) if node is not None else None))

    def of(self, loaded: Saved) -> tuple[Origin, Level] | None:
        """Return where the program saves the file that is loaded, and how bad loading it is; None if it does not do so.

        A file in a folder that callers name may as well be another one.
        """
        same = [one for one in self.all if _is_same(one, loaded)]
        if not same or not all(one.call for one in same):
            return None
        first = min(same, key=lambda one: (one.function != loaded.function, one.place))
        elsewhere = first.function != loaded.function and any(_PARAMETER.match(part) for part in loaded.key)
        return Origin("saved", first.call, first.site), Level.MEDIUM if elsewhere else Level.LOW


def here(walker: Walker, key: Key, call: str = "", site: Site | None = None) -> Saved:
    """Return a file as it is named at this point."""
    function, cls = walker.function, walker.cls
    return Saved(key, function.ident if function is not None else 0, cls.ident if cls is not None else 0, call, site)


def _is_same(one: Saved, other: Saved) -> bool:
    if one.key == other.key and one.function == other.function:
        return True
    if one.cls != other.cls or _plain(one.key) != _plain(other.key):
        return False
    named = [part for part in one.key if not _PARAMETER.match(part)]
    return any(part.startswith("\0") or _WORDS.search(part) for part in named)


def _plain(key: Key) -> Key:
    """Return a key with parameters by their names alone: those of two methods are meant to be the same."""
    return tuple(_PARAMETER.sub("\0p:", part) for part in key)
