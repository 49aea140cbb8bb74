"""Functions handed to others to be called: by threads, pools and event loops, and by decorators of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.functions import FunctionInfo
from mlsec_lint.python.members import element
from mlsec_lint.python.own import bind, call_own
from mlsec_lint.python.values import NONE, Instance, Local, Name, Origin, Origins, Partial, Sequence, Table, Value

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

# Callables of the standard library (and methods of the same name) that call the function they are given: with the
# arguments behind it, with each element of them, or with those of a row (`args=`, `kwargs=`).
REST, EACH, ROW = "rest", "each", "row"
CALLERS = {
    "map": EACH, "imap": EACH, "imap_unordered": EACH, "filter": EACH, "starmap": EACH, "map_async": EACH,
    "to_thread": REST, "submit": REST, "run_in_executor": REST, "run_sync": REST, "call_soon": REST, "call_later": REST,
    "call_at": REST, "call_soon_threadsafe": REST, "start_soon": REST, "add_task": REST,
    "Thread": ROW, "Process": ROW, "Timer": ROW, "apply": ROW, "apply_async": ROW, "start_new_thread": ROW,
}  # fmt: skip
NAMES = ("target", "function", "func", "fn", "callable")  # parameters that take the function
ROWS = ("args", "kwargs", "kwds")


def handed(walker: Walker, node: cst.Call, name: str, arguments: Arguments) -> Origins:
    """Return the origins of what functions of the project return that a call is given to call: `pool.map(fetch, urls)`."""
    how = CALLERS.get(name)
    if how is None:
        return NONE
    for position, function in enumerate(arguments.positional):
        if _callable(walker, function[0], how):
            return _call(walker, node, function, how, arguments, arguments.positional[position + 1 :])
    for key in NAMES:
        if key in arguments.keywords and _callable(walker, arguments.keywords[key][0], how):
            return _call(walker, node, arguments.keywords[key], how, arguments, [])
    return NONE


def _call(
    walker: Walker,
    node: cst.Call,
    function: tuple[Value, cst.CSTNode | None],
    how: str,
    arguments: Arguments,
    rest: list[tuple[Value, cst.CSTNode | None]],
) -> Origins:
    if how == EACH:
        given = Arguments([(element(walker, v, node), a) for v, a in rest])
    elif how == REST:
        names = (*NAMES, *ROWS)
        given = Arguments(rest, {k: v for k, v in arguments.keywords.items() if k not in names})
    else:
        given = Arguments()
        for value, argument in (*rest, *(arguments.keywords[k] for k in ROWS if k in arguments.keywords)):
            for alt in value.alts[:1]:
                if isinstance(alt, Sequence):
                    given.positional.extend((item, argument) for item in alt.items)
                elif isinstance(alt, Table):
                    given.keywords.update({k: (v, argument) for k, v in alt.entries})
    return NONE.union(*_results(walker, node, function, given))


def _callable(walker: Walker, value: Value, how: str) -> bool:
    """Return whether a value is a function of the project, or one of a library that rules speak of and that is called once."""
    if any(_functions(value)):
        return True
    index = walker.index
    names = [alt.dotted for alt in value.alts if isinstance(alt, Name)] if how == REST else []
    return any(index.calls.find(name) or index.endpoints.find(name) or index.source(name) for name in names)


def _results(
    walker: Walker, node: cst.Call, written: tuple[Value, cst.CSTNode | None], given: Arguments
) -> Iterator[Origins]:
    """Call the functions that a value may be; yield the origins of what they return."""
    function, argument = written
    for alt in function.alts:
        if isinstance(alt, Local):
            yield call_own(walker, node, alt, given).origins
        elif isinstance(alt, Name):
            _ask(walker, node, alt, argument, given, len(function.alts) == 1)
            if kind := walker.index.source(alt.dotted):
                yield frozenset({Origin(kind, alt.dotted, walker.site(node))})
        elif isinstance(alt, Partial):
            keywords = {**{key: (value, None) for key, value in alt.keywords}, **given.keywords}
            more = Arguments([(value, None) for value in alt.args] + given.positional, keywords)
            yield from _results(walker, node, (alt.function, argument), more)


def _ask(
    walker: Walker, node: cst.Call, alt: Name, argument: cst.CSTNode | None, given: Arguments, certain: bool
) -> None:
    """Ask the rules about a library function that is called elsewhere, with what is given here; it is told of by its name.

    No fix is made, for the call that is written is another function's; what was said of the name alone is said better now.
    """
    before = len(walker.found)
    order = walker.index.parameters(alt.dotted)
    judging.called(walker, node, alt.dotted, given.with_order(order, alt.receiver), certain)
    name = argument.value if isinstance(argument, cst.Arg) else node
    for raw in walker.found[before:]:
        raw.node, raw.call, raw.dotted = name, None, alt.dotted
    walker.found[:before] = [raw for raw in walker.found[:before] if raw.node is not name]


@dataclass(frozen=True, slots=True)
class Handler:
    """A function of the module that is called with data from outside, and which of its parameters are not given any."""

    function: FunctionInfo
    kind: str
    bound: int  # parameters that are given already, by position
    named: frozenset[str]  # and by name
    harmless: frozenset[int]  # places of form fields that hold no text


def register(walker: Walker, alt: Name, arguments: Arguments) -> None:
    """Remember a function handed to what calls it with data from outside: `button.click(answer, inputs=box)`."""
    index = walker.index
    names = [alt.dotted]
    if alt.receiver is not None and alt.dotted.endswith(".__call__"):  # `app.get("/ask")(answer)`
        names += [one.made for one in alt.receiver.alts if isinstance(one, Instance)]
    kinds = [kind for name in names for kind in index.handlers.find(name)]
    if not kinds:
        return
    order = [name for name in arguments.order if name != "*"]
    positional = [(order[n] if n < len(order) else "", value) for n, (value, _) in enumerate(arguments.positional)]
    for name, value in [*positional, *((key, value) for key, (value, _) in arguments.keywords.items())]:
        behind = order[order.index(name) + 1 :] if name in order else []
        fields = arguments.get(behind[0]) if behind else None
        for function, bound, named in _functions(value):
            if function.walker is walker:
                harmless = _harmless(walker, fields[0] if fields is not None else None)
                walker.handlers.append(Handler(function, kinds[0], bound, named, harmless))


def _functions(value: Value) -> Iterator[tuple[FunctionInfo, int, frozenset[str]]]:
    """Yield the functions of the project that a value may be, and which of their parameters are given already."""
    for alt in value.alts:
        if isinstance(alt, Local):
            yield alt.function, int(alt.function.kind in ("method", "class")), frozenset()
        elif isinstance(alt, Partial):
            for function, bound, named in _functions(alt.function):
                yield function, bound + len(alt.args), named | {key for key, _ in alt.keywords}


def _harmless(walker: Walker, fields: Value | None) -> frozenset[int]:
    rows = [alt.items for alt in fields.alts if isinstance(alt, Sequence)] if fields is not None else []
    items = rows[0] if rows else (fields,) if fields is not None else ()
    names = walker.index.apis.groups.get("harmless-field", ())
    return frozenset(n for n, item in enumerate(items) if all(getattr(a, "made", "") in names for a in item.alts))


def receive(walker: Walker) -> set[FunctionInfo]:
    """Give handlers data from outside.  Return those that have been interpreted without."""
    late = set()
    for handler in walker.handlers:
        info = handler.function
        walker.read_parameters(info)
        for place, name in enumerate(info.parameters[handler.bound :]):
            if name not in handler.named and place not in handler.harmless:
                info.given[name] = info.given.get(name, NONE) | {Origin(handler.kind, name, walker.site(info.node))}
        if info.summary is not None:
            late.add(info)
    walker.handlers.clear()
    return late


def decorate(walker: Walker, decorators: list[tuple[Local, FunctionInfo]]) -> None:
    """Give the functions that decorators of the project wrap what these call them with, where it comes from outside."""
    for decorator, info in decorators:
        inside = decorator.function
        inside.walker.summary(inside)
        first = next(iter(inside.parameters), "")
        for nested in list(inside.walker.functions):
            if nested.scope.startswith(inside.scope + "."):
                inside.walker.summary(nested)
        for given in inside.walker.applied.get(f"p{inside.ident}:{first}", ()):
            info.walker.summary(info)  # only now its parameters are known for certain
            for name, value in bind(info, None, given).items():
                outside = frozenset(o for o in value.origins if o.kind != "parameter" and o.kind != "file")
                if outside:
                    info.given[name] = info.given.get(name, NONE) | outside
                    info.summary = None
