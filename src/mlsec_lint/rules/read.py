"""Parse the files of all rule folders together, and check what must hold between them; must not know the cache."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlsec_lint.model import Apis, Match, Requirement, Rule, RuleError, RuleSet, Words
from mlsec_lint.rules.apis import Tables
from mlsec_lint.rules.apis import build as build_apis
from mlsec_lint.rules.build import build as build_rule
from mlsec_lint.rules.shape import nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Folder = tuple[Path, tuple[tuple[Path, bool], ...], bool]  # root, its (file, is an api table), whether it is our own


def parse(folders: Sequence[Folder]) -> tuple[RuleSet, list[RuleError]]:
    """Return what can be read of all folders, and every mistake in them."""
    errors: list[RuleError] = []
    digest = hashlib.sha256()
    tables = Tables()
    written: list[tuple[str, dict[str, Any], bool]] = []
    for root, files, own in folders:
        if not root.is_dir():
            errors.append(RuleError(root.as_posix(), "", "there is no such folder of rules"))
        for path, api in files:
            shown = _shown(root, path, own)
            data = _data(path, shown, digest, errors)
            if data is not None and api:
                tables.add(shown, data)
            elif data is not None:
                written.append((shown, data, own))
    apis, names, reader = build_apis(tables)
    errors += tables.errors
    rules: list[Rule] = []
    for shown, data, own in written:
        rule, wrong = build_rule(shown, data, names, reader, own)
        errors += wrong
        if rule is not None:
            rules.append(rule)
            errors += _unknown_artefacts(rule, apis)
            errors += _unknown_shapes(rule, apis)
    errors += _between([(shown, data) for shown, data, _ in written])
    rules.sort(key=lambda rule: rule.code)
    return RuleSet(tuple(rules), apis, digest.hexdigest()), errors


def _data(path: Path, shown: str, digest: Any, errors: list[RuleError]) -> dict[str, Any] | None:
    try:
        content = path.read_bytes()
        digest.update(f"{shown}\0{len(content)}\0".encode())
        digest.update(content)
        return dict(tomllib.loads(content.decode("utf-8")))
    except OSError as error:
        errors.append(RuleError(shown, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        errors.append(RuleError(shown, "", "is not UTF-8"))
    except tomllib.TOMLDecodeError as error:
        errors.append(RuleError(shown, "", f"is not TOML: {error}"))
    return None


def _shown(root: Path, path: Path, own: bool) -> str:
    """Return the path for messages: ours from `rules/` on, others as they were given."""
    inside = path.relative_to(root).as_posix()
    return f"rules/{inside}" if own else os.path.join(root.as_posix(), inside).replace(os.sep, "/")


def _unknown_artefacts(rule: Rule, apis: Apis) -> list[RuleError]:
    tables: tuple[tuple[str, tuple[Match | Words | Requirement, ...]], ...] = (
        ("match", rule.matches),
        ("command", rule.commands),
        ("requirement", rule.requirements),
    )
    return [
        RuleError(
            rule.path, f"{key}[{number}].artefact", f"no `[artefacts]` table is {one!r}{nearest(one, apis.artefacts)}"
        )
        for key, rows in tables
        for number, table in enumerate(rows)
        for one in table.artefacts
        if one not in apis.artefacts
    ]


def _unknown_shapes(rule: Rule, apis: Apis) -> list[RuleError]:
    return [
        RuleError(rule.path, f"config[{number}].shape", f"no `[shapes]` table is {one!r}{nearest(one, apis.shapes)}")
        for number, table in enumerate(rule.configs)
        for one in table.shapes
        if one not in apis.shapes
    ]


def _between(written: Sequence[tuple[str, dict[str, Any]]]) -> list[RuleError]:
    """Return mistakes that only show between files: codes and names used twice, codes that no rule has."""
    errors: list[RuleError] = []
    taken: dict[tuple[str, str], str] = {}
    for path, data in written:
        for key in ("code", "name"):
            value = data.get(key)
            if isinstance(value, str) and taken.setdefault((key, value), path) != path:
                errors.append(RuleError(path, key, f"{value!r} is taken by {taken[key, value]}"))
    codes = [value for key, value in taken if key == "code"]
    for path, data in written:
        over = data.get("over")
        for code in over if isinstance(over, list) else ():
            if isinstance(code, str) and (code not in codes or code == data.get("code")):
                message = "a rule cannot stand over itself" if code == data.get("code") else f"no rule has {code!r}"
                errors.append(RuleError(path, "over", message + ("" if code in codes else nearest(code, codes))))
    return errors
