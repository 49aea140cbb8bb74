"""What each kind of expression is worth.

Python's own meaning only; what libraries do is told by the rules' api tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python import calls, judging
from mlsec_lint.python.functions import ClassInfo
from mlsec_lint.python.values import (
    NONE,
    Alternative,
    Const,
    Digest,
    Instance,
    Local,
    LocalClass,
    LocalObject,
    Name,
    Origin,
    Sequence,
    Symbol,
    Table,
    Text,
    Value,
    Verdict,
    concat,
    join,
    known,
    text_parts,
    text_value,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

TRUE, FALSE = known(True), known(False)


def evaluate(walker: Walker, node: cst.CSTNode) -> Value:
    """Return what an expression is."""
    handler = _EXPRESSIONS.get(type(node))
    if handler is not None:
        return handler(walker, node)
    return _anything(walker, node)


def _anything(walker: Walker, node: cst.CSTNode) -> Value:
    for child in node.children:
        if isinstance(child, (cst.BaseExpression, cst.Arg, cst.BaseElement, cst.BaseDictElement)):
            evaluate(walker, child)
    return unknown(f"?{id(node)}")


def _name(walker: Walker, node: cst.Name) -> Value:
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    value = walker.lookup(node.value)
    if len(value.alts) == 1 and isinstance(value.alts[0], Name):
        return sourced(walker, value, value.alts[0].dotted, node)
    return value


_CONSTANTS = {"True": TRUE, "False": FALSE, "None": known(None)}


def _string(walker: Walker, node: cst.SimpleString) -> Value:
    return known(node.evaluated_value)


def _strings(walker: Walker, node: cst.ConcatenatedString) -> Value:
    return add(walker, evaluate(walker, node.left), evaluate(walker, node.right), node)


def _formatted(walker: Walker, node: cst.FormattedString) -> Value:
    parts: list[str] = []
    origins = NONE
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(unescape(part.value) if "r" not in node.start.lower() else part.value)
        elif isinstance(part, cst.FormattedStringExpression):
            value = evaluate(walker, part.expression)
            origins |= value.origins
            walker.digests.escape(value)
            plain = part.format_spec is None and part.conversion is None
            parts.extend((text_parts(value) or ()) if plain else (f"\0?{id(part)}",))
    return text_value(parts, origins)


def unescape(text: str) -> str:
    """Return the text of an f-string's literal part."""
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" in text:
        try:
            return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
        except UnicodeDecodeError:
            return text
    return text


def _number(walker: Walker, node: Any) -> Value:
    try:
        return known(node.evaluated_value)
    except (ValueError, SyntaxError):
        return unknown(f"?{id(node)}")


def _unary(walker: Walker, node: cst.UnaryOperation) -> Value:
    value = evaluate(walker, node.expression)
    if isinstance(node.operator, cst.Not):
        flipped: list[Alternative] = []
        for alt in value.alts:
            if isinstance(alt, Verdict):
                flipped.append(replace(alt, positive=None if alt.positive is None else not alt.positive))
            elif isinstance(alt, Const):
                flipped.append(Const(not alt.value))
            else:
                flipped.append(Symbol(f"?{id(node)}"))
        return Value(tuple(dict.fromkeys(flipped)))
    if isinstance(node.operator, cst.Minus) and len(value.alts) == 1:
        alt = value.alts[0]
        if isinstance(alt, Const) and isinstance(alt.value, (int, float)):
            return known(-alt.value)
    return unknown(f"?{id(node)}")


