"""What Python's own callables mean: paths, files, strings, dictionaries, getattr, partial, argparse.

Only the language and its standard library; everything else is told by the api tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import calls, expressions, judging
from mlsec_lint.python.values import (
    NONE,
    Alternative,
    Const,
    Instance,
    LocalClass,
    LocalObject,
    Name,
    Origins,
    Partial,
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
    texts,
    told,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.calls import Arguments
    from mlsec_lint.python.walk import Walker

Meaning = Callable[["Walker", cst.Call, "Arguments"], "Value | None"]
MEANINGS: dict[str, Meaning] = {}
FILE = "io.IOBase"
WRITES = frozenset(
    {f"{FILE}.write", "shutil.copyfileobj", "pathlib.Path.write_bytes"}
)  # run nothing, so a check may follow


def meaning(*names: str) -> Callable[[Meaning], Meaning]:
    """Register a function as the meaning of these callables."""

    def register(function: Meaning) -> Meaning:
        for name in names:
            MEANINGS[name] = function
        return function

    return register


def _all(arguments: Arguments) -> Origins:
    out = NONE.union(*(v.origins for v in arguments.values())) if arguments.values() else NONE
    return out | arguments.receiver.origins if arguments.receiver is not None else out


def _given(arguments: Arguments, position: int, *names: str) -> Value | None:
    if position < len(arguments.positional):
        return arguments.positional[position][0]
    for name in names:
        if name in arguments.keywords:
            return arguments.keywords[name][0]
    return None


# ---------------------------------------------------------------- paths


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


@meaning("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath")
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


@meaning(
    "os.path.dirname", "os.path.basename", "os.path.splitext", "os.getcwd", "pathlib.Path.cwd", "pathlib.Path.home"
)
def _part_of_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return Value((Text((f"\0?{id(node)}",), True),), _all(args))


@meaning(
    "os.listdir",
    "glob.glob",
    "glob.iglob",
    "os.scandir",
    "pathlib.Path.iterdir",
    "pathlib.Path.glob",
    "pathlib.Path.rglob",
)
def _listing(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    folder = args.receiver if args.receiver is not None else _given(args, 0, "path", "pathname")
    parts = (text_parts(folder) or ()) if folder is not None else ()
    origins = _all(args) | (calls.contents(walker, folder) if folder is not None else NONE)
    path = Value((Text((*parts, "/", f"\0?{id(node)}"), True),), origins)
    return Value((Sequence((path,), open=True),), origins)


# ---------------------------------------------------------------- files


@meaning(
    "builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "pathlib.Path.open", "gzip.GzipFile",
    "bz2.BZ2File", "lzma.LZMAFile", "os.fdopen",
)  # fmt: skip
def _open(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    bound = args.receiver is not None
    path = args.receiver if bound else _given(args, 0, "file", "filename", "fileobj")
    mode = _given(args, 0 if bound else 1, "mode")
    if path is None:
        path = unknown(f"?{id(node)}")
    words = texts(mode) if mode is not None else ("r",)
    writes = bool(words) and all(set(w) & set("wax") for w in words)
    key = calls.path_key(path)
    origins = NONE if writes else path.origins | calls.contents(walker, path)
    return Value((Instance(FILE, "builtins.open", id(node), key=key),), origins)


@meaning(f"{FILE}.read", f"{FILE}.readline", f"{FILE}.readlines", f"{FILE}.read1", f"{FILE}.readall")
def _read(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    origins = _all(args) | (calls.contents(walker, args.receiver) if args.receiver is not None else NONE)
    return unknown(f"?{id(node)}", origins)


@meaning(f"{FILE}.write", f"{FILE}.writelines")
def _write(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None:
        for alt in args.receiver.alts:
            if isinstance(alt, Instance):
                walker.state.write(alt.key, _all(args))
    return unknown(f"?{id(node)}")


@meaning("pathlib.Path.read_bytes", "pathlib.Path.read_text")
def _read_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    origins = _all(args) | (calls.contents(walker, args.receiver) if args.receiver is not None else NONE)
    return unknown(f"?{id(node)}", origins)


@meaning("pathlib.Path.write_bytes", "pathlib.Path.write_text")
def _write_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None:
        origins = NONE.union(*(v.origins for v in args.values())) if args.values() else NONE
        walker.state.write(calls.path_key(args.receiver), origins)
    return unknown(f"?{id(node)}")


@meaning(
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.move",
    "os.rename",
    "os.replace",
    "shutil.copytree",
    "os.link",
    "os.symlink",
)
def _copy(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source, target = _given(args, 0, "src"), _given(args, 1, "dst")
    if source is not None and target is not None:
        key = calls.path_key(target)
        if key:
            walker.state.files[key] = calls.contents(walker, source) | source.origins
    return target


@meaning("shutil.copyfileobj")
def _copy_object(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source, target = _given(args, 0, "fsrc"), _given(args, 1, "fdst")
    if source is not None and target is not None:
        for alt in target.alts:
            if isinstance(alt, Instance):
                walker.state.write(alt.key, source.origins | calls.contents(walker, source))
    return known(None)


@meaning(
    "tarfile.TarFile.extractall", "zipfile.ZipFile.extractall", "tarfile.TarFile.extract", "zipfile.ZipFile.extract"
)
def _extract(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    member = node.func.attr.value == "extract" if isinstance(node.func, cst.Attribute) else False
    folder = _given(args, 1 if member else 0, "path")
    if folder is not None and args.receiver is not None:
        walker.state.write(calls.path_key(folder), args.receiver.origins)
    return unknown(f"?{id(node)}", args.receiver.origins if args.receiver is not None else NONE)


@meaning("tarfile.open", "zipfile.ZipFile", "tarfile.TarFile", "tarfile.TarFile.open")
def _archive(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    path = _given(args, 0, "name", "file", "fileobj")
    fileobj = args.keywords.get("fileobj")
    if fileobj is not None:
        path = fileobj[0]
    zipped = isinstance(node.func, cst.Attribute) and node.func.attr.value.startswith("Zip")
    zipped = zipped or (isinstance(node.func, cst.Name) and node.func.value.startswith("Zip"))
    of = "zipfile.ZipFile" if zipped else "tarfile.TarFile"
    origins = (path.origins | calls.contents(walker, path)) if path is not None else NONE
    return Value((Instance(of, of, id(node)),), origins)


@meaning("shutil.unpack_archive")
def _unpack(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source, folder = _given(args, 0, "filename"), _given(args, 1, "extract_dir")
    if source is not None and folder is not None:
        walker.state.write(calls.path_key(folder), source.origins | calls.contents(walker, source))
    return known(None)


@meaning("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile")
def _temporary(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    key = (f"\0tmp{id(node)}",)
    instance = Instance(FILE, "builtins.open", id(node), key=key)
    walker.state.facts[(".name", id(node))] = Value((Symbol(f"tmp{id(node)}"),))
    return Value((instance,))


@meaning("tempfile.mkstemp")
def _temporary_pair(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    path = unknown(f"tmp{id(node)}")  # the descriptor stands for the same file
    return Value((Sequence((path, path)),))


@meaning("builtins.any", "builtins.all")
def _any(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.positional:
        rows = [i for a in args.positional[0][0].alts if isinstance(a, Sequence) for i in a.items]
        verdicts = tuple(a for row in rows for a in row.alts if isinstance(a, Verdict))
        if verdicts:
            return Value(tuple(dict.fromkeys(verdicts)))
    return unknown(f"?{id(node)}")


@meaning("tempfile.mkdtemp", "tempfile.TemporaryDirectory", "tempfile.gettempdir", "tempfile.mktemp")
def _temporary_folder(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return Value((Text((f"\0tmp{id(node)}",), True),))


# ---------------------------------------------------------------- strings


@meaning("builtins.str", "builtins.repr", "builtins.bytes", "builtins.bytearray", "builtins.memoryview", "os.fsencode")
def _str(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) >= 1:
        value = args.positional[0][0]
        if any(isinstance(a, Instance) for a in value.alts):
            return unknown(f"?{id(node)}", _all(args))
        return value
    return known("")


@meaning("builtins.str.format")
def _format(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None:
        return None
    alt = args.receiver.alts[0]
    text = alt.value if isinstance(alt, Const) else alt.start if isinstance(alt, Text) else ""
    parts: list[str] = []
    position = 0
    rest = str(text)
    while "{" in rest:
        head, _, rest = rest.partition("{")
        field, _, rest = rest.partition("}")
        parts.append(head)
        value = None
        if field == "" or field.isdigit():
            index = int(field) if field else position
            position += 1
            value = args.positional[index][0] if index < len(args.positional) else None
        elif field in args.keywords:
            value = args.keywords[field][0]
        parts.extend((text_parts(value) or ()) if value is not None else (f"\0?{id(node)}{field}",))
    return text_value((*parts, rest), _all(args))


@meaning("builtins.str.join")
def _join_text(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not args.positional:
        return None
    rows = args.positional[0][0].alts
    glue = texts(args.receiver)
    if len(rows) == 1 and isinstance(rows[0], Sequence) and not rows[0].open and glue:
        parts: list[str] = []
        for number, item in enumerate(rows[0].items):
            if number:
                parts.append(glue[0])
            parts.extend(text_parts(item) or ())
        return text_value(parts, _all(args))
    return text_value((f"\0?{id(node)}",), _all(args))


@meaning(
    "builtins.str.strip",
    "builtins.str.lower",
    "builtins.str.upper",
    "builtins.str.rstrip",
    "builtins.str.lstrip",
    "builtins.str.replace",
)
def _text_method(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not isinstance(node.func, cst.Attribute):
        return None
    plain = [a.value for v, _ in args.positional for a in v.alts[:1] if isinstance(a, Const)]
    alts: list[Alternative] = []
    for alt in args.receiver.alts:
        if isinstance(alt, Const) and isinstance(alt.value, str) and len(plain) == len(args.positional):
            try:
                alts.append(Const(getattr(alt.value, node.func.attr.value)(*plain)))
                continue
            except (TypeError, ValueError):
                pass
        alts.append(Symbol(f"?{id(node)}"))
    return Value(tuple(dict.fromkeys(alts)), _all(args))


@meaning("builtins.str.encode", "builtins.bytes.decode", "builtins.str.strip()")
def _recode(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return args.receiver


@meaning(
    "builtins.len", "builtins.int", "builtins.float", "builtins.bool", "builtins.isinstance", "builtins.issubclass",
    "builtins.hasattr", "builtins.callable", "builtins.id", "builtins.hash", "builtins.ord", "builtins.abs",
    "builtins.round", "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "pathlib.Path.exists",
    "pathlib.Path.is_file", "pathlib.Path.is_dir", "builtins.str.startswith", "builtins.str.endswith", "builtins.range",
)  # fmt: skip
def _plain(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("startswith", "endswith"):
        of, weak = expressions.digested(*args.values())
        if of is not None:
            return Value((Verdict(of, weak, True, expressions.digest_of(*args.values())),))
    return (expressions.outcome(args.positional[0][0]) if args.positional else None) or unknown(f"?{id(node)}")


# ---------------------------------------------------------------- containers


@meaning("builtins.dict", "collections.OrderedDict", "types.SimpleNamespace", "argparse.Namespace")
def _dict(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    entries: dict[str, Value] = {}
    open_ = args.open_keywords
    if args.positional:
        tables = [a for a in args.positional[0][0].alts if isinstance(a, Table)]
        if len(tables) == 1:
            entries.update(tables[0].entries)
            open_ = open_ or tables[0].open
        else:
            open_ = True
    for key, (value, argument) in args.keywords.items():
        if argument is not None:
            judging.entry(walker, key, value, argument)
        entries[key] = value
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    of = "argparse.Namespace" if "amespace" in str(name) else "builtins.dict"
    return Value((Table(tuple(entries.items()), open_, of),), _all(args))


@meaning("builtins.dict.get", "builtins.dict.pop", "builtins.dict.setdefault")
def _get(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not args.positional:
        return None
    key = args.positional[0][0]
    default = args.positional[1][0] if len(args.positional) > 1 else known(None)
    method = node.func.attr.value if isinstance(node.func, cst.Attribute) else "get"
    out: list[Value] = []
    for alt in args.receiver.alts:
        if isinstance(alt, Table):
            keys = [a.value for a in key.alts if isinstance(a, Const)]
            if keys and len(keys) == len(key.alts):
                for name in keys:
                    entry = alt.get(str(name))
                    out.append(
                        entry if entry is not None else join(default, unknown(f"?{id(node)}")) if alt.open else default
                    )
            else:
                out.extend((*(v for _, v in alt.entries), default))
        else:
            out.append(unknown(f"?{id(node)}"))
    if method == "setdefault":
        keys = [a.value for a in key.alts if isinstance(a, Const) and isinstance(a.value, str)]
        tables = [a for a in args.receiver.alts if isinstance(a, Table)]
        missing = tuple(k for k in keys if all(t.get(k) is None for t in tables))
        present = {k: t.get(k) for k in keys for t in tables if t.open}
        value = join(default, unknown(f"?{id(node)}")) if present else default
        if missing:
            for name in missing:
                judging.entry(walker, name, default, node)
            _change(walker, node, args.receiver, missing, value)
    return join(*out).with_origins(args.receiver.origins) if out else None


@meaning("builtins.dict.update")
def _update(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None:
        return None
    given = {k: v for k, (v, _) in args.keywords.items()}
    for value, _ in args.positional:
        for alt in value.alts:
            if isinstance(alt, Table):
                given.update(alt.entries)
    for key, (value, argument) in args.keywords.items():
        judging.entry(walker, key, value, argument or node)
    for name, value in given.items():
        _change(walker, node, args.receiver, (name,), value)
    return known(None)


def _change(walker: Walker, node: cst.Call, receiver: Value, keys: tuple[str, ...], value: Value) -> None:
    if not isinstance(node.func, cst.Attribute):
        return
    target = node.func.value
    base = expressions.evaluate(walker, target) if isinstance(target, (cst.Name, cst.Attribute)) else receiver
    if isinstance(target, cst.Name):
        walker.rebind_table(target.value, base, keys, value)
    elif isinstance(target, cst.Attribute):
        walker.rebind_attribute(target, base, keys, value)


@meaning("builtins.dict.items")
def _items(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    rows: list[Value] = []
    for alt in args.receiver.alts if args.receiver is not None else ():
        if isinstance(alt, Table):
            rows.extend(Value((Sequence((known(k), v)),)) for k, v in alt.entries[:16])
    return Value((Sequence(tuple(rows), open=not rows),), _all(args))


@meaning("builtins.dict.values")
def _values(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    rows: list[Value] = []
    for alt in args.receiver.alts if args.receiver is not None else ():
        if isinstance(alt, Table):
            rows.extend(v for _, v in alt.entries[:16])
    return Value((Sequence(tuple(rows), open=not rows),), _all(args))


@meaning("builtins.dict.copy", "copy.copy", "copy.deepcopy", "builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set",
         "builtins.reversed", "builtins.iter", "builtins.list.copy", "builtins.vars", "typing.cast")  # fmt: skip
def _copied(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None and not args.positional:
        return args.receiver
    if len(args.positional) == 2 and isinstance(node.func, cst.Name) and node.func.value == "iter":
        item = calls.apply(walker, node, args.positional[0][0], calls.Arguments())
        return Value((Sequence((item,), open=True),), item.origins)
    if args.positional:
        return args.positional[-1][0]
    return Value((Sequence(()),))


@meaning("builtins.next", "builtins.min", "builtins.max")
def _next(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return expressions.element(walker, args.positional[0][0], node) if args.positional else None


@meaning("builtins.zip")
def _zip(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    row = tuple(expressions.element(walker, v, node) for v, _ in args.positional)
    return Value((Sequence((Value((Sequence(row),), _all(args)),), open=True),), _all(args))


@meaning("builtins.enumerate")
def _enumerate(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    row = (unknown(f"?{id(node)}"), expressions.element(walker, args.positional[0][0], node))
    return Value((Sequence((Value((Sequence(row),), _all(args)),), open=True),), _all(args))


@meaning("builtins.list.append", "builtins.list.extend", "builtins.list.insert", "builtins.list.remove")
def _append(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name) and args.receiver is not None:
        name = node.func.value.value
        method = node.func.attr.value
        added = tuple(v for v, _ in args.positional[-1:]) if method != "remove" else ()
        if method == "extend":
            added = tuple(i for v in added for a in v.alts if isinstance(a, Sequence) for i in a.items)
        alts: list[Alternative] = []
        for alt in args.receiver.alts:
            alts.append(Sequence((*alt.items, *added)[:64], True) if isinstance(alt, Sequence) else alt)
        walker.bind(name, Value(tuple(dict.fromkeys(alts)), _all(args)))
    return known(None)


# ---------------------------------------------------------------- names and functions


@meaning("builtins.getattr")
def _getattr(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) < 2:
        return None
    base = args.positional[0][0]
    names = texts(args.positional[1][0])
    out = [expressions.member(walker, base, name, node) for name in names]
    if len(names) < len(args.positional[1][0].alts) or not out:
        out.append(unknown(f"?{id(node)}", _all(args)))
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
                    alt.cls.set_attribute(name, args.positional[2][0])
    return known(None)


@meaning("importlib.import_module", "builtins.__import__")
def _import(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    names = texts(args.positional[0][0])
    if len(names) == len(args.positional[0][0].alts):
        walker.roots.update(n.partition(".")[0] for n in names)
        return Value(tuple(dict.fromkeys(Name(walker.index.canonical(n)) for n in names)), _all(args))
    return unknown(f"?{id(node)}", _all(args))


@meaning("functools.partial", "functools.partialmethod")
def _partial(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    function = args.positional[0][0]
    rest = calls.Arguments(args.positional[1:], args.keywords, args.open_positional, args.open_keywords)
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
    return Value((Partial(function, tuple(v for v, _ in rest.positional), keywords, told),), _all(args))


@meaning("asyncio.to_thread", "builtins.map", "builtins.filter", "anyio.to_thread.run_sync")
def _called_with(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    return unknown(f"?{id(node)}", _all(args) | calls.handed(walker, node, name, args))


@meaning("builtins.super")
def _super(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if walker.cls is None:
        return None
    receiver = Value((LocalObject(walker.cls),))
    alts: list[Alternative] = []
    for base in walker.cls.bases:
        for alt in expressions.resolved(walker, base).alts:
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


@meaning("sys.exit", "os._exit", "builtins.exit", "builtins.quit", "os.abort")
def _exit(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    walker.state.dead = True
    return known(None)


# ---------------------------------------------------------------- environment and command line


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


@meaning("argparse.ArgumentParser.add_argument", "argparse._ArgumentGroup.add_argument")
def _option(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    names = [t for v, _ in args.positional for t in texts(v)]
    dest = args.keywords.get("dest")
    long = [n for n in names if n.startswith("--")] or names
    name = (
        texts(dest[0])[0]
        if dest is not None and texts(dest[0])
        else long[0].lstrip("-").replace("-", "_")
        if long
        else ""
    )
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
        value = join(default, unknown(f"?{id(node)}"))
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
        value = expressions.sourced(walker, value, "argparse.ArgumentParser.parse_known_args", node)
        return Value((Sequence((value, unknown(f"?{id(node)}[1]", value.origins))),), value.origins)
    return value
