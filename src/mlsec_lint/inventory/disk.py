"""Files on this machine against the lock, by digests that are computed while reading.

Knows the layout of the hub's cache (`models--org--name/snapshots/<commit>/…`, links into `blobs`) and plain folders.
Must not ask anybody.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlsec_lint.forms import is_commit
from mlsec_lint.lockfile import Artefact, File, Lock

CHUNK = 1 << 20  # bytes read at once
_CACHED = re.compile(r"(?:^|.*/)(?P<type>[a-z]+s)--(?P<name>[^/]+)/snapshots/(?P<commit>[0-9a-f]{40})/(?P<file>.+)")
_SKIPPED = {".git", ".cache", ".locks", "blobs", "refs", ".no_exist"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one file: `good`, `bad` (another content), `unknown` (the lock has no such file)."""

    path: str
    state: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Digests:
    """What one file's content is called: SHA-256, and git's name of it (SHA-1 with a head)."""

    sha256: str
    blob: str
    size: int


def digests(path: str) -> Digests:
    """Return the digests of a file, never holding more than a piece of it in memory; raises OSError."""
    size = os.path.getsize(path)
    strong, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    read = 0
    with open(path, "rb") as file:
        while piece := file.read(CHUNK):
            strong.update(piece)
            git.update(piece)
            read += len(piece)
    return Digests(strong.hexdigest(), git.hexdigest() if read == size else "", read)


def verify(lock: Lock, path: str) -> Iterator[Verdict]:
    """Yield a verdict for each file at or under `path`; raises OSError for one that cannot be read."""
    root = os.path.abspath(path)
    for file in _files(root):
        shown = os.path.relpath(file).replace(os.sep, "/")
        yield _verdict(lock, file, shown)


def _files(root: str) -> Iterator[str]:
    if not os.path.isdir(root):
        os.stat(root)  # says why there is none
        yield root
        return
    for folder, folders, names in os.walk(root, onerror=_raise):
        inside_cache = bool(re.search(r"/[a-z]+s--[^/]+$", folder.replace(os.sep, "/")))
        folders[:] = sorted(
            one for one in folders if one not in _SKIPPED or (one in ("blobs", "refs") and not inside_cache)
        )
        for name in sorted(names):
            yield os.path.join(folder, name)


def _raise(error: OSError) -> None:
    raise error


def _verdict(lock: Lock, path: str, shown: str) -> Verdict:
    plain = path.replace(os.sep, "/")
    cached = _CACHED.fullmatch(plain)
    if cached is not None:
        name = cached["name"].replace("--", "/", 1)
        commit = cached["commit"]
        same = [one for one in lock.artefacts if one.name == name and _type(one) == cached["type"]]
        exact = [one for one in same if commit in (one.commit, one.revision)]
        if not same:
            return Verdict(shown, "unknown", f"{name} is not in the lock")
        if not exact:
            return Verdict(shown, "unknown", f"the lock has {name} in another commit than {commit[:12]}")
        candidates = [(one, file) for one in exact for file in one.files if file.path == cached["file"]]
    else:
        candidates = [(one, file) for one in lock.artefacts for file in one.files if plain.endswith("/" + file.path)]
        deepest = max((file.path.count("/") for _, file in candidates), default=0)
        candidates = [(one, file) for one, file in candidates if file.path.count("/") == deepest]
        named = [(one, file) for one, file in candidates if f"/{one.name}/" in plain]
        candidates = named or candidates
    return _compared(lock, path, shown, candidates, anywhere=cached is None)


def _type(one: Artefact) -> str:
    return one.kind + "s"


def _compared(lock: Lock, path: str, shown: str, candidates: list[tuple[Artefact, File]], anywhere: bool) -> Verdict:
    have = digests(path)
    usable = [(one, file) for one, file in candidates if file.sha256 or file.blob]
    for one, file in usable:
        if _same(file, have):
            return Verdict(shown, "good", _what(one, file))
    if usable:
        one, file = usable[0]
        wanted = f"SHA-256 {file.sha256}" if file.sha256 else f"git blob {file.blob}"
        more = f" (nor what {len(usable) - 1} more say)" if len(usable) > 1 else ""
        return Verdict(
            shown, "bad", f"is not {one.name}'s {file.path}: its SHA-256 is {have.sha256}, not {wanted}{more}"
        )
    if candidates:
        return Verdict(shown, "unknown", f"the lock has no digest of {candidates[0][0].name}'s {candidates[0][1].path}")
    for one in lock.artefacts if anywhere else ():
        if one.digest and have.sha256 == one.digest.rpartition(":")[2].lower():
            return Verdict(shown, "good", f"{one.name}, by the digest that the code expects")
        for file in one.files:
            if file.sha256 and file.sha256 == have.sha256:
                return Verdict(shown, "good", f"{_what(one, file)}, under another name")
    return Verdict(shown, "unknown", "the lock has no such file")


def _same(file: File, have: Digests) -> bool:
    return file.sha256 == have.sha256 if file.sha256 else file.blob == have.blob


def _what(one: Artefact, file: File) -> str:
    by = "" if file.sha256 else ", by its git blob (SHA-1)"
    return f"{one.name}'s {file.path}{by}"


# ---------------------------------------------------------------- downloads that are at hand


def cache_folder() -> str:
    """Return the folder of the hub's cache, by the variables that the hub's own client reads."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "huggingface"
    )
    return os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or os.path.join(home, "hub")


def at_hand(artefacts: Iterable[Artefact]) -> tuple[Artefact, ...]:
    """Return the artefacts, with the SHA-256 of files that no hub told and that lie in the hub's cache."""
    return tuple(_from_cache(one, cache_folder()) for one in artefacts)


def _from_cache(one: Artefact, cache: str) -> Artefact:
    commit = one.commit or (one.revision if is_commit(one.revision) else "")
    folder = os.path.join(cache, f"{_type(one)}--{one.name.replace('/', '--')}", "snapshots", commit)
    if not is_commit(commit) or not os.path.isdir(folder):
        return one
    known = {file.path: file for file in one.files}
    if not one.commit:  # nobody has been asked: what has been downloaded is what is known
        for path in _files(folder):
            inside = os.path.relpath(path, folder).replace(os.sep, "/")
            known.setdefault(inside, File(inside))
    return replace(one, files=tuple(_hashed(file, folder) for _, file in sorted(known.items())))


def _hashed(file: File, folder: str) -> File:
    path = os.path.normpath(os.path.join(folder, file.path))
    if file.sha256 or not path.startswith(folder + os.sep) or not os.path.isfile(path):
        return file
    have = digests(path)
    if file.blob and file.blob != have.blob:
        return file  # what lies there is not what the hub has
    return replace(file, sha256=have.sha256, size=have.size)
