"""A shell's text -> the commands in it: quoting, pipes, substitutions, assignments, here-documents.

Must not know files or rules.  It reads what people write, not all that a shell would accept, and never fails: what it
cannot follow is an unknown word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlsec_lint.commands.following import finish
from mlsec_lint.commands.lexing import DEEPEST, NOTHING, OPERATOR, Holes, Lexer
from mlsec_lint.commands.words import (
    DIGESTS,
    INTERPRETERS,
    SHELLS,
    Command,
    Word,
    module_at,
    program_name,
    runs_its_input,
    script_at,
)
from mlsec_lint.commands.wrappers import ASSIGNMENT, unwrap

_DECLARE = frozenset({"export", "local", "readonly", "declare", "typeset", "set"})
_IGNORED = frozenset({"for", "case", "select", "fi", "done", "esac", "}", "function", "in", "]]"})
_STAGES = 16  # of a pipeline that are told what they are piped into later; longer ones are not written by people
_TESTS = frozenset({"[", "[[", "test"})


def split(
    text: str,
    holes: Holes = (),
    *,
    line: int = 1,
    column: int = 1,
    variables: Mapping[str, str | None] | None = None,
) -> tuple[Command, ...]:
    """Return the commands in `text`, in the order in which they stand, those inside substitutions included.

    `holes` are texts that stand for values, which are unknown unless it is a mapping that gives them; `line` and `column` say where the text begins; `variables` are
    known beforehand (None: set, but not known).
    """
    reader = Reader(text, holes, dict(variables or {}), line, column)
    reader.sequence("")
    return finish(reader.found, reader.last_check)


def from_words(words: Sequence[str | Word | None]) -> tuple[Command, ...]:
    """Return the commands of an argument list, as given to a new process; None is an unknown word."""
    given = tuple(one if isinstance(one, Word) else Word(one, one or "") for one in words)
    reader = Reader("", (), {}, 1, 1)
    reader.simple(given, 0, 0)
    return finish(reader.found)


class Reader(Lexer):
    """Reads one text; `found` grows by the commands in it."""

    def __init__(
        self, text: str, holes: Holes, variables: dict[str, str | None], line: int, column: int, depth: int = 0
    ) -> None:
        super().__init__(text, holes, variables, line, column, depth)
        self.found: list[Command] = []
        self.last_check = -1  # index of a command that compares a digest it has computed: `[ "$(sha256sum f)" = … ]`

    def sequence(self, until: str) -> None:
        """Read commands up to the closing `until`, which is read too."""
        pipeline: list[int] = []  # where in `found` the stages of the present pipeline begin
        while self.at < len(self.text):
            start = len(self.found)
            words, end = self.words(until)
            feeds = self.simple(tuple(words), start, end)
            pipeline.append(start)
            self._join(pipeline, feeds)
            mark = OPERATOR.match(self.text, self.at)
            if mark is None:
                if self.text.startswith(until or NOTHING, self.at):
                    self.at += 1
                    return
                self.at += 1  # a character that means nothing here
                pipeline = []
                continue
            if mark[0] == ")" and until == ")":
                self.at += 1
                return
            self.at = mark.end()
            if mark[0] == "(":
                if words and words[-1].text and words[-1].text.endswith("="):
                    self._skip_array()
                elif self.depth < DEEPEST:
                    self.depth += 1
                    self.sequence(")")
                    self.depth -= 1
                    continue  # what follows a subshell is piped from all of it
            if mark[0] not in ("|", "|&"):
                pipeline = []
            if mark[0] == "\n":
                self._skip_documents(feeds)

    def _join(self, pipeline: Sequence[int], feeds: str) -> None:
        """Tell the earlier stages of a pipeline that they are piped into `feeds`."""
        if len(pipeline) < 2 or not feeds:
            return
        for number in range(pipeline[-_STAGES:][0], pipeline[-1]):
            self.found[number] = replace(self.found[number], into=(*self.found[number].into, feeds))

    def _skip_array(self) -> None:
        close = self.text.find(")", self.at)
        self.at = len(self.text) if close < 0 else close + 1

    def _skip_documents(self, feeds: str) -> None:
        for name, _ in self._documents:
            begin = self.at
            while self.at < len(self.text):
                newline = self.text.find("\n", self.at)
                stop = len(self.text) if newline < 0 else newline
                line = self.text[self.at : stop]
                self.at = min(stop + 1, len(self.text))
                if line.strip() == name:
                    if feeds in SHELLS:
                        self._inner(self.text[begin : stop - len(line)], *self.place(begin))
                    break
        self._documents = []

    def _inner(self, text: str, line: int, column: int) -> list[Command]:
        if self.depth >= DEEPEST:
            return []
        inner = Reader(text, self.holes, dict(self.variables), line, column, self.depth + 1)
        inner.sequence("")
        self.found += inner.found
        return inner.found

    def simple(self, words: tuple[Word, ...], nested: int, end: int) -> str:
        """Keep one simple command; return the name of the program that its input goes to, where that matters.

        `nested` is where in `found` the commands of its own substitutions begin.
        """
        at, environment = unwrap(words)
        line, column = (words[at].line, words[at].column) if at < len(words) else (self.line, self.column)
        rest = words[at:]
        if not rest:
            for name, value in environment:
                self.variables[name] = value if self.variables.get(name, value) == value else None
            return ""
        name = program_name(rest[0].text)
        if rest[0].text is None and rest[0].known in SHELLS:
            name = rest[0].known  # `| bash{flags}`: what is spliced in are its options
        if name in _DECLARE:
            _, declared = unwrap(tuple(word for word in rest[1:] if ASSIGNMENT.match(word.known)))
            self.variables.update(declared)
            if name == "export" and declared:
                self.found.append(Command(rest, line, column, *self.place(end), (), tuple(declared)))
            return ""
        if name == "for" and len(rest) > 3 and rest[1].text and rest[2].text == "in":
            self.variables[rest[1].text] = rest[3].text  # one of its values stands for all
        if name in _IGNORED or name in _TESTS:
            if name in _TESTS and any(program_name(one.words[0].text) in DIGESTS for one in self.found[nested:]):
                self.last_check = len(self.found) - 1
            return ""
        runs = name in INTERPRETERS and not module_at(rest) and runs_its_input(rest)
        script = self._script(rest, name)
        if name in INTERPRETERS and (runs or self._substituted(rest, name)):
            for number in range(nested, len(self.found)):
                self.found[number] = replace(self.found[number], into=(*self.found[number].into, name))
        end_line, end_column = self.place(end)
        self.found.append(Command(rest, line, column, end_line, end_column, (), tuple(environment)))
        if script is not None and script.text is not None:
            quote = 1 if self.text[:1] else 0
            self._inner(script.text, script.line, script.column + quote)
        return "" if name in INTERPRETERS and not runs else module_name(rest) or name

    def _script(self, words: Sequence[Word], name: str) -> Word | None:
        """Return the word that is itself a script: of `bash -c '…'` or `eval '…'`."""
        if name == "eval" and len(words) == 2:
            return words[1]
        at = script_at(words)
        return words[at] if at else None

    def _substituted(self, words: Sequence[Word], name: str) -> bool:
        """Return whether an interpreter runs the result of a substitution: `bash <(…)`, `sh -c "$(…)"`."""
        second = words[1] if len(words) > 1 else None
        if second is None:
            return False
        if second.text is None and not second.known:
            return True
        return bool(second.text and re.fullmatch(r"-[a-z]*c", second.text)) and len(words) > 2 and words[2].text is None


def module_name(words: Sequence[Word]) -> str:
    """Return the module of `python -m module`, or ""."""
    start = module_at(words)
    return (words[start].text or "") if start else ""
