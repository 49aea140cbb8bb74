"""What a call means: arguments, functions of the project by their summaries, library callables by the api tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Flow
from mlsec_lint.python import expressions, judging, standard
from mlsec_lint.python.functions import OUTSIDE, ClassInfo, FunctionInfo, Pending, Summary
from mlsec_lint.python.values import (
    NONE,
    Alternative,
    Binding,
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
    Partial,
    Sequence,
    Symbol,
    Table,
    Text,
    Value,
    Verdict,
    join,
    known,
    text_parts,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

ADDRESS = re.compile(
    r"(?i)(?:https?|ftp|s3a?|gs|gcs|az|abfss?|wasbs?|hf|hdfs|webhdfs)://(?!localhost|127\.)"
)  # paths that are fetched

# What functions that verify bytes are called, where the function itself cannot be seen; and the parameters by which a
# download is told the digest it must have.
PARAMETER = re.compile(r"\0p\d+:")
VERIFIER = re.compile(
    r"(?i).*(?:verif|check|valid|assert|compare|ensure|match|test)\w*(?:hash|sha\d*|sum|digest|md5|signature|integrity|hmac)\w*"
    r"|.*(?:hash|sha\d*|sum|digest|md5|signature|integrity|hmac)\w*(?:verif|check|valid|match|ok)\w*"
)
DIGEST_PARAMETER = re.compile(r"(?i)(?:.*_)?(?:hash|sha\d*|sha_?\d+|md5|checksum|digest|hash_prefix|md5sum)(?:_.*)?")
SAVER = re.compile(
    r"save(?:_?(?:as|to))?|(?:write|download|copy)_to(?:_?\w+)?"
)  # methods that put what they hold into a file
# Methods that call the function they are given, with the arguments behind it; with each of their elements where True.
CALLERS = {"map": True, "imap": True, "imap_unordered": True, "filter": True, "to_thread": False, "submit": False,
           "run_in_executor": False, "run_sync": False}  # fmt: skip
TESTING = re.compile(r"compare|bytes_eq|is_|check_|scan")  # checks that return what they found; the others raise
TELLING = frozenset(
    {"print", "debug", "info", "warning", "warn", "error", "critical", "log", "exception", "echo", "secho"}
)
DIGEST_TEXT = re.compile(r"(?:sha\d+[:-])?(?:[0-9a-f]{40}|[0-9a-f]{64})")
DIGEST_IN_URL = re.compile(r"/(?:[0-9a-f]{40}|[0-9a-f]{64})(?:/|$)")


@dataclass(slots=True)
class Arguments:
    """The arguments of one call, positional and keyword ones as one thing."""

    positional: list[tuple[Value, cst.CSTNode | None]] = field(default_factory=list)
    keywords: dict[str, tuple[Value, cst.CSTNode | None]] = field(default_factory=dict)
    open_positional: bool = False
    open_keywords: bool = False
    receiver: Value | None = None
    order: tuple[str, ...] = ()

    def get(self, parameter: str) -> tuple[Value, cst.CSTNode | None] | None:
        """Return an argument by name, position ("0") or "self"; None where it is not given."""
        if parameter in self.keywords:
            return self.keywords[parameter]
        if parameter.isdigit():
            position = int(parameter)
            if position < len(self.positional):
                return self.positional[position]
            if position < len(self.order):
                return self.keywords.get(self.order[position])
            return None
        if parameter == "self":
            return (self.receiver, None) if self.receiver is not None else None
        place = self.position(parameter)
        if place is not None and place < len(self.positional):
            return self.positional[place]
        return None

    def position(self, parameter: str) -> int | None:
        """Return the position of a parameter that may be given by position."""
        ordinary = self.order[: self.order.index("*")] if "*" in self.order else self.order
        return ordinary.index(parameter) if parameter in ordinary else None

    def maybe(self, parameter: str) -> bool:
        """Return whether the parameter may have been given in a way that cannot be seen."""
        if self.open_keywords:
            return True
        return self.open_positional and (parameter.isdigit() or self.position(parameter) is not None or not self.order)

    def values(self) -> list[Value]:
        return [v for v, _ in self.positional] + [v for v, _ in self.keywords.values()]

    def with_order(self, order: tuple[str, ...], receiver: Value | None) -> Arguments:
        return Arguments(self.positional, self.keywords, self.open_positional, self.open_keywords, receiver, order)


def read_arguments(walker: Walker, args: tuple[cst.Arg, ...] | list[cst.Arg]) -> Arguments:
    """Evaluate the arguments of a call."""
    out = Arguments()
    for arg in args:
        value = expressions.evaluate(walker, arg.value)
        if arg.star == "*":
            rows = [a for a in value.alts if isinstance(a, Sequence)]
            if len(rows) == len(value.alts) == 1 and not rows[0].open:
                out.positional.extend((v, arg) for v in rows[0].items)
            else:
                out.open_positional = True
        elif arg.star == "**":
            value = expressions.resolved(walker, value)
            tables = [a for a in value.alts if isinstance(a, Table)]
            for table in tables:
                for key, inner in table.entries:
                    if key in out.keywords and len(tables) > 1:
                        out.keywords[key] = (join(out.keywords[key][0], inner), arg)
                    else:
                        out.keywords.setdefault(key, (inner, arg))
            for table in tables:  # an entry that only some alternatives have
                for key in [k for k, (_, a) in out.keywords.items() if a is arg]:
                    if table.get(key) is None and len(tables) > 1:
                        out.keywords[key] = (join(out.keywords[key][0], unknown(f"?{id(arg)}{key}")), arg)
            if not tables or len(tables) < len(value.alts) or any(t.open for t in tables):
                out.open_keywords = True
        elif arg.keyword is not None:
            out.keywords[arg.keyword.value] = (value, arg)
        else:
            out.positional.append((value, arg))
    return out


def call(walker: Walker, node: cst.Call) -> Value:
    """Return what a call returns, asking the rules about it on the way."""
    function = expressions.resolved(walker, expressions.evaluate(walker, node.func))
    told = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    if told in TELLING:
        walker.digests.telling += 1
        arguments = read_arguments(walker, node.args)  # type: ignore[arg-type]
        walker.digests.telling -= 1
    else:
        arguments = read_arguments(walker, node.args)  # type: ignore[arg-type]
        for value in arguments.values():
            walker.digests.escape(value)
    return apply(walker, node, function, arguments)


def apply(walker: Walker, node: cst.Call, function: Value, arguments: Arguments) -> Value:
    """Return what calling `function` gives."""
    judging.handed_on(walker, node, arguments)
    certain = len([a for a in function.alts if not isinstance(a, Const)]) == 1
    results = []
    unresolved: list[Alternative] = []
    for alt in function.alts:
        if isinstance(alt, Name):
            results.append(_library(walker, node, alt, function, arguments, certain))
        elif isinstance(alt, Instance):
            method = Name(walker.index.canonical(f"{alt.of}.__call__"), Value((alt,), function.origins))
            results.append(_library(walker, node, method, function, arguments, certain))
        elif isinstance(alt, Local):
            results.append(_project(walker, node, alt, arguments))
        elif isinstance(alt, LocalClass):
            results.append(_construct(walker, node, alt.cls, arguments))
        elif isinstance(alt, LocalObject):
            found = expressions.class_member(walker, alt.cls, "__call__", Value((alt,)), True, node)
            results.append(
                apply(walker, node, found, arguments)
                if found is not None
                else _opaque(walker, node, function, arguments)
            )
        elif isinstance(alt, Partial):
            merged = Arguments(
                [(v, None) for v in alt.args] + arguments.positional,
                {**{k: (v, None) for k, v in alt.keywords}, **arguments.keywords},
                arguments.open_positional,
                arguments.open_keywords,
            )
            before = len(walker.found)
            results.append(apply(walker, node, alt.function, merged))
            if alt.told:  # what the call is has been said; what flows into it has not
                walker.found[before:] = [raw for raw in walker.found[before:] if isinstance(raw.detail, Flow)]
        elif not isinstance(alt, Const):
            unresolved.append(alt)
            results.append(_opaque(walker, node, function, arguments))
    if unresolved and len(unresolved) == len(function.alts):
        judging.unresolved(walker, node, arguments)
        verdict = _unseen_check(walker, node, arguments)
        if verdict is not None:
            return verdict
    return join(*results) if results else unknown(f"?{id(node)}")


def _opaque(walker: Walker, node: cst.Call, function: Value, arguments: Arguments) -> Value:
    """The result of a call that cannot be resolved carries what went into it."""
    origins = (
        function.origins.union(*(v.origins for v in arguments.values())) if arguments.values() else function.origins
    )
    if isinstance(node.func, cst.Attribute):
        name = node.func.attr.value
        if SAVER.fullmatch(name) and arguments.positional:
            outside = frozenset(o for o in function.origins if o.kind in judging.OUTSIDE)
            key = path_key(arguments.positional[0][0])
            if outside and key:
                walker.state.files[key] = walker.state.files.get(key, NONE) | outside
        origins |= _results(walker, node, function, name) | handed(walker, node, name, arguments)
    return unknown(f"?{id(node)}", origins)


def handed(walker: Walker, node: cst.Call, name: str, arguments: Arguments) -> Origins:
    """Return the origins of what functions of the project return that a call is given to call: `pool.map(fetch, urls)`."""
    if name not in CALLERS:
        return NONE
    for position, (value, _) in enumerate(arguments.positional):
        functions = [alt for alt in value.alts if isinstance(alt, Local)]
        if functions:
            rest = arguments.positional[position + 1 :]
            if CALLERS[name]:
                rest = [(expressions.element(walker, v, node), a) for v, a in rest]
            return NONE.union(*(_project(walker, node, alt, Arguments(rest)).origins for alt in functions))
    return NONE


def _results(walker: Walker, node: cst.Call, function: Value, name: str) -> Origins:
    """Return what a caller has to tell of a method of a parameter: `session.get(url)` in a function given a session."""
    info = walker.function
    if info is None:
        return NONE
    out = set()
    for alt in function.alts:
        if isinstance(alt, Symbol) and alt.ident.startswith(f"p{info.ident}:"):
            parameter, _, method = alt.ident.partition(":")[2].partition(".")
            if method == name:
                out.add(Origin("result", name, walker.site(node), info.ident, (parameter,)))
    return frozenset(out)


def method_origins(walker: Walker, value: Value, name: str, origin: Origin) -> Origins:
    """Return the origins that a method's result has by itself, for what a callee calls on its parameter."""
    out = set()
    for alt in value.alts:
        if isinstance(alt, (Instance, Name)):
            dotted = walker.index.canonical(f"{alt.of if isinstance(alt, Instance) else alt.dotted}.{name}")
            kind = walker.index.source(dotted)
            if kind:
                out.add(Origin(kind, dotted, origin.site))
        elif isinstance(alt, Symbol) and walker.function is not None:
            owner, _, parameter = alt.ident.partition(":")
            if owner == f"p{walker.function.ident}" and "." not in parameter:
                out.add(Origin("result", name, origin.site, walker.function.ident, (parameter,)))
    return frozenset(out)


