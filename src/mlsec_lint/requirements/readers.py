"""Each format of dependency file -> its entries, with the lines on which they stand.

Must not know what is wrong with an entry, nor any file beside the one that is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint.model import Source, SourceError
from mlsec_lint.requirements.entries import Entry, canonical, parse
from mlsec_lint.requirements.versions import from_caret

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_OPTION = re.compile(r"(--?[A-Za-z][\w-]*)(?:\s*=\s*|\s+|(?<=^-[a-z]))?(.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HASH = re.compile(r"\s--hash[= ]\S+")
_PER_PACKAGE = re.compile(r"\s--(?:config-settings?|global-option|install-option|no-binary|only-binary)[= ].*")
_SECTION = re.compile(r"\[([^\]]+)\]")
_FIELD = re.compile(r"([\w.-]+)\s*[=:]\s*(.*)")
_CONDA = re.compile(r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.-]*)\s*(?:(==|>=|<=|!=|~=|=|<|>)\s*([^\s=]+)(.*))?")
_POETRY_GROUP = re.compile(r"tool\.poetry\.group\.([^.]+)\.dependencies")


def read(source: Source) -> tuple[Entry, ...]:
    """Return the entries of a dependency file, in the order of its lines; raises SourceError where it is malformed."""
    name = source.path.rpartition("/")[2]
    if name == "setup.cfg":
        found = list(_setup_cfg(source.text))
    elif name.endswith(".toml") or name == "Pipfile":
        try:
            data = tomllib.loads(source.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            raise SourceError(source.path, line[1] if line else "", f"is not TOML: {str(error)[:120]}") from None
        found = list(_pipfile(source.text, data) if name == "Pipfile" else _pyproject(source.text, data))
    elif name.endswith((".yml", ".yaml")):
        found = list(_environment(source.text))
    else:
        found = list(_requirements(source.text))
    hashed = any(entry.has_hash for entry in found)
    return tuple(sorted((replace(e, others_hashed=hashed) for e in found), key=lambda e: (e.line, e.column)))


def _entry(text: str, line: int, column: int, group: str = "", in_package: bool = False) -> Entry | None:
    parsed = parse(text)
    if parsed is None or not any(parsed[:3]):
        return None
    name, specifier, url, marker = parsed
    hashed = bool(re.search(r"#(?:.*&)?sha(?:256|384|512)=", url))
    end = column + len(text.rstrip())
    return Entry(name, specifier, url, line, column, end, hashed, False, marker, "", group, in_package)


# ---------------------------------------------------------------- requirements.txt


def _requirements(text: str, first: int = 1) -> Iterator[Entry]:
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        line = lines[at].rstrip("\r")
        while line.endswith("\\") and at + 1 < len(lines):
            at += 1
            line = line[:-1] + " " + lines[at].rstrip("\r")
        at += 1
        yield from _requirement_line(_COMMENT.sub("", line), first + start)


def _requirement_line(line: str, number: int, column: int = 1) -> Iterator[Entry]:
    body = line.strip()
    column += len(line) - len(line.lstrip())
    option = _OPTION.fullmatch(body) if body.startswith("-") else None
    if option and option[1] in ("-e", "--editable"):
        column += option.start(2)
        body = option[2].strip()
    elif option:
        yield Entry(
            "", url=option[2].strip(), line=number, column=column, end_column=column + len(body), option=option[1]
        )
        return
    hashed = _HASH.search(" " + body) is not None
    body = _PER_PACKAGE.sub("", _HASH.sub("", body)).strip()
    entry = _entry(body, number, column) if body else None
    if entry:
        yield replace(entry, has_hash=hashed or entry.has_hash)


# ---------------------------------------------------------------- TOML


class _Finder:
    """Finds where strings and keys, known from the parsed file, stand in its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._after: dict[str, int] = {}

    def place(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - (self.text.rfind("\n", 0, offset) + 1) + 1

    def string(self, value: str) -> tuple[int, int]:
        """Return the line and column of a string of this value, a later one each time."""
        begin = self._after.get(value, 0)
        found = [i for quote in "\"'" if (i := self.text.find(quote + value + quote, begin)) >= 0]
        if not found:
            return 1, 1
        self._after[value] = min(found) + 1
        return self.place(min(found) + 1)

    def key(self, section: str, name: str) -> tuple[int, int, int]:
        """Return the line, column and end column of the line that gives `name` in the table `section`."""
        header = re.search(rf"^[ \t]*\[\s*{re.escape(section)}\s*\]", self.text, re.MULTILINE)
        within = header.end() if header else 0
        line = re.compile(rf"^[ \t]*([\"']?{re.escape(name)}[\"']?\s*[=.][^\n#]*)", re.MULTILINE).search(
            self.text, within
        )
        line = line or re.compile(rf"^[ \t]*(\[.*\.{re.escape(name)}\])", re.MULTILINE).search(self.text)
        if line is None:
            return 1, 1, 2
        number, column = self.place(line.start(1))
        return number, column, column + len(line[1].rstrip())


def _pyproject(text: str, data: dict[str, object]) -> Iterator[Entry]:
    finder = _Finder(text)
    yield from _listed(finder, _at(data, "build-system", "requires"), "build")
    yield from _listed(finder, _at(data, "project", "dependencies"), "")
    for name, values in _items(_at(data, "project", "optional-dependencies")):
        yield from _listed(finder, values, name)
    for name, values in _items(_at(data, "dependency-groups")):
        yield from _listed(finder, values, name, in_package=False)
    yield from _listed(finder, _at(data, "tool", "uv", "dev-dependencies"), "dev", in_package=False)
    for name, values in _items(_at(data, "tool", "pdm", "dev-dependencies")):
        yield from _listed(finder, values, name, in_package=False)
    yield from _tabled(finder, data, "tool.poetry.dependencies", "", True)
    yield from _tabled(finder, data, "tool.poetry.dev-dependencies", "dev", False)
    for name, _ in _items(_at(data, "tool", "poetry", "group")):
        yield from _tabled(finder, data, f"tool.poetry.group.{name}.dependencies", name, False)
    for name, value in _items(_at(data, "tool", "uv", "sources")):
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict) and (url := _table_url(table)):
                line, column, end = finder.key("tool.uv.sources", name)
                yield Entry(canonical(name), url=url, line=line, column=column, end_column=end)


