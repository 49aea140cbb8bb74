"""Does a value satisfy a rule's predicate: yes, no, or not known.

Knows values and predicates, not rules nor syntax.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from mlsec_lint.holds import entropy
from mlsec_lint.model import Predicate
from mlsec_lint.python.index import pattern
from mlsec_lint.python.texts import makers
from mlsec_lint.python.values import (
    CODE,
    Alternative,
    Const,
    Digest,
    Instance,
    Local,
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
)

compiled = functools.lru_cache(maxsize=None)(re.compile)
dotted_pattern = functools.lru_cache(maxsize=None)(pattern)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a predicate on a value: do some alternatives satisfy it, do some fail it, are some unknown."""

    some: bool
    some_not: bool
    open: bool
    told: bool = False  # satisfied only by a default that has been reported where it is written

    @property
    def all(self) -> bool:
        """Every known alternative satisfies it and there is one."""
        return self.some and not self.some_not


@dataclass(frozen=True, slots=True)
class Judge:
    """Answers predicates; `live` returns the origins of a value that nothing has checked yet."""

    live: Callable[[Value], Origins]

    def excuses(self, predicate: Predicate, value: Value) -> bool | None:
        """Return whether a value is what a rule excuses; None where only some of what it may be is.

        A parameter counts for its default, which its callers may change as they like, and what is given on one path only
        for what is given; what else is not known does not.
        """
        answer = self.ask(predicate, value)
        if not answer.all:
            return None if answer.some else False
        if not answer.open or any(part.op == "origin" and self.ask(part, value).some for part in predicate.parts):
            return True
        unclear = [a for a in value.alts if not (isinstance(a, Symbol) and (a.is_parameter or a.is_absent))]
        parts = predicate.parts if predicate.op == "any" else (predicate,)
        settled = all(any(self.ask(part, Value((a,))).some for part in parts) for a in unclear)
        return True if settled else None

    def ask(self, predicate: Predicate, value: Value) -> Answer:
        """Return what is known of `predicate` on `value`."""
        if predicate.op == "origin":
            kinds = predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)
            origins = self.live(value)
            others = any(o.kind not in (CODE, "file") for o in origins)  # what is of anything else is not of code alone
            hit = any(
                (o.kind in kinds and not (o.kind == CODE and others))
                or ("source-file" in kinds and o.is_source_file)
                or ("packaged" in kinds and o.is_packaged)
                for o in origins
            )
            return Answer(hit, not hit, False)
        if predicate.op == "may":
            inner = self.ask(predicate.parts[0], value)
            return Answer(inner.some, inner.some_not and not inner.some, inner.open)
        if predicate.op == "any":
            answers = [self.ask(p, value) for p in predicate.parts]
            if any(a.some and not a.some_not and not a.open for a in answers):
                return Answer(True, False, False)
            if any(p.op in ("origin", "made") for p in predicate.parts):
                return Answer(
                    any(a.some for a in answers),
                    all(a.some_not for a in answers),
                    any(a.open for a in answers),
                )
        if predicate.op == "not" and predicate.parts[0].op == "origin":
            inner = self.ask(predicate.parts[0], value)
            return Answer(inner.some_not, inner.some, False)
        some = some_not = open_ = False
        told = True
        for alt in value.alts:
            verdict = self.one(predicate, alt)
            if verdict is None:
                open_ = True
            elif verdict:
                some = True
                told = told and isinstance(alt, Const) and alt.told
            else:
                some_not = True
        return Answer(some, some_not, open_, some and told)

    def one(self, predicate: Predicate, alt: Alternative) -> bool | None:
        """Return whether one alternative satisfies `predicate`; None when that is not known."""
        op = predicate.op
        if op == "any":
            verdicts = [self.one(p, alt) for p in predicate.parts]
            return True if True in verdicts else None if None in verdicts else False
        if op == "not":
            inner = self.one(predicate.parts[0], alt)
            return None if inner is None else not inner
        if op == "given":
            return True
        if op == "entry":
            return self.entry(predicate, alt)
        return _ONE[op](self, predicate.value, alt)

    def entry(self, predicate: Predicate, alt: Alternative) -> bool | None:
        """Return whether a mapping has the entry `predicate.value` and its value satisfies the inner predicate."""
        if not isinstance(alt, Table):
            return None if isinstance(alt, (Symbol, Instance, Name)) else False
        value = alt.get(str(predicate.value))
        if value is None:
            return None if alt.open else False
        answer = self.ask(predicate.parts[0], value)
        return True if answer.some else None if answer.open else False

    def has(self, predicate: Predicate, alt: Alternative) -> bool | None:
        """Return whether a sequence, mapping or string holds something that satisfies `predicate`."""
        if isinstance(alt, Sequence):
            answers = [self.ask(predicate, item) for item in alt.items]
            if any(a.some for a in answers):
                return True
            return None if alt.open or any(a.open for a in answers) else False
        if isinstance(alt, Table):
            answers = [self.ask(predicate, Value((Const(k),))) for k, _ in alt.entries]
            if any(a.some for a in answers):
                return True
            return None if alt.open else False
        if isinstance(alt, Const):
            if isinstance(alt.value, str) and predicate.op == "equals" and predicate.value != "":
                return str(predicate.value) in alt.value
            return self.one(predicate, alt)
        if isinstance(alt, Text) and predicate.op == "equals" and predicate.value != "":
            return True if any(str(predicate.value) in p for p in alt.parts if not p.startswith("\0")) else None
        return None


