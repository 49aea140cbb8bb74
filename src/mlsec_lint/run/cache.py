"""Results kept from one run to the next: which files need not be checked again, because nothing that decides has changed.

Must not know what a result says.  A kept result holds while the file's content, the rules, the program, the settings, the
versions that the project admits, and everything of the project's other files that it was drawn from are the same.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsec_lint import __version__, source
from mlsec_lint.frozen import Codec
from mlsec_lint.model import Edit, Finding, Fix, Hidden, Related, RuleSet, Settings
from mlsec_lint.run.one import Result, Task, assuming, lock_of

if TYPE_CHECKING:
    from mlsec_lint.project import Lookup, Project

NAME = ".mlsec-lint-cache"
FORMAT = 2
KEPT = 12  # files of results: runs with other options or over other folders have their own
RECENT = 2_000_000_000  # nanoseconds within which a file may change again without its time telling
_KINDS = ("python", "notebook")
_CODEC = Codec(Finding, Related, Fix, Edit, Hidden)
_IGNORED = "# Written by mlsec-lint; git and backups pass it over.\n*\n"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of mlsec-lint, see https://bford.info/cachedir/\n"


class Cache:
    """The results of earlier runs of the same kind; `note` says what became of them, for people who ask."""

    def __init__(
        self, folder: str, tasks: Sequence[Task], rulesets: Mapping[tuple[str, ...], RuleSet], project: Project
    ) -> None:
        self.folder, self.tasks, self.rulesets, self.project = folder, tasks, rulesets, project
        self.note = ""
        self._set = _digest(*sorted(project.shown))
        self._file = os.path.join(folder, f"{self._key()}.json")
        self._now = time.time_ns()
        self._stats: dict[str, tuple[int, int]] = {}  # path -> (time of change in ns, bytes), as found now
        self._hashes: dict[str, str] = {}
        self._in_force: dict[tuple[str, Settings, bool, bool], str] = {}
        self._packages: dict[tuple[str, str], str] = {}
        self._states: dict[str, str] = {}  # path -> what of the file other results are drawn from
        self._known: dict[str, list[Any]] = {}  # path -> [time of change, bytes, hash of the content]
        self._lookups: list[Lookup] = []  # many results share one
        # path -> [circumstances, set, parsed, files, digest, numbers of lookups, result]
        self._entries: dict[str, list[Any]] = {}
        self._changed = False

    def _key(self) -> str:
        """What all results in one file have in common."""
        distinct = {id(task.settings): task.settings for task in self.tasks}.values()
        settings = sorted({repr(one) for one in distinct})
        rules = sorted(rules.digest for rules in self.rulesets.values())
        flags = sorted({repr((task.noqa, task.syntax)) for task in self.tasks})
        return _digest(str(FORMAT), _program(), self.project.root, os.getcwd(), *settings, *rules, *flags)

    # ------------------------------------------------------------ reading

    def known(self) -> dict[str, Result]:
        """Return the results that still hold, by path."""
        self._load()
        found = {}
        for task in self.tasks:
            if not _keepable(task):
                continue
            entry = self._entries.get(task.file.path)
            if entry is None or not self._holds(task, entry):
                continue
            try:
                found[task.file.path] = _thawed(entry)
            except (LookupError, TypeError, ValueError, AttributeError):
                self.note = "the cache was damaged in part"
        if not self.note:
            self.note = f"{len(found):,} of {len(self.tasks):,} files had been checked before"
        return found

    def _load(self) -> None:
        try:
            with open(self._file, encoding="utf-8") as file:
                if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                    self.note = "the cache is somebody else's: it was not read"
                    return
                stored = json.load(file)
            if stored["format"] == FORMAT and isinstance(stored["files"], dict) and isinstance(stored["results"], dict):
                self._lookups = [(str(name), str(folder), str(path)) for name, folder, path in stored["lookups"]]
                self._known, self._entries = stored["files"], stored["results"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            self.note = "the cache could not be read: every file was checked"

    def _holds(self, task: Task, entry: list[Any]) -> bool:
        """Return whether everything that the result of a file was drawn from is as it was."""
        try:
            circumstances, among, parsed, files, digest, lookups, _ = entry
            if circumstances != self._circumstances(task, bool(parsed)):
                return False
            if among != self._set:
                if not all(self._found_again(number) for number in lookups):
                    return False
                entry[1] = self._set
                self._changed = True
            return bool(digest == self._drawn_from(files))
        except (ValueError, TypeError, LookupError):
            return False

    def _found_again(self, number: int) -> bool:
        """Return whether a module that was looked for is where it was."""
        name, folder, path = self._lookups[number]
        return self.project.find_from(name, folder) == path

    def _circumstances(self, task: Task, parsed: bool) -> str:
        """What a result depends on beside other files; versions matter to what was parsed, and cost time to read."""
        folder = os.path.dirname(task.file.path)
        settings = self._settings(task, folder if parsed or task.file.kind != "python" else "")
        package = self._package(folder, task.settings.root)
        return _digest(self._hash(task.file.path), task.file.shown, package, settings)

    def _settings(self, task: Task, folder: str) -> str:
        key = (folder, task.settings, task.noqa, task.syntax)
        found = self._in_force.get(key)
        if found is None:
            settings = assuming(task.settings, folder) if folder else task.settings
            found = self._in_force[key] = repr((settings, task.noqa, task.syntax))
        return found

    def _drawn_from(self, files: Iterable[str]) -> str:
        return _digest(*map(self._state, files))

    def _state(self, path: str) -> str:
        found = self._states.get(path)
        if found is None:
            package = self._package(os.path.dirname(path), self.project.root)
            found = self._states[path] = f"{self._hash(path)} {package}"
        return found

    def _package(self, folder: str, root: str) -> str:
        """Return the package that a folder is, which names the modules in it."""
        found = self._packages.get((folder, root))
        if found is None:
            found = source.module_of(os.path.join(folder, "__init__.py"), root)[0]
            self._packages[folder, root] = found
        return found

    def _hash(self, path: str) -> str:
        """Return the hash of a file's content; one whose time and size are as they were is not read again."""
        found = self._hashes.get(path)
        if found is None:
            found = self._hashes[path] = self._hash_anew(path)
        return found

    def _hash_anew(self, path: str) -> str:
        try:
            status = os.stat(path)
            stamp = self._stats[path] = (status.st_mtime_ns, status.st_size)
            known = self._known.get(path)
            if isinstance(known, list) and len(known) == 3 and (known[0], known[1]) == stamp:
                return str(known[2])
            with open(path, "rb") as file:
                content = hashlib.blake2b(file.read(), digest_size=16).hexdigest()
        except OSError as error:
            return f"cannot be read: {error.errno}"
        recent = stamp[0] > self._now - RECENT
        self._known[path] = [0 if recent else stamp[0], stamp[1], content]
        self._changed = True
        return content

    # ------------------------------------------------------------ writing

    def keep(self, results: Mapping[str, Result]) -> None:
        """Keep the results of files that have been checked now; a cache that cannot be written is no mistake."""
        numbers = {lookup: number for number, lookup in enumerate(self._lookups)} if results else {}
        for task in self.tasks:
            result = results.get(task.file.path)
            if result is None or not _keepable(task):
                continue
            drawn = (task.file.path, *result.files)
            if result.unread or lock_of(os.path.dirname(task.file.path), self._rules(task), task.settings) is not None:
                self._entries.pop(task.file.path, None)
            elif not any(self._moved(path) for path in drawn):
                self._entries[task.file.path] = [
                    self._circumstances(task, result.parsed),
                    self._set,
                    int(result.parsed),
                    list(result.files),
                    self._drawn_from(result.files),
                    [self._number(lookup, numbers) for lookup in result.lookups],
                    _said(result),
                ]
            self._changed = True
        if self._changed:
            self._write()

    def _number(self, lookup: Lookup, numbers: dict[Lookup, int]) -> int:
        if lookup not in numbers:
            numbers[lookup] = len(self._lookups)
            self._lookups.append(lookup)
        return numbers[lookup]

    def _rules(self, task: Task) -> RuleSet:
        return self.rulesets[task.settings.rules]

    def _moved(self, path: str) -> bool:
        """Return whether a file has changed since it was looked at."""
        self._hash(path)
        try:
            status = os.stat(path)
        except OSError:
            return True
        return self._stats.get(path) != (status.st_mtime_ns, status.st_size)

    def _write(self) -> None:
        here = {task.file.path for task in self.tasks} | self.project.shown.keys()
        gone = [
            path for path in self._known.keys() | self._entries.keys() if path not in here and not os.path.exists(path)
        ]
        for path in gone:
            self._known.pop(path, None)
            self._entries.pop(path, None)
        draft = f"{self._file}.{os.getpid()}.tmp"
        try:
            self._make_folder()
            with open(draft, "w", encoding="utf-8") as file:
                stored = {"files": self._known, "lookups": self._lookups, "results": self._entries}
                file.write(json.dumps({"format": FORMAT, **stored}, separators=(",", ":")))
            os.replace(draft, self._file)
            self._prune()
        except OSError:
            self.note += "; the cache could not be written"
            with contextlib.suppress(OSError):
                os.unlink(draft)

    def _make_folder(self) -> None:
        if os.path.isdir(self.folder):
            return
        os.makedirs(self.folder)
        Path(self.folder, ".gitignore").write_text(_IGNORED, encoding="utf-8")
        Path(self.folder, "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")

    def _prune(self) -> None:
        with os.scandir(self.folder) as entries:
            files = [entry for entry in entries if entry.name.endswith((".json", ".tmp"))]
        for entry in sorted(files, key=lambda one: -one.stat().st_mtime_ns)[KEPT:]:
            os.unlink(entry.path)


