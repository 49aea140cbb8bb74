"""What the modules of a project know of each other: constants, functions and classes, across imports.

Everything is found when it is asked for and depends on the files alone, so neither their order nor the number of
processes changes a result.  Must not know rules, settings or reports.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mlsec_lint import source as sources
from mlsec_lint.kept import Kept
from mlsec_lint.model import Source, SourceError

if TYPE_CHECKING:
    from mlsec_lint.exports import Exports
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.pieces import Pieces
    from mlsec_lint.python.values import Value
    from mlsec_lint.python.walk import Walker

# Characters of the modules of which something is kept in memory.
WALKED = 30_000_000  # of those whose tree and walk are, which take 30 bytes or so for each
TEXTS = 30_000_000  # of those whose text is
KNOWN = 5_000  # modules of which what their texts tell is kept, too
LEVELS = 2  # imports followed from the module being checked
REEXPORTS = 5  # names followed through modules that only hand them on


Lookup = tuple[str, str, str]  # a module that was looked for, the folder of the importer, the file or ""


@dataclass(slots=True)
class Used:
    """What a result was drawn from: files whose content mattered, and what was found under the names of modules."""

    files: set[str] = field(default_factory=set)  # absolute paths
    lookups: set[Lookup] = field(default_factory=set)

    def add(self, other: Used) -> None:
        """Count what somebody else has used, too."""
        self.files |= other.files
        self.lookups |= other.lookups


class Noting:
    """What notes while it is entered; innermost of several, it notes for the others, too."""

    __slots__ = ("_going_on", "_used")

    def __init__(self, going_on: list[Used], used: Used) -> None:
        self._going_on, self._used = going_on, used

    def __enter__(self) -> Used:
        self._going_on.append(self._used)
        return self._used

    def __exit__(self, *_: object) -> None:
        self._going_on.pop()
        if self._going_on and self._going_on[-1] is not self._used:
            self._going_on[-1].add(self._used)


class Project:
    """The Python files checked together; `files` are pairs of (absolute path, path as shown)."""

    def __init__(self, files: Iterable[tuple[str, str]], root: str = "") -> None:
        self.shown = dict(files)
        self.root = root or self._top()
        self.folder_of = {shown: os.path.dirname(path) for path, shown in self.shown.items()}  # by path as shown
        self.folders = set(self.folder_of.values())
        self._heads = _names(self.shown, self.folders)
        self._read = Kept(self._read_file, TEXTS, lambda source: len(source.text) if source is not None else 0)
        self._pieces: WeakValueDictionary[str, Pieces] = WeakValueDictionary()  # those of the walks that are kept
        self._walked = Kept(self._begun, WALKED, lambda begun: len(begun[0].source.text))
        self._located = Kept(self._lookup, 8 * KNOWN)
        self.parsed = 0  # characters of the modules that were read in pieces for others
        self._texts: Exports | None = None
        self._noting: list[Used] = []  # of the checks and walks going on

    def __getstate__(self) -> tuple[dict[str, str], str]:
        return (self.shown, self.root)

    def __setstate__(self, state: tuple[dict[str, str], str]) -> None:
        self.__init__(state[0].items(), state[1])  # type: ignore[misc]

    def _top(self) -> str:
        """Return the folder that holds all the files, outside of any package: absolute imports start there."""
        top = os.path.commonpath([os.path.dirname(path) for path in self.shown]) if self.shown else ""
        while top and os.path.exists(os.path.join(top, "__init__.py")):  # checked or not: a hook is given a few files
            top = os.path.dirname(top)
        return top

    def noting(self, used: Used | None = None) -> Noting:
        """Note what is used, in addition to what `used` holds; within another noting it counts there, too."""
        return Noting(self._noting, used if used is not None else Used())

    # ------------------------------------------------------------ finding modules

    def may_be(self, module: str) -> bool:
        """Return whether a module may be ours, by the first part of its name."""
        return module.startswith(".") or module.partition(".")[0] in self._heads

    def find(self, module: str, importer: str) -> str:
        """Return the file of a module as the file `importer` (as shown) would import it, or ""."""
        folder = self.folder_of.get(importer)
        return self.find_from(module, os.path.dirname(importer) if folder is None else folder)

    def find_from(self, module: str, folder: str) -> str:
        """Return the file of a module as a file in `folder` would import it, or ""."""
        found = self._located(module, folder)
        if self._noting:
            self._noting[-1].lookups.add(found)
        return found[2]

    def _lookup(self, module: str, folder: str) -> Lookup:
        """Return what was looked for with what was found; the results that note it share it."""
        return module, folder, self._find(module, folder)

    def _find(self, module: str, folder: str) -> str:
        if module.startswith("."):
            dots = len(module) - len(module.lstrip("."))
            for _ in range(dots - 1):
                folder = os.path.dirname(folder)
            return self._in(folder, module[dots:])
        if module.partition(".")[0] not in self._heads:  # most are libraries
            return ""
        while True:
            if found := self._in(folder, module) or self._in(f"{folder}{os.sep}src", module):
                return found
            parent = os.path.dirname(folder)
            if folder == self.root or parent == folder or not folder.startswith(self.root):
                return ""
            folder = parent

    def _in(self, folder: str, module: str) -> str:
        path = f"{folder}{os.sep}{module.replace('.', os.sep)}" if module else folder
        for candidate in (f"{path}.py", f"{path}{os.sep}__init__.py"):
            if candidate in self.shown:
                return candidate
        return ""

    # ------------------------------------------------------------ what they hold

    def exports_of(self, path: str, level: int, index: Index, name: str = "") -> dict[str, Value]:
        """Return the names of a module: all of them where rules may speak of it, or of `name`; else its constants.

        `level` is how many imports the module itself may follow.
        """
        texts = self._texts
        if texts is None:
            return {}
        if not texts.is_wide(path):
            return texts.constants(path)
        try:
            if name and not {name, "*"} & texts.wanted(path, level > 0):
                return texts.constants(path)
            return self._walk(path, level, index).globals
        except (SourceError, RecursionError):
            return {}

    def source(self, path: str) -> Source | None:
        """Return a file of the project; None where it cannot be read."""
        self.note_file(path)
        return self._read(path)

    def _read_file(self, path: str) -> Source | None:
        try:
            return sources.read(path, self.shown[path], self.root, "python")
        except SourceError:
            return None

    def note(self, used: Used) -> None:
        """What a result that is known already was drawn from counts where it is used."""
        if self._noting:
            self._noting[-1].add(used)

    def note_file(self, path: str) -> None:
        """The content of a file counts for what is going on."""
        if self._noting:
            self._noting[-1].files.add(path)

    # ------------------------------------------------------------ walks

    def texts(self, index: Index) -> Exports:
        """Return what the modules' texts tell, as far as these rules are concerned."""
        if self._texts is None or self._texts.index is not index.tables:
            from mlsec_lint.exports import Exports

            self._texts = Exports(self, index.tables, REEXPORTS, WALKED, KNOWN)
            self._walked.clear()
        return self._texts

    def view_of(self, index: Index) -> View:
        """Return the project as a module that is being checked sees it."""
        self.texts(index)
        return View(self, LEVELS, index)

    def walker_of(self, source: Source, index: Index) -> Walker:
        """Return the walk over all of a module that is being checked."""
        from mlsec_lint.python.place import walk

        return walk(source, index, self.view_of(index))

    def _walk(self, path: str, level: int, index: Index) -> Walker:
        walker, used = self._walked(path, level, index)
        self.note(used)
        return walker

    def _begun(self, path: str, level: int, index: Index) -> tuple[Walker, Used]:
        """Return a walk that has begun, for the versions that whoever asks runs on, and what it draws from."""
        from mlsec_lint.python.place import begin

        source = self.source(path)
        assert source is not None
        used = Used()
        with self.noting(used):
            view = View(self, level, index, used) if level else None
            return begin(source, index, view, self._in_pieces(path)), used

    def _in_pieces(self, path: str) -> Pieces:
        pieces = self._pieces.get(path)
        if pieces is None:
            from mlsec_lint.python.pieces import Pieces

            source = self.source(path)
            assert source is not None
            self.parsed += len(source.text)
            pieces = self._pieces[path] = Pieces(source)
        return pieces


