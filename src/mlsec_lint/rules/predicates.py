"""Turn a predicate as written in a rule file into a `Predicate`; must not know rule files or where they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

from mlsec_lint.model import Predicate
from mlsec_lint.rules.shape import nearest

KINDS = ("constant", "string", "number", "path", "template", "mapping", "sequence", "none", "class", "unknown")
ORIGINS = ("remote", "input", "command-line", "model", "own", "data", "packaged", "code")
ASKED = (
    *ORIGINS,
    "parameter",
    "source-file",
    "paths-refused",
    "links-refused",
    "on-disk",
    "listed",
    "identifier",
)  # what a predicate may ask for
NAMED = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.([A-Za-z_]\w*|\*))+")
FORMS = ("regex", "prefix", "suffix", "entropy", "kind", "origin", "made", "has", "last", "not", "may", "any")


class PredicateError(ValueError):
    """A predicate that means nothing; the message is one sentence without a place."""


class Reader:
    """Parse predicates, given the named ones and a way to expand `@group` names."""

    def __init__(self, named: Mapping[str, object], expand: Callable[[str], tuple[str, ...]]) -> None:
        self._named = named
        self._expand = expand
        self._known: dict[str, Predicate] = {}
        self._open: list[str] = []

    def read(self, written: object) -> Predicate:
        """Return what `written` (a string, list or table from TOML) means; raises PredicateError."""
        if isinstance(written, str):
            return self._string(written.strip())
        if isinstance(written, list):
            return self._any(written)
        if isinstance(written, dict):
            return self._table(written)
        raise PredicateError(f"a predicate is a string, list or table; write {str(written)!r} in quotes, as in Python")

    def _string(self, text: str) -> Predicate:
        if text in self._named or (NAMED.fullmatch(text) and "-" in text):
            return self._expand_named(text)
        if DOTTED.fullmatch(text):
            return Predicate("is", text)
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            raise PredicateError(f"{text!r} is neither a Python expression nor a named predicate") from None
        if isinstance(node, ast.Name):
            return self._expand_named(text)
        return self._literal(node, text)

    def _literal(self, node: ast.expr, text: str) -> Predicate:
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError):
            raise PredicateError(f"{text!r} is not a constant, a dotted name or `...`") from None
        if value is Ellipsis:
            return Predicate("given")
        if isinstance(value, (tuple, list)) and not value:
            return Predicate("equals", ())
        if value is None or isinstance(value, (bool, int, float, str)):
            return Predicate("equals", value)
        if isinstance(value, dict) and len(value) == 1:
            ((key, held),) = value.items()
            if isinstance(key, str) and (held is None or isinstance(held, (bool, int, float, str))):
                return Predicate("entry", key, (Predicate("equals", held),))
        raise PredicateError(f"{text!r} is no simple constant (text, number, True, False, None) or dictionary entry")

    def _expand_named(self, name: str) -> Predicate:
        if name not in self._named:
            raise PredicateError(
                f"{name!r} is not a named predicate{nearest(name, self._named)}; a text needs quotes inside the quotes"
            )
        if name in self._open:
            raise PredicateError(f"the named predicate {name!r} contains itself")
        if name not in self._known:
            self._open.append(name)
            try:
                self._known[name] = self.read(self._named[name])
            finally:
                self._open.pop()
        return self._known[name]

    def _any(self, written: list[object]) -> Predicate:
        if not written:
            raise PredicateError("an empty list of predicates holds for nothing")
        if len(written) == 1:
            return self.read(written[0])
        return Predicate("any", parts=tuple(self.read(one) for one in written))

    def _table(self, written: dict[str, object]) -> Predicate:
        if len(written) != 1:
            raise PredicateError(f"a predicate table has exactly one key, not {len(written)}: {', '.join(written)}")
        ((key, value),) = written.items()
        match key:
            case "regex" | "prefix" | "suffix":
                return Predicate(key, self._pattern(value))
            case "entropy" if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
                return Predicate(key, float(value))
            case "entropy":
                raise PredicateError("`entropy` takes a number of bits per character")
            case "kind":
                return Predicate(key, self._words(key, value, KINDS))
            case "origin":
                return Predicate(key, self._words(key, value, ASKED))
            case "made":
                return Predicate(key, self._names(value))
            case "has" | "last":
                return Predicate(key, self.read(value))
            case "not" | "may":
                return Predicate(key, parts=(self.read(value),))
            case "any" if isinstance(value, list):
                return self._any(value)
            case "any":
                raise PredicateError("`any` takes a list of predicates")
        raise PredicateError(f"unknown predicate {key!r}{nearest(key, FORMS)}")

    def _pattern(self, value: object) -> str:
        if not isinstance(value, str):
            raise PredicateError("a regular expression is a string")
        try:
            re.compile(value)
        except re.error as error:
            raise PredicateError(f"{value!r} is not a regular expression: {error}") from None
        return value

    def _words(self, key: str, value: object, known: tuple[str, ...]) -> tuple[str, ...]:
        words = _strings(value)
        for word in words:
            if word not in known:
                raise PredicateError(f"unknown {key} {word!r}{nearest(word, known)}; known are {', '.join(known)}")
        return words

    def _names(self, value: object) -> tuple[str, ...]:
        names: list[str] = []
        for name in _strings(value):
            names.extend(self._expand(name))
        return tuple(dict.fromkeys(names))


def _strings(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) for one in values):
        raise PredicateError("a string or a list of strings is wanted here")
    return tuple(values)
