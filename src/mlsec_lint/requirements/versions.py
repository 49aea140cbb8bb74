"""Versions and specifiers of Python packages, as far as bounds are concerned; `packaging` reads them (PEP 440).

Must not know files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

_LOWER = ("==", "===", "~=", ">=", ">")


def version(text: str) -> Version | None:
    """Return what versions compare by, or None for what is no version; local parts (`+cu121`) do not count."""
    from packaging.version import InvalidVersion, Version  # slow to import, and most files need it not

    try:
        found = Version(text)
    except InvalidVersion:
        return None
    return Version(found.public) if found.local else found


def at_least(given: str, bound: str) -> bool:
    """Return whether version `given` is known to be `bound` or later."""
    left, right = version(given), version(bound)
    return left is not None and right is not None and left >= right


def clauses(specifier: str) -> list[tuple[str, str]]:
    """Return the clauses of a specifier as (operator, version); nothing for what is no specifier."""
    if not specifier:
        return []
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return sorted((one.operator, one.version) for one in SpecifierSet(specifier))
    except InvalidSpecifier:
        return []


def is_pinned(specifier: str) -> bool:
    """Return whether only one version satisfies the specifier."""
    return any(op == "===" or (op == "==" and not text.endswith("*")) for op, text in clauses(specifier))


def lowest(specifier: str) -> str:
    """Return the lowest version that satisfies the specifier, or "" where there is no such bound."""
    bounds = [text.removesuffix(".*") for op, text in clauses(specifier) if op in _LOWER]
    known = [(found, bound) for bound in bounds if (found := version(bound)) is not None]
    return max(known)[1] if known else ""


def oldest(texts: Iterable[str]) -> str:
    """Return the lowest of some versions; what is no version comes first."""
    from packaging.version import Version

    return min(texts, key=lambda text: version(text) or Version("0"))


def is_below(specifier: str, bound: str) -> bool:
    """Return whether every version that satisfies the specifier is known to be lower than `bound`."""
    limit = version(bound)
    if limit is None:
        return False
    return any(_is_below(op, text, limit) for op, text in clauses(specifier))


def _is_below(op: str, text: str, limit: Version) -> bool:
    if op == "~=" or (op == "==" and text.endswith(".*")):
        fixed = text.removesuffix(".*").split(".")
        fixed = fixed[:-1] if op == "~=" else fixed
        if not all(part.isdigit() for part in fixed):
            return False
        top = version(".".join([*fixed[:-1], str(int(fixed[-1]) + 1)]))  # the first release that is not admitted
        return top is not None and top <= limit
    found = version(text)
    if found is None:
        return False
    return (op in ("==", "===", "<=") and found < limit) or (op == "<" and found <= limit)


def from_caret(written: str) -> str:
    """Return Poetry's notation (`^1.2`, `~1.2`, `1.2.*`, `1.2`) as a specifier; what is unknown admits everything."""
    parts = []
    for part in () if "||" in written else written.split(","):
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
