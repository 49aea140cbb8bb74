"""Paths: `os.path` and `pathlib`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.arguments import Arguments, all_origins
from mlsec_lint.python.dispatch import meaning
from mlsec_lint.python.texts import concat, folder_of, hole, text_parts
from mlsec_lint.python.values import Alternative, Const, Symbol, Text, Value, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@meaning("os.path.join", "posixpath.join")
def _join(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    values = [v for v, _ in args.positional]
    if not values:
        return unknown(f"?{id(node)}")
    out = values[0]
    for value in values[1:]:
        out = concat(out, value, path=True, between="/")
    return _as_path(out)


def _as_path(value: Value) -> Value:
    alts: list[Alternative] = []
    for alt in value.alts:
        parts = text_parts(Value((alt,)))
        alts.append(Text(parts or (), True) if isinstance(alt, (Const, Text, Symbol)) and parts is not None else alt)
    return Value(tuple(dict.fromkeys(alts)), value.origins)


@meaning("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath",
         "pathlib.PureWindowsPath")  # fmt: skip
def _path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return Value((Text((".",), True),))
    return _as_path(_join(walker, node, args) or unknown(""))


@meaning("pathlib.Path.joinpath", "pathlib.Path.with_name")
def _joinpath(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    out = args.receiver or unknown("")
    for value, _ in args.positional:
        out = concat(out, value, path=True, between="/")
    return out


@meaning(
    "os.path.abspath", "os.path.expanduser", "os.path.expandvars", "os.path.realpath", "os.path.normpath", "os.fspath",
    "os.fsdecode",
)  # fmt: skip
def _same_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return _as_path(args.positional[0][0]) if args.positional else None


@meaning(
    "pathlib.Path.resolve", "pathlib.Path.absolute", "pathlib.Path.expanduser", "pathlib.Path.as_posix",
    "pathlib.Path.with_suffix",
)  # fmt: skip
def _same(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return args.receiver


@meaning("os.path.dirname")
def _folder(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    parts = text_parts(args.positional[0][0]) if args.positional else None
    return Value((Text((folder_of(id(node), parts or ()),), True),), all_origins(args))


@meaning("os.path.basename", "os.path.splitext", "os.getcwd", "pathlib.Path.cwd", "pathlib.Path.home")
def _part_of_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return Value((Text((hole(id(node)),), True),), all_origins(args))