def _unseen_check(walker: Walker, node: cst.Call, arguments: Arguments) -> Value | None:
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    if isinstance(name, str) and VERIFIER.fullmatch(name):
        of = checkable(walker, *arguments.values())
        if of:
            return Value((Verdict(of, False, raises=True),))
    return None


def checkable(walker: Walker, *values: Value) -> Origins:
    """Return everything that a check of these values vouches for: their origins and those of the files they name."""
    out: set[Origin] = set()
    for value in values:
        out |= value.origins
        out |= contents(walker, value)
    return frozenset(o for o in out if o.kind != "own")


def path_key(value: Value) -> Key:
    """Return the identity of the file a value names or is open on, or ()."""
    alts = value.alts
    if len(alts) > 1:  # a parameter and its default are one path
        alts = tuple(a for a in alts if isinstance(a, (Text, Symbol)) and _of_parameter(a))
    if len(alts) == 1:
        alt = alts[0]
        if isinstance(alt, Instance):
            return alt.key
        if isinstance(alt, (Text, Symbol)) or (isinstance(alt, Const) and isinstance(alt.value, str)):
            return text_parts(Value(alts)) or ()
    return ()


def _of_parameter(alt: Text | Symbol) -> bool:
    parts = alt.parts if isinstance(alt, Text) else ("\0" + alt.ident,)
    return any(PARAMETER.match(part) for part in parts)


