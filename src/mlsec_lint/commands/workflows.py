"""The shell scripts inside GitHub workflows and actions (`run:`) and GitLab pipelines (`script:`).

Must not know commands.  PyYAML finds the scalars; a script's text is the file's own, so that lines and columns stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlsec_lint.commands.lexing import NOTHING
from mlsec_lint.model import Shell, Source
from mlsec_lint.source import yaml_places

if TYPE_CHECKING:
    from yaml.nodes import Node

_SCRIPTS = ("before_script", "script", "after_script")
_SHELLS = ("bash", "sh", "zsh", "/bin/", "pwsh", "powershell", "cmd", "$")


def variables(text: str, roots: list[Node]) -> Iterator[tuple[int, int, str, str | None]]:
    """Yield each variable that is set for programs: its line, column (from 1), name and value, None if that is unknown."""
    for _, node in yaml_places.mappings(roots):
        for name, _, held in yaml_places.pairs(node):
            for key, place, value in yaml_places.pairs(held) if name in ("env", "variables") else ():
                start = place.start_mark.index
                written = str(value.value) if yaml_places.kind_of(value) == "scalar" else None
                known = None if written is None or "$" in written else written
                yield text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start), key, known


def scripts(source: Source, roots: list[Node]) -> Iterator[Shell]:
    """Yield each script with the line and column (from 1) where it begins."""
    find = _gitlab if ".gitlab-ci" in source.path else _github
    yield from find(source.text, roots)


def _github(text: str, roots: list[Node]) -> Iterator[Shell]:
    root = roots[0] if roots else None
    whole = _default_shell(root)
    jobs = {id(job): _default_shell(job) for _, _, job in yaml_places.pairs(yaml_places.get(root, "jobs"))}
    inherited = whole
    for path, step in yaml_places.mappings(roots):
        if id(step) in jobs:
            inherited = jobs[id(step)] or whole
        run = yaml_places.get(step, "run")
        shell = yaml_places.text_of(yaml_places.get(step, "shell")) or inherited
        if path and yaml_places.text_of(run) is not None and (shell is None or shell.startswith(_SHELLS)):
            yield from _script(text, run)


def _default_shell(node: Node | None) -> str | None:
    return yaml_places.text_of(yaml_places.get(node, "defaults", "run", "shell"))


def _gitlab(text: str, roots: list[Node]) -> Iterator[Shell]:
    for _, job in yaml_places.mappings(roots):
        parts = [
            script
            for name, _, value in yaml_places.pairs(job)
            if name in _SCRIPTS
            for one in _lines(value)
            for script in _script(text, one)
        ]
        yield from _joined(sorted(parts, key=lambda part: (part.line, part.column)))


def _lines(node: Node) -> Iterator[Node]:
    """Yield the scalars of a script, which may be one, a list, or a list of lists."""
    if yaml_places.text_of(node) is not None:
        yield node
    elif not node.tag.startswith("!"):  # `!reference [job, script]` names a script that stands elsewhere
        for item in yaml_places.items(node):
            yield from _lines(item)


def _joined(parts: Sequence[Shell]) -> Iterator[Shell]:
    """Yield the scripts of one job as one, for they are one shell's: a later line may check what an earlier one got."""
    if parts:
        text, line = " " * (parts[0].column - 1) + parts[0].text, parts[0].line
        for part in parts[1:]:
            gap = part.line - line - text.count("\n")
            # `[a, b]` in one line: a semicolon and blanks up to the column keep the place
            here = len(text) - text.rfind("\n") - 1
            text += "\n" * gap + " " * (part.column - 1) if gap > 0 else ";".ljust(part.column - 1 - here)
            text += part.text
        yield Shell(text, line, 1)


def _script(text: str, node: Node | None) -> Iterator[Shell]:
    """Yield the text of a scalar as a script whose lines and columns are the file's."""
    if node is None:
        return
    begin, end = node.start_mark.index, node.end_mark.index
    style = getattr(node, "style", None)
    if style in ("|", ">"):
        begin = text.find("\n", begin, end) + 1
        body = text[begin:end].split("\n") if begin else []
        if any(line.strip() for line in body):
            line = text.count("\n", 0, begin) + 1
            yield Shell("\n".join(_folded(body) if style == ">" else body), line, 1)
        return
    script = text[begin:end]
    if style in ("'", '"'):
        script = NOTHING + script[1:-1]
        script = script.replace('\\"', NOTHING + '"') if style == '"' else script.replace("''", NOTHING + "'")
    script = "\n".join(_folded(script.split("\n")))
    if script.strip(NOTHING + " \n"):
        yield Shell(script, text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))


def _folded(lines: list[str]) -> list[str]:
    """Return lines that YAML folds into one, joined for a shell by backslashes; an empty line ends the fold."""
    folded = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        line = line.rstrip()
        joins = line and following.strip() and not line.endswith("\\")
        folded.append(line + " \\" if joins else line)
    return folded
