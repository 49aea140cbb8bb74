"""The word scan: can this file have a finding at all?  Exact in one direction: what it passes over has none.

Knows nothing of LibCST; most files go no further than this.
"""

from __future__ import annotations

import re
from collections import defaultdict
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


def build(index: Index) -> Scan:
    """Return the scan of the rules in force."""
    leaves: dict[bytes, set[bytes] | None] = {}
    apis = index.apis
    kin: dict[str, set[str]] = defaultdict(set)
    for alias, canonical in apis.aliases.items():
        kin[canonical.partition(".")[0]].add(alias.partition(".")[0])
    for made, of in apis.returns.items():
        kin[of.partition(".")[0]].add(made.partition(".")[0])

    def add(dotted: str) -> None:
        parts = [p for p in re.split(r"[^\w*]+", dotted) if p]
        if not parts:
            return
        leaf = next((p for p in reversed(parts) if p != "*" and not (p.startswith("__") and p.endswith("__"))), parts[0])
        if parts[0] == "builtins" or leaf == parts[0]:
            leaves[leaf.encode()] = None
            return
        held = leaves.setdefault(leaf.encode(), set())
        if held is not None:
            roots = {parts[0], *kin[parts[0]]}
            held.update(r.encode() for root in roots for r in (root, *kin[root]))

    for rule in index.rules.rules:
        for match in rule.matches:
            for call in match.calls:
                add(call)
            for method in match.methods:
                leaves[method.encode()] = None
        for assign in rule.assigns:
            for target in assign.targets:
                add(target)
        if rule.flow is not None:
            for endpoint in rule.flow.to:
                add(endpoint.call)
    for alias in apis.aliases:  # a re-export under another leaf
        canonical = apis.aliases[alias]
        leaf, target = alias.rpartition(".")[2].encode(), canonical.rpartition(".")[2].encode()
        if leaf != target and target in leaves:
            add(alias)
    for key in (*index.defaults, *index.entries):
        leaves[key.encode()] = None
    if index.commands:
        for shell in index.shells:
            add(shell)
    dashed = tuple(k.replace("_", "-") for k in index.defaults if "_" in k)
    return Scan({leaf: None if roots is None else frozenset(roots) for leaf, roots in leaves.items()}, dashed)