def _equals(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    if isinstance(alt, Const):
        if isinstance(wanted, bool) or isinstance(alt.value, bool):
            return alt.value is wanted if isinstance(alt.value, bool) and isinstance(wanted, bool) else False
        return type(alt.value) is type(wanted) and bool(alt.value == wanted)
    if isinstance(alt, Text):
        whole = alt.whole
        if whole is not None:
            return whole == wanted
        return False if not isinstance(wanted, str) else None if wanted.startswith(alt.start) else False
    if isinstance(alt, Symbol):
        return None
    if isinstance(alt, Sequence) and wanted in ([], (), "()", "[]"):
        return not alt.items and not alt.open
    if isinstance(alt, Instance) and alt.of.startswith("builtins."):
        return None
    return False


def _is(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    if isinstance(alt, Name):
        return alt.dotted == wanted or _same_member(alt.dotted, str(wanted))
    if isinstance(alt, Symbol):
        return None
    if isinstance(alt, Instance):
        return alt.made == wanted
    if isinstance(alt, LocalClass):
        return any(isinstance(b, Name) and b.dotted == wanted for base in alt.cls.bases for b in base.alts)
    return False


def _same_member(dotted: str, wanted: str) -> bool:
    return "*" in wanted and dotted_pattern(wanted).fullmatch(dotted) is not None


def _regex(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    text = _whole(alt)
    if text is not None:
        return compiled(str(wanted)).fullmatch(text) is not None
    if isinstance(alt, Symbol):
        return None
    if isinstance(alt, Text):
        return None
    return None if isinstance(alt, (Name, Instance)) else False


def _prefix(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    if isinstance(alt, Text):
        return compiled(str(wanted)).match(alt.start) is not None if alt.start else None
    text = _whole(alt)
    if text is not None:
        return compiled(str(wanted)).match(text) is not None
    return None if isinstance(alt, (Symbol, Name, Instance)) else False


def _suffix(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    text = _whole(alt)
    if isinstance(alt, Text) and text is None:
        text = alt.parts[-1]
        if text.startswith("\0"):
            return None
    if text is not None:
        return compiled(f"(?s:.*)(?:{wanted})").fullmatch(text) is not None
    return None if isinstance(alt, (Symbol, Name, Instance)) else False


def _entropy(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    text = _whole(alt)
    if text is not None:
        return entropy(text) >= float(str(wanted))
    return None if isinstance(alt, (Symbol, Text, Name, Instance)) else False


def _whole(alt: Alternative) -> str | None:
    if isinstance(alt, Const) and isinstance(alt.value, str):
        return alt.value
    if isinstance(alt, Text):
        return alt.whole
    return None


def _kind(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    if (
        "unknown" in kinds
        and isinstance(alt, (Symbol, Instance, Name))
        and not (isinstance(alt, Name) and not alt.receiver)
    ):
        return True
    found = _kinds(alt)
    return None if found is None else any(k in kinds for k in found)


def _kinds(alt: Alternative) -> tuple[str, ...] | None:
    if isinstance(alt, Const):
        if alt.value is None:
            return ("constant", "none")
        if isinstance(alt.value, (str, bytes)):
            return ("constant", "string")
        return ("constant", "number")
    if isinstance(alt, Text):
        whole = alt.whole is not None
        return (("path",) if alt.path else ()) + (("constant", "string") if whole else ("template", "string"))
    if isinstance(alt, Table):
        return ("mapping",)
    if isinstance(alt, Sequence):
        constant = not alt.open and all((k := _kinds(a)) and "constant" in k for item in alt.items for a in item.alts)
        return ("sequence", "constant") if constant else ("sequence",)
    if isinstance(alt, Instance) and alt.key:
        return ("path", "file")
    if isinstance(alt, LocalClass):
        return ("object", "class")
    if isinstance(alt, (Local, LocalObject, Partial, Digest, Verdict)):
        return ("object",)
    if isinstance(alt, Name) and alt.receiver is None:
        return ("object",)
    return None


def _made(_: Judge, wanted: object, alt: Alternative) -> bool | None:
    names = wanted if isinstance(wanted, tuple) else (wanted,)
    if isinstance(alt, Instance):
        return any(alt.made == n or alt.of == n or _same_member(alt.made, str(n)) for n in names)
    if isinstance(alt, Text) and alt.whole is None:  # a string is made by what made all its unknown parts
        return all(name in names for name in makers(alt.parts))
    return None if isinstance(alt, (Symbol, LocalObject)) else False


def _has(judge: Judge, wanted: object, alt: Alternative) -> bool | None:
    assert isinstance(wanted, Predicate)
    return judge.has(wanted, alt)


def _last(judge: Judge, wanted: object, alt: Alternative) -> bool | None:
    assert isinstance(wanted, Predicate)
    if not isinstance(alt, Sequence):
        return None if isinstance(alt, Symbol) else False
    if alt.open or not alt.items:
        return None
    answer = judge.ask(wanted, alt.items[-1])
    return True if answer.some else None if answer.open else False


def _never(_: Judge, __: object, ___: Alternative) -> bool | None:
    return None


_ONE: dict[str, Callable[[Judge, object, Alternative], bool | None]] = {
    "equals": _equals,
    "is": _is,
    "regex": _regex,
    "prefix": _prefix,
    "suffix": _suffix,
    "entropy": _entropy,
    "kind": _kind,
    "made": _made,
    "has": _has,
    "last": _last,
    "origin": _never,
}
