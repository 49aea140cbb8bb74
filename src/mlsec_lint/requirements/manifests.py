"""pyproject.toml and Pipfile -> entries, with the places at which they are written.

Must not know what is wrong with an entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint.requirements.entries import Entry, canonical, entry
from mlsec_lint.requirements.versions import from_caret
from mlsec_lint.source import toml_places


class Manifest:
    """The values of a TOML file and the places of its keys and items."""

    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.data = toml_places.parse(text, shown)
        self._places = toml_places.places(text)

    def at(self, *path: str) -> object:
        """Return what stands under a path of keys, or None."""
        return _at(self.data, *path)

    def place(self, path: toml_places.Path) -> tuple[int, int, int]:
        """Return the line, column and end column of what is written there (of its first line)."""
        start, end = self._places.get(path, (0, 1))
        end = min(end, self.text.find("\n", start) % (len(self.text) + 1))
        column = start - self.text.rfind("\n", 0, start)
        return self.text.count("\n", 0, start) + 1, column, column + end - start

    def listed(self, path: tuple[str, ...], group: str, in_package: bool = True) -> Iterator[Entry]:
        """Yield the requirements in the list at `path`."""
        values = self.at(*path)
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if isinstance(value, str):  # a table includes another group, which is read where it stands
                line, column, _ = self.place((*path, index))
                yield entry(value, line, column + 1, group, in_package)

    def tabled(self, path: tuple[str, ...], group: str, in_package: bool) -> Iterator[Entry]:
        """Yield the entries of a table of Poetry or Pipenv: name = version, or a table of its own, or a list of such."""
        for name, value in _items(self.at(*path)):
            line, column, end = self.place((*path, name))
            for one in value if isinstance(value, list) else [value]:
                written = one if isinstance(one, str) else _at(one, "version")
                url = _table_url(one) if isinstance(one, dict) else ""
                specifier = from_caret(written) if isinstance(written, str) else ""
                marker = _at(one, "markers")
                found = Entry(canonical(name), specifier, url, line, column, end, group=group, in_package=in_package)
                yield replace(
                    found, marker=marker if isinstance(marker, str) else "", has_hash=bool(_at(one, "hashes"))
                )

    def options(self, path: tuple[str, ...], option: str) -> Iterator[Entry]:
        """Yield the values at `path`, one or a list, as values of the installer's option of that meaning."""
        value = self.at(*path)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                line, column, end = self.place(path)
                yield Entry("", url=one, line=line, column=column, end_column=end, option=option)


def pyproject(text: str, shown: str) -> Iterator[Entry]:
    """Yield what a pyproject.toml asks for: PEP 621, PEP 735, and the tables of uv, PDM and Poetry."""
    file = Manifest(text, shown)
    yield from file.listed(("build-system", "requires"), "build")
    yield from file.listed(("project", "dependencies"), "")
    for name, _ in _items(file.at("project", "optional-dependencies")):
        yield from file.listed(("project", "optional-dependencies", name), name)
    for name, _ in _items(file.at("dependency-groups")):
        yield from file.listed(("dependency-groups", name), name, in_package=False)
    yield from file.listed(("tool", "uv", "dev-dependencies"), "dev", in_package=False)
    for name, _ in _items(file.at("tool", "pdm", "dev-dependencies")):
        yield from file.listed(("tool", "pdm", "dev-dependencies", name), name, in_package=False)
    for name, _ in _items(file.at("tool", "hatch", "envs")):
        yield from file.listed(("tool", "hatch", "envs", name, "dependencies"), name, in_package=False)
    poetry = ("tool", "poetry")
    yield from file.tabled((*poetry, "dependencies"), "", True)
    yield from file.tabled((*poetry, "dev-dependencies"), "dev", False)
    for name, _ in _items(file.at(*poetry, "group")):
        yield from file.tabled((*poetry, "group", name, "dependencies"), name, False)
    for name, value in _items(file.at("tool", "uv", "sources")):
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict) and (url := _table_url(table)):
                line, column, end = file.place(("tool", "uv", "sources", name))
                yield Entry(canonical(name), url=url, line=line, column=column, end_column=end)
    yield from _indexes(file)


def pipfile(text: str, shown: str) -> Iterator[Entry]:
    """Yield what a Pipfile asks for."""
    file = Manifest(text, shown)
    yield from file.tabled(("packages",), "", False)
    yield from file.tabled(("dev-packages",), "dev", False)


def _indexes(file: Manifest) -> Iterator[Entry]:
    """Yield indexes that are searched beside others for any name.

    Poetry asks all its primary sources (https://python-poetry.org/docs/repositories/#project-package-sources), PDM all
    sources (https://pdm-project.org/latest/usage/config/#respect-the-order-of-the-sources); uv only under another
    strategy than its own (https://docs.astral.sh/uv/concepts/indexes/#searching-across-multiple-indexes).
    """
    strategy = file.at("tool", "uv", "index-strategy")
    if isinstance(strategy, str) and strategy.startswith("unsafe"):
        yield from file.options(("tool", "uv", "index-strategy"), "--extra-index-url")
    yield from file.options(("tool", "uv", "pip", "extra-index-url"), "--extra-index-url")
    for tool in ("poetry", "pdm"):
        sources = file.at("tool", tool, "source")
        wide = [
            index
            for index, source in enumerate(sources if isinstance(sources, list) else ())
            if tool == "pdm" or _at(source, "priority") in (None, "primary", "default", "secondary")
        ]
        for index in wide[1:]:
            line, column, end = file.place(("tool", tool, "source", index))
            url = _at(sources[index] if isinstance(sources, list) else None, "url")
            yield Entry("", url=str(url), line=line, column=column, end_column=end, option="--extra-index-url")


def _table_url(table: dict[str, object]) -> str:
    """Return the URL that a table gives, in pip's form: `git+https://host/repo@revision`."""
    git, url, path = table.get("git"), table.get("url") or table.get("file"), table.get("path")
    if isinstance(git, str):
        revision = table.get("rev") or table.get("ref") or table.get("tag") or table.get("branch")
        git = git.removeprefix("git+")
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
