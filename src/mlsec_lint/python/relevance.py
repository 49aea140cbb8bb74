"""Which functions of a module, read in pieces, rules may have something to say of; and the walk over those alone.

A function matters that names what rules speak of, or a function of the project (or a variable, an attribute, a class) by
which a call gets there.  Others are interpreted where one that matters asks for what they return or put into attributes.
Must not know what any rule says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mlsec_lint.python import scans
from mlsec_lint.python.functions import ClassInfo, FunctionInfo
from mlsec_lint.python.members import resolved
from mlsec_lint.python.values import Instance, Local, LocalClass, LocalObject, Name, Partial, Sequence, Table, Value

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

DEEPEST = 4  # values inside values that are looked at


def interpret(walker: Walker) -> None:
    """Go over the functions that matter of a walker that has begun."""
    Relevance(walker).run()


def reach(walker: Walker) -> Reach:
    """Return what callers of another module's functions have to know."""
    if walker.reach is None:
        walker.reach = Reach(walker)
    return walker.reach


class Names:
    """The names by which what matters in a module is reached."""

    def __init__(self, walker: Walker) -> None:
        self.walker = walker
        self.functions: set[FunctionInfo] = set()
        self.words: set[bytes] = set()
        self.chains: list[str] = []  # names behind modules
        self.makers: set[ClassInfo] = set()  # classes of which Python itself calls such a function

    def add(self, info: FunctionInfo) -> None:
        """A function matters: so does whatever names it."""
        if info in self.functions:
            return
        self.functions.add(info)
        if info.cls is None or not (info.name.startswith("__") and info.name.endswith("__")):
            self.words.add(info.name.encode())
            return
        for cls in (info.cls, *(c for c in self.walker.classes if derives(c, info.cls))):
            self.makers.add(cls)
            self.words.update((cls.name.encode(), b"cls", b"__class__"))

    def in_(self, info: FunctionInfo) -> bool:
        """Return whether a function names any."""
        unit = self.walker.unit(info)
        if unit is None or self.words & unit.words or any(chain in unit.text for chain in self.chains):
            return True
        return b"super" in unit.words and info.cls is not None and any(derives(info.cls, c) for c in self.makers)


def derives(cls: ClassInfo, base: ClassInfo, depth: int = 0) -> bool:
    """Return whether a class is another one or derives from it."""
    return cls is base or (depth < 8 and any(derives(one, base, depth + 1) for one in _bases(cls)))


def _bases(cls: ClassInfo) -> Iterator[ClassInfo]:
    for value in cls.bases:
        for alt in resolved(cls.walker, value).alts:
            if isinstance(alt, LocalClass):
                yield alt.cls


class Reach:
    """Which functions of another module hand what they are given on to a place that matters.

    Told by their words first; the few that are left are interpreted.
    """

    def __init__(self, walker: Walker) -> None:
        self.walker = walker
        self.known: dict[FunctionInfo, bool] = {}
        self.names = names = Names(walker)
        source, self.sinks = walker.source, scans.sinks(walker.index)
        sinks = self.sinks
        leaves = sinks.hits(source.text, source.module)
        names.words.update(name.encode() for name, value in walker.globals.items() if self._imported(value))
        if not leaves and not names.words:
            return
        waiting = [info for info in walker.functions if not info.nested]
        for info in list(waiting):
            unit = walker.unit(info)
            if unit is None or sinks.names(unit.text, leaves & unit.words, source.text, source.module):
                names.add(info)
        grown = True
        while grown:
            waiting = [info for info in waiting if info not in names.functions]
            now = [info for info in waiting if names.in_(info)]
            for info in now:
                names.add(info)
            grown = bool(now)

    def _imported(self, value: Value) -> bool:
        project, source = self.walker.project, self.walker.source
        return project is not None and any(
            isinstance(alt, Name)
            and alt.receiver is None
            and (self.sinks.speaks(alt.dotted) or project.reaches(alt.dotted, source.path))
            for alt in value.alts
        )

    def by(self, info: FunctionInfo) -> bool:
        """Return whether a call of a function gets there."""
        if info not in self.names.functions:
            return False
        if info not in self.known:
            self.known[info] = False
            self.known[info] = bool(self.walker.summary(info).pending or info.runs or info.left)
        return self.known[info]

    def methods(self, cls: ClassInfo, depth: int = 0) -> Iterator[FunctionInfo]:
        """Yield the methods of a class by which a call gets there, those that it inherits from other modules too."""
        for value in cls.own.values():
            for alt in value.alts:
                if isinstance(alt, Local) and alt.function.walker is self.walker and self.by(alt.function):
                    yield alt.function
        if depth < 8:
            for base in _bases(cls):
                yield from reach(base.walker).methods(base, depth + 1)


