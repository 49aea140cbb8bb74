"""What a test tells about a variable behind it.

Must not know rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.texts import HEAD, NUMBER, hole, identity, texts
from mlsec_lint.python.values import Alternative, Const, Instance, Name, Symbol, Table, Text, Value, known
from mlsec_lint.python.values import Sequence as Items

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def settled(test: cst.BaseExpression) -> bool | None:
    """Return whether a test is settled as it is written; a flag in a variable may be set from elsewhere."""
    if isinstance(test, cst.Name):
        return {"True": True, "False": False}.get(test.value)
    if isinstance(test, cst.Integer):
        return test.value != "0"
    return _of_python(test) if isinstance(test, cst.Comparison) and len(test.comparisons) == 1 else None


def _of_python(test: cst.Comparison) -> bool | None:
    """Return whether a test of Python's version is settled: there is no Python 2 any more, and nothing before 3.6."""
    left, then = test.left, test.comparisons[0]
    major = isinstance(left, cst.Subscript) or (isinstance(left, cst.Attribute) and left.attr.value == "major")
    of = left.value if isinstance(left, (cst.Subscript, cst.Attribute)) and major else left
    if not (isinstance(of, cst.Attribute) and isinstance(of.value, cst.Name)):
        return None
    if (of.value.value, of.attr.value) != ("sys", "version_info"):
        return None
    if isinstance(left, cst.Subscript):
        index = left.slice[0].slice
        if not (isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) and index.value.value == "0"):
            return None
    with_ = then.comparator
    parts = [e.value for e in with_.elements] if isinstance(with_, cst.Tuple) else [with_]
    bound = tuple(int(part.value) for part in parts if isinstance(part, cst.Integer) and part.value.isdecimal())
    if len(bound) != len(parts) or not bound or isinstance(with_, cst.Tuple) is major:
        return None
    oldest = (3,) if major else (3, 6)
    if isinstance(then.operator, (cst.GreaterThanEqual, cst.GreaterThan)):
        later = oldest > bound or (oldest == bound and isinstance(then.operator, cst.GreaterThanEqual))
        return True if later else False if major else None
    if isinstance(then.operator, (cst.LessThan, cst.LessThanEqual)):
        older = oldest > bound or (oldest == bound and isinstance(then.operator, cst.LessThan))
        return False if older else True if major else None
    if major and isinstance(then.operator, (cst.Equal, cst.NotEqual)):
        return (bound == oldest) is isinstance(then.operator, cst.Equal)
    return None


def is_typing_only(walker: Walker, node: cst.CSTNode) -> bool:
    """Return whether a test is `TYPE_CHECKING`."""
    if isinstance(node, cst.Name):
        return node.value == "TYPE_CHECKING"
    return isinstance(node, cst.Attribute) and node.attr.value == "TYPE_CHECKING"


def narrow(walker: Walker, node: cst.CSTNode, outcome: bool) -> None:
    """Use a test on a variable: `if x:`, `if x is None:`, `if isinstance(x, C):`; and that somebody has agreed."""
    handler = _BY_TYPE.get(type(node))  # LibCST's classes are abstract ones, which are slow to ask for one by one
    if handler is not None:
        handler(walker, node, outcome)


def _unary(walker: Walker, node: cst.UnaryOperation, outcome: bool) -> None:
    if isinstance(node.operator, cst.Not):
        narrow(walker, node.expression, not outcome)


def _boolean(walker: Walker, node: cst.BooleanOperation, outcome: bool) -> None:
    if isinstance(node.operator, cst.And if outcome else cst.Or):
        narrow(walker, node.left, outcome)
        narrow(walker, node.right, outcome)


def _name(walker: Walker, node: cst.Name, outcome: bool) -> None:
    if outcome:
        default = walker.function.defaults.get(node.value) if walker.function is not None else None
        _agree(walker, node.value, default)
        if default is not None and _is_as_given(walker, node.value):
            walker.state.needs |= {node.value}
    else:
        _empty(walker, node)
    _keep(walker, node.value, lambda a: not isinstance(a, Const) or bool(a.value) == outcome)


def _is_as_given(walker: Walker, name: str) -> bool:
    """Return whether a variable is the parameter of that name, by default something false, and nothing else by now."""
    own = Symbol(f"p{walker.function.ident}:{name}") if walker.function is not None else None
    alts = walker.lookup(name).alts
    return own in alts and all(a == own or (isinstance(a, Const) and not a.value) for a in alts)


