"""What is known at one point of a function: its variables, files written, and what has been checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlsec_lint.python.values import NONE, Key, Origin, Origins, Value, join

_VAGUE = re.compile(r"\0[A-Z]|\0many|\0.*\|")  # unknown parts that may be equal and not the same
Shown = frozenset[tuple[str, str]]  # (identity of a value, what a test has shown of it)


@dataclass(slots=True)
class State:
    """One path's knowledge.  `dead` is set behind return, raise, continue and break."""

    names: dict[str, Value] = field(default_factory=dict)
    files: dict[Key, Origins] = field(default_factory=dict)
    checked: Origins = NONE
    facts: dict[tuple[str, int], Value] = field(default_factory=dict)  # what was put into an object: (what, ident)
    dead: bool = False
    agreed: frozenset[str] = frozenset()  # names by which somebody has agreed
    shown: Shown = frozenset()
    needs: frozenset[str] = frozenset()  # the function's parameters that are true on this path
    fresh: frozenset[Key] = frozenset()  # files that hold what this function has just put there itself

    def fork(self) -> State:
        """Return an independent copy."""
        return State(
            dict(self.names), dict(self.files), self.checked, dict(self.facts), self.dead, self.agreed, self.shown,
            self.needs, self.fresh,
        )  # fmt: skip

    def written(self, key: Key) -> Origins:
        """Return the origins of what the file `key` holds, or of what was unpacked into a folder above it."""
        return held_in(self.files, key)

    def put(self, key: Key, origins: Origins) -> None:
        """Record that the file `key` now holds data of these origins, which need not be the program's own."""
        if key:
            self.files[key] = self.files.get(key, NONE) | origins
            if key in self.fresh:
                self.fresh -= {key}

    def write(self, key: Key, origins: Origins) -> None:
        """Record that the program has written data of these origins into the file `key`."""
        self.put(key, origins | {Origin("own")})

    def save(self, key: Key) -> None:
        """Record that the program has saved into the file `key` an object of which no byte comes from elsewhere."""
        self.write(key, NONE)
        if key and not any(_VAGUE.match(part) for part in key):
            self.fresh |= {key}

    def recall(self, branches: list[State]) -> None:
        """Record what the branches of an expression have written into files, put into objects and checked."""
        for branch in branches:
            if branch.files != self.files:
                for key, origins in branch.files.items():
                    self.files[key] = self.files.get(key, NONE) | origins
            if branch.facts != self.facts:
                for fact, value in branch.facts.items():
                    old = self.facts.get(fact)
                    self.facts[fact] = value if old is None or old is value else join(old, value)
        if any(branch.checked is not self.checked for branch in branches):
            self.checked |= checked_on_all(branches)
        self.fresh = self.fresh.intersection(*(branch.fresh for branch in branches))

    def holds(self, origin: Origin) -> bool:
        """Return whether anything known here came from `origin`."""
        values = (*self.names.values(), *self.facts.values())
        return any(origin in v.origins for v in values) or any(origin in o for o in self.files.values())

    def allows(self, consent: Iterable[str]) -> bool:
        """Return whether somebody has agreed by any of the names of a table's `consent`."""
        return not self.agreed.isdisjoint(consent)

    def feed(self, what: str, ident: int, value: Value) -> None:
        """Record that `value` was put into the object `ident`."""
        old = self.facts.get((what, ident))
        self.facts[(what, ident)] = value if old is None else join(old, value)


def checked_on_all(paths: list[State]) -> Origins:
    """Return what has been checked on every path on which it is there: a download that only one path makes, and checks."""
    everywhere = paths[0].checked.intersection(*(s.checked for s in paths[1:]))
    somewhere = paths[0].checked.union(*(s.checked for s in paths[1:]))
    if somewhere is everywhere or len(somewhere) == len(everywhere):
        return everywhere
    alone = {
        origin
        for origin in somewhere - everywhere
        if origin.kind not in ("file", "parameter") and all(origin in s.checked or not s.holds(origin) for s in paths)
    }
    return everywhere | alone


def agreed_on_all(paths: list[State]) -> frozenset[str]:
    """Return the names by which somebody has agreed on every path."""
    return paths[0].agreed.intersection(*(s.agreed for s in paths[1:]))


def shown_on_all(paths: list[State]) -> Shown:
    """Return what tests have shown on every path."""
    return paths[0].shown.intersection(*(s.shown for s in paths[1:]))


def held_in(files: Mapping[Key, Origins], key: Key) -> Origins:
    """Return the origins of what the file `key` holds, or of what was unpacked into a folder above it."""
    if not key:
        return NONE
    found = files.get(key)
    if found is not None:
        return found
    for folder, origins in files.items():
        if len(folder) <= len(key) and _inside(key, folder):
            return origins
    return NONE


def _inside(key: Key, folder: Key) -> bool:
    if key[: len(folder) - 1] != folder[:-1]:
        return False
    last, here = folder[-1], key[len(folder) - 1]
    if last.startswith("\0") or here.startswith("\0"):
        return last == here and len(key) > len(folder) and key[len(folder)].startswith("/")
    return here != last and here.startswith(last if last.endswith("/") else last + "/")


def merge(states: list[State]) -> State:
    """Return what is known when any of these paths may have been taken."""
    live = [s for s in states if not s.dead]
    if not live:
        state = states[0]
        state.dead = True
        return state
    if len(live) == 1:
        return live[0]
    out = State(checked=checked_on_all(live), agreed=agreed_on_all(live), shown=shown_on_all(live))
    out.needs = live[0].needs.intersection(*(s.needs for s in live[1:]))
    out.fresh = live[0].fresh.intersection(*(s.fresh for s in live[1:]))
    for state in live:
        for key, origins in state.files.items():
            old = out.files.get(key)
            out.files[key] = origins if old is None else old | origins
        for fact, value in state.facts.items():
            old_value = out.facts.get(fact)
            out.facts[fact] = value if old_value is None or old_value is value else join(old_value, value)
    names = out.names
    for state in live:
        for name, value in state.names.items():
            old_value = names.get(name)
            if old_value is None:
                names[name] = value
            elif old_value is not value:
                names[name] = join(old_value, value)
    return out