class Relevance:
    """The walk over what matters in a module that is being checked."""

    def __init__(self, walker: Walker) -> None:
        self.walker = walker
        self.index = walker.index
        self.scan = scans.spoken(walker.index)
        self.leaves = self.scan.hits(walker.source.text, walker.source.module)
        self.names = Names(walker)
        # what others do with data matters where data come in from outside (as for the scan of the whole file)
        project = walker.project
        self.project = project if project is not None and project.comes_in(walker.source) else None

    def run(self) -> None:
        walker = self.walker
        for info in list(walker.functions):
            if walker.unit(info) is None:
                walker.summary(info)
        waiting = [info for info in walker.functions if walker.unit(info) is not None]
        named = frozenset().union(*(unit.words for info in waiting if (unit := walker.unit(info)) is not None))
        held = [(name, value) for name, value in walker.globals.items() if name.encode() in named]
        for name, value in held:
            self.look_behind(name, value)
        self.take(held)
        while True:
            self.learn()
            now = [info for info in waiting if self.concerns(info)]
            if not now:
                break
            for info in now:
                walker.interpret(info)
            done = set(now)
            waiting = [info for info in waiting if info not in done]
        walker.again()

    def concerns(self, info: FunctionInfo) -> bool:
        """Return whether a function names anything that matters."""
        if self.names.in_(info):
            return True
        unit, source = self.walker.unit(info), self.walker.source
        assert unit is not None
        return self.scan.names(unit.text, self.leaves & unit.words, source.text, source.module)

    # ------------------------------------------------------------ names

    def learn(self) -> None:
        """Take note of what the functions interpreted so far have shown."""
        walker = self.walker
        by_ident = {info.ident: info for info in walker.functions}
        for info in list(walker.functions):
            if info.summary is None:
                continue
            for pending in info.summary.pending:
                self.names.add(info)
                for origin in pending.origins:
                    if origin.kind == "parameter" and origin.owner in by_ident:
                        self.names.add(by_ident[origin.owner])
            if info.fetches or info.runs or info.left or self.matters(info.summary.returns):
                self.names.add(info)
        for ident in walker.applied:
            owner = by_ident.get(int(ident[1:].partition(":")[0]))
            if owner is not None:
                self.names.add(owner)
        for cls in walker.classes:
            for base in _bases(cls) if self.project is not None else ():
                if base.walker is not walker and self.inherit(base):
                    self.names.makers.add(base)
                    self.names.words.update((cls.name.encode(), b"cls", b"__class__"))
            self.take((*cls.own.items(), *cls.attributes.items()))

    def inherit(self, cls: ClassInfo) -> bool:
        """Another module's class is used: its methods that matter are called by their names.

        Return whether Python itself calls one of them.
        """
        methods = list(reach(cls.walker).methods(cls))
        plain = [info for info in methods if not info.name.startswith("__")]
        self.names.words.update(info.name.encode() for info in plain)
        return len(plain) < len(methods)

    def look_behind(self, name: str, value: Value) -> None:
        """A module of the project: what matters in it is used behind its name."""
        project, source = self.project, self.walker.source
        for alt in value.alts if project is not None else ():
            if isinstance(alt, Name) and alt.receiver is None and project.is_module(alt.dotted, source.path):  # type: ignore[union-attr]
                for chain in set(re.findall(rf"{name}(?<![\w.]{name})((?:\.\w+)+)", source.text)):
                    if self._matters(Name(project.shortest(alt.dotted + chain, source.path)), 0):  # type: ignore[union-attr]
                        self.names.chains.append(name + chain)

    def take(self, names: Iterable[tuple[str, Value]]) -> None:
        """Variables or attributes: the names matter of those that hold what does."""
        for name, value in list(names):
            word = name.encode()
            if word not in self.names.words and self.matters(value):
                self.names.words.add(word)

    # ------------------------------------------------------------ values

    def matters(self, value: Value, depth: int = 0) -> bool:
        """Return whether a call of this value, or of something in it, may be spoken of."""
        return depth < DEEPEST and any(self._matters(alt, depth) for alt in value.alts)

    def _matters(self, alt: object, depth: int) -> bool:
        index = self.index
        if isinstance(alt, Name):
            dotted, project = alt.dotted, self.project
            if index.calls.find(dotted) or index.endpoints.find(dotted):
                return True
            if dotted in index.shells or dotted in index.digests or dotted in index.checks:
                return True
            if alt.receiver is not None or project is None:
                return False
            if not project.reaches(dotted, self.walker.source.path):
                return False
            found = self.walker.resolve(dotted)
            return found is not None and self.matters(found, depth + 1)
        if isinstance(alt, Local):
            info = alt.function
            return info in self.names.functions if info.walker is self.walker else reach(info.walker).by(info)
        if isinstance(alt, (LocalClass, LocalObject)):
            if alt.cls.walker is self.walker:
                return alt.cls in self.names.makers
            return self.inherit(alt.cls) or any(True for _ in reach(alt.cls.walker).methods(alt.cls))
        if isinstance(alt, Partial):
            return self.matters(alt.function, depth + 1)
        if isinstance(alt, Instance):
            return bool(index.calls.find(index.canonical(f"{alt.of}.__call__")))
        if isinstance(alt, Sequence):
            return any(self.matters(item, depth + 1) for item in alt.items)
        if isinstance(alt, Table):
            return any(self.matters(item, depth + 1) for _, item in alt.entries)
        return False