def _binary(walker: Walker, node: cst.BinaryOperation) -> Value:
    left, right = evaluate(walker, node.left), evaluate(walker, node.right)
    if isinstance(node.operator, cst.Add):
        return add(walker, left, right, node)
    if isinstance(node.operator, cst.Divide) and _is_path(left):
        return concat(left, right, path=True, between="/")
    if (
        isinstance(node.operator, cst.Divide)
        and any(isinstance(a, (Symbol, Name, Instance)) for a in left.alts)
        and (any((isinstance(a, Const) and isinstance(a.value, str)) or isinstance(a, Text) for a in right.alts))
    ):
        return concat(left, right, path=True, between="/")
    if isinstance(node.operator, cst.Modulo) and any(isinstance(a, (Const, Text)) for a in left.alts):
        return _percent(left, right, node)
    if isinstance(node.operator, cst.BitOr):
        tables = [a for v in (left, right) for a in v.alts if isinstance(a, Table)]
        if len(tables) == 2:
            entries = {**dict(tables[0].entries), **dict(tables[1].entries)}
            return Value(
                (Table(tuple(entries.items()), tables[0].open or tables[1].open),), left.origins | right.origins
            )
        verdict = _either(left, right)
        if verdict is not None:
            return verdict
    return unknown(f"?{id(node)}", left.origins | right.origins)


def _percent(left: Value, right: Value, node: cst.CSTNode) -> Value:
    alt = left.alts[0]
    start = alt.value if isinstance(alt, Const) else alt.start if isinstance(alt, Text) else ""
    if not isinstance(start, str):
        return unknown(f"?{id(node)}", left.origins | right.origins)
    return text_value((start.partition("%")[0], f"\0?{id(node)}"), left.origins | right.origins)


def _is_path(value: Value) -> bool:
    return any(isinstance(a, Text) and a.path for a in value.alts)


def add(walker: Walker, left: Value, right: Value, node: cst.CSTNode) -> Value:
    """Return left + right."""
    walker.digests.escape(left)
    walker.digests.escape(right)
    stringy = any(
        isinstance(a, Text) or (isinstance(a, Const) and isinstance(a.value, str))
        for v in (left, right)
        for a in v.alts
    )
    if stringy:
        return concat(left, right)
    rows = [a for v in (left, right) for a in v.alts if isinstance(a, Sequence)]
    if rows:
        both = len(rows) == 2 and len(left.alts) == 1 == len(right.alts)
        items = tuple(i for r in rows for i in r.items)
        return Value((Sequence(items, not both or any(r.open for r in rows)),), left.origins | right.origins)
    return unknown(f"?{id(node)}", left.origins | right.origins)


def _boolean(walker: Walker, node: cst.BooleanOperation) -> Value:
    left, right = evaluate(walker, node.left), evaluate(walker, node.right)
    verdicts = [a for v in (left, right) for a in v.alts if isinstance(a, Verdict)]
    if verdicts:
        # `if expected and digest != expected: raise`: a check that can be left out is taken for one
        return Value(tuple(dict.fromkeys(verdicts)))
    if isinstance(node.operator, cst.Or):
        kept = tuple(a for a in left.alts if not (isinstance(a, Const) and not a.value))
        return join(Value(kept, left.origins), right) if kept else right
    return join(left, right) if any(isinstance(a, Const) for a in left.alts) else right.with_origins(left.origins)


def _either(left: Value, right: Value) -> Value | None:
    verdicts = [a for v in (left, right) for a in v.alts if isinstance(a, Verdict)]
    return Value(tuple(dict.fromkeys(verdicts))) if verdicts else None


def _comparison(walker: Walker, node: cst.Comparison) -> Value:
    left = first = evaluate(walker, node.left)
    verdicts: list[Alternative] = []
    for target in node.comparisons:
        right = evaluate(walker, target.comparator)
        of, weak = digested(left, right)
        if of is not None and isinstance(target.operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is)):
            positive = isinstance(target.operator, (cst.Equal, cst.In, cst.Is))
            verdicts.append(Verdict(of, weak, positive, digest_of(left, right)))
            walker.digests.compare(node, left, right)
        left = right
    if verdicts:
        return Value(tuple(verdicts))
    return outcome(first) or unknown(f"?{id(node)}")


def outcome(value: Value, name: str = "") -> Value | None:
    """Return what is made of a check's report, such as its attribute `name`; None where the value is none."""
    verdicts = [a for a in value.alts if isinstance(a, Verdict)]
    positive = False if FAILED.search(name) else True if PASSED.search(name) else None
    return Value(tuple(replace(a, positive=positive, raises=False) for a in verdicts)) if verdicts else None


