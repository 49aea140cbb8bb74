"""The words of a shell's text: quoting, variables, holes, redirections.

Must not know what a command is; a substitution is handed to whoever reads commands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from mlsec_lint.commands.words import Word

Holes = Sequence[str] | Mapping[str, str | None]
DEEPEST = 12  # substitutions inside substitutions
NOTHING = "\0"  # stands for a character that has been taken out, so that columns stay
OPERATOR = re.compile(r"\|\||\|&|&&|;;&?|;&|[|;\n()]|&(?!>)")
_BLANK = re.compile(r"(?:[ \t\0]|\\\n)+")
_PLAIN = re.compile(r"[^\s'\"\\$`|&;()<>\0]+")
_NAME = re.compile(r"\$(?:([A-Za-z_]\w*)|[0-9@*#?$!-])")
_SIMPLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_REDIRECT = re.compile(r"(?:\d+)?(?:<<<|<<-?|<>|>>|>\||[<>]&|<(?!\()|>(?!\())|&>>?")


class Lexer:
    """Reads words from one text, beginning at `at`; a subclass reads the commands of substitutions."""

    def __init__(
        self, text: str, holes: Holes, variables: dict[str, str | None], line: int, column: int, depth: int = 0
    ) -> None:
        # A carriage return belongs to the line end after it; a character that means nothing keeps the columns.
        self.text = text.replace("\\\r\n", NOTHING + "\\\n").replace("\r\n", NOTHING + "\n") if "\r" in text else text
        values = dict(holes) if isinstance(holes, Mapping) else dict.fromkeys(holes)
        # the longest first: `$U` stands in `$URL`
        self.holes = {hole: values[hole] for hole in sorted(values, key=len, reverse=True) if hole}
        self.variables, self.depth = variables, depth
        self.line, self.column = line, column
        self.at = 0
        self._starts = [0] + [found.end() for found in re.finditer("\n", text)]
        self._documents: list[tuple[str, bool]] = []  # here-documents that begin after this line

    def sequence(self, until: str) -> None:
        """Read commands up to the closing `until`, which is read too."""
        raise NotImplementedError

    def place(self, offset: int) -> tuple[int, int]:
        row = bisect_right(self._starts, offset)
        column = offset - self._starts[row - 1] + 1
        return self.line + row - 1, column + (self.column - 1 if row == 1 else 0)

    def words(self, until: str = "") -> tuple[list[Word], int]:
        """Read the words of one simple command; return them and where the last one ends."""
        words: list[Word] = []
        end = self.at
        while self.at < len(self.text):
            if blank := _BLANK.match(self.text, self.at):
                self.at = blank.end()
                continue
            if self.text[self.at] == "#":
                newline = self.text.find("\n", self.at)
                self.at = len(self.text) if newline < 0 else newline
                break
            if redirect := _REDIRECT.match(self.text, self.at):
                self._redirect(redirect)
                continue
            if (until == "`" and self.text[self.at] == "`") or OPERATOR.match(self.text, self.at):
                break
            start = self.at
            words.append(self.word(until))
            end = self.at
            if self.at == start:
                self.at += 1
        return words, end

    def _redirect(self, redirect: re.Match[str]) -> None:
        self.at = redirect.end()
        sign = redirect[0].lstrip("0123456789")
        if blank := _BLANK.match(self.text, self.at):
            self.at = blank.end()
        if self.at < len(self.text) and not OPERATOR.match(self.text, self.at):
            start = self.at
            quoted = self.text[start] in "'\"\\"
            word = self.word()
            if sign in ("<<", "<<-"):
                self._documents.append((word.text or self.text[start : self.at], quoted))

    def word(self, until: str = "") -> Word:
        """Read one word."""
        start, text = self.at, self.text
        parts: list[str | None] = []
        while self.at < len(text):
            if hole := next((h for h in self.holes if text.startswith(h, self.at)), ""):
                parts.append(self.holes[hole])
                self.at += len(hole)
                continue
            if plain := _PLAIN.match(text, self.at):
                stop = min(
                    (i for h in self.holes if (i := text.find(h, self.at, plain.end() + len(h))) >= 0), default=-1
                )
                stop = plain.end() if stop < 0 or stop > plain.end() else stop
                parts.append(text[self.at : stop])
                self.at = stop
                continue
            char = text[self.at]
            if char == "'":
                close = text.find("'", self.at + 1)
                close = len(text) if close < 0 else close
                parts += self._cut(text[self.at + 1 : close])
                self.at = close + 1
            elif char == '"':
                self._quoted(parts)
            elif char == "\\":
                following = text[self.at + 1 : self.at + 2]
                parts.append("" if following == "\n" else following)
                self.at += 2
            elif char == "$" or (char == "`" and until != "`"):
                self._expand(parts)
            elif char in "<>" and text.startswith("(", self.at + 1):
                self.at += 2
                self._substitution(")")
                parts.append(None)
            elif char == NOTHING:
                self.at += 1
            else:
                break
        line, column = self.place(start)
        known: list[str] = []
        for part in parts:
            if part is None:
                return Word(None, "".join(known).replace(NOTHING, ""), line, column)
            known.append(part)
        whole = "".join(known).replace(NOTHING, "")
        return Word(whole, whole, line, column)

    def _cut(self, text: str) -> list[str | None]:
        """Return a quoted text, cut at its holes."""
        if not any(hole in text for hole in self.holes):
            return [text]
        pieces = re.split(f"({'|'.join(re.escape(hole) for hole in self.holes)})", text)
        return [self.holes[piece] if number % 2 else piece for number, piece in enumerate(pieces)]

    def _quoted(self, parts: list[str | None]) -> None:
        text = self.text
        self.at += 1
        begin = self.at
        while self.at < len(text) and text[self.at] != '"':
            if text[self.at] == "\\":
                parts += self._cut(text[begin : self.at])
                following = text[self.at + 1 : self.at + 2]
                parts.append("" if following == "\n" else following if following in '"\\$`' else "\\" + following)
                self.at += 2
                begin = self.at
            elif text[self.at] in "$`":
                parts += self._cut(text[begin : self.at])
                self._expand(parts)
                begin = self.at
            else:
                self.at += 1
        parts += self._cut(text[begin : self.at])
        self.at += 1

    def _expand(self, parts: list[str | None]) -> None:
        text = self.text
        if hole := next((h for h in self.holes if text.startswith(h, self.at)), ""):
            self.at += len(hole)
            parts.append(self.holes[hole])
        elif text[self.at] == "`":
            self.at += 1
            self._substitution("`")
            parts.append(None)
        elif text.startswith("$((", self.at):
            close = text.find("))", self.at)
            self.at = len(text) if close < 0 else close + 2
            parts.append(None)
        elif text.startswith("$(", self.at):
            self.at += 2
            self._substitution(")")
            parts.append(None)
        elif simple := _SIMPLE.match(text, self.at) or _NAME.match(text, self.at):
            self.at = simple.end()
            parts.append(self.variables.get(simple[1]) if simple[1] else None)
        elif text.startswith("${", self.at):
            depth = 0
            while self.at < len(text):
                depth += (text[self.at] == "{") - (text[self.at] == "}")
                self.at += 1
                if depth == 0 and text[self.at - 1] == "}":
                    break
            parts.append(None)
        else:  # $'…' and $"…", or a dollar that is one
            self.at += 1
            if text[self.at : self.at + 1] not in ("'", '"'):
                parts.append("$")

    def _substitution(self, close: str) -> None:
        if self.depth >= DEEPEST:
            self.at = len(self.text)
            return
        self.depth += 1
        self.sequence(close)
        self.depth -= 1
