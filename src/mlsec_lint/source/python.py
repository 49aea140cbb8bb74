"""A file's bytes or a text -> Source, as Python itself would decode it.

Must not know Python's grammar: what does not parse is the reader's to say.
"""

from __future__ import annotations

import codecs
import os
import stat
import tokenize

from mlsec_lint.model import Source, SourceError

LIMIT = 5_000_000  # bytes; the largest hand-written module we know of is a tenth of that
NOTEBOOK_LIMIT = 20_000_000  # bytes; saved pictures make notebooks large
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load_bytes(path: str, shown: str, limit: int = LIMIT) -> bytes:
    """Return what stands in the file; raises SourceError where it is no regular file, too large or not readable."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(shown, "", "is not a regular file")
        if status.st_size > limit:
            raise SourceError(shown, "", f"is larger than {limit // 1_000_000} MB")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        if os.path.islink(path) and not os.path.exists(path):
            raise SourceError(shown, "", "is a link to a file that is not there") from None
        raise SourceError(shown, "", f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > limit:
        raise SourceError(shown, "", f"is larger than {limit // 1_000_000} MB")
    return data


def decode(data: bytes, shown: str) -> tuple[str, str]:
    """Return the text of a Python file and its encoding, by PEP 263: the byte-order mark or the coding comment.

    Line ends are left as they are and the byte-order mark is left out; `text.encode(encoding)` gives the bytes back.
    """
    if data.startswith(WIDE):
        raise SourceError(shown, "", "is UTF-16, which Python does not read")
    if b"\0" in data:
        raise SourceError(shown, "", "holds a NUL byte: this is no text")
    encoding = "utf-8"
    head = data[:400].splitlines()[:2]
    if data.startswith(codecs.BOM_UTF8) or any(b"coding" in line for line in head):
        lines = iter(data.splitlines(keepends=True)[:2])
        try:
            encoding = tokenize.detect_encoding(lambda: next(lines, b""))[0]
        except SyntaxError as error:
            raise SourceError(shown, "1", f"cannot be decoded: {error.msg}") from None
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(shown, str(line), f"is not {encoding} text") from None


def module_of(path: str, root: str = "") -> tuple[str, bool]:
    """Return the dotted module name of a file and whether it is a package's `__init__`.

    Packages are the folders above that hold an `__init__.py`.  Where the project's folder `root` is given it is never
    left, and below a folder of it called `src` every folder is a package (namespace packages have no `__init__.py`).
    """
    folder, name = os.path.split(os.path.abspath(path))
    stem = os.path.splitext(name)[0]
    is_package = stem == "__init__"
    parts = [] if is_package else [stem]
    stop = os.path.abspath(root) if root else ""
    while folder != stop and os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        if not package:
            break
        parts.append(package)
    spaces: list[str] = []
    while stop and folder.startswith(stop + os.sep):
        folder, space = os.path.split(folder)
        if space == "src":
            parts += spaces
            break
        if not space.isidentifier():
            break
        spaces.append(space)
    return ".".join(reversed(parts)), is_package


def python_source(data: bytes, path: str, shown: str, root: str = "") -> Source:
    """Return the Source of a Python file that holds `data`."""
    module, is_package = module_of(path, root)
    return Source(shown, decode(data, shown)[0], "python", module, is_package)


def relative_base(source: Source, dots: int, base: str) -> str:
    """Return the absolute module of a relative import; starts with a dot where the package is not known."""
    parts = source.module.split(".") if source.module else []
    up = dots - 1 if source.is_package else dots
    if not parts or up > len(parts) or (up == len(parts) and not source.is_package):
        return "." * dots + base
    package = parts[: len(parts) - up]
    return ".".join((*package, base)) if base else ".".join(package)
