"""`getattr`, `import_module`, `partial`, `super` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.arguments import Arguments, all_origins
from mlsec_lint.python.dispatch import meaning
from mlsec_lint.python.handing import handed
from mlsec_lint.python.members import member, resolved
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.targets import set_member
from mlsec_lint.python.texts import texts
from mlsec_lint.python.values import (
    Alternative,
    Const,
    Instance,
    LocalClass,
    LocalObject,
    Name,
    Partial,
    Symbol,
    Value,
    join,
    known,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@meaning("builtins.compile")
def _compile(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source = args.get("source")
    if source is None:
        return None
    if all(isinstance(alt, Const) for alt in source[0].alts):
        return source[0]
    made = Instance("builtins.compile()", "builtins.compile", id(node))
    return Value((made,), source[0].origins)  # not those of the file's name


@meaning("builtins.getattr")
def _getattr(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) < 2:
        return None
    base = args.positional[0][0]
    names = texts(args.positional[1][0])
    out = [member(walker, base, name, node) for name in names]
    if len(names) < len(args.positional[1][0].alts) or not out:
        out.append(unknown(f"?{id(node)}", all_origins(args)))
    if len(args.positional) > 2:
        out.append(args.positional[2][0])
    return join(*out)


@meaning("builtins.setattr")
def _setattr(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) == 3:
        for name in texts(args.positional[1][0]):
            for alt in args.positional[0][0].alts:
                if isinstance(alt, Name):
                    judging.assigned(walker, f"{alt.dotted}.{name}", args.positional[2][0], node)
                elif isinstance(alt, Instance):
                    judging.assigned(walker, f"{alt.of}.{name}", args.positional[2][0], node)
                elif isinstance(alt, (LocalObject, LocalClass)):
                    set_member(walker, alt, name, args.positional[2][0])
    return known(None)


@meaning("importlib.import_module", "builtins.__import__")
def _import(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    names = texts(args.positional[0][0])
    if len(names) == len(args.positional[0][0].alts):
        walker.roots.update(n.partition(".")[0] for n in names)
        return Value(tuple(dict.fromkeys(Name(walker.index.canonical(n)) for n in names)), all_origins(args))
    return unknown(f"?{id(node)}", all_origins(args))


@meaning("functools.partial", "functools.partialmethod")
def _partial(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    function = args.positional[0][0]
    named = {alt.dotted for alt in function.alts if isinstance(alt, Name)}
    function = Value(function.alts, frozenset(o for o in function.origins if o.name not in named))  # not called yet
    rest = Arguments(args.positional[1:], args.keywords, args.open_positional, args.open_keywords)
    told = False
    for alt in function.alts:
        if isinstance(alt, Name):
            order = walker.index.parameters(alt.dotted)
            told = (
                judging.called(
                    walker, node, alt.dotted, rest.with_order(order, alt.receiver), len(function.alts) == 1, partly=True
                )
                or told
            )
    keywords = tuple((k, v) for k, (v, _) in args.keywords.items())
    return Value((Partial(function, tuple(v for v, _ in rest.positional), keywords, told),), all_origins(rest))


@meaning("asyncio.to_thread", "builtins.map", "builtins.filter", "anyio.to_thread.run_sync")
def _called_with(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    name = leaf_name(node.func)
    return unknown(f"?{id(node)}", all_origins(args) | handed(walker, node, name, args))


@meaning("builtins.super")
def _super(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if walker.cls is None:
        return None
    receiver = Value((LocalObject(walker.cls),))
    alts: list[Alternative] = []
    for base in walker.cls.bases:
        for alt in resolved(walker, base).alts:
            if isinstance(alt, Name):
                alts.append(Name(alt.dotted, receiver))
            elif isinstance(alt, LocalClass):
                alts.append(LocalObject(alt.cls))
    return Value(tuple(alts)) if alts else unknown(f"?{id(node)}")


@meaning("builtins.type")
def _type(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) == 1:
        alts: list[Alternative] = []
        for alt in args.positional[0][0].alts:
            if isinstance(alt, LocalObject):
                alts.append(LocalClass(alt.cls))
            elif isinstance(alt, Instance):
                alts.append(Name(alt.of))
            else:
                alts.append(Symbol(f"?{id(node)}"))
        return Value(tuple(dict.fromkeys(alts)))
    return None


@meaning("inspect.signature", "inspect.getdoc", "inspect.getsource", "inspect.getmodule")
def _of_code(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return unknown(f"?{id(node)}")  # it stands in the program's code, wherever the object came from


@meaning("sys.exit", "os._exit", "builtins.exit", "builtins.quit", "os.abort")
def _exit(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    walker.state.dead = True
    return known(None)
