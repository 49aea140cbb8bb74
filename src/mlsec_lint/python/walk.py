"""The walk over one module: statements in order, branches side by side, functions once each.

An abstract interpreter: expressions.py gives values, calls.py the meaning of calls, judging.py asks the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.model import Flow, Level, Match, Rule, Source
from mlsec_lint.python import calls, expressions, judging
from mlsec_lint.python.functions import ClassInfo, FunctionInfo, Pending, Summary, parameter_value
from mlsec_lint.python.index import Index
from mlsec_lint.python.state import State, merge
from mlsec_lint.python.values import (
    NONE,
    Const,
    Digest,
    Instance,
    Key,
    Local,
    LocalClass,
    LocalObject,
    Name,
    Origin,
    Origins,
    Site,
    Table,
    Value,
    Verdict,
    join,
    known,
    named,
    texts,
    told,
    unknown,
)
from mlsec_lint.python.values import (
    Sequence as Items,
)
from mlsec_lint.source import relative_base

if TYPE_CHECKING:
    from mlsec_lint.project import View


@dataclass(slots=True)
class Digests:
    """What became of the digests that were computed."""

    all: list[tuple[cst.CSTNode, Value, str]] = field(default_factory=list)
    compared: list[tuple[cst.CSTNode, tuple[Value, ...], str]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # stopped something, or were handed on
    telling: int = 0  # inside the arguments of a print or a log
    scope: str = ""

    def made(self, node: cst.CSTNode, value: Value) -> Value:
        self.all.append((node, value, self.scope))
        return value

    def compare(self, node: cst.CSTNode, *values: Value) -> None:
        self.compared.append((node, values, self.scope))

    def decide(self, test: Value) -> None:
        """A test had consequences."""
        self.used.update(a.ident for a in test.alts if isinstance(a, Verdict))

    def escape(self, value: Value) -> None:
        """A digest (or a verdict) was handed on; telling it to a person does not count."""
        if not self.telling:
            self.used.update(a.ident for a in value.alts if isinstance(a, (Digest, Verdict)))


DEEPEST = 60  # nested function evaluations


@dataclass(slots=True)
class Raw:
    """A finding not yet placed."""

    rule: Rule
    node: cst.CSTNode
    severity: Level
    confidence: Level
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    related: tuple[Origin, ...] = ()
    sink: Pending | None = None  # in a function that the call reaches
    subject: str = ""
    scope: str = ""
    call: cst.Call | None = None
    dotted: str = ""
    argument: str = ""
    retried: bool = False  # in an `except` of a `try` that makes the same call
    detail: Match | Flow | None = None


class Walker:
    """Interprets one module.  `run` returns the findings; names and summaries serve other modules."""

    def __init__(self, tree: cst.Module, source: Source, index: Index, project: View | None = None) -> None:
        self.tree, self.source, self.index, self.project = tree, source, index, project
        self.state = State()
        self.globals = self.state.names
        self.functions: list[FunctionInfo] = []
        self.found: list[Raw] = []
        self.roots: set[str] = set()  # libraries imported
        self.stars: list[str] = []  # modules imported with `*`
        self.function: FunctionInfo | None = None
        self.cls: ClassInfo | None = None
        self.returned: list[Value] = []
        self.exits: list[State] = []
        self.pending: list[Pending] = []
        self.silent = 0
        self.retries: list[set[str]] = []  # callables of the `try` bodies whose handlers we are in
        self.tried: list[set[str]] = []  # callables of the `try` bodies we are in
        self.told_defaults: set[int] = set()
        self.digests = Digests()
        self.resolving: set[str] = set()  # names of other modules being looked into
        self.vouched: set[int] = set()  # calls whose result a check has vouched for
        self.called: set[str] = set()  # library callables called
        self.classes: list[ClassInfo] = []
        self.left: list[
            tuple[list[State], list[State]]
        ] = []  # of the loops we are in: states at `break` and `continue`
        self.depth = 0
        self.scope: list[str] = []

    # ------------------------------------------------------------ running

    def run(self) -> list[Raw]:
        """Interpret the module, then each function that no call has interpreted yet."""
        self.top(self.tree.body)
        for info in self.functions:  # grows while functions are interpreted
            self.summary(info)
        self.again()
        return self.found

    def again(self) -> None:
        """Interpret once more the functions that read an attribute before something from outside was put into it."""
        stale = [info for info in self.functions if any(info in cls.stale for cls in self.classes)]
        while stale:
            for info in stale:
                info.summary = None
            callers = [one for one in self.functions if one.summary is not None and any(i in one.calls for i in stale)]
            if not callers:
                break
            stale = callers
        for info in self.functions:
            self.summary(info)

    def top(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> None:
        """Interpret the module's own statements."""
        self.block(body)
        self.state.dead = False
        self.globals = self.state.names

    def block(self, body: Iterable[cst.CSTNode]) -> None:
        """Interpret statements in order; what stands behind a return is interpreted silently."""
        for statement in body:
            handler = _STATEMENTS.get(type(statement))
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
        return expressions.evaluate(self, node)

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
        if name in _BUILTINS:
            return named("builtins." + name)
        return unknown(f"{self.source.module}:{name}")

    def resolve(self, dotted: str) -> Value | None:
        """Return what a dotted name is in the project's other modules; what rules speak of stays the library's."""
        if self.project is None or self.index.calls.find(dotted) or self.index.source(dotted):
            return None
        return self.project.resolve(dotted, self.source.path)

    def bind(self, name: str, value: Value) -> None:
        """Give a name a value."""
        self.state.names[name] = value
        if self.function is not None and name in self.function_globals:
            old = self.globals.get(name)
            self.globals[name] = value if old is None else join(old, value)

    function_globals: frozenset[str] | set[str] = frozenset()

    def assign(self, target: cst.CSTNode, value: Value, node: cst.CSTNode) -> None:
        """Give an assignment's target its value; `node` is the statement."""
        if isinstance(target, cst.Name):
            self.bind(target.value, value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self.unpack(target.elements, value, node)
        elif isinstance(target, cst.Attribute):
            self.assign_attribute(target, value, node)
        elif isinstance(target, cst.Subscript):
            self.assign_item(target, value, node)
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, unknown(f"?{id(target)}", value.origins), node)

    def unpack(self, elements: Sequence[cst.BaseElement], value: Value, node: cst.CSTNode) -> None:
        """Give the elements of a tuple target their values."""
        rows = [a for a in value.alts if isinstance(a, Items) and not a.open and len(a.items) == len(elements)]
        for position, element in enumerate(elements):
            if isinstance(element, cst.StarredElement):
                part = unknown(f"?{id(element)}", value.origins)
            elif rows:
                part = join(*(r.items[position] for r in rows))
                if len(rows) < len(value.alts):
                    part = join(part, unknown(f"?{id(element)}", value.origins))
            else:
                part = expressions.part(self, value, position, element)
            self.assign(element.value, part, node)

    def assign_attribute(self, target: cst.Attribute, value: Value, node: cst.CSTNode) -> None:
        """`x.attr = value`."""
        base = self.value(target.value)
        attr = target.attr.value
        self.digests.escape(value)
        for alt in base.alts:
            if isinstance(alt, (LocalObject, LocalClass)):
                alt.cls.set_attribute(attr, value)
                for inherited in expressions.library_bases(alt.cls):
                    judging.assigned(self, f"{inherited}.{attr}", value, node)
            elif isinstance(alt, Name):
                judging.assigned(self, f"{alt.dotted}.{attr}", value, node)
            elif isinstance(alt, Instance):
                judging.assigned(self, f"{alt.of}.{attr}", value, node)
                self.state.facts[("." + attr, alt.ident)] = value

    def assign_item(self, target: cst.Subscript, value: Value, node: cst.CSTNode) -> None:
        """`x[key] = value`."""
        base = self.value(target.value)
        keys: tuple[str, ...] = ()
        if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Index):
            key = self.value(target.slice[0].slice.value)
            keys = tuple(a.value for a in key.alts if isinstance(a, Const) and isinstance(a.value, str))
        self.digests.escape(value)
        self.set_item(base, keys, value, node)
        if isinstance(target.value, cst.Name):
            self.rebind_table(target.value.value, base, keys, value)
        elif isinstance(target.value, cst.Attribute):
            self.rebind_attribute(target.value, base, keys, value)

    def set_item(self, base: Value, keys: tuple[str, ...], value: Value, node: cst.CSTNode) -> None:
        """Tell the rules that an item is set."""
        for key in keys:
            for alt in base.alts:
                if isinstance(alt, Name):
                    judging.assigned(self, f"{alt.dotted}['{key}']", value, node)
            judging.entry(self, key, value, node)

    def rebind_table(self, name: str, base: Value, keys: tuple[str, ...], value: Value) -> None:
        """A variable that holds a dictionary gets an entry."""
        changed = with_entries(base, keys, value)
        if changed is not None:
            self.bind(name, changed)

    def rebind_attribute(self, target: cst.Attribute, base: Value, keys: tuple[str, ...], value: Value) -> None:
        """An attribute that holds a dictionary gets an entry."""
        changed = with_entries(base, keys, value)
        if changed is None:
            return
        for alt in self.value(target.value).alts:
            if isinstance(alt, (LocalObject, LocalClass)):
                alt.cls.attributes[target.attr.value] = changed

    # ------------------------------------------------------------ functions

    def define(self, node: cst.FunctionDef | cst.Lambda, name: str) -> FunctionInfo:
        """Return what a definition makes: its parameters and their defaults, the body still to be interpreted."""
        params = node.params
        ordinary = (*params.posonly_params, *params.params)
        defaults: dict[str, Value] = {}
        for param in (*ordinary, *params.kwonly_params):
            if param.default is not None:
                value = self.value(param.default)
                judging.referred(self, value, param.default, Level.MEDIUM)
                if judging.default(self, param.name.value, value, param) or texts(value):
                    value = told(value)  # `revision="main"` handed through is the callers' choice
                defaults[param.name.value] = value
            elif param.annotation is not None:
                annotated = expressions.annotated(self, param.annotation.annotation)
                if annotated is not None:
                    defaults.setdefault("\0" + param.name.value, annotated)
        info = FunctionInfo(
            name,
            node,
            self,
            id(node),
            tuple(p.name.value for p in ordinary),
            tuple(p.name.value for p in params.kwonly_params),
            defaults,
            star=params.star_arg.name.value if isinstance(params.star_arg, cst.Param) else "",
            stars=params.star_kwarg.name.value if params.star_kwarg is not None else "",
            cls=self.cls,
            scope=".".join((*self.scope, name)),
            outer={**self.function.outer, **self.state.names} if self.function is not None else {},
        )
        self.functions.append(info)
        return info

    def summary(self, info: FunctionInfo) -> Summary:
        """Return what a function does, interpreting its body the first time."""
        if info.summary is not None:
            return info.summary
        if info.running or self.depth >= DEEPEST:
            return Summary(unknown(f"r{info.ident}"), complete=False)
        info.running = True
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
        self.state = State()
        self.function, self.cls = info, info.cls
        self.returned, self.exits, self.pending, self.retries, self.tried = [], [], [], [], []
        self.function_globals = set()
        self.scope = info.scope.split(".")
        self.digests.scope = info.scope
        self.silent = 0
        self.depth += 1
        try:
            self.enter(info)
            if isinstance(info.node, cst.Lambda):
                self.returned.append(self.value(info.node.body))
            else:
                self.suite(info.node.body)
            if not self.state.dead:
                self.exits.append(self.state)
            self.refresh(info)
            info.summary = self.summarise(info)
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

    def enter(self, info: FunctionInfo) -> None:
        """Bind the parameters."""
        names = self.state.names
        for position, name in enumerate((*info.parameters, *info.keyword_only)):
            value = parameter_value(info, name)
            if position == 0 and info.cls is not None and info.kind == "method":
                value = Value((LocalObject(info.cls),))
            elif position == 0 and info.cls is not None and info.kind == "class":
                value = Value((LocalClass(info.cls),))
            else:
                default = info.defaults.get(name) or info.defaults.get("\0" + name)
                if default is not None:
                    value = join(default, value)
                if info.input_kind:
                    site = self.site(info.node)
                    value = value.with_origins({Origin(info.input_kind, name, site)})
            names[name] = value
        if info.star:
            names[info.star] = Value((Items((), open=True),), parameter_value(info, info.star).origins)
        if info.stars:
            names[info.stars] = Value((Table((), open=True),), parameter_value(info, info.stars).origins)

    def refresh(self, info: FunctionInfo) -> None:
        """Functions defined inside see the variables as they are in the end."""
        for inner in self.functions:
            if inner.summary is None and not inner.running and inner.scope.startswith(info.scope + "."):
                inner.outer = {**info.outer, **self.state.names}

    def summarise(self, info: FunctionInfo) -> Summary:
        """Fold what the body did into a summary."""
        exits = self.exits or [self.state]
        checked = exits[0].checked
        files: dict[Key, Origins] = {}
        for state in exits:
            checked &= state.checked
            for key, origins in state.files.items():
                files[key] = files.get(key, NONE) | origins
        returns = join(*self.returned) if self.returned else known(None)
        return Summary(returns, files, checked, tuple(self.pending))

    # ------------------------------------------------------------ statements

    def simple(self, node: cst.SimpleStatementLine) -> None:
        self.block(node.body)

    def expression(self, node: cst.Expr) -> None:
        value = self.value(node.value)
        for alt in value.alts:
            if isinstance(alt, Verdict) and alt.raises and isinstance(node.value, cst.Call):
                self.vouch(alt.of)  # a verifier that raises

    def assign_statement(self, node: cst.Assign) -> None:
        value = self.value(node.value)
        if isinstance(node.value, (cst.Name, cst.Attribute)):
            judging.referred(self, value, node.value, Level.LOW)
        for target in node.targets:
            self.assign(target.target, value, node)

    def annotated_assign(self, node: cst.AnnAssign) -> None:
        annotated = expressions.annotated(self, node.annotation.annotation)
        if node.value is None:
            if self.cls is not None and self.function is None and isinstance(node.target, cst.Name):
                self.cls.fields.append(node.target.value)
            if annotated is not None:
                self.assign(node.target, annotated, node)
            return
        value = self.value(node.value)
        if self.cls is not None and self.function is None and isinstance(node.target, cst.Name):
            value = calls.field_default(self, value)
            if judging.default(self, node.target.value, value, node):
                value = told(value)
        self.assign(node.target, value, node)

    def augmented_assign(self, node: cst.AugAssign) -> None:
        right = self.value(node.value)
        if isinstance(node.target, (cst.Name, cst.Attribute)):
            left = self.value(node.target)
            if isinstance(node.operator, cst.AddAssign):
                self.assign(node.target, expressions.add(self, left, right, node), node)
            else:
                self.assign(node.target, unknown(f"?{id(node)}", left.origins | right.origins), node)

    def returning(self, node: cst.Return) -> None:
        if node.value is not None:
            self.returned.append(self.value(node.value))
            self.digests.escape(self.returned[-1])
        else:
            self.returned.append(known(None))
        if not self.silent:
            self.exits.append(self.state.fork())
        self.state.dead = True

    def raising(self, node: cst.Raise) -> None:
        if node.exc is not None:
            self.value(node.exc)
        self.state.dead = True

    def leaving(self, node: cst.CSTNode) -> None:
        if self.left:
            breaks, continues = self.left[-1]
            (breaks if isinstance(node, cst.Break) else continues).append(self.state.fork())
        self.state.dead = True

    def asserting(self, node: cst.Assert) -> None:
        test = self.value(node.test)
        self.digests.decide(test)
        self.assume(test, True, node.test)
        self.settle(test)

    def deleting(self, node: cst.Del) -> None:
        if isinstance(node.target, cst.Name):
            self.state.names.pop(node.target.value, None)

    def globalising(self, node: cst.Global) -> None:
        self.function_globals = {*self.function_globals, *(n.name.value for n in node.names)}

    def assume(self, test: Value, outcome: bool, node: cst.CSTNode) -> None:
        """Go on knowing that a test had this outcome."""
        for alt in test.alts:
            if isinstance(alt, Verdict) and alt.positive == outcome:
                self.vouch(alt.of)
        expressions.narrow(self, node, outcome)

    def vouch(self, origins: Origins) -> None:
        """What has these origins has been checked."""
        self.state.checked |= origins
        self.vouched.update(o.site.ident for o in origins if o.site is not None)

    def branching(self, node: cst.If) -> None:
        test = self.value(node.test)
        truth = expressions.truth(node.test)
        if expressions.is_typing_only(self, node.test):
            self.silent += 1
            self.suite(node.body)
            self.silent -= 1
            if node.orelse is not None:
                self.otherwise(node.orelse)
            return
        before = self.state.fork()
        self.assume(test, True, node.test)
        if truth is False:
            self.silent += 1
        self.suite(node.body)
        if truth is False:
            self.silent -= 1
            self.state.dead = True
        taken = self.state
        self.state = before
        self.assume(test, False, node.test)
        if node.orelse is not None:
            if truth is True:
                self.silent += 1
            self.otherwise(node.orelse)
            if truth is True:
                self.silent -= 1
        if truth is True:
            self.state.dead = True
        if taken.dead or self.state.dead or self.function is None or acts(node.body) or acts(node.orelse):
            self.digests.decide(test)
        one_way = taken.dead != self.state.dead
        self.state = merge([taken, self.state])
        if one_way:
            self.settle(test)

    def settle(self, test: Value) -> None:
        """Only one outcome of a test goes on: it is the one in which a check passed."""
        for alt in test.alts:
            if isinstance(alt, Verdict) and alt.positive is None:
                self.vouch(alt.of)

    def otherwise(self, node: cst.If | cst.Else) -> None:
        if isinstance(node, cst.If):
            self.branching(node)
        else:
            self.suite(node.body)

    def looping(self, node: cst.For) -> None:
        items = self.value(node.iter)
        before = self.state.fork()
        self.assign(node.target, expressions.element(self, items, node), node)
        self.loop(node, before)

    def loop(self, node: cst.For | cst.While, before: State, forever: bool = False) -> None:
        """Interpret a loop's body once, and what stands behind `else`; a `break` goes past that."""
        self.left.append(([], []))
        self.suite(node.body)
        breaks, continues = self.left.pop()
        rounds = merge([self.state.fork(), *continues])  # what an earlier round may have left
        if self.state.dead and not continues:
            self.state.dead = False
        self.state = merge([before, self.state, *continues])
        if node.orelse is not None:
            self.suite(node.orelse.body)
        if breaks and (forever or self.state.dead):  # only a `break` goes on: with its checks
            self.state = merge([*breaks, rounds])
            self.state.checked = frozenset.intersection(*(state.checked for state in breaks))
        else:
            self.state = merge([self.state, *breaks])

    def repeating(self, node: cst.While) -> None:
        test = self.value(node.test)
        before = self.state.fork()
        self.assume(test, True, node.test)
        self.loop(node, before, expressions.truth(node.test) is True)

    def trying(self, node: cst.Try | cst.TryStar) -> None:
        before = self.state.fork()
        tried: set[str] = set()
        self.tried.append(tried)
        self.suite(node.body)
        self.tried.pop()
        after = self.state
        ends = []
        for handler in node.handlers:
            start = before.fork()
            start.dead = False
            for name, value in after.names.items():
                start.names.setdefault(name, value)
            start.files = {**after.files, **start.files}
            self.state = start
            if handler.name is not None:
                self.assign(handler.name.name, unknown(f"?{id(handler)}"), handler)
            self.retries.append(tried)
            self.suite(handler.body)
            self.retries.pop()
            ends.append(self.state)
        self.state = after
        if node.orelse is not None:
            self.suite(node.orelse.body)
        self.state = merge([self.state, *ends])
        if node.finalbody is not None:
            dead = self.state.dead
            self.state.dead = False
            self.suite(node.finalbody.body)
            self.state.dead = self.state.dead or dead

    def managing(self, node: cst.With) -> None:
        for item in node.items:
            value = self.value(item.item)
            if item.asname is not None:
                self.assign(item.asname.name, calls.entered(self, value, item), node)
        self.suite(node.body)

    def matching(self, node: cst.Match) -> None:
        self.value(node.subject)
        before = self.state
        ends = [before.fork()]
        for case in node.cases:
            self.state = before.fork()
            self.suite(case.body)
            ends.append(self.state)
        self.state = merge(ends)

    def function_definition(self, node: cst.FunctionDef) -> None:
        decorators = [(d, self.value(d.decorator)) for d in node.decorators]
        info = self.define(node, node.name.value)
        value = Value((Local(info),))
        if self.cls is not None and self.function is None:
            info.kind = "method"
        for _, decorator in decorators:
            value = calls.decorated(self, info, decorator, value)
        self.bind(node.name.value, value)
        if self.function is not None and self.cls is None:
            pass

    def class_definition(self, node: cst.ClassDef) -> None:
        for decorator in node.decorators:
            self.value(decorator.decorator)
        bases = tuple(self.value(a.value) for a in node.bases)
        for keyword in node.keywords:
            self.value(keyword.value)
        info = ClassInfo(node.name.value, self, id(node), bases)
        self.classes.append(info)
        saved = (self.cls, self.function, self.scope)
        outer_names = self.state
        inside = State(dict(outer_names.names), outer_names.files, outer_names.checked, outer_names.facts)
        self.state, self.cls = inside, info
        function, self.function = self.function, None
        self.scope = [*self.scope, node.name.value]
        if function is not None:
            inside.names = {**function.outer, **inside.names}
        first = len(self.functions)
        before = dict(inside.names)
        self.suite(node.body)
        own = {k: v for k, v in self.state.names.items() if before.get(k) is not v}
        info.own = own
        if function is not None:
            for inner in self.functions[first:]:
                inner.outer = {**function.outer, **outer_names.names}
        self.state = outer_names
        self.cls, self.function, self.scope = saved
        self.bind(node.name.value, Value((LocalClass(info),)))
        ordered = sorted(
            self.functions[first:], key=lambda f: f.name not in ("__init__", "__post_init__", "setup", "__enter__")
        )
        self.functions[first:] = ordered

    def importing(self, node: cst.Import) -> None:
        for alias in node.names:
            dotted = dotted_name(alias.name)
            self.roots.add(dotted.partition(".")[0])
            canonical = self.index.canonical(dotted)
            if alias.asname is not None:
                self.assign(alias.asname.name, named(canonical), node)
            else:
                root = dotted.partition(".")[0]
                self.bind(root, named(self.index.canonical(root) if canonical == dotted else root))

    def importing_from(self, node: cst.ImportFrom) -> None:
        base = dotted_name(node.module) if node.module is not None else ""
        if node.relative:
            base = relative_base(self.source, len(node.relative), base)
        else:
            self.roots.add(base.partition(".")[0])
        if isinstance(node.names, cst.ImportStar):
            self.stars.append(base)
            if self.project is not None:
                for name, value in self.project.exports(base, self.source.path).items():
                    self.bind(name, value)
            return
        for alias in node.names:
            name = dotted_name(alias.name)
            target = alias.asname.name if alias.asname is not None else alias.name
            dotted = self.index.canonical(f"{base}.{name}" if base else name)
            root = name.partition(".")[0]
            if root in self.index.modules and not self.index.speaks_of(dotted):
                dotted = self.index.canonical(name)  # a module of Python's own, handed on by a library
            self.assign(target, named(dotted), node)

    def site(self, node: cst.CSTNode) -> Site:
        """Return the place of a node, to be found when it is needed."""
        return Site(self.source.path, node, id(node))


