"""Keep a loaded `RuleSet` as JSON in the user's cache folder, for a quick start; must not know what rules mean.

A file that is missing, corrupt, out of date or owned by somebody else is ignored, and one that cannot be written
is no mistake: the rules are read again.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from mlsec_lint import model
from mlsec_lint.frozen import Codec
from mlsec_lint.model import RuleSet

_CODEC = Codec(
    *(model.Predicate, model.Match, model.Assign, model.Default, model.Entry, model.Endpoint, model.Flow, model.Words),
    *(model.Text, model.Requirement, model.RuleFix, model.Example, model.Rule, model.VersionedDefault, model.Apis),
    *(model.RuleSet, model.Drift, model.Form, model.Api, model.Config, model.Shape, model.Members),
)


def folder() -> Path | None:
    """Return this tool's folder in the user's cache directory (perhaps not there yet); None if there is no home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache")
    return Path(base) / "mlsec-lint" if os.path.isabs(base) else None


def read(name: str, key: str) -> RuleSet | None:
    """Return what was written under `name` with the same `key`, or None."""
    place = folder()
    if place is None:
        return None
    try:
        with open(place / name, encoding="utf-8") as file:
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            stored = json.load(file)
        if stored["key"] != key:
            return None
        rules = _CODEC.unpack(stored["rules"])
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return rules if isinstance(rules, RuleSet) else None


def write(name: str, key: str, rules: RuleSet) -> None:
    """Keep `rules` under `name`, if the folder can be written."""
    place = folder()
    if place is None:
        return
    draft = place / f"{name}.{os.getpid()}.tmp"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps({"key": key, "rules": _CODEC.pack(rules)}, separators=(",", ":")), encoding="utf-8")
        os.replace(draft, place / name)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
