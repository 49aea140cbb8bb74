"""The environment and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.dispatch import meaning
from mlsec_lint.python.members import sourced
from mlsec_lint.python.texts import texts
from mlsec_lint.python.values import Alternative, Const, Instance, Sequence, Table, Value, join, known, told, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@meaning("os.environ.get", "os.getenv", "os.environ.setdefault", "os.environ.pop")
def _environment(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    names = texts(args.positional[0][0]) if args.positional else ()
    method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    value = unknown(f"os.environ[{names[0]!r}]" if names else f"?{id(node)}")
    if len(args.positional) > 1:
        if method == "setdefault":
            for name in names:
                judging.assigned(walker, f"os.environ['{name}']", args.positional[1][0], node)
        value = join(args.positional[1][0], value)
    return value


@meaning("os.putenv")
def _putenv(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) == 2:
        for name in texts(args.positional[0][0]):
            judging.assigned(walker, f"os.environ['{name}']", args.positional[1][0], node)
    return known(None)


@meaning("os.environ.update")
def _update_environment(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    given = {k: v for k, (v, _) in args.keywords.items()}
    for value, _ in args.positional:
        for alt in value.alts:
            if isinstance(alt, Table):
                given.update(alt.entries)
    for name, value in given.items():
        judging.assigned(walker, f"os.environ['{name}']", value, node)
    return known(None)


@meaning(
    "argparse.ArgumentParser.add_argument", "argparse._ArgumentGroup.add_argument", "optparse.OptionParser.add_option"
)
def _option(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    dest = args.keywords.get("dest")
    name = texts(dest[0])[0] if dest is not None and texts(dest[0]) else _named(args)
    action = args.keywords.get("action")
    actions = texts(action[0]) if action is not None else ()
    given = args.keywords.get("default")
    if given is not None:
        default = given[0]
    elif "store_true" in actions:
        default = known(False)
    elif "store_false" in actions:
        default = known(True)
    else:
        default = known(None)
    if name and judging.default(walker, name, default, node):
        default = told(default)
    if name and args.receiver is not None:
        value = _among(args, default) or join(default, unknown(f"?{id(node)}"))
        for alt in args.receiver.alts:
            if isinstance(alt, Instance):
                ident = _parser(walker, alt)
                old = walker.state.facts.get(("options", ident))
                table = next((a for a in old.alts if isinstance(a, Table)), None) if old is not None else None
                entries = {**(dict(table.entries) if table is not None else {}), name: value}
                walker.state.facts[("options", ident)] = Value(
                    (Table(tuple(entries.items()), True, "argparse.Namespace"),)
                )
    return known(None)


def _among(args: Arguments, default: Value) -> Value | None:
    """Return what an option is that takes one of a few texts; who runs the program chooses among them."""
    choices = args.keywords.get("choices")
    row = choices[0].alts[0] if choices is not None and len(choices[0].alts) == 1 else None
    if not isinstance(row, Sequence) or row.open or not row.items:
        return None
    value = told(join(*row.items, default))
    return value if all(isinstance(alt, Const) for alt in value.alts) else None


def _named(args: Arguments) -> str:
    """Return the name that an option's value has in the program, by its longest flag."""
    flags = [t for v, _ in args.positional for t in texts(v)]
    long = [flag for flag in flags if flag.startswith("--")] or flags
    return long[0].partition("/")[0].lstrip("-").replace("-", "_") if long else ""


@meaning("click.option")
def _click_option(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    given = args.keywords.get("default")
    if given is not None:
        judging.default(walker, _named(args), given[0], node)
    return None


def _parser(walker: Walker, alt: Instance) -> int:
    owner = walker.state.facts.get(("parser", alt.ident))
    return owner.alts[0].value if owner is not None and isinstance(owner.alts[0], Const) else alt.ident


@meaning("argparse.ArgumentParser.add_argument_group", "argparse.ArgumentParser.add_mutually_exclusive_group")
def _group(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None:
        for alt in args.receiver.alts:
            if isinstance(alt, Instance):
                walker.state.facts[("parser", id(node))] = known(_parser(walker, alt))
    return Value((Instance("argparse._ArgumentGroup", "argparse._ArgumentGroup", id(node)),))


@meaning("argparse.ArgumentParser.parse_args", "argparse.ArgumentParser.parse_known_args")
def _parse(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    out: list[Alternative] = []
    for alt in args.receiver.alts if args.receiver is not None else ():
        if isinstance(alt, Instance):
            held = walker.state.facts.get(("options", _parser(walker, alt)))
            if held is not None:
                out.extend(held.alts)
    value = Value(tuple(out)) if out else unknown(f"?{id(node)}")
    if isinstance(node.func, cst.Attribute) and node.func.attr.value == "parse_known_args":
        value = sourced(walker, value, "argparse.ArgumentParser.parse_known_args", node)
        return Value((Sequence((value, unknown(f"?{id(node)}[1]", value.origins))),), value.origins)
    return value