def contents(walker: Walker, value: Value) -> Origins:
    """Return the origins of the file that a value names or is open on, and of what was put into an object."""
    key = path_key(value)
    if not key:
        held = NONE
        for alt in value.alts:
            if isinstance(alt, Instance) and (fed := walker.state.facts.get(("held", alt.ident))) is not None:
                held |= fed.origins
        return held
    if ADDRESS.match(key[0]):
        return frozenset({Origin("remote", key[0][:80])})
    return walker.state.written(key) | {Origin("file", key=key)}


# ---------------------------------------------------------------- the project's own


def _project(walker: Walker, node: cst.Call, alt: Local, arguments: Arguments) -> Value:
    info = alt.function
    summary = info.walker.summary(info)
    if walker.function is not None:
        walker.function.calls.add(info)
    values = bind(info, alt.receiver, arguments)
    binding = Binding(info.ident, values, walker.state.written, lambda v, name, at: method_origins(walker, v, name, at))
    if info.input_kind:
        return binding.value(summary.returns)
    for key, origins in summary.files.items():
        walker.state.write(binding.key(key), binding.origins(origins))
    if summary.checked:
        walker.vouch(binding.origins(summary.checked))
    for pending in summary.pending:
        judging.reached(walker, node, pending, binding)
    result = binding.value(summary.returns)
    if _unclear(result):
        verdict = _unseen_check(walker, node, arguments)
        if verdict is not None:
            return verdict
    return result


