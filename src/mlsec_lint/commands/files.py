"""Scripts, Dockerfiles, workflows and notebooks -> the commands in them, each where it stands.

Must not know rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlsec_lint.commands import workflows
from mlsec_lint.commands.following import finish
from mlsec_lint.commands.lexing import NOTHING
from mlsec_lint.commands.shell import from_words, split
from mlsec_lint.commands.words import Command, Word
from mlsec_lint.model import Source
from mlsec_lint.source import magics, yaml_places

_INSTRUCTION = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]+)[ \t]+")
_FLAG = re.compile(r"--[\w-]+(?:=\S+)?[ \t]+")
_ESCAPE = re.compile(r"#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE)
_SET = re.compile(r"([A-Za-z_]\w*)(?:=(?:\"([^\"$\\]*)\"|'([^']*)'|([^\s\"'$]*)(?=\s|$)))?")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1")


def find(source: Source) -> Iterator[Command]:
    """Yield the commands of a source that is no Python; lines and columns are those of `source.text`, from 1."""
    shell = source.shell
    if source.kind == "python" and source.text.startswith(magics.DATABRICKS):
        shell = magics.databricks(source.text)
    constants = magics.constants(source.text) if source.kind == "notebook" and shell else {}
    lines = [
        split(entry.text, _values(entry.holes, constants), line=entry.line, column=entry.column) for entry in shell
    ]
    yield from finish([command for commands in lines for command in commands])
    if source.kind == "python" and magics.EXPORTED in source.text:
        yield from finish(list(_exported(source.text)))
    elif source.kind == "shell":
        yield from split(source.text)
    elif source.kind == "dockerfile":
        yield from finish(list(_dockerfile(source.text)))
    elif source.kind == "workflow":
        roots = yaml_places.compose(source.text, source.path)
        for line, column, name, value in workflows.variables(source.text, roots):
            yield Command((Word(name, name),), line, column, line, column + len(name), (), ((name, value),))
        for script in workflows.scripts(source, roots):
            yield from split(script.text, line=script.line, column=script.column)


def _values(holes: Sequence[str], constants: Mapping[str, str]) -> dict[str, str | None]:
    """Return what stands in the holes; `$NAME` is the shell's own where the notebook's code sets no such name."""
    values = {hole: constants.get(hole.strip("{}$")) for hole in holes}
    return {hole: value for hole, value in values.items() if value is not None or hole.startswith("{")}


def _exported(text: str) -> Iterator[Command]:
    for line, column, script in magics.exported(text):
        for command in split(script):
            yield replace(command, line=line, column=column, end_line=line, end_column=column + len(magics.EXPORTED))


def _dockerfile(text: str) -> Iterator[Command]:
    """Yield the commands of RUN, CMD and ENTRYPOINT, and `FROM image` and `ADD url` as if they were commands."""
    variables: dict[str, str | None] = {}
    stages: set[str] = set()
    mark = "`" if _ESCAPE.match(text) else "\\"
    for line, name, column, body in _instructions(text, mark):
        if name in ("ARG", "ENV"):
            for found in _SET.finditer(body):
                values = [value for value in found.groups()[1:] if value is not None]
                variables[found[1]] = (values or [None])[0]
            if name == "ENV" and (environment := _environment(body)):
                words = (Word("ENV", "ENV", line, 1), *(Word(f"{n}={v}", f"{n}={v}") for n, v in environment))
                yield Command(words, line, 1, line, column + len(body.rstrip()), (), environment)
        elif name in ("RUN", "CMD", "ENTRYPOINT"):
            while flag := _FLAG.match(body.lstrip(" \t")):
                lead = len(body) - len(body.lstrip(" \t")) + flag.end()
                body = " " * lead + body[lead:]
            listed = _exec_form(body)
            if listed is not None:
                for command in from_words(listed):
                    yield replace(
                        command, line=line, column=column, end_line=line, end_column=column + len(body.rstrip())
                    )
            else:
                yield from split(body, line=line, column=column, variables=variables)
        elif name in ("FROM", "ADD"):
            for command in split(body, line=line, column=column, variables=variables):
                words = command.words
                operands = [word for word in words if not word.known.startswith("--")]
                if name == "FROM" and operands:
                    if len(operands) > 2 and (operands[1].text or "").lower() == "as" and operands[2].text:
                        stages.add(operands[2].text.lower())
                        words = words[: words.index(operands[1])]
                    if operands[0].text and operands[0].text.lower() in stages | {"scratch"}:
                        continue
                yield replace(command, words=(Word(name, name, line, 1), *words), column=1)


def _environment(body: str) -> tuple[tuple[str, str | None], ...]:
    """Return the variables that an ENV sets, in the form `NAME=value …` or the old one `NAME value`."""
    head = body.strip().split(None, 1)
    if head and "=" not in head[0]:
        return ((head[0], head[1] if len(head) > 1 and "$" not in head[1] else None),)
    found = []
    for pair in _SET.finditer(body):
        values = [value for value in pair.groups()[1:] if value is not None]
        found.append((pair[1], values[0] if values else None))
    return tuple(found)


def _instructions(text: str, mark: str) -> Iterator[tuple[int, str, int, str]]:
    """Yield each instruction: its line, name, the column where its body begins, and the body, lines kept."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        head = _INSTRUCTION.match(line)
        if head is None or line.lstrip().startswith("#"):
            continue
        body = [line[head.end() :]]
        while body[-1].rstrip().endswith(mark) and at < len(lines):
            if mark != "\\":
                body[-1] = body[-1].rstrip()[:-1] + "\\"
            else:
                body[-1] = body[-1].rstrip()
            following = lines[at]
            at += 1
            while (not following.strip() or following.lstrip().startswith("#")) and at < len(lines):
                body.append("\\")  # comments and empty lines do not end an instruction
                following = lines[at]
                at += 1
            body.append(following)
        name = head[1].upper()
        if name == "RUN" and (document := _HEREDOC.search(body[-1])):
            alone = not _HEREDOC.sub("", "".join(body), count=1).strip()
            if alone:
                body = [NOTHING * len(body[0])]
            while at < len(lines):
                at += 1
                if lines[at - 1].strip() == document[2]:
                    if not alone:
                        body.append(lines[at - 1])
                    break
                body.append(lines[at - 1])
        yield start + 1, name, head.end() + 1, "\n".join(body)


def _exec_form(body: str) -> list[str | None] | None:
    joined = body.replace("\\\n", " ").strip()
    if not joined.startswith("["):
        return None
    try:
        words = json.loads(joined)
    except ValueError:
        return None
    return [word if isinstance(word, str) and "$" not in word else None for word in words]
