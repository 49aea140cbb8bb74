"""Shell commands that Python runs: `os.system("pip install x")`, `subprocess.run(["curl", url])`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint import commands
from mlsec_lint.model import Level, Rule, Words
from mlsec_lint.python import fetches
from mlsec_lint.python.members import resolved
from mlsec_lint.python.raw import emit
from mlsec_lint.python.values import Const, Name, Sequence, Text, Value

if TYPE_CHECKING:
    from mlsec_lint.python.arguments import Arguments
    from mlsec_lint.python.walk import Walker


def judge(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments) -> None:
    """Ask the `[[command]]` tables about what a call hands to the shell or to a new process."""
    given = arguments.get("0") or arguments.get("args") or arguments.get("command") or arguments.get("cmd")
    if given is None:
        return
    for command in _commands(resolved(walker, given[0]), arguments):
        for rule, table in commands.ask(command, walker.index.commands):
            _spoken(walker, node, dotted, rule, table)
        if walker.index.recording and not walker.silent:
            for candidate in commands.candidates(command, walker.index.commands):
                fetches.record_command(walker, node, dotted, candidate, arguments)


def _commands(value: Value, arguments: Arguments) -> list[commands.Command]:
    out: list[commands.Command] = []
    for alt in value.alts:
        if isinstance(alt, Sequence):
            words = [_word(item) for item in alt.items]
            if words and words[0] in ("bash", "sh", "/bin/sh", "/bin/bash") and "-c" in words:
                text = words[words.index("-c") + 1] if words.index("-c") + 1 < len(words) else None
                out.extend(commands.split(text, ()) if text else ())
            elif words:
                out.extend(commands.from_words(words))
        elif isinstance(alt, Const) and isinstance(alt.value, str):
            out.extend(commands.split(alt.value, ()))
        elif isinstance(alt, Text):
            holes = tuple(f"__hole{n}__" for n, p in enumerate(alt.parts) if p.startswith("\0"))
            text = "".join(f"__hole{n}__" if p.startswith("\0") else p for n, p in enumerate(alt.parts))
            out.extend(commands.split(text, holes))
    return out


def _word(value: Value) -> str | None:
    for alt in value.alts:
        if isinstance(alt, Const) and isinstance(alt.value, str):
            return alt.value
        if isinstance(alt, Text):
            return alt.whole
        if _is_python(value):
            return "python"
    return None


def _is_python(value: Value) -> bool:
    return any(isinstance(a, Name) and a.dotted == "sys.executable" for a in value.alts)


def _spoken(walker: Walker, node: cst.Call, dotted: str, rule: Rule, table: Words) -> None:
    emit(
        walker, rule, node, table.severity or rule.severity, min(table.confidence or rule.confidence, Level.HIGH),
        table.message or rule.message, dotted=dotted, call=node, detail=table, fix=table.fix,
    )  # fmt: skip