def _unclear(value: Value) -> bool:
    return not any(isinstance(a, Verdict) for a in value.alts) and all(
        isinstance(a, Symbol) or (isinstance(a, Const) and isinstance(a.value, bool)) for a in value.alts
    )


def bind(info: FunctionInfo, receiver: Value | None, arguments: Arguments) -> dict[str, Value]:
    """Return what each parameter is at a call."""
    names = list(info.parameters)
    values: dict[str, Value] = {}
    if receiver is not None and info.kind in ("method", "class") and names:
        values[names.pop(0)] = receiver
    for name, (value, _) in zip(names, arguments.positional, strict=False):
        values[name] = value
    allowed = {*names, *info.keyword_only}
    extra: dict[str, Value] = {}
    for name, (value, _) in arguments.keywords.items():
        if name in allowed:
            values[name] = value
        else:
            extra[name] = value
    if info.star:
        rest = tuple(v for v, _ in arguments.positional[len(names) :])
        values[info.star] = Value(
            (Sequence(rest, arguments.open_positional),), frozenset().union(*(v.origins for v in rest))
        )
    if info.stars:
        values[info.stars] = Value(
            (Table(tuple(extra.items()), arguments.open_keywords),),
            frozenset().union(*(v.origins for v in extra.values())),
        )
    for name, default in info.defaults.items():
        if not name.startswith("\0") and name not in values and not arguments.open_keywords:
            values[name] = default
    return values