# What the parts of a check's report are called.
FAILED = re.compile(
    r"(?i)infect|issue|fail|bad|malicious|danger|unsafe|error|threat|problem|violation|mismatch|corrupt|invalid"
)
PASSED = re.compile(r"(?i)safe|ok$|valid|pass|clean|match|success|good")


def digested(*values: Value) -> tuple[Any, bool]:
    """Return the origins whose digest is among these values (None: no digest), and whether it is a weak one."""
    of = None
    weak = False
    for value in values:
        for alt in value.alts:
            if isinstance(alt, Digest):
                of = alt.of if of is None else of | alt.of
                weak = weak or alt.weak
    return of, weak


def digest_of(*values: Value) -> int:
    """Return the ident of the digest among these values, or 0."""
    return next((a.ident for v in values for a in v.alts if isinstance(a, Digest)), 0)


def _if_expression(walker: Walker, node: cst.IfExp) -> Value:
    test = evaluate(walker, node.test)
    before = walker.state
    walker.state = before.fork()
    walker.assume(test, True, node.test)
    body = evaluate(walker, node.body)
    walker.state = before.fork()
    walker.assume(test, False, node.test)
    orelse = evaluate(walker, node.orelse)
    walker.state = before
    settled = truth(node.test)
    return body if settled is True else orelse if settled is False else join(body, orelse)


def truth(test: cst.BaseExpression) -> bool | None:
    """Return whether a test is settled as it is written; a flag in a variable may be set from elsewhere."""
    if isinstance(test, cst.Name):
        return {"True": True, "False": False}.get(test.value)
    if isinstance(test, cst.Integer):
        return test.value != "0"
    return None


def is_typing_only(walker: Walker, node: cst.CSTNode) -> bool:
    """Return whether a test is `TYPE_CHECKING`."""
    if isinstance(node, cst.Name):
        return node.value == "TYPE_CHECKING"
    return isinstance(node, cst.Attribute) and node.attr.value == "TYPE_CHECKING"


