"""The walk over one module: statements in order, branches side by side, functions once each.

An abstract interpreter: `dispatch.py` knows what handles each kind of node, the other modules hold the handlers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Source
from mlsec_lint.python import (
    bodies,
    calls,
    control,
    definitions,
    displays,
    expressions,
    handing,
    members,
    operators,
    sharing,
    standard,
    statements,
)
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.digests import Digests
from mlsec_lint.python.dispatch import STATEMENTS, evaluate
from mlsec_lint.python.functions import ClassInfo, FunctionInfo, Pending, Summary
from mlsec_lint.python.index import Index
from mlsec_lint.python.narrowing import narrow
from mlsec_lint.python.raw import Raw
from mlsec_lint.python.saves import Saves
from mlsec_lint.python.state import State
from mlsec_lint.python.values import (
    Local,
    Origin,
    Origins,
    Site,
    Value,
    Verdict,
    join,
    named,
    unknown,
)
from mlsec_lint.python.words import holds

if TYPE_CHECKING:
    from mlsec_lint.project import View
    from mlsec_lint.python.fetches import Call
    from mlsec_lint.python.pieces import Pieces, Unit
    from mlsec_lint.python.relevance import Reach

HANDLERS = (calls, control, definitions, displays, expressions, members, operators, standard, statements)  # registered
_GLOBAL = re.compile(r"^[ \t]*global\b", re.MULTILINE)
DEEPEST = 60  # nested function evaluations


class Walker:
    """Interprets one module.  `run` returns the findings; names and summaries serve other modules."""

    def __init__(
        self,
        tree: cst.Module,
        source: Source,
        index: Index,
        project: View | None = None,
        pieces: Pieces | None = None,
    ) -> None:
        self.tree, self.source, self.index, self.project, self.pieces = tree, source, index, project, pieces
        self.state = State()
        self.globals = self.state.names
        self.functions: list[FunctionInfo] = []
        self.within: dict[str, list[FunctionInfo]] = {}  # scope -> the functions defined inside
        self.found: list[Raw] = []
        self.lists_members: bool | None = None  # whether the text may list an archive's members; None: not asked yet
        self.roots: set[str] = set()  # libraries imported
        self.stars: list[str] = []  # modules imported with `*`
        self.function: FunctionInfo | None = None
        self.cls: ClassInfo | None = None
        self.returned: list[Value] = []
        self.exits: list[State] = []
        self.pending: list[Pending] = []
        self.silent = 0
        self.telling = True  # whether findings are wanted, and not only what other modules have to know
        self.comparing = 0  # inside a comparison or an `assert_…` call: mappings there are expectations
        self.retries: list[set[str]] = []  # callables of the `try` bodies whose handlers we are in
        self.tried: list[set[str]] = []  # callables of the `try` bodies we are in
        self.told_defaults: set[int] = set()
        self.digests = Digests()
        self.saves = Saves()
        self.known: dict[str, Value | None] = {}  # names looked up in other modules
        self.resolving: set[str] = set()  # names of other modules being looked into
        self.vouched: set[int] = set()  # calls whose result a check has vouched for
        self.called: set[str] = set()  # library callables called
        self.fetches: dict[tuple[int, tuple[str, ...]], Call] = {}  # calls that fetch artefacts, where recorded
        self.named: set[tuple[int, tuple[str, ...]]] = set()  # those whose names callers tell
        self.classes: list[ClassInfo] = []
        self.left: list[
            tuple[list[State], list[State]]
        ] = []  # of the loops we are in: states at `break` and `continue`
        self.applied: dict[str, list[Arguments]] = {}  # parameters called with something from outside
        self.handlers: list[handing.Handler] = []  # functions handed on, that have not been told so yet
        self.decorated: list[tuple[Local, FunctionInfo]] = []  # functions wrapped by functions of the project
        self.calling_back = False
        # whether the text speaks of consent at all; other modules' functions do not settle what this one shows
        self.asks = holds(source.text, tuple(name.strip("!()") for name in index.consents))
        self.depth = 0
        self.scope: list[str] = []
        self.sites: dict[int, Site] = {}
        self.needed: dict[int, frozenset[str]] = {}  # places where data come in -> parameters that are true there
        self.reach: Reach | None = None  # where it was asked for
        self.setters: dict[str, list[tuple[FunctionInfo, bool]]] | None = None  # attribute -> who may give it a value
        self.making: dict[ClassInfo, list[tuple[FunctionInfo, Unit]]] = {}  # who may make an object of a class
        self.asked: set[tuple[int, str]] = set()  # attributes of classes that somebody has read

    # ------------------------------------------------------------ running

    def begin(self) -> None:
        """Interpret the module's own statements, for what they give names; functions wait until they are called.

        Those that may change global names are interpreted first, so that it does not matter who asks.
        """
        self.top(self.tree.body)
        if self.decorated:
            handing.decorate(self, self.decorated)
        handing.receive(self)
        if self.pieces is not None:
            for info in self.functions:
                unit = self.unit(info)
                if unit is not None and b"global" in unit.words and _GLOBAL.search(unit.text):
                    self.interpret(info)

    def run(self) -> list[Raw]:
        """Interpret the module, then each function that no call has interpreted yet."""
        self.begin()
        for info in self.functions:  # grows while functions are interpreted
            self.summary(info)
        self.again()
        return self.found

    def again(self) -> None:
        """Interpret once more the functions that read an attribute, or a file, before something from outside came into it.

        So are those that turned out to be handlers.
        """
        outdated = handing.receive(self).union(sharing.readers(self), *(cls.stale for cls in self.classes))
        stale = [info for info in self.functions if info in outdated] if outdated else []
        again: list[FunctionInfo] = []
        while stale:
            again += stale
            for info in stale:
                info.summary = None
            callers = [one for one in self.functions if one.summary is not None and any(i in one.calls for i in stale)]
            if not callers:
                break
            stale = callers
        for info in again:
            self.summary(info)

    def unit(self, info: FunctionInfo) -> Unit | None:
        """Return the piece that a function is, where the module is read in pieces; a function inside another is none."""
        return self.pieces.units.get(id(info.node)) if self.pieces is not None else None

    def whole(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """Return a function with its body."""
        return self.pieces.whole(node) if self.pieces is not None else node

    def read(self, cls: ClassInfo, attr: str) -> None:
        """An attribute of a class of this module is asked for: interpret what may have given it a value."""
        if self.pieces is None or (cls.ident, attr) in self.asked:
            return
        self.asked.add((cls.ident, attr))
        if self.setters is None:
            self.setters = {}
            for info in self.functions:
                unit = self.unit(info)
                if unit is not None:
                    for name, own in unit.sets:
                        self.setters.setdefault(name, []).append((info, own))
        setting = [info for info, own in self.setters.get(attr, ()) if not own or info.cls is cls]
        if attr in cls.fields or attr in cls.own:
            setting += [info for info, unit in self.makers(cls) if attr in cls.fields or attr.encode() in unit.words]
        for info in setting:
            if not info.running:
                self.interpret(info)

    def makers(self, cls: ClassInfo) -> list[tuple[FunctionInfo, Unit]]:
        """Return the functions that may make an object of a class."""
        found = self.making.get(cls)
        if found is None:
            named = {cls.name.encode(), b"cls"}
            units = [(info, unit) for info in self.functions if (unit := self.unit(info)) is not None]
            found = self.making[cls] = [(info, unit) for info, unit in units if named & unit.words]
        return found

    def interpret(self, info: FunctionInfo) -> None:
        """Interpret a function and those defined inside it."""
        self.summary(info)
        for inner in self.within.get(info.scope, ()):
            self.summary(inner)

    def forget(self) -> None:
        """Let go of what nobody is going to ask for: objects that hold each other would wait for the garbage collector."""
        for info in self.functions:
            info.summary, info.outer, info.defaults, info.calls = None, {}, {}, set()
        for cls in self.classes:
            cls.own, cls.attributes, cls.readers, cls.bases, cls.stale, cls.files = {}, {}, {}, (), set(), {}
        vars(self).clear()

    def defined(self, info: FunctionInfo) -> None:
        """Take note of a function, to be interpreted later."""
        self.functions.append(info)
        scope = info.scope.rpartition(".")[0]
        while scope:
            self.within.setdefault(scope, []).append(info)
            scope = scope.rpartition(".")[0]

    def top(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> None:
        """Interpret the module's own statements."""
        self.block(body)
        self.state.dead = False
        self.globals = self.state.names

    def block(self, body: Iterable[cst.CSTNode]) -> None:
        """Interpret statements in order; what stands behind a return is interpreted silently."""
        for statement in body:
            handler = STATEMENTS.get(type(statement))
            if handler is not None:
                if self.state.dead:
                    self.state.dead = False
                    self.silent += 1
                    handler(self, statement)
                    self.silent -= 1
                    self.state.dead = True
                else:
                    handler(self, statement)

    def suite(self, body: cst.BaseSuite) -> None:
        """Interpret the body of a compound statement."""
        self.block(body.body)

    def value(self, node: cst.CSTNode) -> Value:
        """Return what an expression is."""
        return evaluate(self, node)

    # ------------------------------------------------------------ names

    def lookup(self, name: str) -> Value:
        """Return what a name stands for here."""
        found = self.state.names.get(name)
        if found is not None:
            return found
        if self.function is not None:
            found = self.function.outer.get(name)
            if found is not None:
                return found
        found = self.globals.get(name)
        if found is not None:
            return found
        for module in self.stars:
            dotted = self.index.canonical(f"{module}.{name}")
            if (value := self.resolve(dotted)) is not None:
                return value
            if self.index.calls.find(dotted) or self.index.params.find(dotted) or self.index.source(dotted):
                return named(dotted)
        if self.stars and (library := self.index.canonical(name)).partition(".")[0] in self.index.roots:
            return named(library)  # handed on by a module of which everything is imported
        if name in _BUILTINS:
            return named("builtins." + name)
        return unknown(f"{self.source.module}:{name}")

    def resolve(self, dotted: str) -> Value | None:
        """Return what a dotted name is in the project's other modules; what rules speak of stays the library's."""
        if self.project is None:
            return None
        if dotted not in self.known:
            ours = not (self.index.calls.find(dotted) or self.index.source(dotted))
            self.known[dotted] = self.project.resolve(dotted, self.source.path) if ours else None
        return self.known[dotted]

    def bind(self, name: str, value: Value) -> None:
        """Give a name a value."""
        self.state.names[name] = value
        if self.function is not None and name in self.function_globals:
            old = self.globals.get(name)
            self.globals[name] = value if old is None else join(old, value)

    function_globals: frozenset[str] | set[str] = frozenset()

    # ------------------------------------------------------------ functions

    def summary(self, info: FunctionInfo) -> Summary:
        """Return what a function does, interpreting its body the first time."""
        if info.summary is not None:
            return info.summary
        if info.running or self.depth >= DEEPEST:
            return Summary(unknown(f"r{info.ident}"), complete=False)
        agreed = bodies.agreed_before(self, info) if self.asks and info.cls is not None else frozenset()
        info.running = True
        if self.function is None and info.walker is self:
            self.globals = self.state.names  # called while the module is still being run: it sees what is there by now
        saved = (
            self.state,
            self.function,
            self.cls,
            self.returned,
            self.exits,
            self.pending,
            self.retries,
            self.tried,
            self.function_globals,
            self.scope,
            self.silent,
        )
        self.returned, self.exits, self.pending, self.retries, self.tried = [], [], [], [], []
        self.function_globals = set()
        self.digests.scope = info.scope
        self.silent = 0
        self.depth += 1
        try:
            node = bodies.opened(self, info)
            self.state = State(agreed=agreed)
            self.function, self.cls = info, info.cls
            self.scope = info.scope.split(".")
            bodies.enter(self, info)
            if isinstance(node, cst.Lambda):
                self.returned.append(self.value(node.body))
            else:
                self.suite(node.body)
            if not self.state.dead:
                self.exits.append(self.state)
            bodies.refresh(self, info)
            info.summary = bodies.summarise(self)
            info.summary.agreed -= agreed  # that much its caller had to know
        finally:
            self.depth -= 1
            (
                self.state,
                self.function,
                self.cls,
                self.returned,
                self.exits,
                self.pending,
                self.retries,
                self.tried,
                self.function_globals,
                self.scope,
                self.silent,
            ) = saved
            self.digests.scope = ".".join(self.scope)
            info.running = False
        return info.summary

    def read_parameters(self, info: FunctionInfo) -> None:
        """Let a function's parameters be known before its body is interpreted."""
        saved = self.state, self.function, self.cls, self.scope
        bodies.opened(self, info)
        self.state, self.function, self.cls, self.scope = saved

    # ------------------------------------------------------------ statements

    def assume(self, test: Value, outcome: bool, node: cst.CSTNode) -> None:
        """Go on knowing that a test had this outcome."""
        for alt in test.alts:
            if isinstance(alt, Verdict) and alt.positive == outcome:
                self.vouch(alt.of)
        narrow(self, node, outcome)

    def vouch(self, origins: Origins) -> None:
        """What has these origins has been checked; that the program wrote it is no origin to check."""
        self.state.checked |= frozenset(o for o in origins if o.kind != "own")
        self.vouched.update(o.site.ident for o in origins if o.site is not None)

    def settle(self, test: Value) -> None:
        """Only one outcome of a test goes on: it is the one in which a check passed."""
        for alt in test.alts:
            if isinstance(alt, Verdict) and alt.positive is None:
                self.vouch(alt.of)

    def site(self, node: cst.CSTNode) -> Site:
        """Return the place of a node; in a module read by LibCST it is found when it is needed."""
        ident = id(node)
        found = self.sites.get(ident)
        if found is None:
            at = self.pieces.place(node) if self.pieces is not None else None
            line, column = at or (0, 0)
            found = Site(self.source.path, node if at is None else None, ident, line, column, len(self.sites))
            self.sites[ident] = found
        return found

    def came(self, kind: str, name: str, node: cst.CSTNode) -> Origin:
        """Return the origin of data that come in here; which parameters have to be true for that is remembered."""
        site = self.site(node)
        if self.state.needs:
            self.needed[site.ident] = self.state.needs
        return Origin(kind, name, site)


_BUILTINS = frozenset(dir(__import__("builtins")))
