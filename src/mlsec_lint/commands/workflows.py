"""The shell scripts inside GitHub workflows (`run:`) and GitLab pipelines (`script:`), found by lines and indentation.

Must not know YAML beyond that: anchors, flow mappings and tags are not followed, so a script inside them is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlsec_lint.commands.lexing import NOTHING
from mlsec_lint.model import Shell

_RUN = re.compile(r"(\s*(?:-\s+)*)(run)\s*:(?=\s|$)\s*(.*)")
_SCRIPT = re.compile(r"(\s*)(script|before_script|after_script)\s*:(?=\s|$)\s*(.*)")
_ITEM = re.compile(r"(\s*)-\s+(.*)")
_BLOCK = re.compile(r"([|>])[+-]?\d?[+-]?\s*(?:#.*)?")
_SHELL = re.compile(r"\s*(?:-\s+)?(shell)\s*:\s*['\"]?([\w./{}-]+)")
_COMMENT = re.compile(r"\s#.*")


def scripts(text: str, github: bool = True) -> Iterator[Shell]:
    """Yield each script with the line and column (from 1) where it begins; its lines are the file's own."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        key = (_RUN if github else _SCRIPT).fullmatch(lines[at].rstrip("\r"))
        at += 1
        if key is None:
            continue
        indent = len(key[1])
        if github and _other_shell(lines, at - 1, indent):
            continue
        if key[3] and not key[3].startswith("#"):
            script, at = _value(lines, at - 1, key.start(3), indent)
            if script:
                yield script
        elif not github:
            parts: list[Shell] = []
            while at < len(lines):
                item = _ITEM.fullmatch(lines[at].rstrip("\r"))
                if item is None or len(item[1]) < indent:
                    if lines[at].strip() and not lines[at].lstrip().startswith("#"):
                        break
                    at += 1
                    continue
                script, at = _value(lines, at, item.start(2), len(item[1]))
                if script:
                    parts.append(script)
            yield from _joined(parts)


def _joined(parts: Sequence[Shell]) -> Iterator[Shell]:
    """Yield the items of one list as one script, where they are one shell's: a later item may check an earlier one."""
    if parts:
        text, line = " " * (parts[0].column - 1) + parts[0].text, parts[0].line
        for part in parts[1:]:
            gap = part.line - line - text.count("\n")
            text += "\n" * max(gap, 1) + " " * (part.column - 1) + part.text
        yield Shell(text, line, 1)


def _value(lines: Sequence[str], at: int, column: int, indent: int) -> tuple[Shell | None, int]:
    """Return the scalar that begins at `column` of line `at` as a script, and the line after it."""
    first = lines[at][column:].rstrip("\r")
    block = _BLOCK.fullmatch(first)
    stop = at + 1
    while stop < len(lines) and (not lines[stop].strip() or _indent(lines[stop]) > indent):
        stop += 1
    if block:
        body = list(lines[at + 1 : stop])
        if not any(line.strip() for line in body):
            return None, stop
        if block[1] == ">":
            body = _folded(body)
        return Shell("\n".join(body), at + 2, 1), stop
    body = [first, *lines[at + 1 : stop]]
    quote = first[:1]
    if quote in ("'", '"'):
        text = "\n".join(body).rstrip()
        close = _closing(text, quote)
        text = NOTHING + text[1:close]
        text = text.replace('\\"', NOTHING + '"') if quote == '"' else text.replace("''", NOTHING + "'")
        return Shell("\n".join(_folded(text.split("\n"))), at + 1, column + 1), stop
    body = [_COMMENT.sub("", line) for line in body]
    return Shell("\n".join(_folded(body)), at + 1, column + 1), stop


def _closing(text: str, quote: str) -> int:
    at = 1
    while at < len(text):
        if quote == '"' and text[at] == "\\":
            at += 2
        elif text[at] == quote:
            if quote == "'" and text.startswith("''", at):
                at += 2
                continue
            return at
        else:
            at += 1
    return len(text)


def _folded(lines: list[str]) -> list[str]:
    """Return lines that YAML folds into one, joined for a shell by backslashes; an empty line ends the fold."""
    folded = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        line = line.rstrip()
        joins = line and following.strip() and not line.endswith("\\")
        folded.append(line + " \\" if joins else line)
    return folded


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _other_shell(lines: Sequence[str], at: int, column: int) -> bool:
    """Return whether the step says that its script is for another program than a shell, such as Python."""
    siblings = []
    for row in range(at, -1, -1):
        if lines[row].strip():
            siblings.append(lines[row])
            if _indent(lines[row]) < column:
                break  # the line that begins the step, or one outside it
    for row in range(at + 1, len(lines)):
        if lines[row].strip():
            if _indent(lines[row]) < column:
                break
            siblings.append(lines[row])
    for line in siblings:
        shell = _SHELL.match(line)
        if shell and shell.start(1) == column:
            return not shell[2].startswith(("bash", "sh", "zsh", "/bin/", "pwsh", "powershell", "cmd", "$"))
    return False