def narrow(walker: Walker, node: cst.CSTNode, outcome: bool) -> None:
    """Use a test on a variable: `if x:`, `if x is None:`, `if isinstance(x, C):`."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        narrow(walker, node.expression, not outcome)
    elif isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And if outcome else cst.Or):
        narrow(walker, node.left, outcome)
        narrow(walker, node.right, outcome)
    elif isinstance(node, cst.Name):
        _keep(walker, node.value, lambda a: not isinstance(a, Const) or bool(a.value) == outcome)
    elif isinstance(node, cst.Comparison) and len(node.comparisons) == 1 and isinstance(node.left, cst.Name):
        target = node.comparisons[0]
        if isinstance(target.comparator, cst.Name) and target.comparator.value == "None":
            wants_none = isinstance(target.operator, (cst.Is, cst.Equal)) == outcome
            if wants_none:
                _keep(
                    walker,
                    node.left.value,
                    lambda a: (isinstance(a, Const) and a.value is None) or not isinstance(a, Const),
                )
            else:
                _keep(walker, node.left.value, lambda a: not (isinstance(a, Const) and a.value is None))
    elif isinstance(node, cst.Call) and outcome and isinstance(node.func, cst.Name) and node.func.value == "isinstance":
        if len(node.args) == 2 and isinstance(node.args[0].value, cst.Name):
            of = evaluate(walker, node.args[1].value)
            name = node.args[0].value.value
            old = walker.lookup(name)
            made = tuple(
                Instance(a.dotted, a.dotted, id(node))
                for a in of.alts
                if isinstance(a, Name) and not a.dotted.startswith("builtins.")
            )
            if made and all(isinstance(a, Symbol) for a in old.alts):
                walker.state.names[name] = Value(made, old.origins)


def _keep(walker: Walker, name: str, wanted: Callable[[Alternative], bool]) -> None:
    value = walker.state.names.get(name)
    if value is None:
        return
    kept = tuple(a for a in value.alts if wanted(a))
    if kept and len(kept) < len(value.alts):
        walker.state.names[name] = Value(kept, value.origins)


# ---------------------------------------------------------------- displays


def _row(walker: Walker, node: Any) -> Value:
    items: list[Value] = []
    origins = NONE
    open_ = False
    for element in node.elements:
        value = evaluate(walker, element.value)
        origins |= value.origins
        if isinstance(element, cst.StarredElement):
            inner = [a for a in value.alts if isinstance(a, Sequence)]
            if len(inner) == len(value.alts) == 1:
                items.extend(inner[0].items)
                open_ = open_ or inner[0].open
            else:
                open_ = True
        elif len(items) < 64:
            items.append(value)
        else:
            open_ = True
    return Value((Sequence(tuple(items), open_),), origins)


def _dict(walker: Walker, node: cst.Dict) -> Value:
    entries: dict[str, Value] = {}
    origins = NONE
    open_ = False
    for element in node.elements:
        value = evaluate(walker, element.value)
        origins |= value.origins
        if isinstance(element, cst.StarredDictElement):
            tables = [a for a in value.alts if isinstance(a, Table)]
            if len(tables) == len(value.alts) == 1:
                entries.update(tables[0].entries)
                open_ = open_ or tables[0].open
            else:
                for table in tables:
                    for key, inner in table.entries:
                        entries[key] = join(entries[key], inner) if key in entries else inner
                open_ = True
            continue
        assert isinstance(element, cst.DictElement)
        keys = [a.value for a in evaluate(walker, element.key).alts if isinstance(a, Const)]
        if not keys:
            open_ = True
        for key in keys:
            if isinstance(key, str):
                judging.entry(walker, key, value, element)
            entries[str(key)] = value
    return Value((Table(tuple(entries.items()), open_),), origins)


def _comprehension(walker: Walker, node: Any) -> Value:
    saved = dict(walker.state.names)
    _loops(walker, node.for_in)
    if isinstance(node, cst.DictComp):
        evaluate(walker, node.key)
        value = evaluate(walker, node.value)
        result = Value((Table((), open=True),), value.origins)
    else:
        value = evaluate(walker, node.elt)
        result = Value((Sequence((value,), open=True),), value.origins)
    walker.state.names = saved
    return result


def _loops(walker: Walker, loop: cst.CompFor) -> None:
    items = evaluate(walker, loop.iter)
    walker.assign(loop.target, element(walker, items, loop), loop)
    for condition in loop.ifs:
        walker.assume(evaluate(walker, condition.test), True, condition.test)
    if loop.inner_for_in is not None:
        _loops(walker, loop.inner_for_in)


def element(walker: Walker, items: Value, node: cst.CSTNode) -> Value:
    """Return what the elements of an iterable are."""
    out: list[Value] = []
    for alt in items.alts:
        if isinstance(alt, Sequence):
            out.extend(alt.items)
            if alt.open and not alt.items:
                out.append(unknown(f"?{id(node)}"))
        elif isinstance(alt, Table) and not alt.open:
            out.extend(known(k) for k, _ in alt.entries)
        elif isinstance(alt, Symbol):
            out.append(unknown(alt.ident + "[]"))
        elif isinstance(alt, Instance):
            out.append(Value((Name(f"{alt.of}.__iter__()", Value((alt,))),)))
        else:
            out.append(unknown(f"?{id(node)}"))
    if not out:
        return unknown(f"?{id(node)}", items.origins)
    return join(*out).with_origins(items.origins)


def part(walker: Walker, value: Value, position: int, node: cst.CSTNode) -> Value:
    """Return one of the several things that a call returns, by `[returns]` of `callable[0]`."""
    made: list[Value] = []
    for alt in value.alts:
        of = walker.index.apis.returns.get(f"{alt.made}[{position}]") if isinstance(alt, Instance) else None
        made.append(Value((Instance(of, of, id(node)),)) if of else unknown(f"?{id(node)}"))
    return join(*made).with_origins(value.origins)


# ---------------------------------------------------------------- names and members


def _attribute(walker: Walker, node: cst.Attribute) -> Value:
    return member(walker, evaluate(walker, node.value), node.attr.value, node)


def member(walker: Walker, base: Value, attr: str, node: cst.CSTNode) -> Value:
    """Return `base.attr`."""
    if len(base.alts) == 1:
        return _member(walker, base.alts[0], base, attr, node)
    return _one_receiver([_member(walker, alt, base, attr, node) for alt in base.alts])


def _one_receiver(values: list[Value]) -> Value:
    """Join the members of several alternatives; a method that they share is a method of all of them."""
    receivers: dict[str, list[Value]] = {}
    for value in values:
        for alt in value.alts:
            if isinstance(alt, Name) and alt.receiver is not None:
                receivers.setdefault(alt.dotted, []).append(alt.receiver)
    joined = join(*values)
    if all(len(found) == 1 for found in receivers.values()):
        return joined
    alts = tuple(
        Name(a.dotted, join(*receivers[a.dotted])) if isinstance(a, Name) and a.dotted in receivers else a
        for a in joined.alts
    )
    return Value(alts, joined.origins)


def _member(walker: Walker, alt: Alternative, base: Value, attr: str, node: cst.CSTNode) -> Value:
    origins = base.origins
    if isinstance(alt, Name):
        dotted = walker.index.canonical(f"{alt.dotted}.{attr}")
        if walker.project is not None and alt.receiver is None and not walker.index.calls.find(dotted):
            found = walker.resolve(alt.dotted) if alt.dotted not in walker.resolving else None
            if found is not None:
                walker.resolving.add(alt.dotted)  # modules may hand a name to each other in a circle
                try:
                    return member(walker, found, attr, node).with_origins(origins)
                finally:
                    walker.resolving.discard(alt.dotted)
        return sourced(walker, Value((Name(dotted, alt.receiver),), origins), dotted, node)
    if isinstance(alt, Instance):
        fact = walker.state.facts.get(("." + attr, alt.ident))
        if fact is not None:
            return fact
        dotted = walker.index.canonical(f"{alt.of}.{attr}")
        held = origins | (calls.contents(walker, Value((alt,))) if alt.key else NONE)
        return sourced(walker, Value((Name(dotted, Value((alt,), origins)),), held), dotted, node)
    if isinstance(alt, Symbol):
        return unknown(f"{alt.ident}.{attr}", origins)
    if isinstance(alt, (LocalObject, LocalClass)):
        found = class_member(walker, alt.cls, attr, base, isinstance(alt, LocalObject), node)
        return found if found is not None else unknown(f"self{alt.cls.ident}.{attr}", origins)
    if isinstance(alt, Table):
        if alt.of != "builtins.dict":
            entry = alt.get(attr)
            if entry is not None:
                return entry.with_origins(origins)
            return unknown(f"?{id(node)}", origins)
        return Value((Name(f"builtins.dict.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Sequence):
        return Value((Name(f"builtins.list.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Const) and alt.value is None:
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, (Const, Text)):
        owner = "pathlib.Path" if isinstance(alt, Text) and alt.path else "builtins.str"
        if isinstance(alt, Const) and isinstance(alt.value, bytes):
            owner = "builtins.bytes"
        if owner == "pathlib.Path" and attr in ("parent", "name", "stem", "suffix"):
            return Value((Text((f"\0?{id(node)}",), True),), origins)
        return Value((Name(f"{owner}.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Digest):
        return Value((Name(f"digest.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Verdict):
        return outcome(Value((alt,)), attr) or base
    return unknown(f"?{id(node)}", origins)


def class_member(
    walker: Walker, cls: ClassInfo, attr: str, base: Value, instance: bool, node: cst.CSTNode, depth: int = 0
) -> Value | None:
    """Return a member of a class of the project or of an object of it; None where nothing is known of it."""
    values: list[Value] = []
    own = cls.own.get(attr)
    if own is not None:
        for alt in own.alts:
            if isinstance(alt, Local) and alt.function.kind == "property":
                values.append(cls.walker.summary(alt.function).returns)
            elif (
                isinstance(alt, Local)
                and alt.function.kind in ("method", "class")
                and (instance or alt.function.kind == "class")
            ):
                values.append(Value((Local(alt.function, base),)))
            else:
                values.append(Value((alt,), own.origins))
    attribute = cls.attributes.get(attr)
    if walker.function is not None and cls.walker is walker:
        cls.readers.setdefault(attr, set()).add(walker.function)
    if attribute is not None:
        values.append(attribute)
    if values:
        if (
            own is not None
            and attribute is None
            and not any(isinstance(a, (Local, LocalClass, Name)) for v in values for a in v.alts)
        ):
            values.append(unknown(f"self{cls.ident}.{attr}"))  # an instance may have another
        return join(*values)
    if depth > 8:
        return None
    for value in cls.bases:
        for alt in resolved(walker, value).alts:
            if isinstance(alt, LocalClass):
                found = class_member(walker, alt.cls, attr, base, instance, node, depth + 1)
                if found is not None:
                    return found
            elif isinstance(alt, Name):
                if any(m in cls.own for m in walker.index.restricts.get(alt.dotted, ())):
                    return None
                dotted = walker.index.canonical(f"{alt.dotted}.{attr}")
                if walker.index.calls.find(dotted) or walker.index.source(dotted) or attr not in cls.attributes:
                    return sourced(walker, Value((Name(dotted, base),)), dotted, node)
    return None


def library_bases(cls: ClassInfo, depth: int = 0) -> list[str]:
    """Return the library classes that a class of the project derives from."""
    out: list[str] = []
    for base in cls.bases:
        for alt in base.alts:
            if isinstance(alt, Name):
                out.append(alt.dotted)
            elif isinstance(alt, LocalClass) and depth < 8:
                out.extend(library_bases(alt.cls, depth + 1))
    return out


def resolved(walker: Walker, value: Value) -> Value:
    """Return the value with names of the project's other modules looked up."""
    if walker.project is None or not any(isinstance(a, Name) and a.receiver is None for a in value.alts):
        return value
    out = []
    for alt in value.alts:
        found = walker.resolve(alt.dotted) if isinstance(alt, Name) and alt.receiver is None else None
        out.append(found if found is not None else Value((alt,)))
    return join(*out).with_origins(value.origins)


