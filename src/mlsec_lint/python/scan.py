"""The word scan: can this file have a finding at all?  Exact in one direction: what it passes over has none.

Knows nothing of LibCST; most files go no further than this.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mlsec_lint.python.index import Index

_KEEP = bytes(c if chr(c).isalnum() or c == 95 or c >= 128 else 32 for c in range(256))

# Comments, docstrings and prose are blanked; f-strings (which hold code) and strings that may be names are kept.
_PROSE = re.compile(
    r"""([rRbB]?[fF][rR]?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|"[\w.:/-]{1,80}"|'[\w.:/-]{1,80}')"""
    r"""|\#[^\n]*|\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""",
    re.DOTALL,
)


def words(text: str) -> frozenset[bytes]:
    """Return the words of a text."""
    return frozenset(text.encode("utf-8", "surrogatepass").translate(_KEEP).split())


@dataclass(frozen=True, slots=True)
class Scan:
    """The words of the rules: a leaf counts together with one of its roots; None stands for any file."""

    leaves: dict[bytes, frozenset[bytes] | None]
    dashed: tuple[str, ...]

    def passes(self, text: str, module: str = "", extra: frozenset[bytes] = frozenset()) -> bool:
        """Return whether the file may have a finding; `extra` are words that count by themselves."""
        own = frozenset({module.partition(".")[0].encode()}) if module else frozenset()
        found = words(text)
        if extra and not extra.isdisjoint(found):
            return True
        if any(d in text for d in self.dashed):
            return True
        if not self._hit(found | own):
            return False
        return self._hit(words(_PROSE.sub(r"\1", text)) | own)

    def _hit(self, found: frozenset[bytes]) -> bool:
        for leaf in found & self.leaves.keys():
            roots = self.leaves[leaf]
            if roots is None or not roots.isdisjoint(found):
                return True
        return False


@functools.lru_cache(maxsize=8)
def narrow(index: Index) -> Scan:
    """Return the scan of what the rules speak of."""
    return _Builder(index).rules().scan()


@functools.lru_cache(maxsize=8)
def wide(index: Index) -> Scan:
    """Return the scan that also counts sources of data, digests and checks: what other modules may want to know."""
    kinds = tuple(index.apis.sources)
    return _Builder(index).rules().sources(kinds).names(index.digests, index.checks, index.apis.saves).scan()


@functools.lru_cache(maxsize=8)
def outside(index: Index) -> Scan:
    """Return the scan of sources alone: a file that may hand what comes from outside to the project's functions."""
    kinds = tuple(k for k in index.apis.sources if k != "command-line")
    return _Builder(index).sources(kinds).names(index.apis.saves).scan()


class _Builder:
    """Collects the words of dotted names."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.leaves: dict[bytes, set[bytes] | None] = {}
        self.dashed: tuple[str, ...] = ()
        self.kin: dict[str, set[str]] = defaultdict(set)  # roots under which an object may also be reached
        for alias, canonical in index.apis.aliases.items():
            self.kin[canonical.partition(".")[0]].add(alias.partition(".")[0])
        for made, of in index.apis.returns.items():
            self.kin[of.partition(".")[0]].add(made.partition(".")[0])

    def add(self, dotted: str) -> None:
        """Count a dotted name: its last telling part together with its root."""
        parts = [p for p in re.split(r"[^\w*]+", dotted) if p]
        if not parts:
            return
        leaf = next((p for p in reversed(parts) if p != "*" and not (p.startswith("__") and p.endswith("__"))), parts[0])
        if parts[0] == "builtins" or leaf == parts[0]:
            self.leaves[leaf.encode()] = None
            return
        held = self.leaves.setdefault(leaf.encode(), set())
        if held is not None:
            roots = {parts[0], *self.kin[parts[0]]}
            held.update(r.encode() for root in roots for r in (root, *self.kin[root]))

    def names(self, *lists: Iterable[str]) -> _Builder:
        for names in lists:
            for dotted in names:
                self.add(dotted)
        return self

    def sources(self, kinds: tuple[str, ...]) -> _Builder:
        for kind in kinds:
            self.names(self.index.apis.sources[kind])
        return self

    def rules(self) -> _Builder:
        index = self.index
        for rule in index.rules.rules:
            for match in rule.matches:
                self.names(match.calls)
                for method in match.methods:
                    self.leaves[method.encode()] = None
            for assign in rule.assigns:
                self.names(assign.targets)
            if rule.flow is not None:
                self.names(e.call for e in rule.flow.to)
        for key in (*index.defaults, *index.entries):
            self.leaves[key.encode()] = None
        if index.commands:
            self.names(index.shells)
        self.dashed = tuple(k.replace("_", "-") for k in index.defaults if "_" in k)
        return self

    def scan(self) -> Scan:
        for alias, canonical in self.index.apis.aliases.items():  # a re-export under another leaf
            leaf, target = alias.rpartition(".")[2].encode(), canonical.rpartition(".")[2].encode()
            if leaf != target and target in self.leaves:
                self.add(alias)
        leaves = {leaf: None if roots is None else frozenset(roots) for leaf, roots in self.leaves.items()}
        return Scan(leaves, self.dashed)
