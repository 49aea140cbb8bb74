"""Does a plain value, such as a word of a command or an entry of a configuration file, satisfy a predicate.

Must not know where the value stands, nor Python's values, which carry origins and alternatives.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache

from mlsec_lint.model import Predicate

UNKNOWN = ...  # stands for a value that cannot be known
_compiled = cache(re.compile)


def holds(predicate: Predicate, value: object, known: str = "") -> bool | None:
    """Return whether `value` satisfies a predicate; None where that is not known.

    `known` is how an UNKNOWN text begins.
    """
    op, wanted = predicate.op, predicate.value
    if op == "given":
        return True
    if op == "not":
        inner = holds(predicate.parts[0], value, known)
        return None if inner is None else not inner
    if op == "any":
        answers = [holds(part, value, known) for part in predicate.parts]
        return True if True in answers else None if None in answers else False
    if op == "prefix" and (isinstance(value, str) or value is UNKNOWN):
        if _compiled(str(wanted)).match(known if value is UNKNOWN else str(value)):
            return True
        return None if value is UNKNOWN else False
    if op == "kind":
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        return _kind(value) in kinds or ("constant" in kinds and value is not UNKNOWN)
    if value is UNKNOWN:
        return None
    if op == "equals":
        return value == wanted and isinstance(value, bool) is isinstance(wanted, bool)
    if op == "regex":
        return isinstance(value, str) and _compiled(str(wanted)).fullmatch(value) is not None
    if op == "suffix":
        return isinstance(value, str) and _compiled(f"(?s:.*)(?:{wanted})").fullmatch(value) is not None
    if op == "entropy":
        return isinstance(value, str) and entropy(value) >= float(str(wanted))
    if op == "has":
        items = value if isinstance(value, list) else [value]
        return any(
            holds(part, item) or (isinstance(item, str) and str(part.value) in item)
            for part in predicate.parts
            for item in items
        )
    return None


def entropy(text: str) -> float:
    """Return the Shannon entropy of a text in bits per character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0


def _kind(value: object) -> str:
    """Return the kind of a value, as rule files call it."""
    if value is UNKNOWN:
        return "template"
    if value is None:
        return "none"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "mapping"
    return "sequence" if isinstance(value, list) else "number"
