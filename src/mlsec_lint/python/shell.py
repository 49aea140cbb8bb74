"""Shell commands that Python runs: `os.system("pip install x")`, `subprocess.run(["curl", url])`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint import commands
from mlsec_lint.model import Level, Rule, Words
from mlsec_lint.python import fetches
from mlsec_lint.python.members import resolved
from mlsec_lint.python.raw import emit
from mlsec_lint.python.values import Alternative, Const, Instance, Name, Sequence, Symbol, Text, Value

if TYPE_CHECKING:
    from mlsec_lint.python.arguments import Arguments
    from mlsec_lint.python.binding import Binding
    from mlsec_lint.python.functions import FunctionInfo
    from mlsec_lint.python.walk import Walker

SPLIT = "shlex.split"  # makes of a text the words that a shell would


def judge(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments) -> None:
    """Ask the `[[command]]` tables about what a call hands to the shell or to a new process."""
    given = arguments.get("0") or arguments.get("args") or arguments.get("command") or arguments.get("cmd")
    if given is None:
        return
    value = resolved(walker, given[0])
    for command in _commands(value):
        for rule, table in commands.ask(command, walker.index.commands):
            _spoken(walker, node, dotted, rule, table)
        if walker.index.recording and not walker.silent:
            for candidate in commands.candidates(command, walker.index.commands):
                fetches.record_command(walker, node, dotted, candidate, arguments)
    _remember(walker, id(node), dotted, value)


def reached(walker: Walker, node: cst.Call, info: FunctionInfo, binding: Binding) -> None:
    """A call hands the project's own function the command that is run inside it."""
    rules = walker.index.commands
    for ident, (dotted, value) in tuple(info.runs.items()):
        given = binding.value(value)
        inside = [told for command in _commands(value) for told in commands.ask(command, rules)]
        for command in _commands(given):
            for rule, table in commands.ask(command, rules):
                if (rule, table) not in inside:
                    _spoken(walker, node, dotted, rule, table)
        _remember(walker, ident, dotted, given)


def _remember(walker: Walker, ident: int, dotted: str, value: Value) -> None:
    """Keep a command that a caller tells with the function that runs it."""
    if walker.function is not None:
        inner = [
            a.inputs.alts if isinstance(a, Instance) and a.inputs and a.made == SPLIT else (a,) for a in value.alts
        ]
        alts = tuple(dict.fromkeys(alt for row in inner for alt in row if _of_caller(alt)))
        if alts:
            walker.function.runs[ident] = (dotted, Value(alts))


def _of_caller(alt: Alternative) -> bool:
    if isinstance(alt, Sequence):
        return any(_of_caller(one) for item in alt.items for one in item.alts)
    if isinstance(alt, Text):
        return any(part.startswith("\0") and Symbol(part[1:]).of_parameter for part in alt.parts)
    return isinstance(alt, Symbol) and alt.of_parameter


def _commands(value: Value) -> list[commands.Command]:
    out: list[commands.Command] = []
    for alt in value.alts:
        if isinstance(alt, Sequence):
            words = [_word(item) for item in alt.items]
            script = _script(words, alt.items)
            if script is not None:
                out.extend(_commands(Value(tuple(one for one in script.alts if isinstance(one, (Const, Text))))))
            elif words:
                out.extend(commands.from_words(words))
        elif isinstance(alt, Const) and isinstance(alt.value, str):
            out.extend(commands.split(alt.value, ()))
        elif isinstance(alt, Text):
            holes = tuple(f"__hole{n}__" for n, p in enumerate(alt.parts) if p.startswith("\0"))
            text = "".join(f"__hole{n}__" if p.startswith("\0") else p for n, p in enumerate(alt.parts))
            out.extend(commands.split(text, holes))
    return out


def _script(words: list[commands.Word], items: tuple[Value, ...]) -> Value | None:
    """Return what a shell is given to run: the word behind `-c` in `["bash", "-c", text]`."""
    at = commands.script_at(words)
    return items[at] if at else None


def _word(value: Value) -> commands.Word:
    for alt in value.alts:
        if isinstance(alt, Const) and isinstance(alt.value, str):  # one that has been agreed to says nothing
            return commands.Word(None) if alt.told else commands.Word(alt.value, alt.value)
        if isinstance(alt, Text):
            return commands.Word(alt.whole, alt.start)
        if _is_python(value):
            return commands.Word("python", "python")
    return commands.Word(None)


def _is_python(value: Value) -> bool:
    return any(isinstance(a, Name) and a.dotted == "sys.executable" for a in value.alts)


def _spoken(walker: Walker, node: cst.Call, dotted: str, rule: Rule, table: Words) -> None:
    emit(
        walker, rule, node, table.severity or rule.severity, min(table.confidence or rule.confidence, Level.HIGH),
        table.message or rule.message, dotted=dotted, call=node, detail=table, fix=table.fix,
    )  # fmt: skip
