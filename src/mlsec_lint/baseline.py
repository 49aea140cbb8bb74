"""Findings accepted earlier, by content and count; and the fingerprints made from the same content.

Knows findings only; must not know rules, options or formats.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlsec_lint.model import ConfigError, Finding, Hidden

VERSION = 1
OWN = "MLS9"  # what the linter says about itself is never accepted


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What makes two findings the same one, wherever in the file they stand."""

    path: str
    code: str
    scope: str  # the enclosing function
    text: str  # the line, with its blanks made one

    def __str__(self) -> str:
        where = f"{self.path} ({self.scope})" if self.scope else self.path
        return f"{self.code} {where}: {self.text}"


Accepted = Mapping[Entry, int]  # how many of each


@dataclass(frozen=True, slots=True)
class Outcome:
    """Findings held against a baseline."""

    new: tuple[Finding, ...]
    accepted: tuple[Hidden, ...]
    stale: Accepted  # accepted, and not found any more


def entry_of(finding: Finding, path: str | None = None) -> Entry:
    """Return what identifies `finding`; `path` in place of its own."""
    text = " ".join(finding.excerpt.split())
    return Entry(finding.path if path is None else path, finding.code, finding.scope, text)


def fingerprinted(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in the same order, each with a fingerprint that survives moved lines and is unique."""
    findings = list(findings)
    seen: Counter[Entry] = Counter()
    marked: list[Finding] = list(findings)
    for number in sorted(range(len(findings)), key=lambda index: findings[index].order):
        entry = entry_of(findings[number])
        parts = [entry.code, entry.path, entry.scope, entry.text, str(seen[entry])]
        seen[entry] += 1
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        marked[number] = replace(findings[number], fingerprint=digest[:32])
    return marked


# ---------------------------------------------------------------- holding findings against a baseline


def split(findings: Sequence[Finding], accepted: Accepted, name: str, only: Collection[str]) -> Outcome:
    """Hold findings against what the baseline file `name` accepts: of three accepted twins, the fourth is new.

    `only` are the paths (as findings give them) that this baseline is for; other findings are new.
    """
    left = Counter(accepted)
    new: list[Finding] = []
    hidden: list[Hidden] = []
    for finding in sorted(findings, key=lambda one: one.order):
        entry = entry_of(finding, _relative(finding.path, name))
        if finding.path in only and not finding.code.startswith(OWN) and left[entry] > 0:
            left[entry] -= 1
            hidden.append(Hidden(finding, "baseline"))
        else:
            new.append(finding)
    return Outcome(tuple(new), tuple(hidden), {entry: count for entry, count in sorted(left.items()) if count > 0})


def covers(entry: Entry, name: str, checked: Collection[str]) -> bool:
    """Tell whether the file of `entry` was among those checked, or is gone: only then can the entry be stale."""
    place = os.path.join(os.path.dirname(os.path.abspath(name)), entry.path)
    return os.path.abspath(place) in {os.path.abspath(path) for path in checked} or not os.path.exists(place)


def accept(findings: Iterable[Finding], name: str) -> Accepted:
    """Return a baseline for the file `name` that accepts exactly `findings`."""
    mine = (one for one in findings if not one.code.startswith(OWN))
    return Counter(entry_of(one, _relative(one.path, name)) for one in mine)


def prune(accepted: Accepted, stale: Accepted) -> Accepted:
    """Return `accepted` without what is stale; never more of anything than before."""
    left = {entry: count - max(stale.get(entry, 0), 0) for entry, count in accepted.items()}
    return {entry: count for entry, count in left.items() if count > 0}


def _relative(path: str, name: str) -> str:
    """`path` seen from the folder of the baseline file, so that it does not matter where the linter is run."""
    try:
        found = os.path.relpath(os.path.abspath(path), os.path.dirname(os.path.abspath(name)))
    except ValueError:  # another drive
        return path
    return found.replace(os.sep, "/")


# ---------------------------------------------------------------- the file


def read(name: str) -> Accepted:
    """Return what the baseline file accepts; raises ConfigError for a file that is not one."""
    try:
        document: Any = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(name, "", f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(name, "", f"is not a baseline: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("accepted"), list):
        raise ConfigError(name, "", "is not a baseline: it has no list `accepted`")
    if document.get("version") != VERSION:
        raise ConfigError(name, "version", f"is {document.get('version')!r}; this mlsec-lint reads {VERSION}")
    accepted: Counter[Entry] = Counter()
    for number, item in enumerate(document["accepted"], start=1):
        entry, count = _entry(item, f"accepted[{number}]", name)
        accepted[entry] += count
    return accepted


def _entry(item: Any, place: str, name: str) -> tuple[Entry, int]:
    if not isinstance(item, dict):
        raise ConfigError(name, place, "must be an object")
    texts = [item.get(key) for key in ("path", "code", "function", "line")]
    count = item.get("count", 1)
    if not all(isinstance(text, str) for text in texts) or not isinstance(count, int) or count < 1:
        raise ConfigError(name, place, "needs path, code, function and line as strings and a count of at least 1")
    return Entry(*map(str, texts)), count


def written(accepted: Accepted) -> str:
    """Return the text of a baseline file: one entry a line, sorted, so that changes read well in a review."""
    lines = [_line(one, count) for one, count in sorted(accepted.items()) if count > 0]
    body = "\n" + ",\n".join(lines) + "\n" if lines else ""
    return f'{{"version": {VERSION}, "accepted": [{body}]}}\n'


def _line(entry: Entry, count: int) -> str:
    item = {"code": entry.code, "path": entry.path, "function": entry.scope, "line": entry.text, "count": count}
    text = json.dumps(item, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, from a broken string in a notebook
        return json.dumps(item)
    return text
