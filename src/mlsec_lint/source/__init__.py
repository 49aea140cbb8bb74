"""Path, notebook, script, manifest or stdin -> Source; and which files are ours to read.

Must not know any rule, and never imports LibCST: it is what runs for every file.
"""

from __future__ import annotations

from mlsec_lint.model import Source
from mlsec_lint.source.files import File, files, kind_of
from mlsec_lint.source.python import LIMIT, NOTEBOOK_LIMIT, decode, load_bytes, module_of, python_source

__all__ = ["File", "decode", "files", "from_text", "kind_of", "module_of", "read"]


def read(path: str, shown: str = "", root: str = "", kind: str = "") -> Source:
    """Return the file at `path` as a Source; raises SourceError with the reason where it cannot be read.

    `shown` is the path to report (default: `path`); `root` the project's folder, which module names never leave;
    `kind` as in `Source.kind` (default: by name, else Python).
    """
    shown, kind = shown or path, kind or kind_of(path, configs=True) or "python"
    data = load_bytes(path, shown, NOTEBOOK_LIMIT if kind == "notebook" else LIMIT)
    return python_source(data, path, shown, root)


def from_text(text: str, shown: str = "stdin", kind: str = "python") -> Source:
    """Return a text that is already decoded (stdin, an editor, flake8's lines) as a Source."""
    return Source(shown, text.removeprefix("\ufeff"), kind)
