"""`mlsec.lock`: what a project fetches, read, written, and compared with what its code says.

Must not know code, hubs, or where fetches were found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from mlsec_lint.model import ConfigError, Fetch

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = "mlsec.lock"
VERSION = 1
_HEAD = "# What this project fetches, written by `mlsec-lint lock`; `mlsec-lint lock --check` tells whether it still holds.\n"

Key = tuple[str, str, str]  # kind, name, revision as the code says it
Use = tuple[str, int]  # path from the lock file's folder, 1-based line


@dataclass(frozen=True, slots=True)
class File:
    """One file of an artefact; `blob` is git's name of its content (SHA-1), for files whose SHA-256 is not known."""

    path: str
    size: int | None = None  # in bytes
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One artefact in one revision; what only a hub or a download tells is empty, or None, until it is known."""

    kind: str
    name: str
    revision: str = ""  # as the code says; "" where it says none, "?" where it is not known
    commit: str = ""  # what the revision stood for when it was last looked up
    digest: str = ""  # that the code expects
    license: str = ""
    holds: tuple[str, ...] | None = None  # classes of files, by the tables of the rules; None where it is not known
    uses: tuple[Use, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def key(self) -> Key:
        return (self.kind, self.name, self.revision)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file; `path` is where it stands."""

    path: str
    artefacts: tuple[Artefact, ...] = ()

    @property
    def folder(self) -> str:
        return os.path.dirname(os.path.abspath(self.path))

    def inside(self, path: str) -> str:
        """Return a path as the lock file writes it: from its own folder, with forward slashes."""
        return os.path.relpath(os.path.abspath(path), self.folder).replace(os.sep, "/")


# ---------------------------------------------------------------- reading


def locate(folder: str) -> str:
    """Return the nearest lock file in `folder` or above it, no further up than the repository; "" for none."""
    folder = os.path.abspath(folder)
    while True:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return ""
        folder = parent