def sourced(walker: Walker, value: Value, dotted: str, node: cst.CSTNode) -> Value:
    """Return the value with the origin that the library object gives it, if it is a source of data."""
    kind = walker.index.source(dotted)
    if not kind or any(o.kind == kind for o in value.origins):
        return value
    return value.with_origins({Origin(kind, dotted, walker.site(node))})


def _subscript(walker: Walker, node: cst.Subscript) -> Value:
    base = evaluate(walker, node.value)
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        for part in node.slice:
            _anything(walker, part.slice)
        if any(isinstance(a, Digest) for a in base.alts):
            return base
        return unknown(f"?{id(node)}", base.origins)
    key = evaluate(walker, node.slice[0].slice.value)
    out = [_item(walker, alt, base, key, node) for alt in base.alts]
    return join(*out)


def _item(walker: Walker, alt: Alternative, base: Value, key: Value, node: cst.CSTNode) -> Value:
    origins = base.origins
    wanted = [a.value for a in key.alts if isinstance(a, Const)]
    if isinstance(alt, Table):
        if wanted and len(wanted) == len(key.alts):
            hits = [v for w in wanted if (v := alt.get(str(w))) is not None]
            if hits:
                return join(*hits)
        elif alt.entries and not wanted:
            values = [v for _, v in alt.entries]
            return join(*values, *([unknown(f"?{id(node)}")] if alt.open else []))
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, Sequence):
        if wanted and isinstance(wanted[0], int) and not isinstance(wanted[0], bool) and not alt.open:
            if -len(alt.items) <= wanted[0] < len(alt.items):
                return alt.items[wanted[0]]
        elif alt.items:
            return join(*alt.items)
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, Name):
        if wanted and isinstance(wanted[0], str) and walker.index.source(f"{alt.dotted}"):
            return unknown(f"{alt.dotted}[{wanted[0]!r}]", origins)
        if alt.receiver is not None or walker.index.source(alt.dotted):
            return unknown(f"{alt.dotted}[{wanted[:1]!r}]{id(alt.receiver) if alt.receiver else ''}", origins)
        return (
            Value((Name(alt.dotted + ".__getitem__()"),), origins)
            if alt.dotted[:1].islower()
            else Value((alt,), origins)
        )
    if isinstance(alt, Symbol):
        label = repr(wanted[0]) if wanted else ""
        return unknown(f"{alt.ident}[{label}]" if wanted else f"?{id(node)}", origins)
    if isinstance(alt, Instance):
        if wanted and f"{alt.made}[{wanted[0]}]" in walker.index.apis.returns:
            return part(walker, Value((alt,), origins), int(wanted[0]), node)
        dotted = walker.index.canonical(f"{alt.of}.__getitem__")
        return sourced(walker, Value((Name(dotted + "()", Value((alt,), origins)),), origins), dotted, node)
    if isinstance(alt, Digest):
        return Value((alt,), origins)
    if isinstance(alt, Verdict):
        return outcome(Value((alt,)), str(wanted[0]) if wanted else "") or base
    return unknown(f"?{id(node)}", origins)


