"""Versions and specifiers of Python packages (PEP 440), as far as bounds are concerned.

Must not know files.
"""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>a|alpha|b|beta|c|rc|pre|preview)[-_.]?(?P<pre_n>\d*))?"
    r"(?P<post>(?:[-_.]?(?:post|rev|r)[-_.]?\d*)|-\d+)?(?:[-_.]?(?P<dev>dev)[-_.]?\d*)?(?:\+[\w.]+)?\s*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s,;]+)\s*")
_ORDER = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, "preview": 3}

Key = tuple[int, tuple[int, ...], int, int, int]


def key(version: str) -> Key | None:
    """Return what versions compare by, or None for what is no version; local parts (`+cu121`) do not count."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    if found["pre"]:
        stage, number = _ORDER[found["pre"].lower()], int(found["pre_n"] or 0)
    elif found["dev"] and not found["post"]:
        stage, number = 0, 0
    else:
        stage, number = 4, 0
    return int(found["epoch"] or 0), tuple(release), stage, number, 1 if found["post"] else 0


def at_least(version: str, bound: str) -> bool:
    """Return whether `version` is known to be `bound` or later."""
    left, right = key(version), key(bound)
    return left is not None and right is not None and left >= right


def clauses(specifier: str) -> list[tuple[str, str]]:
    """Return the clauses of a specifier as (operator, version)."""
    return [(found[1], found[2]) for found in _CLAUSE.finditer(specifier)]


def is_pinned(specifier: str) -> bool:
    """Return whether only one version satisfies the specifier."""
    return any(op == "===" or (op == "==" and not version.endswith("*")) for op, version in clauses(specifier))


def lowest(specifier: str) -> str:
    """Return the lowest version that satisfies the specifier, or "" where there is no such bound."""
    bounds = [version.removesuffix(".*") for op, version in clauses(specifier) if op in ("==", "===", "~=", ">=", ">")]
    known = [(found, bound) for bound in bounds if (found := key(bound)) is not None]
    return max(known)[1] if known else ""


def is_below(specifier: str, bound: str) -> bool:
    """Return whether every version that satisfies the specifier is known to be lower than `bound`."""
    limit = key(bound)
    if limit is None:
        return False
    for op, version in clauses(specifier):
        if op in ("==", "~=") and (op == "~=" or version.endswith(".*")):
            parts = version.removesuffix(".*").split(".")
            fixed = parts[:-1] if op == "~=" else parts
            if fixed and all(part.isdigit() for part in fixed):
                top = key(".".join([*fixed[:-1], str(int(fixed[-1]) + 1)]))
                if top is not None and top <= limit:
                    return True
            continue
        found = key(version)
        if found is not None and ((op in ("==", "===", "<=") and found < limit) or (op == "<" and found <= limit)):
            return True
    return False


def from_caret(written: str) -> str:
    """Return Poetry's notation (`^1.2`, `~1.2`, `1.2.*`, `1.2`) as a specifier; what is unknown admits everything."""
    parts = []
    for part in written.split(","):
        part = part.strip()
        if part in ("", "*"):
            continue
        numbers = part.lstrip("^~= ").split(".")
        if part.startswith("^") or (part.startswith("~") and not part.startswith("~=")):
            if not all(number.isdigit() for number in numbers):
                continue
            last = next((i for i, n in enumerate(numbers) if n != "0"), len(numbers) - 1)
            last = last if part.startswith("^") else min(1, len(numbers) - 1)
            top = [*numbers[:last], str(int(numbers[last]) + 1)]
            parts.append(f">={'.'.join(numbers)},<{'.'.join(top)}")
        elif part[0].isdigit():
            parts.append(f"=={part}")
        else:
            parts.append(part)
    return ",".join(parts)
