"""What the modules of a project know of each other: constants, functions and classes, across imports.

Everything is found when it is asked for and depends on the files alone, so neither their order nor the number of
processes changes a result.  Must not know rules, settings or reports.
"""

from __future__ import annotations

import ast
import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlsec_lint import source as sources
from mlsec_lint.model import Source, SourceError

if TYPE_CHECKING:
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.outline import Statement
    from mlsec_lint.python.pieces import Pieces
    from mlsec_lint.python.scan import Scan
    from mlsec_lint.python.values import Value
    from mlsec_lint.python.walk import Walker

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+([\w.]+))", re.MULTILINE
)
KEPT = 400  # modules whose tree or walk is kept in memory
LEVELS = 2  # imports followed from the module being checked
REEXPORTS = 5  # names followed through modules that only hand them on


@dataclass(slots=True)
class Used:
    """What a result was drawn from: files whose content mattered, and what was found under the names of modules."""

    files: set[str] = field(default_factory=set)  # absolute paths
    lookups: dict[tuple[str, str], str] = field(default_factory=dict)  # (module, folder of the importer) -> path or ""

    def add(self, other: Used) -> None:
        """Count what somebody else has used, too."""
        self.files |= other.files
        self.lookups.update(other.lookups)


class Project:
    """The Python files checked together; `files` are pairs of (absolute path, path as shown)."""

    def __init__(self, files: Iterable[tuple[str, str]], root: str = "") -> None:
        self.shown = dict(files)
        self.root = root or self._top()
        self.by_shown = {shown: path for path, shown in self.shown.items()}
        self.folders = {os.path.dirname(path) for path in self.shown}
        self._sources: dict[str, Source | None] = {}
        self._pieces: OrderedDict[str, Pieces] = OrderedDict()
        self._walkers: OrderedDict[tuple[str, int], Walker] = OrderedDict()
        self._found: dict[tuple[str, str], str] = {}
        self._constants: dict[str, dict[str, Value]] = {}
        self._wide: dict[str, bool] = {}
        self._reaching: dict[tuple[str, int], tuple[frozenset[str], Used]] = {}
        self._sinks: dict[str, frozenset[bytes]] = {}  # words of what data should not reach
        self._outlines: dict[str, tuple[Statement, ...]] = {}
        self._wanted: dict[tuple[str, bool], frozenset[str]] = {}
        self._asked: dict[tuple[str, bool], tuple[str, ...]] = {}  # modules that were looked at to tell what is wanted
        self._passing: dict[str, bool] = {}
        self._index: Index | None = None
        self._used: dict[tuple[str, int], Used] = {}  # by the walks that are kept
        self._noting: list[Used] = []  # of the checks and walks going on

    def __getstate__(self) -> tuple[dict[str, str], str]:
        return (self.shown, self.root)

    def __setstate__(self, state: tuple[dict[str, str], str]) -> None:
        self.__init__(state[0].items(), state[1])  # type: ignore[misc]

    def _top(self) -> str:
        """Return the folder that holds all the files, outside of any package: absolute imports start there."""
        top = os.path.commonpath([os.path.dirname(path) for path in self.shown]) if self.shown else ""
        while top and os.path.join(top, "__init__.py") in self.shown:
            top = os.path.dirname(top)
        return top

    @contextmanager
    def noting(self, used: Used | None = None) -> Iterator[Used]:
        """Note what is used, in addition to what `used` holds; within another noting it counts there, too."""
        used = used or Used()
        self._noting.append(used)
        try:
            yield used
        finally:
            self._noting.pop()
            if self._noting:
                self._noting[-1].add(used)

    # ------------------------------------------------------------ finding modules

    def find(self, module: str, importer: str) -> str:
        """Return the file of a module as the file `importer` (as shown) would import it, or ""."""
        return self.find_from(module, os.path.dirname(self.by_shown.get(importer, importer)))

    def find_from(self, module: str, folder: str) -> str:
        """Return the file of a module as a file in `folder` would import it, or ""."""
        key = (module, folder)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(module, folder)
        if self._noting:
            self._noting[-1].lookups[key] = found
        return found

    def _find(self, module: str, folder: str) -> str:
        if module.startswith("."):
            dots = len(module) - len(module.lstrip("."))
            for _ in range(dots - 1):
                folder = os.path.dirname(folder)
            return self._in(folder, module[dots:])
        while True:
            for start in (folder, os.path.join(folder, "src")):
                if found := self._in(start, module):
                    return found
            parent = os.path.dirname(folder)
            if folder == self.root or parent == folder or not folder.startswith(self.root):
                return ""
            folder = parent

    def _in(self, folder: str, module: str) -> str:
        path = os.path.join(folder, *module.split(".")) if module else folder
        for candidate in (path + ".py", os.path.join(path, "__init__.py")):
            if candidate in self.shown:
                return candidate
        return ""

    # ------------------------------------------------------------ what they hold

    def exports_of(self, path: str, level: int, name: str = "") -> dict[str, Value]:
        """Return the names of a module: all of them where rules may speak of it, or of `name`; else its constants.

        `level` is how many imports the module itself may follow.
        """
        source = self.source(path)
        if source is None or self._index is None:
            return {}
        if not self._is_wide(path):
            return self.constants(path, source)
        try:
            if name and not {name, "*"} & self._wanted_of(path, source, level > 0):
                return self.constants(path, source)
            return self._walk(path, source, level).globals
        except (SourceError, RecursionError):
            return {}

    def _wanted_of(self, path: str, source: Source, imports: bool) -> frozenset[str]:
        """Return the names of a module that are worth walking it for; `imports`: what it imports counts."""
        held = self._wanted.get((path, imports))
        if held is None:
            from mlsec_lint.python.outline import statements, wanted
            from mlsec_lint.python.scan import wide

            assert self._index is not None
            modules: list[str] = []

            def ours(node: ast.Import | ast.ImportFrom) -> frozenset[bytes]:
                named = _modules(node, source) if imports else []
                modules.extend(named)
                if any(self._is_wide(found) for one in named if (found := self.find(one, source.path))):
                    return _names(node)
                return frozenset({b"*"}) & _names(node)

            try:
                if path not in self._outlines:
                    self._outlines[path] = statements(source.text)
                held = wanted(self._outlines[path], wide(self._index).hits(source.text, source.module), ours)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                held = frozenset()
            self._wanted[path, imports] = held
            self._asked[path, imports] = tuple(modules)
        for module in self._asked[path, imports]:  # whoever asks depends on them as well
            if found := self.find(module, source.path):
                self._note(found)
        return held

    def reaching(self, path: str, imports: int = REEXPORTS) -> frozenset[str]:
        """Return the names of a module by which a call may get to what data should not reach, by the texts alone.

        `imports` is how many imports are followed.
        """
        key = (path, imports)
        held = self._reaching.get(key)
        if held is None:
            self._reaching[key] = (frozenset(), Used())  # modules may import each other
            with self.noting() as used:
                held = self._reaching[key] = (self._find_reaching(path, imports), used)
        elif self._noting:
            self._noting[-1].add(held[1])
        return held[0]

    def _find_reaching(self, path: str, imports: int) -> frozenset[str]:
        from mlsec_lint.python.outline import statements, wanted

        source = self.source(path)
        if source is None or self._index is None:
            return frozenset()

        def ours(node: ast.Import | ast.ImportFrom) -> frozenset[bytes]:
            out = {b"*"} & _names(node)
            for name, dotted in _imported(node, source):
                if imports and self.reaches(dotted, source.path, imports - 1):
                    out.add(name.encode())
            return frozenset(out)

        try:
            if path not in self._outlines:
                self._outlines[path] = statements(source.text)
            return wanted(self._outlines[path], self._sinks_in(path, source), ours)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset()

    def _sinks_in(self, path: str, source: Source) -> frozenset[bytes]:
        if path not in self._sinks:
            from mlsec_lint.python.scan import sinks

            assert self._index is not None
            self._sinks[path] = sinks(self._index).hits(source.text, source.module)
        return self._sinks[path]

    def reaches(self, dotted: str, importer: str, imports: int = REEXPORTS) -> frozenset[str]:
        """Return what of a name may get to what data should not reach: itself, or some names of a module."""
        if path := self.find(dotted, importer):
            return self.reaching(path, imports)
        module, _, name = dotted.rpartition(".")
        if module.strip(".") == "" and dotted.startswith("."):
            module = dotted[: len(dotted) - len(name)]
        path = self.find(module, importer) if module else ""
        return frozenset({name, "*"}) & self.reaching(path, imports) if path else frozenset()

    def _is_wide(self, path: str) -> bool:
        """Return whether a module holds anything that others may want to know."""
        if path not in self._wide:
            from mlsec_lint.python.scan import wide

            source = self.source(path)
            assert self._index is not None
            self._wide[path] = source is not None and wide(self._index).passes(source.text, source.module)
        return self._wide[path]

    def source(self, path: str) -> Source | None:
        """Return a file of the project, read once; None where it cannot be read."""
        self._note(path)
        if path not in self._sources:
            try:
                self._sources[path] = sources.read(path, self.shown[path], self.root, "python")
            except SourceError:
                self._sources[path] = None
        return self._sources[path]

    def _note(self, path: str) -> None:
        if self._noting:
            self._noting[-1].files.add(path)

    def constants(self, path: str, source: Source) -> dict[str, Value]:
        """Return a module's plain constants and imports, read without LibCST."""
        held = self._constants.get(path)
        if held is None:
            held = self._constants[path] = {}
            from mlsec_lint.python.syntax import parse_by_python

            try:
                tree = parse_by_python(source.text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return held
            for node in tree.body:
                held.update(_bindings(node, source))
        return held

    def imports_one_that_passes(self, source: Source, scan: Scan) -> bool:
        """Return whether a source imports a module of the project that rules may speak of: its functions may be wrappers."""
        for match in _IMPORT.finditer(source.text):
            module = match.group(1) or match.group(3)
            names = [n.split()[0] for n in (match.group(2) or "").strip("()").split(",") if n.split()]
            dotted = [module, *(f"{module}{'' if module.endswith('.') else '.'}{n}" for n in names)]
            for path in filter(None, (self.find(d, source.path) for d in dotted)):
                self._note(path)
                if path not in self._passing:
                    held = self.source(path)
                    self._passing[path] = held is not None and scan.passes(held.text, held.module)
                if self._passing[path]:
                    return True
        return False

    # ------------------------------------------------------------ walks

    def view_of(self, source: Source, index: Index) -> View:
        """Return the project as a module that is being checked sees it."""
        if self._index is not index:
            self._index = index
            for held in (
                self._walkers,
                self._used,
                self._constants,
                self._wide,
                self._wanted,
                self._passing,
                self._reaching,
                self._sinks,
            ):
                held.clear()
        return View(self, LEVELS)

    def walker_of(self, source: Source, index: Index) -> Walker:
        """Return the walk over all of a module that is being checked."""
        from mlsec_lint.python.place import walk

        return walk(source, index, self.view_of(source, index))

    def _walk(self, path: str, source: Source, level: int) -> Walker:
        key = (path, level)
        walker = self._walkers.get(key)
        if walker is None:
            from mlsec_lint.python.pieces import Pieces
            from mlsec_lint.python.place import begin

            assert self._index is not None
            pieces = self._pieces.get(path)
            if pieces is None:
                pieces = self._pieces[path] = Pieces(source)
                if len(self._pieces) > KEPT:
                    self._pieces.popitem(last=False)
            used = Used()
            with self.noting(used):
                view = View(self, level, used) if level else None
                walker = begin(source, self._index, view, pieces)
            self._walkers[key] = walker
            self._used[key] = used
            if len(self._walkers) > KEPT:
                self._used.pop(self._walkers.popitem(last=False)[0])
        else:
            self._walkers.move_to_end(key)
            if self._noting:
                self._noting[-1].add(self._used[key])
        return walker


class View:
    """The project as one module sees it: the modules it imports, which follow `level - 1` imports themselves.

    Counting levels, and not cutting at import cycles, keeps what a module is seen to hold the same from everywhere.
    """

    def __init__(self, project: Project, level: int, used: Used | None = None) -> None:
        self.project, self.level, self.used = project, level, used

    def resolve(self, dotted: str, importer: str) -> Value | None:
        """Return what `package.module.name` is, as seen from a file of the project; None where it is not ours."""
        with self.project.noting(self.used):
            return self._resolve(dotted, importer)

    def _resolve(self, dotted: str, importer: str) -> Value | None:
        for _ in range(REEXPORTS):
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
            value = self.project.exports_of(path, self.level - 1, name).get(name)
            following = value.alts[0] if value is not None and len(value.alts) == 1 else None
            if not _is_name(following) or self.project.find(following.dotted, importer):  # type: ignore[union-attr]
                return value
            deeper, importer = following.dotted, self.project.shown[path]  # type: ignore[union-attr]
            if deeper == dotted or self._root(deeper, importer) == "":
                return value
            dotted = deeper
        return None

    def _root(self, dotted: str, importer: str) -> str:
        parts = dotted.split(".")
        for count in range(len(parts) - 1, 0, -1):
            if found := self.project.find(".".join(parts[:count]), importer):
                return found
        return ""

    def reaches(self, dotted: str, importer: str) -> frozenset[str]:
        """Return what of a name of the project may get to what data should not reach, by the texts alone."""
        with self.project.noting(self.used):
            return self.project.reaches(dotted, importer, self.level)

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
            held = self.project.exports_of(path, self.level - 1) if path else {}
        return {k: v for k, v in held.items() if not k.startswith("_")}


def _is_name(alt: object) -> bool:
    return type(alt).__name__ == "Name" and getattr(alt, "receiver", None) is None


def _bindings(node: ast.stmt, source: Source) -> dict[str, Value]:
    """Return what a top-level statement binds, where it is a constant or an import."""
    from mlsec_lint.python.values import known, named

    out: dict[str, Value] = {}
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        if isinstance(node.value.value, (str, int, float, bool, type(None))):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    out[target.id] = known(node.value.value)
    elif isinstance(node, ast.ImportFrom):
        module = sources.relative_base(source, node.level, node.module or "") if node.level else node.module or ""
        for alias in node.names:
            if alias.name != "*":
                out[alias.asname or alias.name] = named(f"{module}{'' if module.endswith('.') else '.'}{alias.name}")
    elif isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                out[alias.asname] = named(alias.name)
    return out


def _names(node: ast.Import | ast.ImportFrom) -> frozenset[bytes]:
    """Return the names that an import binds."""
    return frozenset((alias.asname or alias.name.partition(".")[0]).encode() for alias in node.names)


def _imported(node: ast.Import | ast.ImportFrom, source: Source) -> list[tuple[str, str]]:
    """Return the names that an import binds, each with what it stands for."""
    if isinstance(node, ast.Import):
        return [(a.asname or a.name.partition(".")[0], a.name) for a in node.names]
    base = sources.relative_base(source, node.level, node.module or "") if node.level else node.module or ""
    return [(a.asname or a.name, f"{base}{'' if base.endswith('.') else '.'}{a.name}") for a in node.names]


def _modules(node: ast.Import | ast.ImportFrom, source: Source) -> list[str]:
    """Return the modules that an import may name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = sources.relative_base(source, node.level, node.module or "") if node.level else node.module or ""
    return [base, *(f"{base}{'' if base.endswith('.') else '.'}{alias.name}" for alias in node.names)]