class View:
    """The project as one module sees it: the modules it imports, which follow `level - 1` imports themselves.

    Counting levels, and not cutting at import cycles, keeps what a module is seen to hold the same from everywhere.
    """

    def __init__(self, project: Project, level: int, index: Index, used: Used | None = None) -> None:
        self.project, self.level, self.index, self.used = project, level, index, used

    def resolve(self, dotted: str, importer: str) -> Value | None:
        """Return what `package.module.name` is, as seen from a file of the project; None where it is not ours."""
        with self.project.noting(self.used):
            return self._resolve(dotted, importer)

    def _resolve(
        self, dotted: str, importer: str, hops: int = REEXPORTS, asked: dict[tuple[str, str], int] | None = None
    ) -> Value | None:
        """`asked` holds which modules have been asked for which name in vain, with how many hops to go."""
        asked = {} if asked is None else asked
        for hop in range(hops):
            module, name = dotted, ""
            while module.strip("."):
                head, _, tail = module.rpartition(".")
                if name and (path := self.project.find(module, importer)):
                    break
                name = f"{tail}.{name}" if name else tail
                module = head if head.strip(".") or not dotted.startswith(".") else ""
            else:
                return None
            if "." in name:
                return None
            value = self.project.exports_of(path, self.level - 1, self.index, name).get(name)
            if value is None:
                left = hops - hop - 1
                if asked.get((path, name), 0) >= left:  # packages may hand on everything in circles
                    return None
                asked[path, name] = left
                return self._behind_star(path, name, left, asked)
            following = value.alts[0] if len(value.alts) == 1 else None
            if not _is_name(following) or self.project.find(following.dotted, importer):  # type: ignore[union-attr]
                return value
            deeper, importer = following.dotted, self.project.shown[path]  # type: ignore[union-attr]
            if deeper == dotted or self._root(deeper, importer) == "":
                return value
            dotted = deeper
        return None

    def _behind_star(self, path: str, name: str, hops: int, asked: dict[tuple[str, str], int]) -> Value | None:
        """Return what a module that does not define a name hands on by `import *`."""
        texts = self.project._texts
        hands_on = texts is not None and hops > 0 and not name.startswith("_")
        for module in texts.starred(path) if texts is not None and hands_on else ():
            if (found := self._resolve(f"{module}.{name}", self.project.shown[path], hops, asked)) is not None:
                return found
        return None

    def _root(self, dotted: str, importer: str) -> str:
        parts = dotted.split(".")
        for count in range(len(parts) - 1, 0, -1):
            if found := self.project.find(".".join(parts[:count]), importer):
                return found
        return ""

    def reaches(self, dotted: str, importer: str) -> bool:
        """Return whether a name of the project may get to what data should not reach, by the texts alone."""
        with self.project.noting(self.used):
            texts = self.project._texts
            return texts is not None and texts.reaches(dotted, importer, self.level - 1)

    def comes_in(self, source: Source) -> bool:
        """Return whether data may come into a source from outside, by the texts alone."""
        with self.project.noting(self.used):
            texts = self.project._texts
            return texts is not None and texts.comes_in(source)

    def is_module(self, dotted: str, importer: str) -> bool:
        """Return whether this is a module of the project."""
        with self.project.noting(self.used):
            return bool(self.project.find(dotted, importer))

    def shortest(self, dotted: str, importer: str) -> str:
        """Return a dotted name without what stands behind the first name that is no module's."""
        with self.project.noting(self.used):
            parts = dotted.split(".")
            for count in range(1, len(parts)):
                if not self.project.find(".".join(parts[:count]), importer):
                    return ".".join(parts[:count])
            return dotted

    def exports(self, module: str, importer: str) -> dict[str, Value]:
        """Return the public names of a module of the project (for `import *`)."""
        with self.project.noting(self.used):
            path = self.project.find(module, importer)
            held = self.project.exports_of(path, self.level - 1, self.index) if path else {}
        return {k: v for k, v in held.items() if not k.startswith("_")}


def _names(files: Iterable[str], folders: Iterable[str]) -> frozenset[str]:
    """Return what the first part of a module's name may be: a file, or a folder with Python files somewhere below."""
    names = {os.path.basename(path).removesuffix(".py") for path in files}
    for folder in folders:
        names.update(folder.split(os.sep))
    return frozenset(names)


def _is_name(alt: object) -> bool:
    return type(alt).__name__ == "Name" and getattr(alt, "receiver", None) is None
