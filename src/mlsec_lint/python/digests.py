"""Digests and verdicts among values, and what became of the digests that a module computes.

Knows values alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from mlsec_lint.python.values import Digest, Value, Verdict


@dataclass(slots=True)
class Digests:
    """What became of the digests that were computed."""

    all: list[tuple[cst.CSTNode, Value, str]] = field(default_factory=list)
    compared: list[tuple[cst.CSTNode, tuple[Value, ...], str]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # stopped something, or were handed on
    telling: int = 0  # inside the arguments of a print or a log
    scope: str = ""

    def made(self, node: cst.CSTNode, value: Value) -> Value:
        self.all.append((node, value, self.scope))
        return value

    def compare(self, node: cst.CSTNode, *values: Value) -> None:
        self.compared.append((node, values, self.scope))

    def decide(self, test: Value) -> None:
        """A test had consequences."""
        self.used.update(a.ident for a in test.alts if isinstance(a, Verdict))

    def escape(self, value: Value) -> None:
        """A digest (or a verdict) was handed on; telling it to a person does not count."""
        if not self.telling:
            self.used.update(a.ident for a in value.alts if isinstance(a, (Digest, Verdict)))


def outcome(value: Value, name: str = "") -> Value | None:
    """Return what is made of a check's report, such as its attribute `name`; None where the value is none."""
    verdicts = [a for a in value.alts if isinstance(a, Verdict)]
    positive = False if FAILED.search(name) else True if PASSED.search(name) else None
    return Value(tuple(replace(a, positive=positive, raises=False) for a in verdicts)) if verdicts else None


# What the parts of a check's report are called.
FAILED = re.compile(
    r"(?i)infect|issue|fail|bad|malicious|danger|unsafe|error|threat|problem|violation|mismatch|corrupt|invalid"
)


PASSED = re.compile(r"(?i)safe|ok$|valid|pass|clean|match|success|good")


def digested(*values: Value) -> tuple[Any, bool]:
    """Return the origins whose digest is among these values (None: no digest), and whether it is a weak one."""
    of = None
    weak = False
    for value in values:
        for alt in value.alts:
            if isinstance(alt, Digest):
                of = alt.of if of is None else of | alt.of
                weak = weak or alt.weak
    return of, weak


def digest_of(*values: Value) -> int:
    """Return the ident of the digest among these values, or 0."""
    return next((a.ident for v in values for a in v.alts if isinstance(a, Digest)), 0)