def _pipfile(text: str, data: dict[str, object]) -> Iterator[Entry]:
    finder = _Finder(text)
    yield from _tabled(finder, data, "packages", "", False)
    yield from _tabled(finder, data, "dev-packages", "dev", False)


def _listed(finder: _Finder, values: object, group: str, in_package: bool = True) -> Iterator[Entry]:
    for value in values if isinstance(values, list) else []:
        if isinstance(value, str):
            entry = _entry(value, *finder.string(value), group, in_package)
            if entry:
                yield entry


def _tabled(finder: _Finder, data: dict[str, object], section: str, group: str, in_package: bool) -> Iterator[Entry]:
    """Yield the entries of a table of Poetry or Pipenv: name = version, or a table of its own, or a list of such."""
    for name, value in _items(_at(data, *section.split("."))):
        line, column, end = finder.key(section, name)
        for one in value if isinstance(value, list) else [value]:
            version = one if isinstance(one, str) else _at(one, "version")
            url = _table_url(one) if isinstance(one, dict) else ""
            specifier = from_caret(version) if isinstance(version, str) else ""
            entry = Entry(canonical(name), specifier, url, line, column, end, group=group, in_package=in_package)
            marker = _at(one, "markers")
            yield replace(entry, marker=marker if isinstance(marker, str) else "")


def _table_url(table: dict[str, object]) -> str:
    """Return the URL that a table gives, in pip's form: `git+https://host/repo@revision`."""
    git, url, path = table.get("git"), table.get("url") or table.get("file"), table.get("path")
    if isinstance(git, str):
        revision = table.get("rev") or table.get("ref") or table.get("tag") or table.get("branch")
        return f"git+{git}@{revision}" if revision else f"git+{git}"
    if isinstance(url, str):
        return url
    return f"file:{path}" if isinstance(path, str) else ""


def _at(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _items(data: object) -> list[tuple[str, object]]:
    return list(data.items()) if isinstance(data, dict) else []


# ---------------------------------------------------------------- setup.cfg and environment.yml


def _setup_cfg(text: str) -> Iterator[Entry]:
    section = field = ""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = _COMMENT.sub("", line).strip()
        if header := _SECTION.fullmatch(bare):
            section, field = header[1], ""
            continue
        column = len(line) - len(line.lstrip()) + 1
        if line[:1].strip() and (pair := _FIELD.fullmatch(bare)):
            field, bare, column = pair[1], pair[2], pair.start(2) + 1
        if not bare:
            continue
        if section == "options" and field == "python_requires":
            yield Entry("python", bare, line=number, column=column, end_column=column + len(bare), in_package=True)
        elif (section == "options" and field in ("install_requires", "setup_requires")) or (
            section == "options.extras_require" and field
        ):
            group = {"install_requires": "", "setup_requires": "build"}.get(field, field)
            for part in bare.split(";;"):
                entry = _entry(part, number, column, group, True)
                if entry:
                    yield entry


def _environment(text: str) -> Iterator[Entry]:
    inside = pip = -1
    for number, line in enumerate(text.split("\n"), start=1):
        bare = _COMMENT.sub("", line.rstrip("\r"))
        indent = len(bare) - len(bare.lstrip(" "))
        body = bare.strip()
        if not body:
            continue
        if not body.startswith("-"):
            inside, pip = (indent if body.startswith("dependencies:") else -1), -1
            continue
        if inside < 0:
            continue
        item = body[1:].strip().strip("'\"")
        column = len(bare) - len(bare.lstrip(" -'\"")) + 1
        if item.startswith("pip:"):
            pip = indent
        elif pip >= 0 and indent > pip:
            if body[1:].strip().startswith("--") or item.startswith("-"):
                column = bare.index(item) + 1
            yield from _requirement_line(item, number, column)
        elif found := _CONDA.fullmatch(item):
            pip = -1
            specifier = ""
            if found[2]:
                loose = found[2] == "=" and found[3].count(".") < 2 and not found[4]
                specifier = (
                    ("==" if found[2] == "=" else found[2]) + found[3].removesuffix(".*") + (".*" if loose else "")
                )
                specifier += "" if found[2] == "=" else found[4]
            yield Entry(canonical(found[1]), specifier, "", number, column, column + len(item))
