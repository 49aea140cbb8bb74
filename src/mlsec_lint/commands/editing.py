"""A fix of a command line -> edits of its words where they stand: options dropped, set, words rewritten.

Must not know rules, nor where the text comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlsec_lint.commands.shell import split
from mlsec_lint.commands.words import Command, Word
from mlsec_lint.model import Edit, RuleFix, Source

_TOKEN = re.compile(r"(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s'\"\\|&;()<>])+")
_CLUSTER = re.compile(r"-[A-Za-z0-9]{2,8}")
_END = re.compile(r"[ \t]*\\$")  # a line that the next one continues


def rows(source: Source) -> list[str]:
    """Return the lines of a source's text, with the shell lines of a notebook, which it has blank, where they stand."""
    lines = source.text.split("\n")
    for shell in source.shell:
        for number, part in enumerate(shell.text.split("\n")):
            at = shell.line + number - 1
            if at < len(lines):
                lines[at] = " " * (shell.column - 1) + part if number == 0 else part
    return lines


def edits(command: Command, fix: RuleFix, lines: Sequence[str]) -> list[Edit]:
    """Return the edits of `lines` that make `fix` in a command of that text.

    Empty where a word that has to be edited does not stand in the text as it was read (a variable, an escape).
    """
    editor = _Editor(command, lines)
    try:
        for name in fix.remove:
            if name.startswith("-"):  # the others are parameters of functions
                editor.remove(name)
        for name, value in fix.set:
            if name.startswith("-"):
                editor.set(name, value)
    except _NotThere:
        return []
    editor.replace(fix.replace)
    return sorted(editor.found, key=lambda edit: (edit.line, edit.column))


class _NotThere(Exception):
    """A word does not stand in the text as it was read."""


class _Editor:
    def __init__(self, command: Command, lines: Sequence[str]) -> None:
        self.words, self.lines = command.words, lines
        self.found: list[Edit] = []

    def raw(self, word: Word) -> str:
        """Return a word as it is written, quotes and all; raises _NotThere."""
        row = self.lines[word.line - 1] if 0 < word.line <= len(self.lines) else ""
        token = _TOKEN.match(row, word.column - 1)
        if token is None or word.text is None:
            raise _NotThere
        read = split("x " + token[0])
        if len(read) != 1 or [one.text for one in read[0].words[1:]] != [word.text]:
            raise _NotThere
        return token[0]

    def remove(self, name: str) -> None:
        """Take out an option, each time it is given; `--name=` is one that has a value."""
        valued = name.endswith("=")
        name = name.removesuffix("=")
        for number, word in enumerate(self.words):
            text = word.known
            if text == name and word.text is not None:
                following = self.words[number + 1] if valued and number + 1 < len(self.words) else None
                self.take_out(number, following or word)
            elif text.startswith(name + "="):
                self.take_out(number, word)
            elif len(name) == 2 and name[0] == "-" and _CLUSTER.fullmatch(text) and name[1] in text[1:]:
                if self.raw(word) != text:
                    raise _NotThere
                at = word.column + text.index(name[1], 1)
                self.found.append(Edit(word.line, at, word.line, at + 1, ""))

    def take_out(self, number: int, last: Word) -> None:
        """Take out the words from `number` to `last`, with what parts them from the word before."""
        word = self.words[number]
        raw, end = self.raw(word), self.raw(last)
        if not raw or number == 0:
            raise _NotThere
        line, column = word.line, len(self.lines[word.line - 1][: word.column - 1].rstrip(" \t")) + 1
        if column == 1 and line > 1 and _END.search(self.lines[line - 2]):  # a line of its own, continued
            line -= 1
            column = len(_END.sub("", self.lines[line - 1])) + 1
        self.found.append(Edit(line, column, last.line, last.column + len(end), ""))

    def set(self, name: str, value: str) -> None:
        """Give an option a value, or add it at the end."""
        given = False
        for number, word in enumerate(self.words):
            text = word.known
            if text == name and number + 1 < len(self.words):
                target = self.words[number + 1]
                self.found.append(self.whole(target, value))
                given = True
            elif text.startswith(name + "="):
                self.found.append(self.whole(word, f"{name}={value}"))
                given = True
        if not given:
            last = self.words[-1]
            at = last.column + len(self.raw(last))
            self.found.append(Edit(last.line, at, last.line, at, f" {name} {value}"))

    def whole(self, word: Word, text: str) -> Edit:
        return Edit(word.line, word.column, word.line, word.column + len(self.raw(word)), text)

    def replace(self, patterns: Sequence[tuple[str, str]]) -> None:
        """Rewrite the words that match, as far as they are known and written plainly."""
        for word in self.words:
            new = word.known
            for pattern, replacement in patterns:
                new = re.sub(pattern, replacement, new)
            row = self.lines[word.line - 1] if 0 < word.line <= len(self.lines) else ""
            at = word.column - 1
            at += 1 if row[at : at + 1] in ("'", '"') else 0
            if new != word.known and row.startswith(word.known, at):
                end = at + len(word.known)
                self.found.append(Edit(word.line, at + 1, word.line, end + 1, new))
