"""TOML text -> its values, and where each key and each item of a list is written.

Must not know what the TOML is about.  tomllib reads the values; the places are found by a scan of text that it accepted.
"""

from __future__ import annotations

import re
import sys

from mlsec_lint.model import SourceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Path = tuple[str | int, ...]
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r"\"\"\"(?:[^\"\\]|\\.|\"{1,2}(?!\"))*\"{3,5}|'''(?:[^']|'{1,2}(?!'))*'{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}#\n]*")


def parse(text: str, shown: str) -> dict[str, object]:
    """Return the values of `text`; raises SourceError with the line where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise SourceError(shown, line[1] if line else "", f"is not TOML: {str(error)[:120]}") from None
    except RecursionError:
        raise SourceError(shown, "", "is TOML nested too deeply") from None


def places(text: str) -> dict[Path, tuple[int, int]]:
    """Return, for each path of keys and indexes, the offsets between which it is written.

    A key's place reaches from the key to the end of its value, a table's is its header, an item's the item itself.
    """
    scan = _Scan(text)
    scan.document()
    return scan.found


class _Scan:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, tuple[int, int]] = {}
        self._counts: dict[Path, int] = {}  # arrays of tables -> index of their last table

    def document(self) -> None:
        base: Path = ()
        while self._space() < len(self.text):
            start = self.at
            if self.text.startswith("[", start):
                many = self.text.startswith("[[", start)
                self.at += 2 if many else 1
                base = self._table(self._key(), many)
                self.at = self.text.find("]", self.at) + (2 if many else 1)
                self.found.setdefault(base, (start, self.at))
            else:
                self._pair(base)
            if self.at <= start:
                return  # nothing that a reader of TOML would have accepted

    def _space(self) -> int:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _table(self, keys: tuple[str, ...], many: bool) -> Path:
        path: Path = ()
        for key in keys[:-1]:
            path = self._last((*path, key))
        path = (*path, *keys[-1:])
        if many:
            self._counts[path] = self._counts.get(path, -1) + 1
        return self._last(path)

    def _last(self, path: Path) -> Path:
        return (*path, self._counts[path]) if path in self._counts else path

    def _key(self) -> tuple[str, ...]:
        keys: list[str] = []
        while True:
            self._space()
            if quoted := _STRING.match(self.text, self.at):
                keys.append(quoted[0][1:-1])
                self.at = quoted.end()
            elif bare := _BARE.match(self.text, self.at):
                keys.append(bare[0])
                self.at = bare.end()
            self._space()
            if not self.text.startswith(".", self.at):
                return tuple(keys)
            self.at += 1

    def _pair(self, base: Path) -> None:
        start = self.at
        path = (*base, *self._key())
        self.at += 1  # the equals sign
        self._value(path)
        self.found.setdefault(path, (start, self.at))

    def _value(self, path: Path) -> None:
        self._space()
        opening = self.text[self.at : self.at + 1]
        if string := _STRING.match(self.text, self.at):
            self.at = string.end()
        elif opening in ("[", "{"):
            self._many(path, "]" if opening == "[" else "}")
        elif plain := _PLAIN.match(self.text, self.at):
            self.at = plain.start() + len(plain[0].rstrip())

    def _many(self, path: Path, close: str) -> None:
        self.at += 1
        index = 0
        while self._space() < len(self.text) and not self.text.startswith(close, self.at):
            start = self.at
            if close == "]":
                self._value((*path, index))
                self.found.setdefault((*path, index), (start, self.at))
                index += 1
            else:
                self._pair(path)
            self._space()
            self.at += self.text.startswith(",", self.at) or self.at <= start
        self.at += 1
