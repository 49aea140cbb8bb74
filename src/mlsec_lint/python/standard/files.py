"""Files, folders and archives: what is opened, read, written, copied and unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.arguments import Arguments, all_origins, given
from mlsec_lint.python.contents import chosen, contents, path_key, path_keys
from mlsec_lint.python.dispatch import FILE, meaning
from mlsec_lint.python.functions import OUTSIDE
from mlsec_lint.python.texts import hole, text_parts, texts
from mlsec_lint.python.values import NONE, Instance, Origin, Sequence, Symbol, Text, Value, known, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

WRITES = frozenset(
    {f"{FILE}.write", "shutil.copyfileobj", "pathlib.Path.write_bytes"}
)  # run nothing, so a check may follow


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
    folder = args.receiver if args.receiver is not None else given(args, 0, "path", "pathname")
    parts = (text_parts(folder) or ()) if folder is not None else ()
    origins = all_origins(args) | (contents(walker, folder) if folder is not None else NONE)
    path = Value((Text((*parts, "/", hole(id(node))), True),), origins)
    return Value((Sequence((path,), open=True),), origins)


@meaning(
    "builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "pathlib.Path.open", "gzip.GzipFile",
    "bz2.BZ2File", "lzma.LZMAFile", "os.fdopen",
)  # fmt: skip
def _open(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    bound = args.receiver is not None
    path = args.receiver if bound else given(args, 0, "file", "filename", "fileobj")
    mode = given(args, 0 if bound else 1, "mode")
    if path is None:
        path = unknown(f"?{id(node)}")
    words = texts(mode) if mode is not None else ("r",)
    writes = bool(words) and all(set(w) & set("wax") for w in words)
    key = path_key(path)
    origins = NONE if writes else chosen(path) | contents(walker, path)
    return Value((Instance(FILE, "builtins.open", id(node), key=key),), origins)


@meaning(f"{FILE}.read", f"{FILE}.readline", f"{FILE}.readlines", f"{FILE}.read1", f"{FILE}.readall")
def _read(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    origins = all_origins(args) | (contents(walker, args.receiver) if args.receiver is not None else NONE)
    return unknown(f"?{id(node)}", origins)


@meaning(f"{FILE}.write", f"{FILE}.writelines")
def _write(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None:
        for alt in args.receiver.alts:
            if isinstance(alt, Instance):
                walker.state.write(alt.key, all_origins(args))
                if any(o.kind in OUTSIDE for o in all_origins(args)):
                    walker.saves.note(walker, alt.key, "")
    return unknown(f"?{id(node)}")


@meaning("pathlib.Path.read_bytes", "pathlib.Path.read_text")
def _read_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    origins = all_origins(args) | (contents(walker, args.receiver) if args.receiver is not None else NONE)
    return unknown(f"?{id(node)}", origins)


@meaning("pathlib.Path.write_bytes", "pathlib.Path.write_text")
def _write_path(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None:
        origins = NONE.union(*(v.origins for v in args.values())) if args.values() else NONE
        for key in path_keys(args.receiver):
            walker.state.write(key, origins)
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
    source, target = given(args, 0, "src"), given(args, 1, "dst")
    if source is not None and target is not None:
        for key in path_keys(target):
            held = walker.state.files[key] = contents(walker, source) | source.origins
            walker.state.fresh -= {key}
            if Origin("own") not in held:
                walker.saves.note(walker, key, "")
    return target


@meaning("shutil.copyfileobj")
def _copy_object(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source, target = given(args, 0, "fsrc"), given(args, 1, "fdst")
    if source is not None and target is not None:
        for alt in target.alts:
            if isinstance(alt, Instance):
                walker.state.put(alt.key, source.origins | contents(walker, source) or frozenset({Origin("own")}))
    return known(None)


@meaning(
    "tarfile.TarFile.extractall", "zipfile.ZipFile.extractall", "tarfile.TarFile.extract", "zipfile.ZipFile.extract"
)
def _extract(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    member = node.func.attr.value == "extract" if isinstance(node.func, cst.Attribute) else False
    folder = given(args, 1 if member else 0, "path")
    if folder is not None and args.receiver is not None:
        for key in path_keys(folder):
            walker.state.put(key, args.receiver.origins)
    return unknown(f"?{id(node)}", args.receiver.origins if args.receiver is not None else NONE)


@meaning("tarfile.open", "zipfile.ZipFile", "tarfile.TarFile", "tarfile.TarFile.open")
def _archive(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    path = given(args, 0, "name", "file", "fileobj")
    fileobj = args.keywords.get("fileobj")
    if fileobj is not None:
        path = fileobj[0]
    zipped = isinstance(node.func, cst.Attribute) and node.func.attr.value.startswith("Zip")
    zipped = zipped or (isinstance(node.func, cst.Name) and node.func.value.startswith("Zip"))
    of = "zipfile.ZipFile" if zipped else "tarfile.TarFile"
    origins = (path.origins | contents(walker, path)) if path is not None else NONE
    return Value((Instance(of, of, id(node)),), origins)


@meaning("shutil.unpack_archive")
def _unpack(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    source, folder = given(args, 0, "filename"), given(args, 1, "extract_dir")
    if source is not None and folder is not None:
        for key in path_keys(folder):
            walker.state.put(key, source.origins | contents(walker, source))
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


@meaning("tempfile.mkdtemp", "tempfile.TemporaryDirectory", "tempfile.gettempdir", "tempfile.mktemp")
def _temporary_folder(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return Value((Text((f"\0tmp{id(node)}",), True),))
