"""Which names of a project's modules others may want to know: told by their texts, so that few modules are walked.

Must not know rules, settings or reports.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from mlsec_lint import source as sources
from mlsec_lint.model import Source
from mlsec_lint.python import scans
from mlsec_lint.python.outline import Import, Statement, statements, wanted
from mlsec_lint.python.values import known, named

if TYPE_CHECKING:
    from mlsec_lint.project import Project, Used
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.values import Value

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+([\w.]+))", re.MULTILINE
)
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


class Exports:
    """What the texts of a project's modules tell of their names, as far as the rules of an index are concerned."""

    def __init__(self, project: Project, index: Index, hops: int, kept: int, known: int) -> None:
        """`hops`: through modules that only hand names on; `kept` and `known`: how many texts and facts are held."""
        self.project, self.index, self.hops, self.known = project, index, hops, known
        self._outline = functools.lru_cache(kept)(self._read_outline)
        self._holding = functools.lru_cache(kept)(self._all_held)
        self._hits = functools.lru_cache(known)(self._find_hits)
        self._starred = functools.lru_cache(known)(self._read_starred)
        self._bindings = functools.lru_cache(known)(self._read_imports)
        self._constants = functools.lru_cache(known)(self._read_constants)
        self._found: dict[tuple[str, bool, int], tuple[frozenset[str], Used | None]] = {}

    def is_wide(self, path: str) -> bool:
        """Return whether a module holds anything that others may want to know."""
        return self._hits_of(path) is not None

    def _hits_of(self, path: str) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
        """Return the words of a module for which the wide scan passes and those of sinks; None where neither does.

        Both are looked for in one reading.
        """
        self.project.note_file(path)
        return self._hits(path)

    def _find_hits(self, path: str) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
        source, wide = self.project.source(path), scans.wide(self.index)
        if source is None or not wide.passes(source.text, source.module):
            return None
        return wide.hits(source.text, source.module), scans.sinks(self.index).hits(source.text, source.module)

    def wanted(self, path: str, imports: bool) -> frozenset[str]:
        """Return the names of a module that are worth walking it for; `imports`: what it imports counts."""
        return self._names(path, False, int(imports))

    def reaching(self, path: str, imports: int) -> frozenset[str]:
        """Return the names of a module by which a call may get to what data should not reach.

        `imports` is how many imports are followed.
        """
        return self._names(path, True, imports)

    def reaches(self, dotted: str, importer: str, imports: int, hops: int | None = None) -> bool:
        """Return whether a name of the project, or anything in a module, may get to what data should not reach."""
        path, name = self._module(dotted, importer)
        if not path or not name:
            return bool(path) and bool(self.reaching(path, imports))
        bound, _ = self._imports(path)
        if name in bound:  # handed on
            hops = self.hops if hops is None else hops
            return hops > 0 and self.reaches(bound[name], self.project.shown[path], imports, hops - 1)
        return name in self.reaching(path, imports)

    def _names(self, path: str, sinks: bool, imports: int) -> frozenset[str]:
        key = (path, sinks, imports)
        held = self._found.get(key)
        if held is not None:
            if held[1] is not None:
                self.project.note(held[1])
            return held[0]
        if len(self._found) > self.known:
            del self._found[next(iter(self._found))]
        self._found[key] = (frozenset(), None)  # modules may import each other
        with self.project.noting() as used:
            names = self._find_names(path, sinks, imports)
        self._found[key] = (names, used)
        return names

    def _find_names(self, path: str, sinks: bool, imports: int) -> frozenset[str]:
        source = self.project.source(path)
        if source is None:
            return frozenset()

        def ours(made: Import) -> frozenset[bytes]:
            out = {b"*"} & {name.encode() for name, _ in made.names} if not sinks else set()
            for name, dotted in _imported(made, source) if imports or sinks else ():
                if name == "*":
                    handing, _ = self._module(dotted, source.path)
                    out.update(n.encode() for n in (self.reaching(handing, imports) if sinks and handing else ()))
                elif not imports:
                    continue
                elif self.reaches(dotted, source.path, imports - 1) if sinks else self._is_wanted(dotted, source.path):
                    out.add(name.encode())
            return frozenset(out)

        try:
            return wanted(self._outline(path), self._holding(path)[sinks], ours)
        except _FAILURES:
            return frozenset()

    def _is_wanted(self, dotted: str, importer: str) -> bool:
        path, _ = self._module(dotted, importer)
        return bool(path) and self.is_wide(path)

    def _module(self, dotted: str, importer: str) -> tuple[str, str]:
        """Return the file of a module and "", or of the module that holds a name and the name.

        The file is "" where it is not ours.
        """
        if path := self.project.find(dotted, importer):
            return path, ""
        name = dotted.rpartition(".")[2]
        module = dotted.removesuffix(name)
        return self.project.find(module if not module.strip(".") else module.removesuffix("."), importer), name

    def _read_outline(self, path: str) -> tuple[Statement, ...]:
        source = self.project.source(path)
        return statements(source.text) if source is not None else ()

    def _all_held(self, path: str) -> tuple[frozenset[Statement], ...]:
        """Return the statements that themselves name what others may want to know, and those that name sinks.

        Both questions are answered at once, while the module is at hand.
        """
        source = self.project.source(path)
        hits = self._hits_of(path) or (frozenset(), frozenset())
        questions = (scans.wide(self.index), scans.sinks(self.index))
        outline = self._outline(path) if source is not None and any(hits) else ()
        return tuple(
            frozenset(
                one
                for one in outline
                if found & one.words and asked.names(one.text, found & one.words, source.text, source.module)  # type: ignore[union-attr]
            )
            for asked, found in zip(questions, hits, strict=True)
        )

    def _imports(self, path: str) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return what the imports at a module's top bind, and the modules of which they bring everything."""
        self.project.note_file(path)
        return self._bindings(path)

    def _read_imports(self, path: str) -> tuple[dict[str, str], tuple[str, ...]]:
        names: dict[str, str] = {}
        stars: list[str] = []
        source = self.project.source(path)
        try:
            for one in self._outline(path) if source is not None else ():
                for made in one.imports:
                    for name, dotted in _imported(made, source):  # type: ignore[arg-type]
                        if name.encode() in one.bound:
                            names[name] = dotted
                        if name == "*" and one.alone:  # one below a test is for type checkers
                            stars.append(dotted[:-1] if dotted.endswith("..*") else dotted[:-2])
        except _FAILURES:
            pass
        return names, tuple(stars)

    def starred(self, path: str) -> tuple[str, ...]:
        """Return the modules of the project of which a module imports everything, the last one first."""
        self.project.note_file(path)
        shown = self.project.shown[path]
        return tuple(module for module in self._starred(path) if self.project.find(module, shown))

    def _read_starred(self, path: str) -> tuple[str, ...]:
        source = self.project.source(path)
        return self._imports(path)[1][::-1] if source is not None and "import *" in source.text else ()

    def constants(self, path: str) -> dict[str, Value]:
        """Return a module's plain constants and imports, read without LibCST."""
        self.project.note_file(path)
        return self._constants(path)

    def _read_constants(self, path: str) -> dict[str, Value]:
        held: dict[str, Value] = {}
        source = self.project.source(path)
        try:
            for one in self._outline(path) if source is not None else ():
                held.update(_bindings(one, source))  # type: ignore[arg-type]
        except _FAILURES:
            pass
        return held

    def one_passes(self, source: Source) -> bool:
        """Return whether a source imports a module in which data may get where it should not.

        The functions of such a module may be wrappers.
        """
        for match in _IMPORT.finditer(source.text):
            module = match.group(1) or match.group(3)
            names = [n.split()[0] for n in (match.group(2) or "").strip("()").split(",") if n.split()]
            dotted = [module, *(f"{module}{'' if module.endswith('.') else '.'}{n}" for n in names)]
            for path in filter(None, (self.project.find(d, source.path) for d in dotted)):
                hits = self._hits_of(path)
                if hits is not None and hits[1]:
                    return True
        return False


def _bindings(one: Statement, source: Source) -> dict[str, Value]:
    """Return what a top-level statement binds, where it is a constant or an import."""
    if not one.alone:
        return {name: known(value) for name, value in one.constants}
    made = one.imports[0]
    plain = (
        {alias for name, alias in made.names if alias} if not made.base else None
    )  # `import a.b` binds no more than `a`
    return {
        name: named(dotted)
        for name, dotted in _imported(made, source)
        if name != "*" and (plain is None or name in plain)
    }


def _imported(made: Import, source: Source) -> list[tuple[str, str]]:
    """Return the names that an import binds, each with what it stands for."""
    if not made.base:
        return [(name, dotted) for name, (dotted, _) in zip(made.bound, made.names, strict=True)]
    module = made.base.lstrip(".")
    level = len(made.base) - len(module)
    base = sources.relative_base(source, level, module) if level else module
    return [
        (bound, f"{base}{'' if base.endswith('.') else '.'}{name}")
        for bound, (name, _) in zip(made.bound, made.names, strict=True)
    ]