def _construct(walker: Walker, node: cst.Call, cls: ClassInfo, arguments: Arguments) -> Value:
    receiver = Value((LocalObject(cls),))
    found = expressions.class_member(walker, cls, "__init__", receiver, True, node)
    if found is not None:
        for alt in found.alts:
            if isinstance(alt, Local):
                _project(walker, node, alt, arguments)
                _keep(walker, cls, alt, arguments)
            elif isinstance(alt, Name):
                base = alt.dotted.rpartition(".")[0]
                _library(walker, node, Name(base), Value((Name(base),)), arguments, True)
    if found is None and cls.walker is walker:
        for name, (value, _) in (*zip(cls.fields, arguments.positional, strict=False), *arguments.keywords.items()):
            if name in cls.fields:
                cls.set_attribute(name, value)
    for name, (value, _) in arguments.keywords.items():
        if name in cls.own and not any(isinstance(a, Local) for a in cls.own[name].alts):
            cls.set_attribute(name, value)  # a dataclass field
    return receiver.with_origins(
        frozenset().union(*(v.origins for v in arguments.values())) if arguments.values() else NONE
    )


def _keep(walker: Walker, cls: ClassInfo, alt: Local, arguments: Arguments) -> None:
    """What comes from outside and `__init__` puts into attributes is there for the methods."""
    if cls.walker is not walker:  # another module's findings do not depend on this one
        return
    values = bind(alt.function, alt.receiver, arguments)
    if not any(o.kind in OUTSIDE for v in values.values() for o in v.origins):
        return
    binding = Binding(alt.function.ident, values, walker.state.written, lambda v, name, at: NONE)
    for name, value in list(cls.attributes.items()):
        outside = frozenset(o for o in binding.origins(value.origins) if o.kind in OUTSIDE)
        if outside - value.origins:
            cls.set_attribute(name, value.with_origins(outside))


def decorated(walker: Walker, info: FunctionInfo, decorator: Value, value: Value) -> Value:
    """Return what a decorator makes of a function."""
    for alt in expressions.resolved(walker, decorator).alts:
        if isinstance(alt, Name):
            kind = _PLAIN_DECORATORS.get(alt.dotted)
            if kind is not None:
                info.kind = kind
                continue
            handlers = walker.index.handlers.find(alt.dotted)
            if handlers:
                info.input_kind = handlers[0]
            if alt.dotted.endswith((".setter", ".getter", ".deleter")):
                info.kind = "property"
        elif isinstance(alt, Instance):
            handlers = walker.index.handlers.find(alt.made)
            if handlers:
                info.input_kind = handlers[0]
        elif isinstance(alt, Symbol) and alt.ident.endswith(".setter"):
            info.kind = "property"
    return value


_PLAIN_DECORATORS = {
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "functools.cached_property": "property",
}


def field_default(walker: Walker, value: Value) -> Value:
    """Return the default of a class attribute written with `field(default=…)` or the like."""
    for alt in value.alts:
        if (
            isinstance(alt, Instance)
            and alt.inputs is not None
            and alt.made.rpartition(".")[2] in ("field", "Field", "Option", "Argument", "ib")
        ):
            return alt.inputs
    return value


def entered(walker: Walker, value: Value, node: cst.CSTNode) -> Value:
    """Return what `with value as x` gives."""
    out: list[Value] = []
    for alt in value.alts:
        if isinstance(alt, LocalObject):
            found = expressions.class_member(walker, alt.cls, "__enter__", Value((alt,)), True, node)
            if found is not None:
                for method in found.alts:
                    if isinstance(method, Local):
                        summary = method.function.walker.summary(method.function)
                        out.append(summary.returns)
                continue
        if isinstance(alt, Instance):
            returns = walker.index.apis.returns.get(f"{alt.of}.__enter__")
            if returns is not None:
                out.append(Value((Instance(returns, returns, alt.ident),), value.origins))
                continue
        out.append(Value((alt,), value.origins))
    return join(*out).with_origins(value.origins) if out else value


# ---------------------------------------------------------------- libraries