def for_folder(folder: str) -> Lock | None:
    """Return the lock that holds for the files of a folder, read again only when it has changed; raises ConfigError."""
    path = locate(folder)
    if not path:
        return None
    stat = os.stat(path)
    return _read_once(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read_once(path: str, changed: int, size: int) -> Lock:
    return read(path)


def read(path: str) -> Lock:
    """Return what a lock file says; raises ConfigError."""
    try:
        with open(path, "rb") as file:
            return parse(file.read(), path)
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read: {(error.strerror or str(error)).lower()}") from None


def parse(content: bytes, path: str) -> Lock:
    """Return what the content of the lock file `path` says; raises ConfigError."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"is not TOML: {error}") from None
    version = data.get("version")
    if version != VERSION:
        hint = "; a newer mlsec-lint wrote it" if isinstance(version, int) and version > VERSION else ""
        raise ConfigError(path, "version", f"must be {VERSION}, not {version!r}{hint}")
    rows = data.get("artefact", [])
    if not isinstance(rows, list):
        raise ConfigError(path, "artefact", "must be a list of tables")
    return Lock(path, tuple(_artefact(path, f"artefact[{number}]", row) for number, row in enumerate(rows)))


def _artefact(path: str, key: str, row: object) -> Artefact:
    table = _Table(path, key, row)
    return Artefact(
        kind=table.text("kind", needed=True),
        name=table.text("name", needed=True),
        revision=table.text("revision"),
        commit=table.text("commit"),
        digest=table.text("digest"),
        license=table.text("license"),
        holds=tuple(map(str, table.list("holds"))) if "holds" in table.row else None,
        uses=tuple(_use(path, key, one) for one in table.list("uses")),
        files=tuple(_file(path, f"{key}.file[{number}]", one) for number, one in enumerate(table.list("file"))),
    )


def _file(path: str, key: str, row: object) -> File:
    table = _Table(path, key, row)
    size = table.row.get("size")
    return File(
        table.text("path", needed=True),
        size if isinstance(size, int) else None,
        table.text("sha256"),
        table.text("blob"),
    )


def _use(path: str, key: str, written: object) -> Use:
    file, _, line = str(written).rpartition(":")
    if not file or not line.isdigit():
        raise ConfigError(path, f"{key}.uses", f"{written!r} is not of the form path:line")
    return file, int(line)


@dataclass(frozen=True, slots=True)
class _Table:
    path: str
    key: str
    data: object

    @property
    def row(self) -> Mapping[str, Any]:
        if not isinstance(self.data, dict):
            raise ConfigError(self.path, self.key, "must be a table")
        return self.data

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self.row.get(name, "")
        if not isinstance(value, str) or (needed and not value):
            raise ConfigError(self.path, f"{self.key}.{name}", "must be a text" if value != "" else "is missing")
        return value

    def list(self, name: str) -> Sequence[object]:
        value = self.row.get(name, [])
        if not isinstance(value, list):
            raise ConfigError(self.path, f"{self.key}.{name}", "must be a list")
        return value


# ---------------------------------------------------------------- writing


def written(lock: Lock) -> str:
    """Return a lock as TOML, sorted, so that it depends on nothing but what is locked; needs the extra `lock`."""
    import tomli_w

    rows = [_row(one) for one in sorted(lock.artefacts, key=lambda one: one.key)]
    return _HEAD + tomli_w.dumps({"version": VERSION, "artefact": rows} if rows else {"version": VERSION})


def _row(one: Artefact) -> dict[str, object]:
    row: dict[str, object] = {"kind": one.kind, "name": one.name}
    texts = ("revision", "commit", "digest", "license")
    row.update({name: getattr(one, name) for name in texts if getattr(one, name)})
    if one.holds is not None:
        row["holds"] = sorted(one.holds)
    row["uses"] = [f"{path}:{line}" for path, line in sorted(set(one.uses))]
    if one.files:
        row["file"] = [_file_row(file) for file in sorted(one.files, key=lambda file: file.path)]
    return row


def _file_row(file: File) -> dict[str, object]:
    row: dict[str, object] = {"path": file.path}
    if file.size is not None:
        row["size"] = file.size
    row.update({name: getattr(file, name) for name in ("sha256", "blob") if getattr(file, name)})
    return row


# ---------------------------------------------------------------- comparing


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One way in which code and lock differ: something `new`, `gone` or `moved` to another revision or file."""

    fault: str
    kind: str
    name: str
    path: str  # from the lock file's folder
    line: int
    said: str  # by the code
    locked: str  # by the lock
    fetch: Fetch | None = None


def locked(lock: Lock, fetches: Iterable[Fetch]) -> tuple[Artefact, ...]:
    """Return what is to be locked of the fetches; what the lock knows of an artefact in the same revision is kept."""
    known = {one.key: one for one in lock.artefacts}
    found: dict[Key, Artefact] = {}
    for fetch in fetches:
        if not fetch.name:
            continue
        key = (fetch.kind, fetch.name, fetch.revision)
        old = known.get(key)
        one = found.get(key)
        if one is None:
            one = replace(old, uses=(), digest="") if old is not None else Artefact(*key)
        paths = {file.path for file in one.files}
        files = () if old is not None and old.commit else tuple(File(p) for p in fetch.files if p not in paths)
        found[key] = replace(
            one,
            uses=(*one.uses, (lock.inside(fetch.path), fetch.line)),
            digest=one.digest or fetch.digest,
            files=(*one.files, *files),
        )
    return tuple(replace(one, uses=tuple(sorted(set(one.uses)))) for _, one in sorted(found.items()))


def compare(lock: Lock, fetches: Iterable[Fetch], covers: Callable[[str], bool]) -> list[Disagreement]:
    """Return where code and lock disagree; `covers` tells the files (paths as the lock writes them) that were read.

    That a use has moved to another line of the same file is no disagreement.
    """
    by_name: dict[tuple[str, str], list[Artefact]] = {}
    for one in lock.artefacts:
        by_name.setdefault((one.kind, one.name), []).append(one)
    out: list[Disagreement] = []
    found: set[tuple[Key, str]] = set()
    revised: set[tuple[str, str, str]] = set()  # kind, name, path whose revision has changed
    for fetch in fetches:
        if not fetch.name:
            continue
        path = lock.inside(fetch.path)
        found.add(((fetch.kind, fetch.name, fetch.revision), path))
        same = by_name.get((fetch.kind, fetch.name), [])
        mine = [one for one in same if one.revision == fetch.revision]
        if not same:
            fault, before = "new", ""
        elif not mine:
            fault, before = "moved", ", ".join(one.revision or "no revision" for one in same)
            revised.add((fetch.kind, fetch.name, path))
        elif not any(path == where for one in mine for where, _ in one.uses):
            fault, before = "moved", ", ".join(sorted({where for one in mine for where, _ in one.uses})) or "no file"
        else:
            continue
        said = (fetch.revision or "no revision") if not mine else path
        out.append(Disagreement(fault, fetch.kind, fetch.name, path, fetch.line, said, before, fetch))
    for one in lock.artefacts:
        for path, line in one.uses:
            if covers(path) and (one.key, path) not in found and (one.kind, one.name, path) not in revised:
                found.add((one.key, path))
                out.append(Disagreement("gone", one.kind, one.name, path, line, "", one.revision or "no revision"))
    return sorted(out, key=lambda one: (one.path, one.line, one.fault, one.kind, one.name))
