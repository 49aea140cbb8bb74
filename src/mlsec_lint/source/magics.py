"""One cell of IPython code -> Python of the same lines and columns, and the shell lines that stood in it.

Must not know notebooks' JSON, nor what the shell lines mean.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mlsec_lint.model import Shell

# Cell magics whose body is Python, and those whose body is for a shell.
PYTHON_BODIES = frozenset({"time", "timeit", "capture", "prun", "memit", "python", "python3", "pypy", "debug", "px"})
SHELL_BODIES = frozenset({"bash", "sh", "shell", "!", "sx", "system", "zsh"})
# Line magics that are programs of the same name, those that hand on to a shell, and those that run a statement.
PROGRAMS = frozenset({"pip", "pip3", "conda", "mamba", "micromamba", "uv"})
SHELLS = frozenset({"sx", "system", "sc"})
STATEMENTS = frozenset({"time", "timeit", "prun", "memit"})

_CELL = re.compile(r"%%(!|\w+)\s*(.*)")
# Databricks gives a whole cell to another language by a line of one percent sign.
_LANGUAGE = re.compile(r"%(sh|sql|scala|r|md|md-sandbox|fs|python|run)\b\s*(.*)")
EXPORTED = "get_ipython()"  # stands in every line that `jupyter nbconvert --to script` has turned into a call
_EXPORTED = re.compile(r"get_ipython\(\)\.(system|getoutput|run_line_magic|run_cell_magic)\((.*)\)")
DATABRICKS = "# Databricks notebook source"  # the first line of a notebook that was exported to a Python file
_MAGIC = re.compile(r"# MAGIC ?(.*)")
_LINE = re.compile(r"(\s*)(!!?|%)(.*)", re.DOTALL)
_TARGET = r"[A-Za-z_][\w.]*(?:\[[^\[\]]*\])*"
_ASSIGN = re.compile(rf"(\s*{_TARGET}(?:\s*,\s*{_TARGET})*\s*,?\s*=\s*)([!%])(?!=)(.*)", re.DOTALL)
_HELP = re.compile(r"\s*(?:\?{1,2}\s*[\w.*%]+|%{0,2}[A-Za-z_][\w.*\[\]'\"]*\?{1,2})\s*;?\s*(?:#.*)?")
_NOQA = re.compile(r"\s#\s*noqa\b.*", re.IGNORECASE)
_OPTIONS = re.compile(r"(?:\s+-[a-zA-Z](?:\s*\d+)?(?=\s))*\s+")
_HOLE = re.compile(r"(?<!\$)\{[A-Za-z_][^{}\s,;|]*\}|(?<![\\$])\$[A-Za-z_]\w*")
_CONSTANT = re.compile(r"^([A-Za-z_]\w*)\s*(?::\s*str\s*)?=(?!=)\s*(.*)$", re.MULTILINE)
_LITERAL = re.compile(r"([\"'])([^\"'\\{}]*)\1\s*;?\s*(?:#.*)?")
# What a logical line consists of, as far as its end is concerned.
_PIECE = re.compile(
    r"""(?P<comment>\#.*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<triple>\"{3}|'{3})"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?P<joined>\\$)|[^\#()\[\]{}"'\\]+|."""
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell read: its lines as Python, its shell lines (lines count from 1 in the cell), and why it is no Python."""

    lines: tuple[str, ...]
    shell: tuple[Shell, ...] = ()
    trouble: tuple[int, str] | None = None


def read(lines: Sequence[str]) -> Cell:
    """Return the cell that consists of `lines`; one that is no Python even so has its lines turned into comments."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are not ours to tell
        if _mistake(lines) is None:
            return Cell(tuple(lines))
        blank, shell = _blanked(lines)
        mistake = _mistake(blank)
    return Cell(tuple("#" for _ in lines) if mistake else tuple(blank), tuple(shell), mistake)


def read_joined(lines: Sequence[str]) -> Cell:
    """Return cells that somebody else has joined, of which nobody can tell where one ends.

    Statements that are no Python are turned into comments one by one, at most twenty of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (first := _mistake(lines)) is None:
            return Cell(tuple(lines))
        blank, shell = _blanked(lines)
        for _ in range(20):
            mistake = _mistake(blank)
            if mistake is None:
                return Cell(tuple(blank), tuple(shell))
            start = stop = min(mistake[0], len(blank)) - 1
            while start > 0 and (not blank[start] or blank[start][0] in " \t)]}#"):
                start -= 1
            while stop + 1 < len(blank) and blank[stop + 1][:1] in (" ", "\t", ")", "]", "}"):
                stop += 1
            blank[start : stop + 1] = ["#"] * (stop + 1 - start)
    return Cell(tuple("#" for _ in lines), tuple(shell), first)


def constants(text: str) -> dict[str, str]:
    """Return the names that a notebook's code sets at the top of a cell to one string and to nothing else."""
    found: dict[str, str | None] = {}
    for name, value in _CONSTANT.findall(text):
        literal = _LITERAL.fullmatch(value.strip())
        known = literal[2] if literal else None
        found[name] = known if found.get(name, known) == known else None
    return {name: value for name, value in found.items() if value is not None}


def holes_in(text: str) -> tuple[str, ...]:
    """Return the parts of a `!` line that IPython replaces by the value of a Python expression."""
    return tuple(dict.fromkeys(_HOLE.findall(text)))


def _mistake(lines: Sequence[str]) -> tuple[int, str] | None:
    try:
        compile("\n".join(lines) + "\n", "cell", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return (min(max(error.lineno or 1, 1), len(lines)), error.msg)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return (1, str(error) or "is nested too deeply")
    return None


def _blanked(lines: Sequence[str]) -> tuple[list[str], list[Shell]]:
    result, shell = list(lines), list[Shell]()
    at, depth, quote, joined = 0, 0, "", False
    while at < len(lines):
        line = lines[at]
        if depth or quote or joined:
            depth, quote, joined = _scan(line, depth, quote)
            at += 1
            continue
        if at == 0 and (language := _LANGUAGE.fullmatch(line)):
            if _language_cell(language, lines, result, shell):
                at += 1
                continue
            return result, shell
        if line.startswith("%%") and (cell := _CELL.match(line)):
            if at == 0 or not any(text.strip() and text.strip() != "pass" for text in result[:at]):
                result[at] = _kept(line)
                if not _cell_magic(cell, at, lines, result, shell):
                    return result, shell
            else:
                result[at] = _kept(line, "pass")
            at += 1
            continue
        end = at
        while lines[end].endswith("\\") and end + 1 < len(lines):
            end += 1
        if _line_magic(lines[at : end + 1], at, result, shell):
            at = end + 1
            continue
        depth, quote, joined = _scan(line, depth, quote)
        at += 1
    return result, shell


def _scan(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Return the bracket depth, the open triple quote and whether a backslash joins the next line, after `line`."""
    at = 0
    if quote:
        while at < len(line) and not line.startswith(quote, at):
            at += 2 if line[at] == "\\" else 1
        if at >= len(line):
            return depth, quote, False
        at += 3
    while at < len(line) and (piece := _PIECE.match(line, at)):
        kind = piece.lastgroup
        if kind == "triple":
            return _scan(line[piece.end() :], depth, piece[0])
        if kind == "joined":
            return depth, "", True
        depth += (kind == "open") - (kind == "close" and depth > 0)
        at = piece.end()
    return depth, "", False


def _cell_magic(cell: re.Match[str], at: int, lines: Sequence[str], result: list[str], shell: list[Shell]) -> bool:
    """Deal with the body of a cell magic on line `at`; return whether that body is to be read on as Python."""
    name, rest = cell[1], cell[2].strip()
    if name in PYTHON_BODIES:
        return True
    script = name in SHELL_BODIES
    if name == "script" and rest.startswith("python"):
        return True
    if name == "script":
        script = rest.split()[:1] in (["bash"], ["sh"], ["zsh"], ["/bin/bash"], ["/bin/sh"])
    if name in ("writefile", "file"):
        target = rest.split()[-1].strip("'\"") if rest else ""
        if target.endswith(".py"):
            return True
        script = target.endswith((".sh", ".bash"))
    body = lines[at + 1 :]
    if script and any(line.strip() for line in body):
        shell.append(Shell("\n".join(body), at + 2, 1))
    result[at + 1 :] = [_kept(line) for line in body]
    return False


def _language_cell(language: re.Match[str], lines: Sequence[str], result: list[str], shell: list[Shell]) -> bool:
    """Deal with a cell whose first line names its language; return whether what follows is to be read on as Python."""
    result[0] = _kept(lines[0])
    if language[1] == "python":
        return True
    script = [" " * language.start(2) + language[2], *lines[1:]]
    if language[1] == "sh" and any(line.strip() for line in script):
        shell.append(Shell("\n".join(script), 1, 1))
    result[1:] = [_kept(line) for line in lines[1:]]
    return False


def exported(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the shell lines of a notebook that was exported to a Python file: line, column (from 1) and script."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _EXPORTED.search(line)
        if found is None:
            continue
        try:
            given = ast.literal_eval(f"({found[2]},)")
        except (SyntaxError, ValueError):
            continue
        script = _script(found[1], [one for one in given if isinstance(one, str)])
        if script.strip():
            yield number, found.start() + 1, script


def _script(method: str, given: Sequence[str]) -> str:
    """Return what a call of IPython's shell object hands to a shell."""
    if method in ("system", "getoutput"):
        return given[0] if given else ""
    name = given[0] if given else ""
    if method == "run_line_magic" and len(given) == 2:
        return f"{name} {given[1]}" if name in PROGRAMS else given[1] if name in SHELLS else ""
    return given[2] if method == "run_cell_magic" and len(given) == 3 and name in SHELL_BODIES else ""


def databricks(text: str) -> tuple[Shell, ...]:
    """Return the shell lines in the comments (`# MAGIC …`) of a Python file that Databricks has exported a notebook to."""
    lines = text.split("\n")
    shell: list[Shell] = []
    at = 0
    while at < len(lines):
        start = at
        cell: list[str] = []
        while at < len(lines) and (magic := _MAGIC.fullmatch(lines[at].rstrip("\r"))):
            cell.append(magic[1])
            at += 1
        for found in read(cell).shell if cell else ():
            indented = "\n".join(" " * 8 * (number > 0) + row for number, row in enumerate(found.text.split("\n")))
            shell.append(replace(found, text=indented, line=start + found.line, column=found.column + 8))
        at += not cell
    return tuple(shell)


def _line_magic(lines: Sequence[str], at: int, result: list[str], shell: list[Shell]) -> bool:
    """Deal with one logical line that may be for IPython; return whether it was."""
    line, text, replaced = lines[0], "\n".join(lines), "pass"
    magic, assign = _LINE.fullmatch(text), _ASSIGN.fullmatch(text)
    if magic:
        mark, rest, column = magic[2], magic[3], magic.end(2) + 1
        indent = magic[1]
    elif assign:
        mark, rest, column = assign[2], assign[3], assign.end(2) + 1
        indent, replaced = assign[1], "_"
    elif _HELP.fullmatch(line) and not line.strip().startswith("#"):
        result[at] = _kept(line, "pass")
        return True
    else:
        return False
    if mark != "%":
        if rest.strip():
            shell.append(Shell(rest, at + 1, column, holes_in(rest)))
    else:
        name = re.match(r"\w*", rest)
        word = name[0] if name else ""
        after = rest[len(word) :]
        if magic and word in STATEMENTS and (options := _OPTIONS.match(after)) and after[options.end() :].strip():
            # `();` in place of `%time` keeps the statement where it stands, for it is never shorter
            code = after[options.end() :]
            width = len(text) - len(code) - len(indent)
            result[at : at + len(lines)] = (indent + "();".ljust(width) + code).split("\n")
            return True
        if word in PROGRAMS:
            shell.append(Shell(rest, at + 1, column, holes_in(rest)))
        elif word in ("env", "set_env") and after.strip():
            pair = re.sub(r"^(\w+)\s+", r"\1=", after.strip())
            shell.append(Shell(f"export {pair}", at + 1, max(column - len("export "), 1), holes_in(rest)))
        elif word in SHELLS and after.strip():
            skip = len(word) + len(after) - len(after.lstrip())
            shell.append(Shell(rest[skip:], at + 1, column + skip, holes_in(rest)))
    for number, part in enumerate(lines):
        kept = _kept(part, indent + replaced if number == 0 else "")
        if number + 1 < len(lines):
            kept = kept.ljust(len(part) - 1) + "\\"
        result[at + number] = kept
    return True


def _kept(line: str, instead: str = "") -> str:
    """Return what stays of a line that is no Python: `instead`, where it stood, and a `# noqa` comment."""
    if instead and not instead[:1].isspace() and instead == "pass":
        instead = line[: len(line) - len(line.lstrip())] + instead
    noqa = _NOQA.search(line)
    return instead.ljust(noqa.start() + 1) + noqa[0][1:] if noqa else instead
