"""Python's own parser, with errors that people can read.  Knows nothing of LibCST."""

from __future__ import annotations

import ast
import functools
import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mlsec_lint.model import Source, SourceError

DEEP = 6_000  # calls of Python's inside one another


@contextmanager
def resting_collector() -> Iterator[None]:
    """Keep the garbage collector from walking a tree that is being built (measured: a third of the parse)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def deep_stack() -> Iterator[None]:
    """Let functions that call each other through several modules be interpreted inside one another.

    From Python 3.11 on a call of Python's costs no stack of the process; before, the limit stays as it is.
    """
    was = sys.getrecursionlimit()
    if sys.version_info >= (3, 11):
        sys.setrecursionlimit(max(was, DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(was)


@functools.lru_cache(maxsize=8)  # a module's outline is asked for, and soon its functions
def parse_by_python(text: str) -> ast.Module:
    """Return what Python's own parser makes of a text, without its warnings; raises SyntaxError and its like."""
    with warnings.catch_warnings(), resting_collector():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def read_by_python(source: Source) -> ast.Module:
    """Return what Python's own parser makes of a source; raises SourceError.

    It goes first (7 % of the time): it has the better messages, and it refuses what is nested so deeply that LibCST's
    native parser would end the process.
    """
    try:
        return parse_by_python(source.text)
    except SyntaxError as error:
        hint = "; run the linter with Python 3.12 or later" if _may_be_newer(error.msg) else ""
        raise SourceError(source.path, str(error.lineno or 1), f"it does not parse: {error.msg}{hint}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError(source.path, "", f"it does not parse: {str(error) or 'it is nested too deeply'}") from None


def _may_be_newer(message: str) -> bool:
    """Return whether a newer Python may read what this one cannot: from 3.12 on an f-string may hold any expression."""
    return message.startswith("f-string") and sys.version_info < (3, 12)