def _library(walker: Walker, node: cst.Call, alt: Name, function: Value, arguments: Arguments, certain: bool) -> Value:
    index = walker.index
    dotted = alt.dotted
    order = index.parameters(dotted)
    bound = arguments.with_order(order, alt.receiver)
    if walker.tried:
        for tried in walker.tried:
            tried.add(dotted)
    walker.called.add(dotted)
    judging.called(walker, node, dotted, bound, certain)
    meaning = standard.MEANINGS.get(dotted)
    if meaning is None and index.apis.returns.get(dotted) == standard.FILE:
        meaning = standard.MEANINGS["builtins.open"]
    if meaning is not None:
        result = meaning(walker, node, bound)
        if result is not None:
            return _from_source(walker, node, dotted, bound, result)
    if dotted in index.digests:
        return _digest(walker, node, dotted, bound)
    if dotted in index.checks:
        of: Origins = NONE
        weak = False
        for value in (*bound.values(), *([alt.receiver] if alt.receiver is not None else [])):
            digest, is_weak = expressions.digested(value)
            of |= digest if digest is not None else checkable(walker, value)
            weak = weak or is_weak
        ident = expressions.digest_of(*bound.values())
        walker.digests.compare(node, *bound.values())
        return Value((Verdict(of, weak, True, ident, not TESTING.match(dotted.rpartition(".")[2])),))
    owner, _, method = dotted.rpartition(".")
    if owner in index.digests and alt.receiver is not None:
        return _digest_method(walker, node, owner, method, alt.receiver, bound)
    if owner == "digest" and alt.receiver is not None:
        if method in ("startswith", "endswith", "__eq__"):
            of_, weak = expressions.digested(alt.receiver)
            return Value((Verdict(of_ or NONE, weak, True, expressions.digest_of(alt.receiver)),))
        return alt.receiver
    saves = index.apis.saves.get(dotted)
    if saves is not None:
        _save(walker, node, dotted, saves, bound)
    origins = (
        function.origins.union(*(v.origins for v in arguments.values())) if arguments.values() else function.origins
    )
    if alt.receiver is not None:
        origins |= alt.receiver.origins
        for receiver in alt.receiver.alts:
            if isinstance(receiver, Instance):
                fed = walker.state.facts.get(("held", receiver.ident))
                if fed is not None:
                    origins |= fed.origins
                if not isinstance(node.func, cst.Call):
                    values = [v for v in arguments.values() if v.origins]
                    if values:
                        walker.state.feed("held", receiver.ident, join(*values))
    origins |= handed(walker, node, dotted.rpartition(".")[2], arguments)
    if (verdict := _unseen_check(walker, node, arguments)) is not None and not index.params.find(dotted):
        return verdict
    first = bound.get("0")
    returns = index.apis.returns.get(dotted)
    if (
        returns is None
        and alt.receiver is None
        and _class_like(owner)
        and dotted.rpartition(".")[2].startswith("from_")
    ):
        returns = owner
    made_class = returns or (dotted if _class_like(dotted) else dotted + "()")
    inputs = None
    if dotted.rpartition(".")[2] in ("field", "Field", "Option", "Argument", "ib"):
        given = arguments.keywords.get("default") or arguments.keywords.get("default_factory")
        inputs = given[0] if given is not None else None
        if inputs is None and first is not None and dotted.rpartition(".")[2] != "field":
            inputs = first[0]
    result = Value((Instance(made_class, dotted, id(node), inputs=inputs),), origins)
    return _from_source(walker, node, dotted, bound, result)


def _class_like(dotted: str) -> bool:
    leaf = dotted.rpartition(".")[2]
    return leaf[:1].isupper() or leaf[:2].strip("_")[:1].isupper()


def _from_source(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments, result: Value) -> Value:
    kind = walker.index.source(dotted)
    if not kind:
        return result
    if kind == "remote" and _digest_told(walker, arguments):
        return Value(result.alts, frozenset(o for o in result.origins if o.kind != "remote"))
    receiver_kinds = {o.kind for o in arguments.receiver.origins} if arguments.receiver is not None else set()
    if kind in receiver_kinds:
        return result.with_origins(arguments.receiver.origins if arguments.receiver is not None else NONE)
    return result.with_origins({Origin(kind, dotted, walker.site(node))})


