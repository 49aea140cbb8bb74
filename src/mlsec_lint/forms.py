"""The forms in which artefacts are written: a text -> what it names, and what it becomes once it is pinned.

Must not know syntax, files or who is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from mlsec_lint.model import Fetch, Form

UNKNOWN = "?"  # a revision that is given and not known
COMMIT = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
_LOGIN = re.compile(r"(\w+://)[^/\s@]*:[^/\s@]*@")
_compiled = lru_cache(maxsize=None)(re.compile)


def fetch_of(text: str, keys: Iterable[str], forms: Mapping[str, Form], revision: str = "") -> Fetch | None:
    """Return what a text of one of these forms names, without a place; None where it has none of them."""
    for key in keys:
        form = forms[key]
        groups = _groups(text, form)
        if groups is not None:
            name = form.name.format_map(groups) if form.name else groups["name"]
            name = _LOGIN.sub(r"\1", name)  # a password in an address is no part of a name
            files = (groups["file"],) if groups.get("file") else ()
            return Fetch("", 0, 0, key, form.kind, name, groups.get("revision") or revision, files, text=text)
    return None


def pinned(text: str, form: Form, commit: str) -> str:
    """Return the text with a commit in it; "" where its form has no place for one."""
    groups = _groups(text, form)
    return form.pinned.format_map({**groups, "commit": commit}) if groups is not None and form.pinned else ""


def address(text: str, form: Form) -> str:
    """Return the address of the git repository that a text of this form names."""
    groups = _groups(text, form)
    return form.url.format_map(groups) if groups is not None else ""


def is_commit(revision: str) -> bool:
    """Tell a full commit hash from a name that can be moved."""
    return COMMIT.fullmatch(revision) is not None


def _groups(text: str, form: Form) -> dict[str, str] | None:
    found = _compiled(form.form).fullmatch(text)
    return {name: value or "" for name, value in found.groupdict().items()} if found is not None else None