def acts(body: cst.CSTNode | None) -> bool:
    """Return whether statements do more than tell somebody something."""
    if body is None:
        return False
    if isinstance(body, (cst.Else, cst.If)):
        return acts(body.body) or (isinstance(body, cst.If) and acts(body.orelse))
    if isinstance(body, (cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        return any(acts(statement) for statement in body.body)
    if isinstance(body, cst.Expr) and isinstance(body.value, cst.Call):
        name = (
            body.value.func.attr.value
            if isinstance(body.value.func, cst.Attribute)
            else getattr(body.value.func, "value", "")
        )
        return name not in calls.TELLING and name != "write"
    return not isinstance(body, (cst.Pass, cst.Expr))


def with_entries(base: Value, keys: tuple[str, ...], value: Value) -> Value | None:
    """Return a dictionary value with entries set; None where `base` is no known dictionary."""
    if not any(isinstance(a, Table) for a in base.alts):
        return None
    alts = []
    for alt in base.alts:
        if isinstance(alt, Table):
            entries = dict(alt.entries)
            for key in keys:
                entries[key] = value
            alts.append(Table(tuple(entries.items()), alt.open or not keys, alt.of))
        else:
            alts.append(alt)  # type: ignore[arg-type]
    return Value(tuple(alts), base.origins | value.origins)


def dotted_name(node: cst.CSTNode | None) -> str:
    """Return `a.b.c` of a Name or Attribute chain."""
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


_BUILTINS = frozenset(dir(__import__("builtins")))

_STATEMENTS: dict[type, Callable[[Walker, Any], None]] = {
    cst.SimpleStatementLine: Walker.simple,
    cst.Expr: Walker.expression,
    cst.Assign: Walker.assign_statement,
    cst.AnnAssign: Walker.annotated_assign,
    cst.AugAssign: Walker.augmented_assign,
    cst.Return: Walker.returning,
    cst.Raise: Walker.raising,
    cst.Continue: Walker.leaving,
    cst.Break: Walker.leaving,
    cst.Assert: Walker.asserting,
    cst.Del: Walker.deleting,
    cst.Global: Walker.globalising,
    cst.Nonlocal: Walker.globalising,
    cst.If: Walker.branching,
    cst.For: Walker.looping,
    cst.While: Walker.repeating,
    cst.Try: Walker.trying,
    cst.TryStar: Walker.trying,
    cst.With: Walker.managing,
    cst.Match: Walker.matching,
    cst.FunctionDef: Walker.function_definition,
    cst.ClassDef: Walker.class_definition,
    cst.Import: Walker.importing,
    cst.ImportFrom: Walker.importing_from,
}
