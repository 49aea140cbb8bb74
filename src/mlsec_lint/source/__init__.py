"""Path, notebook, script, manifest or stdin -> Source; and which files are ours to read.

Must not know any rule, and never imports LibCST: it is what runs for every file.
"""

from __future__ import annotations

from mlsec_lint.model import Source, SourceError
from mlsec_lint.source.files import File, files, kind_of
from mlsec_lint.source.others import text_source
from mlsec_lint.source.python import (
    LIMIT,
    NOTEBOOK_LIMIT,
    WIDE,
    decode,
    load_bytes,
    module_of,
    python_source,
    relative_base,
)

__all__ = ["File", "decode", "files", "from_text", "kind_of", "module_of", "read", "relative_base"]


def read(path: str, shown: str = "", root: str = "", kind: str = "") -> Source:
    """Return the file at `path` as a Source; raises SourceError with the reason where it cannot be read.

    `shown` is the path to report (default: `path`); `root` the project's folder, which module names never leave;
    `kind` as in `Source.kind` (default: by name, else Python).
    """
    shown, kind = shown or path, kind or kind_of(path, configs=True) or "python"
    data = load_bytes(path, shown, NOTEBOOK_LIMIT if kind == "notebook" else LIMIT)
    if kind == "python":
        return python_source(data, path, shown, root)
    if kind == "notebook":
        from mlsec_lint.source import notebook  # JSON and magics: most runs read none

        return notebook.read(_notebook_text(data, shown), shown)
    return text_source(data, shown, kind)


def from_text(text: str, shown: str = "stdin", kind: str = "") -> Source:
    """Return a text that is already decoded (stdin, an editor, flake8's lines) as a Source.

    Default for `kind`: by name, else Python.  A notebook's text is its JSON, or the code cells that an editor has
    joined and sent under the notebook's name.
    """
    kind = kind or kind_of(shown) or "python"
    if kind == "notebook":
        from mlsec_lint.source import notebook

        is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
        return notebook.read(text, shown) if is_json else notebook.read_joined(text, shown)
    return Source(shown, text.removeprefix("\ufeff"), kind)


def _notebook_text(data: bytes, shown: str) -> str:
    """Decode a notebook; a byte-order mark stays, so that the text encodes to the same bytes."""
    if data.startswith(WIDE):
        raise SourceError(shown, "", "is UTF-16; a notebook is UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(shown, str(data.count(b"\n", 0, error.start) + 1), "is not utf-8 text") from None
