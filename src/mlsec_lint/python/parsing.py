"""LibCST's parser, with errors that people can read."""

from __future__ import annotations

import libcst as cst

from mlsec_lint.model import Source, SourceError
from mlsec_lint.python.syntax import read_by_python, resting_collector


def parse_text(text: str, path: str = "") -> cst.Module:
    """Return LibCST's tree of a text that Python's own parser has accepted; raises SourceError."""
    try:
        with resting_collector():
            return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise SourceError(path, str(error.raw_line), "it does not parse") from None


def parse(source: Source) -> cst.Module:
    """Return the syntax tree of a source; raises SourceError."""
    read_by_python(source)
    return parse_text(source.text, source.path)