def _lambda(walker: Walker, node: cst.Lambda) -> Value:
    return Value((Local(walker.define(node, "<lambda>")),))


def _walrus(walker: Walker, node: cst.NamedExpr) -> Value:
    value = evaluate(walker, node.value)
    walker.assign(node.target, value, node)
    return value


def _await(walker: Walker, node: cst.Await) -> Value:
    return evaluate(walker, node.expression)


def _yield(walker: Walker, node: cst.Yield) -> Value:
    if node.value is not None:
        inner = node.value.item if isinstance(node.value, cst.From) else node.value
        value = evaluate(walker, inner)
        if isinstance(node.value, cst.From):
            value = element(walker, value, node)
        walker.returned.append(value)
    return unknown(f"?{id(node)}")


def _wrapped(walker: Walker, node: Any) -> Value:
    return evaluate(walker, node.value)


def annotated(walker: Walker, node: cst.CSTNode) -> Value | None:
    """Return an instance of the library class that an annotation names, or None."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        text = node.evaluated_value
        if not isinstance(text, str):
            return None
        try:
            node = cst.parse_expression(text)
        except Exception:  # an annotation that is no expression says nothing
            return None
    if isinstance(node, cst.BinaryOperation):
        return annotated(walker, node.left) or annotated(walker, node.right)
    if isinstance(node, cst.Subscript):
        if len(node.slice) >= 1 and isinstance(node.slice[0].slice, cst.Index):
            head = node.value.attr.value if isinstance(node.value, cst.Attribute) else getattr(node.value, "value", "")
            if head in ("Optional", "Annotated", "Union"):
                return annotated(walker, node.slice[0].slice.value)
        return None
    if not isinstance(node, (cst.Name, cst.Attribute)):
        return None
    value = resolved(walker, evaluate(walker, node))
    made: list[Alternative] = []
    for alt in value.alts:
        if isinstance(alt, Name) and not alt.dotted.startswith("builtins.") and alt.receiver is None:
            if alt.dotted.startswith("pathlib."):
                continue
            made.append(Instance(alt.dotted, alt.dotted, id(node)))
        elif isinstance(alt, LocalClass):
            made.append(LocalObject(alt.cls))
    return Value(tuple(made), NONE) if made else None


_EXPRESSIONS: dict[type, Callable[[Walker, Any], Value]] = {
    cst.Name: _name,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _strings,
    cst.FormattedString: _formatted,
    cst.Integer: _number,
    cst.Float: _number,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _if_expression,
    cst.Tuple: _row,
    cst.List: _row,
    cst.Set: _row,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Call: lambda walker, node: calls.call(walker, node),
    cst.Lambda: _lambda,
    cst.NamedExpr: _walrus,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.Arg: _wrapped,
    cst.Element: _wrapped,
    cst.StarredElement: _wrapped,
    cst.DictElement: _wrapped,
    cst.StarredDictElement: _wrapped,
}