def _attribute(walker: Walker, node: cst.Attribute, outcome: bool) -> None:
    if outcome:
        _agree(walker, node.attr.value, evaluate(walker, node))


def _subscript(walker: Walker, node: cst.Subscript, outcome: bool) -> None:
    if outcome and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        _agree_by_key(walker, node.slice[0].slice.value, evaluate(walker, node))


def _call(walker: Walker, node: cst.Call, outcome: bool) -> None:
    name = leaf_name(node.func)
    if name in ("len", "bool") and len(node.args) == 1:
        narrow(walker, node.args[0].value, outcome)
    elif name == "hasattr" and not outcome and len(node.args) == 2:
        for missing in texts(evaluate(walker, node.args[1].value)):
            if f"!{missing}" in walker.index.consents:
                walker.state.agreed |= {f"!{missing}"}
    elif outcome and name in _ON_DISK:
        of = node.args[0].value if node.args else node.func.value if isinstance(node.func, cst.Attribute) else None
        if of is not None:
            ident = identity(evaluate(walker, _path(of)))
            walker.state.shown |= {(ident, ON_DISK), (ident, IS_FILE)} if name in _FILES else {(ident, ON_DISK)}
    elif outcome and name == "isidentifier" and isinstance(node.func, cst.Attribute):
        walker.state.shown |= {(identity(evaluate(walker, node.func.value)), IDENTIFIER)}
    elif not outcome or not node.args:
        return
    elif name in _MATCHES and len(node.args) == 2 and isinstance(node.args[1].value, cst.Name):
        _matched(walker, node, name, node.args[1].value.value)
    elif name == "get":
        _agree_by_key(walker, node.args[0].value, *(evaluate(walker, arg.value) for arg in node.args[1:]))
    elif name == "getattr" and len(node.args) > 1:
        _agree_by_key(walker, node.args[1].value, *(evaluate(walker, arg.value) for arg in node.args[2:]))
    elif name == "isinstance" and len(node.args) == 2 and isinstance(node.args[0].value, cst.Name):
        _instance(walker, node.args[0].value.value, node.args[1].value, node)


