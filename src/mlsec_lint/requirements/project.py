"""The project around a file: is it an application or a library, is it locked, and which versions does it admit.

Must not know rules.  Reads the folder's own manifests only, never an index or an installed package.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

from mlsec_lint.model import Source, SourceError
from mlsec_lint.requirements.entries import Entry, Facts
from mlsec_lint.requirements.readers import read
from mlsec_lint.requirements.versions import key, lowest

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml", "pixi.lock", "pylock.toml")
METADATA = ("pyproject.toml", "setup.cfg", "setup.py")
LIMIT = 1_000_000  # bytes of a manifest
_PRIVATE = re.compile(r"Private\s*::\s*Do Not Upload|package-mode\s*=\s*false", re.IGNORECASE)
_PACKAGED = re.compile(r"^\s*\[(?:build-system|tool\.flit\.metadata)\]", re.MULTILINE)
_NAMED = re.compile(r"^\s*\[(?:project|tool\.poetry)\]", re.MULTILINE)
_SETUP = re.compile(r"\bsetup\s*\(")
_PYTHON = re.compile(r"^\s*requires-python\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)


def facts(folder: str) -> Facts:
    """Return what is known of the project to which files in `folder` belong.

    It is a library where its own metadata lets others install it: a `[build-system]` with a `[project]` or
    `[tool.poetry]` table, a `[metadata] name` in setup.cfg, or a setup.py that calls `setup(...)`.  Everything else is
    an application, as is what says `Private :: Do Not Upload` or `package-mode = false`.  A lock file counts in
    `folder` itself and in the folder of that metadata.
    """
    locked = any(os.path.exists(os.path.join(folder, name)) for name in LOCKS)
    for above in _upward(folder):
        texts = {name: text for name in METADATA if (text := _text(os.path.join(above, name)))}
        if not texts:
            continue
        locked = locked or any(os.path.exists(os.path.join(above, name)) for name in LOCKS)
        pyproject = texts.get("pyproject.toml", "")
        if _PRIVATE.search("\n".join(texts.values())):
            return Facts(True, locked)
        if (
            (_PACKAGED.search(pyproject) and _NAMED.search(pyproject))
            or _SETUP.search(texts.get("setup.py", ""))
            or re.search(r"^\[metadata\][^\[]*^name\s*=", texts.get("setup.cfg", ""), re.MULTILINE)
        ):
            return Facts(False, locked)
    return Facts(True, locked)


def minimums(folder: str) -> dict[str, str]:
    """Return the lowest version of each distribution that the project around `folder` admits; `python` is Python.

    The nearest folder upwards that has a manifest decides, no further than the repository.  What the package's own
    metadata says of a distribution comes before extras and groups, and those before lists to install; where one of
    equal standing sets no lower bound, there is none.
    """
    for above in _upward(folder):
        entries = list(_entries(above))
        if not entries:
            continue
        standing: dict[str, dict[int, list[str]]] = {}
        for rank, entry in entries:
            if entry.name and not entry.url:
                standing.setdefault(entry.name, {}).setdefault(rank, []).append(lowest(entry.specifier))
        result = {}
        for name, ranks in standing.items():
            bounds = ranks[min(ranks)]
            if all(bounds):
                result[name] = min(bounds, key=lambda bound: key(bound) or (0, (0,), 0, 0, 0))
        return result
    return {}


def _upward(folder: str) -> Iterator[str]:
    folder = os.path.abspath(folder)
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = parent


def _text(path: str) -> str:
    try:
        if os.path.getsize(path) > LIMIT:
            return ""
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _entries(folder: str) -> Iterator[tuple[int, Entry]]:
    """Yield the entries of a folder's manifests, each with its standing, 0 the highest."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name == "pyproject.toml":
            text = _text(path)
            if python := _PYTHON.search(text):
                yield 0, Entry("python", python[1], in_package=True)
            yield from ((_rank(entry), entry) for entry in _read(path, text))
        elif name in ("setup.cfg", "Pipfile"):
            yield from ((_rank(entry), entry) for entry in _read(path, _text(path)))
        elif name == "setup.py":
            yield from ((_rank(entry), entry) for entry in _setup_py(_text(path)))
        elif name in ("environment.yml", "environment.yaml"):
            yield from ((2, entry) for entry in _read(path, _text(path)))
        elif re.fullmatch(r"(?i)[\w.-]*requirements[\w.-]*\.txt", name):
            yield from ((2, entry) for entry in _listed(path, set()))


def _rank(entry: Entry) -> int:
    if entry.group == "build":
        return 3
    return 0 if entry.in_package and not entry.group else 1


def _read(path: str, text: str) -> tuple[Entry, ...]:
    try:
        return read(Source(path.replace(os.sep, "/"), text, "requirements"))
    except SourceError:
        return ()


def _listed(path: str, seen: set[str]) -> Iterator[Entry]:
    """Yield the entries of a requirements file and of those that it includes."""
    if path in seen:
        return
    seen.add(path)
    for entry in _read(path, _text(path)):
        yield entry
        if entry.option in ("-r", "--requirement") and len(seen) < 20:
            yield from _listed(os.path.normpath(os.path.join(os.path.dirname(path), entry.url)), seen)


def _setup_py(text: str) -> Iterator[Entry]:
    """Yield what a setup.py says in literals: install_requires, extras_require, python_requires."""
    if not _SETUP.search(text):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            for keyword in node.keywords:
                value = keyword.value
                value = names.get(value.id, value) if isinstance(value, ast.Name) else value
                yield from _setup_argument(keyword.arg or "", value)


def _setup_argument(name: str, value: ast.expr) -> Iterator[Entry]:
    if name == "python_requires" and isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield Entry("python", value.value, in_package=True)
    elif name == "install_requires" and isinstance(value, ast.List | ast.Tuple):
        text = "\n".join(
            item.value for item in value.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)
        )
        for entry in read(Source("requirements.txt", text, "requirements")):
            yield Entry(entry.name, entry.specifier, entry.url, in_package=True)
