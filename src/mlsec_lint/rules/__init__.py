"""Read the rule files and api tables into a `RuleSet`, naming every mistake by file and key; must not know code."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlsec_lint.model import Rule, RuleError, RuleSet
from mlsec_lint.rules import cache

_HERE = Path(__file__).resolve().parent


class RuleErrors(Exception):
    """Every mistake found in the rule files; `rules` holds those that are sound."""

    def __init__(self, errors: Iterable[RuleError], rules: RuleSet) -> None:
        self.errors = tuple(errors)
        self.rules = rules
        super().__init__("\n".join(str(error) for error in self.errors))


def load(extra: Sequence[Path] = (), *, prose: bool = True, keep: bool = True) -> RuleSet:
    """Return our own rules and those in the folders `extra`, in order of their codes; raises RuleErrors.

    Without `prose` a rule's why, instead, references and examples are left empty, which is quicker; without `keep`
    nothing is read from or written to the user's cache folder.
    """
    roots = (home(), *(Path(folder) for folder in extra))
    if not keep:
        return _shorten(_parse(roots), prose)
    key = _stamp(roots)
    where = hashlib.sha256("\0".join(str(root.resolve()) for root in roots).encode()).hexdigest()[:16]
    name = f"rules-{where}-{'full' if prose else 'short'}.json"
    known = cache.read(name, key)
    if known is None:
        known = _shorten(_parse(roots), prose)
        cache.write(name, key, known)
    return known


def catalogue() -> tuple[Rule, ...]:
    """Return our own rules with all their prose."""
    return load().rules


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a rule file."""
    from mlsec_lint.rules.keys import document

    return document()


def home() -> Path:
    """Return the folder of our own rules: beside the package once installed, in the checkout otherwise."""
    installed = _HERE.parent / "_rules"
    return installed if installed.is_dir() else _HERE.parents[2] / "rules"


def files(root: Path) -> tuple[tuple[Path, bool], ...]:
    """Return the TOML files under `root` in order, each with whether it is an api table."""
    found: list[tuple[Path, bool]] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = os.path.relpath(folder, root).split(os.sep)
        for name in sorted(names):
            if name.endswith(".toml") and not name.startswith("."):
                api = inside[0] == "apis" or (inside == ["."] and name == "apis.toml")
                found.append((Path(folder, name), api))
    return tuple(found)


def _stamp(roots: Sequence[Path]) -> str:
    """Return a digest of names, times and sizes of all rule files, and of the code that reads them."""
    package = sys.modules["mlsec_lint"]
    parts = [str(getattr(package, "__version__", "")), sys.version]
    paths = [path for root in roots for path, _ in files(root)]
    paths += [*sorted(_HERE.glob("*.py")), _HERE.parent / "model.py"]
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            continue  # gone since it was listed, or no real file: reading it tells
        parts.append(f"{path}\0{stat.st_mtime_ns}\0{stat.st_ctime_ns}\0{stat.st_size}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _parse(roots: Sequence[Path]) -> RuleSet:
    from mlsec_lint.rules.read import parse  # TOML, regular expressions and schema: not needed on most starts

    rules, errors = parse([(root, files(root), number == 0) for number, root in enumerate(roots)])
    if errors:
        raise RuleErrors(errors, rules)
    return rules


def _shorten(rules: RuleSet, prose: bool) -> RuleSet:
    if prose:
        return rules
    return replace(
        rules,
        rules=tuple(
            replace(rule, why="", case="", instead="", fine="", references=(), examples=()) for rule in rules.rules
        ),
    )
