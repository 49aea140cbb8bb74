"""Functions handed to others to be called: by threads, pools and event loops, and by decorators of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.functions import FunctionInfo
from mlsec_lint.python.members import element
from mlsec_lint.python.own import bind, call_own
from mlsec_lint.python.values import NONE, Local, Origins, Sequence, Table, Value

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
    for position, (value, _) in enumerate(arguments.positional):
        if functions := [alt for alt in value.alts if isinstance(alt, Local)]:
            return _call(walker, node, functions, how, arguments, arguments.positional[position + 1 :])
    for key in NAMES:
        alts = arguments.keywords[key][0].alts if key in arguments.keywords else ()
        if functions := [alt for alt in alts if isinstance(alt, Local)]:
            return _call(walker, node, functions, how, arguments, [])
    return NONE


def _call(
    walker: Walker,
    node: cst.Call,
    functions: list[Local],
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
    return NONE.union(*(call_own(walker, node, alt, given).origins for alt in functions))


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
