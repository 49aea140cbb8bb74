"""Turn `[fix]` tables into `RuleFix`; must not know files or what is looked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from mlsec_lint.model import RuleFix
from mlsec_lint.rules.apis import texts

# What a fix can do to what each kind of table finds.
MEANINGFUL: Mapping[str, tuple[str, ...]] = {
    "match": ("set", "remove", "call", "delete", "replace"),
    "flow": ("set", "remove", "call", "replace"),
    "assign": ("value", "delete", "replace"),
    "default": ("value", "replace"),
    "entry": ("value", "replace"),
    "command": ("set", "remove", "replace"),
    "requirement": ("set", "replace"),
    "text": ("replace",),
    "config": ("replace",),
}
WORDS = ("set", "remove", "call", "value", "delete", "replace")
_EXPRESSIONS = ("match", "flow")  # where `set` gives Python expressions

Tell = Callable[[str, str], None]  # (key, what is wrong with it)


def read(key: str, table: Mapping[str, Any], tell: Tell, kind: str = "") -> RuleFix:
    """Return the fix that `table` describes, of a table of `kind` or else of the whole rule; mistakes are told."""
    given = [word for word in WORDS if table.get(word)]
    if not given:
        tell(key, f"changes nothing; one of {', '.join(MEANINGFUL.get(kind, WORDS))} is needed")
    for word in given:
        if kind and word not in MEANINGFUL[kind]:
            tell(f"{key}.{word}", f"means nothing in a [[{kind}]] table; known are {', '.join(MEANINGFUL[kind])}")
    if kind in ("", *_EXPRESSIONS):
        for parameter, value in table.get("set", {}).items():
            if not parameter.startswith("-") and (kind or parameter != "version"):
                _check_expression(f"{key}.set.{parameter}", value, tell)
    if table.get("value"):
        _check_expression(f"{key}.value", table["value"], tell)
    for pattern in table.get("replace", {}):
        try:
            re.compile(pattern)
        except re.error as error:
            tell(f"{key}.replace", f"{pattern!r} is not a regular expression: {error}")
    return RuleFix(
        safety=table["safety"],
        set=tuple(table.get("set", {}).items()),
        remove=texts(table["remove"]) if "remove" in table else (),
        call=table.get("call", ""),
        value=table.get("value", ""),
        delete=table.get("delete", False),
        replace=tuple(table.get("replace", {}).items()),
    )


def part_for(kind: str, fix: RuleFix | None) -> RuleFix | None:
    """Return the rule's fix where it can do something to what a table of this kind finds, else None."""
    if fix is None or not any(getattr(fix, word) for word in MEANINGFUL[kind]):
        return None
    names = [name for name, _ in fix.set] + list(fix.remove)
    speaks = {"command": any(name.startswith("-") for name in names), "requirement": "version" in names}
    return fix if fix.replace or speaks.get(kind, True) else None


def _check_expression(key: str, value: str, tell: Tell) -> None:
    try:
        ast.parse(value, mode="eval")
    except SyntaxError:
        tell(key, f"{value!r} is not a Python expression")