def _path(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return what is asked about: of `Path(name).exists()` the name."""
    made = isinstance(node, cst.Call) and len(node.args) == 1 and leaf_name(node.func) == "Path"
    return node.args[0].value if made and isinstance(node, cst.Call) else node


def _comparison(walker: Walker, node: cst.Comparison, outcome: bool) -> None:
    if len(node.comparisons) != 1:
        return
    operator, other = type(node.comparisons[0].operator), node.comparisons[0].comparator
    same = operator in (cst.Is, cst.Equal)
    if isinstance(other, cst.Name) and other.value == "None" and isinstance(node.left, cst.Name):
        if same == outcome:
            _keep(walker, node.left.value, lambda a: not isinstance(a, Const) or a.value is None)
        else:
            _keep(walker, node.left.value, lambda a: not (isinstance(a, Const) and a.value is None))
    elif operator in _MEMBER:
        if _MEMBER[operator] == outcome and not (isinstance(other, cst.Call) and other.args):  # `table.values()`
            listed(walker, node.left, evaluate(walker, other))
    elif (
        isinstance(other, cst.Name)
        and other.value == "None"
        and leaf_name(getattr(node.left, "func", node)) in _MATCHES
    ):
        narrow(walker, node.left, same != outcome)
    elif isinstance(other, cst.Name) and other.value == "True":
        if same or operator in (cst.IsNot, cst.NotEqual):
            narrow(walker, node.left, outcome == same)
    elif isinstance(other, cst.Integer) and leaf_name(getattr(node.left, "func", node)) == "len":
        if (operator, other.value) in _SOME:
            narrow(walker, node.left, outcome)
        elif (operator, other.value) in _NONE:
            narrow(walker, node.left, not outcome)


def listed(walker: Walker, node: cst.BaseExpression, within: Value) -> None:
    """A value was found among names that stand in the code: it, or the part before its first separator, is one of these."""
    if not _constants(within):
        return
    value = evaluate(walker, node)
    ident = identity(value)
    walker.state.shown |= {(ident, LISTED), (ident.removesuffix(HEAD), LISTED)}
    if isinstance(node, cst.Name) and node.value in walker.state.names and _is_closed(within):
        walker.state.names[node.value] = Value(value.alts)  # wherever it came from


def _is_closed(value: Value) -> bool:
    return not any(isinstance(alt, Symbol) for alt in value.alts)


def _constants(value: Value) -> bool:
    """Return whether these are containers of which everything is written in the program, as far as they are known."""
    held: list[Value] = []
    for alt in value.alts:
        if isinstance(alt, (Items, Table)) and not alt.open:
            held += alt.items if isinstance(alt, Items) else [known(key) for key, _ in alt.entries]
        elif not isinstance(alt, Symbol):  # a list that somebody may replace is one all the same
            return False
    return bool(held) and all(isinstance(alt, Const) for one in held for alt in one.alts)


ON_DISK, IS_FILE, LISTED, IDENTIFIER = "on-disk", "is-file", "listed", "identifier"  # what such tests show
_MEMBER = {cst.In: True, cst.NotIn: False}
_FILES = frozenset({"isfile", "is_file"})
_ON_DISK = frozenset({"isdir", "isfile", "exists", "is_dir", "is_file"})
_MATCHES = frozenset({"fullmatch", "match"})
_SUM = re.compile(r"\^?\[(?:\\[ds+\-*/().,%]|[0-9 +\-*/().,%])+\][+*]\$?")  # a class of characters without letters
_SOME = {(cst.GreaterThan, "0"), (cst.NotEqual, "0"), (cst.GreaterThanEqual, "1")}
_NONE = {(cst.Equal, "0"), (cst.LessThan, "1"), (cst.LessThanEqual, "0")}
_BY_TYPE: dict[type, Callable[..., None]] = {
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Call: _call,
    cst.Comparison: _comparison,
}


def _agree(walker: Walker, name: str, *given: Value | None) -> None:
    """A variable, attribute or entry is true: where rules speak of it as consent, somebody has agreed.

    `given` is what it is where nobody has said anything; a switch that is on by itself asks nobody.
    """
    if name in walker.index.consents:
        if not any(isinstance(a, Const) and a.value for value in given if value is not None for a in value.alts):
            walker.state.agreed |= {name}


def agreed(walker: Walker, value: Value) -> Value:
    """Return the words of a command with the options marked that somebody has agreed to, by a switch of the same name."""
    if not walker.state.agreed:
        return value
    return Value(
        tuple(
            Const(alt.value, True) if isinstance(alt, Const) and _option(alt.value) in walker.state.agreed else
            Items(tuple(agreed(walker, item) for item in alt.items), alt.open) if isinstance(alt, Items) else alt
            for alt in value.alts
        ),
        value.origins,
    )  # fmt: skip


def _option(word: object) -> str:
    """Return the name of the switch that a command-line option sets."""
    return word.lstrip("-").replace("-", "_") if isinstance(word, str) and word.startswith("-") else ""


def agree_or_refused(walker: Walker, test: cst.BaseExpression) -> None:
    """`if has_code and not allowed: raise` is behind us: where there is something to agree to, somebody has agreed."""
    if not isinstance(test, cst.BooleanOperation) or not isinstance(test.operator, cst.And) or not walker.asks:
        return
    for side in (test.left, test.right):
        if isinstance(side, cst.UnaryOperation):
            state = walker.state
            walker.state = state.fork()  # of the rest that this tells nothing holds where there is nothing to agree to
            narrow(walker, side, False)
            state.agreed, walker.state = walker.state.agreed, state
        agree_or_refused(walker, side)


def _agree_by_key(walker: Walker, key: cst.BaseExpression, *given: Value) -> None:
    """What is found by this key is true."""
    for name in texts(evaluate(walker, key))[:1]:
        _agree(walker, name, *given)


def _matched(walker: Walker, node: cst.Call, how: str, name: str) -> None:
    """A variable holds digits and signs alone: a number, or a sum to be worked out, and no name of anything."""
    pattern = texts(evaluate(walker, node.args[0].value))
    if len(pattern) == 1 and _SUM.fullmatch(pattern[0]) and (how == "fullmatch" or pattern[0].endswith("$")):
        walker.state.names[name] = Value((Text((hole(id(node), NUMBER),)),))


def _instance(walker: Walker, name: str, classes: cst.BaseExpression, node: cst.Call) -> None:
    """A variable is an instance of one of these classes."""
    of = evaluate(walker, classes)
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


def _empty(walker: Walker, node: cst.Name) -> None:
    """A variable is empty or zero here: whatever a call makes is no longer in it."""
    value = walker.state.names.get(node.value)
    if value is not None and any(isinstance(a, Instance) for a in value.alts):
        alts = dict.fromkeys(Symbol(f"?{id(node)}") if isinstance(a, Instance) else a for a in value.alts)
        walker.state.names[node.value] = Value(tuple(alts), value.origins)
