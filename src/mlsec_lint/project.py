"""What the modules of a project know of each other: constants, functions and classes, across imports.

Everything is found when it is asked for and depends on the files alone, so neither their order nor the number of
processes changes a result.  Must not know rules, settings or reports.
"""

from __future__ import annotations

import ast
import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlsec_lint import source as sources
from mlsec_lint.model import Source, SourceError

if TYPE_CHECKING:
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.scan import Scan
    from mlsec_lint.python.values import Site, Value
    from mlsec_lint.python.walk import Walker

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+([\w.]+))", re.MULTILINE)
KEPT = 400  # modules whose walk is kept in memory
DEEPEST = 4  # imports followed from the module being checked


class Project:
    """The Python files checked together; `files` are pairs of (absolute path, path as shown)."""

    def __init__(self, files: Iterable[tuple[str, str]], root: str = "") -> None:
        self.shown = dict(files)
        self.root = root or (os.path.commonpath([os.path.dirname(p) for p in self.shown]) if self.shown else "")
        self.by_shown = {shown: path for path, shown in self.shown.items()}
        self.folders = {os.path.dirname(path) for path in self.shown}
        self._sources: dict[str, Source | None] = {}
        self._walkers: OrderedDict[str, Walker] = OrderedDict()
        self._places: dict[tuple[str, int], tuple[str, int, int] | None] = {}
        self._running: list[str] = []
        self._cut: set[str] = set()  # modules whose walk met one that was still running
        self._found: dict[tuple[str, str], str] = {}
        self._constants: dict[str, dict[str, Value]] = {}
        self._index: Index | None = None
        self._passing: dict[str, bool] = {}

    def __getstate__(self) -> tuple[dict[str, str], str]:
        return (self.shown, self.root)

    def __setstate__(self, state: tuple[dict[str, str], str]) -> None:
        self.__init__(state[0].items(), state[1])  # type: ignore[misc]

    # ------------------------------------------------------------ finding modules

    def find(self, module: str, importer: str) -> str:
        """Return the file of a module as the file `importer` (as shown) would import it, or ""."""
        key = (module, importer)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(module, self.by_shown.get(importer, importer))
        return found

    def _find(self, module: str, importer: str) -> str:
        folder = os.path.dirname(importer)
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

    def resolve(self, dotted: str, importer: str) -> Value | None:
        """Return what `package.module.name` is, as seen from a file of the project; None where it is not ours."""
        module, name = dotted, ""
        while module.strip("."):
            head, _, tail = module.rpartition(".")
            if name and (path := self.find(module, importer)):
                return self._inside(path, name.split("."), importer)
            name = f"{tail}.{name}" if name else tail
            module = head
        return None

    def _inside(self, path: str, names: list[str], importer: str) -> Value | None:
        held = self.exports_of(path)
        value = held.get(names[0])
        if value is None or len(names) > 1:
            return None
        return value

    def exports(self, module: str, importer: str) -> dict[str, Value]:
        """Return the public names of a module of the project (for `import *`)."""
        path = self.find(module, importer)
        return {k: v for k, v in self.exports_of(path).items() if not k.startswith("_")} if path else {}

    def exports_of(self, path: str) -> dict[str, Value]:
        """Return the names of a module: all of them where rules may speak of it, else its constants."""
        if path in self._running or len(self._running) > DEEPEST:
            self._cut.update(self._running)
            return {}
        source = self.source(path)
        if source is None or self._index is None:
            return {}
        from mlsec_lint.python.scan import wide

        if not wide(self._index).passes(source.text, source.module):
            return self.constants(path, source)
        try:
            return self._walk(path, source).globals
        except (SourceError, RecursionError):
            return {}

    def source(self, path: str) -> Source | None:
        """Return a file of the project, read once; None where it cannot be read."""
        if path not in self._sources:
            try:
                self._sources[path] = sources.read(path, self.shown[path], self.root, "python")
            except SourceError:
                self._sources[path] = None
        return self._sources[path]

    def constants(self, path: str, source: Source) -> dict[str, Value]:
        """Return a module's plain constants and re-exports, read without LibCST."""
        held = self._constants.get(path)
        if held is None:
            from mlsec_lint.python.values import known, named

            held = self._constants[path] = {}
            try:
                tree = ast.parse(source.text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return held
            for node in tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                    if isinstance(node.value.value, (str, int, float, bool, type(None))):
                        for target in node.targets:
                            if isinstance(target, ast.Name):
                                held[target.id] = known(node.value.value)
                elif isinstance(node, ast.ImportFrom):
                    self._reexports(node, path, held)
                elif isinstance(node, ast.Import):
                    for alias in node.names:
                        if alias.asname:
                            held[alias.asname] = named(alias.name)
        return held

    def _reexports(self, node: ast.ImportFrom, path: str, held: dict[str, Value]) -> None:
        from mlsec_lint.python.values import named

        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                held.update(self._deeper(path, lambda: self.exports(module, self.shown[path])))
                continue
            name = alias.asname or alias.name
            dotted = module + ("" if module.endswith(".") else ".") + alias.name
            found = self._deeper(path, lambda dotted=dotted: {"": self.resolve(dotted, self.shown[path])})  # type: ignore[misc]
            value = found.get("")
            if value is not None:
                held[name] = value
            elif not node.level:
                held[name] = named(dotted)

    def _deeper(self, path: str, act):  # type: ignore[no-untyped-def]
        self._running.append(path)
        try:
            return act()
        finally:
            self._running.pop()

    def imports_one_that_passes(self, source: Source, scan: Scan) -> bool:
        """Return whether a source imports a module of the project that rules may speak of: its functions may be wrappers."""
        for match in _IMPORT.finditer(source.text):
            module = match.group(1) or match.group(3)
            names = [n.split()[0] for n in (match.group(2) or "").strip("()").split(",") if n.split()]
            dotted = [module, *(f"{module}{'' if module.endswith('.') else '.'}{n}" for n in names)]
            for path in filter(None, (self.find(d, source.path) for d in dotted)):
                if path not in self._passing:
                    held = self.source(path)
                    self._passing[path] = held is not None and scan.passes(held.text, held.module)
                if self._passing[path]:
                    return True
        return False

    # ------------------------------------------------------------ walks

    def walker_of(self, source: Source, index: Index) -> Walker:
        """Return the walk over a module that is being checked."""
        if self._index is not index:
            self._index = index
            self._walkers.clear()
            self._constants.clear()
        path = self.by_shown.get(source.path)
        if path is None:
            from mlsec_lint.python.place import walk

            return walk(source, index, self)
        return self._walk(path, source)

    def _walk(self, path: str, source: Source) -> Walker:
        walker = self._walkers.get(path)
        if walker is not None:
            self._walkers.move_to_end(path)
            return walker
        from mlsec_lint.python.place import walk

        assert self._index is not None
        self._running.append(path)
        self._cut.discard(path)
        try:
            walker = walk(source, self._index, self)
        finally:
            self._running.pop()
        if path not in self._cut or not self._running:
            self._walkers[path] = walker
            if len(self._walkers) > KEPT:
                self._walkers.popitem(last=False)
        if not self._running and path in self._cut:
            del self._walkers[path]  # as seen from this module only
        return walker

    def place(self, site: Site) -> tuple[str, int, int] | None:
        """Return (path, line, column) of a node of another module."""
        key = (site.path, site.ident)
        if key not in self._places:
            self._places[key] = None
            path = self.by_shown.get(site.path)
            walker = self._walkers.get(path) if path is not None else None
            if walker is not None:
                from mlsec_lint.python.positions import Lines, spans

                span = spans(walker.tree, [site.node]).get(site.ident)
                if span is not None:
                    self._places[key] = (site.path, *Lines(walker.source.text).place(span[0]))
        return self._places[key]