def place(root: str) -> str:
    """Return the folder of the cache: in the folder of the settings, else in the repository's, else in the current one."""
    here = os.path.abspath(root or ".")
    above = here
    while not root and not os.path.exists(os.path.join(above, ".git")):
        parent = os.path.dirname(above)
        if parent == above:
            return os.path.join(here, NAME)
        above = parent
    return os.path.join(above, NAME)


def _keepable(task: Task) -> bool:
    """Return whether a file's result may be kept: others are few, and drawn from files that nobody counts."""
    return task.data is None and task.file.kind in _KINDS and os.path.basename(task.file.path) != "setup.py"


def _said(result: Result) -> Any:
    if not (result.shown or result.hidden or result.lines):
        return None
    lines = [[*key, line] for key, line in result.lines.items()]
    return [_CODEC.freeze(tuple(result.shown)), _CODEC.freeze(tuple(result.hidden)), lines]


def _thawed(entry: list[Any]) -> Result:
    result = Result(parsed=bool(entry[2]))
    if entry[6] is not None:
        shown, hidden, lines = entry[6]
        result.shown, result.hidden = list(_CODEC.thaw(shown)), list(_CODEC.thaw(hidden))
        result.lines = {(path, number): line for path, number, line in lines}
    return result


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@functools.cache
def _program() -> str:
    """Return what stands for the program: its version, Python's and LibCST's, and its files in a checkout."""
    package = Path(__file__).resolve().parent.parent
    parts = [__version__, sys.version]
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "_rules"))
        for name in sorted(names):
            status = os.stat(os.path.join(folder, name))
            parts.append(f"{folder}/{name} {status.st_mtime_ns} {status.st_size}")
    return _digest(*parts)