def _digest_told(walker: Walker, arguments: Arguments) -> bool:
    """Return whether a download is told which digest or commit it must give."""
    names = dict(zip(arguments.order, arguments.positional, strict=False))
    for name, (value, _) in (*arguments.keywords.items(), *names.items()):
        if DIGEST_PARAMETER.fullmatch(name) and not all(
            isinstance(a, Const) and a.value in (None, False, "") for a in value.alts
        ):
            return True
        for alt in expressions.resolved(walker, value).alts:
            if (
                isinstance(alt, Const)
                and isinstance(alt.value, str)
                and (DIGEST_TEXT.fullmatch(alt.value) or DIGEST_IN_URL.search(alt.value))
            ):
                return True
    for value, _ in arguments.positional:
        for alt in expressions.resolved(walker, value).alts:
            if isinstance(alt, Const) and isinstance(alt.value, str) and DIGEST_IN_URL.search(alt.value):
                return True
    return False


def _save(walker: Walker, node: cst.Call, dotted: str, saves: tuple[str, str], arguments: Arguments) -> None:
    source, target = saves
    given = arguments.get(target)
    if given is None:
        return
    key = path_key(given[0])
    if not key and any(isinstance(a, Instance) for a in given[0].alts):
        key = next((a.key for a in given[0].alts if isinstance(a, Instance)), ())
    origins: Origins = NONE
    kind = walker.index.source(dotted)
    if kind or source == "":
        if not _digest_told(walker, arguments):
            origins |= {Origin(kind or "remote", dotted, walker.site(node))}
    else:
        value = arguments.get(source)
        if value is not None:
            origins |= value[0].origins | contents(walker, value[0])
    if key:
        if kind or source == "":
            walker.state.files[key] = walker.state.files.get(key, NONE) | origins
        else:
            walker.state.write(key, origins)


def _digest(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments) -> Value:
    weak = walker.index.digests[dotted]
    if arguments.positional and dotted.endswith(".new"):
        names = [a.value for a in arguments.positional[0][0].alts if isinstance(a, Const)]
        weak = any(str(n).lower() in ("md5", "sha1") for n in names)
    of = checkable(walker, *arguments.values())
    if _gives_text(dotted):
        return walker.digests.made(node, Value((Digest(of, weak, id(node)),)))
    instance = Instance(dotted, dotted, id(node))
    walker.state.facts[("fed", id(node))] = Value((Digest(of, weak),))
    return Value((instance,))


def _gives_text(dotted: str) -> bool:
    """Constructors of hash objects take bytes and have `hexdigest`; other digest functions return the digest."""
    return not dotted.startswith(("hashlib.", "hmac.", "_hashlib.")) or dotted == "hmac.digest"


def _digest_method(
    walker: Walker, node: cst.Call, owner: str, method: str, receiver: Value, arguments: Arguments
) -> Value:
    digests: list[Alternative] = []
    for alt in receiver.alts:
        if isinstance(alt, Instance):
            fed = walker.state.facts.get(("fed", alt.ident))
            held = next((a for a in fed.alts if isinstance(a, Digest)), None) if fed is not None else None
            of = held.of if held is not None else NONE
            weak = held.weak if held is not None else walker.index.digests[owner]
            if method == "update":
                more = of | checkable(walker, *arguments.values())
                walker.state.facts[("fed", alt.ident)] = Value((Digest(more, weak),))
            elif method == "copy":
                return receiver
            else:
                if fed is not None:
                    for other in fed.alts:
                        if isinstance(other, Digest):
                            of |= other.of
                digests.append(Digest(of, weak, id(node)))
    if not digests:
        return known(None)
    return walker.digests.made(node, Value(tuple(digests)))


__all__ = ["Arguments", "Pending", "Summary", "apply", "call"]
