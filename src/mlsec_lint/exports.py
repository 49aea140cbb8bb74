"""Which names of a project's modules others may want to know: told by their texts, so that few modules are walked.

Must not know rules, settings or reports.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlsec_lint import source as sources
from mlsec_lint.kept import Kept
from mlsec_lint.model import Source
from mlsec_lint.python import scans
from mlsec_lint.python.outline import Import, Statement, statements, wanted
from mlsec_lint.python.values import known, named

if TYPE_CHECKING:
    from mlsec_lint.project import Project, Used
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.scan import Scan
    from mlsec_lint.python.values import Value

_IMPORT = re.compile(
    r"import(?<!\wimport)\b[ \t]*(\([^)]*\)|(?:[^\n\\#;]|\\.)+)", re.DOTALL
)  # found quickly by its first letters
_FROM = re.compile(r"([ \t]*)(?:from[ \t]*([\w.]+)[ \t]*)?\Z")  # what stands before that on the line
_COMMENT = re.compile(r"#.*|\\\n|[()]")
WIDE, SINKS, FETCHING = range(3)  # what texts are asked: anything of interest, where data should not go, what fetches
_NONE: tuple[frozenset[bytes], ...] = (frozenset(),) * 3
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(slots=True)
class _Asked:
    """A module that is being asked, after `depth` others: its names as far as they are known, and whether one needed them."""

    depth: int
    names: frozenset[str] = frozenset()
    needed: bool = False


class Exports:
    """What the texts of a project's modules tell of their names, as far as the rules of an index are concerned."""

    def __init__(self, project: Project, index: Index, hops: int, kept: int, known: int) -> None:
        """`hops`: through modules that only hand names on; `kept` and `known`: characters of outlines, and facts, held."""
        self.project, self.index, self.hops, self.known = project, index, hops, known
        self._outline = Kept(self._read_outline, kept, lambda outline: sum(len(one.text) for one in outline))
        self._holding = Kept(self._all_held, known)
        self._hits = Kept(self._find_hits, known)
        self._starred = Kept(self._read_starred, known)
        self._bound = Kept(self._read_bound, known)
        self._constants = Kept(self._read_constants, known)
        self._found: dict[tuple[str, int, int], tuple[frozenset[str], Used]] = {}
        self._asked: dict[tuple[str, int, int], _Asked] = {}  # what is being found out, each for the one before it
        self._lowest = 0  # the first of them that what has been found out since rests on

    @functools.cached_property
    def _questions(self) -> tuple[Scan, ...]:
        return (scans.wide(self.index), scans.sinks(self.index), scans.fetching(self.index))

    def is_wide(self, path: str) -> bool:
        """Return whether a module holds anything that others may want to know."""
        return self._hits_of(path) is not None

    def _hits_of(self, path: str) -> tuple[frozenset[bytes], ...] | None:
        """Return the words of a module that answer each question; None where none does.

        All are looked for in one reading.
        """
        self.project.note_file(path)
        return self._hits(path)

    def _find_hits(self, path: str) -> tuple[frozenset[bytes], ...] | None:
        source = self.project.source(path)
        if source is None or not self._questions[WIDE].passes(source.text, source.module):
            return None
        return tuple(asked.hits(source.text, source.module) for asked in self._questions)

    def wanted(self, path: str, imports: bool) -> frozenset[str]:
        """Return the names of a module that are worth walking it for; `imports`: what it imports counts."""
        return self._names(path, WIDE, int(imports))

    def reaching(self, path: str, imports: int) -> frozenset[str]:
        """Return the names of a module by which a call may get to what data should not reach.

        `imports` is how many imports are followed.
        """
        return self._names(path, SINKS, imports)

    def reaches(self, dotted: str, importer: str, imports: int) -> bool:
        """Return whether a name of the project, or anything in a module, may get to what data should not reach."""
        return self._answers(SINKS, dotted, importer, imports, self.hops)

    def _answers(self, question: int, dotted: str, importer: str, imports: int, hops: int) -> bool:
        path, name = self._module(dotted, importer)
        if not path or not name:
            return bool(path) and bool(self._names(path, question, imports))
        if name in self._names(path, question, imports):
            return True
        handed = self._handed_on(path).get(name)
        return (
            handed is not None
            and hops > 0
            and self._answers(question, handed, self.project.shown[path], imports, hops - 1)
        )

    def _names(self, path: str, question: int, imports: int) -> frozenset[str]:
        key = (path, question, imports)
        held = self._found.get(key)
        if held is not None:
            self.project.note(held[1])
            return held[0]
        going_on = self._asked.get(key)
        if going_on is not None:  # modules may import each other
            self._lowest, going_on.needed = min(self._lowest, going_on.depth), True
            return going_on.names
        depth, lowest = len(self._asked), self._lowest
        self._lowest = depth
        asked = self._asked[key] = _Asked(depth)
        try:
            with self.project.noting() as used:
                while (names := self._find_names(path, question, imports)) != asked.names and asked.needed:
                    asked.names = names
        finally:
            del self._asked[key]
        if self._lowest == depth:  # else it rests on what is not known yet of one that was asked before
            if len(self._found) > 4 * self.known:
                del self._found[next(iter(self._found))]
            self._found[key] = (names, used)
        self._lowest = min(self._lowest, lowest)
        return names

    def _find_names(self, path: str, question: int, imports: int) -> frozenset[str]:
        source, hits = self.project.source(path), self._hits_of(path)
        if source is None or (not imports and not (hits or _NONE)[question] and "import *" not in source.text):
            return frozenset()
        wide = question == WIDE

        def ours(made: Import) -> frozenset[bytes]:
            out = {b"*"} & {name.encode() for name, _ in made.names} if wide else set()
            for name, dotted in _imported(made, source):
                if self._questions[question].speaks(dotted):
                    out.add(name.encode())
                elif name == "*":
                    handing = "" if wide else self._module(dotted, source.path)[0]
                    out.update(n.encode() for n in (self._names(handing, question, imports) if handing else ()))
                elif not imports:
                    continue
                elif (
                    self._is_wanted(dotted, source.path)
                    if wide
                    else self._answers(question, dotted, source.path, imports - 1, self.hops)
                ):
                    out.add(name.encode())
            return frozenset(out)

        try:
            outline = self._outline(path)
            if question == FETCHING:  # functions alone; what stands below a test is for type checkers
                outline = tuple(one for one in outline if not one.made and (one.alone or not one.imports))
            return wanted(outline, self._holding(path)[question], ours)
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
        """Return the statements that themselves answer each question: all at once, while the module is at hand."""
        source = self.project.source(path)
        hits = self._hits_of(path) or _NONE
        outline = self._outline(path) if source is not None and any(hits) else ()
        return tuple(
            frozenset(
                one
                for one in outline
                if found & one.words and asked.names(one.text, found & one.words, source.text, source.module)  # type: ignore[union-attr]
            )
            for asked, found in zip(self._questions, hits, strict=True)
        )

    def _handed_on(self, path: str) -> dict[str, str]:
        """Return what the imports of a module bind, wherever they stand, by its text."""
        self.project.note_file(path)
        return self._bound(path)

    def _read_bound(self, path: str) -> dict[str, str]:
        source = self.project.source(path)
        return {n: d for _, names in _named_by(source.text) for n, d in names.items()} if source is not None else {}

    def starred(self, path: str) -> tuple[str, ...]:
        """Return the modules of the project of which a module imports everything, the last one first."""
        self.project.note_file(path)
        shown = self.project.shown[path]
        return tuple(module for module in self._starred(path) if self.project.find(module, shown))

    def _read_starred(self, path: str) -> tuple[str, ...]:
        source = self.project.source(path)
        if source is None or "import *" not in source.text:
            return ()
        try:
            imports = [one.imports[0] for one in self._outline(path) if one.alone]  # below a test is for type checkers
        except _FAILURES:
            return ()
        stars = [dotted for made in imports for name, dotted in _imported(made, source) if name == "*"]
        return tuple(dotted[:-1] if dotted.endswith("..*") else dotted[:-2] for dotted in reversed(stars))

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

    def passes(self, source: Source) -> bool:
        """Return whether a source may hand data from outside to a function of the project that does with them what it should not."""
        if not any(
            self.project.may_be(base or dotted) for base, names in _named_by(source.text) for dotted in names.values()
        ):
            return False  # most single files: what else is asked takes longer to make ready than they to check
        if scans.outside(self.index).passes(source.text, source.module):  # whatever is in a module may be a wrapper
            dotted = (one for base, names in _named_by(source.text) for one in (base, *names.values()) if one)
            paths = filter(None, (self.project.find(one, source.path) for one in dotted))
            return any((hits := self._hits_of(path)) is not None and hits[SINKS] for path in paths)
        return self._calls_any(source, FETCHING) and self._calls_any(source, SINKS)

    def comes_in(self, source: Source) -> bool:
        """Return whether data may come into a source from outside."""
        return scans.outside(self.index).passes(source.text, source.module) or self._calls_any(source, FETCHING)

    def _calls_any(self, source: Source, question: int) -> bool:
        """Return whether one of the project's functions that a source calls answers a question."""
        text = source.text
        for base, names in _named_by(text):
            if base and not self.project.may_be(base):
                continue
            for bound, dotted in names.items():
                if question == FETCHING and bound[0].isupper():
                    continue  # a class, by custom
                path, name = self._module(base if bound == "*" else dotted, source.path)
                if not path:
                    continue
                if not name and (bound == "*" or _used(bound, text)):
                    answers = self._names(path, question, 0)
                    if any(f"{'' if bound == '*' else f'{bound}.'}{answer}(" in text for answer in answers):
                        return True
                elif name and _used(bound, text) and self._answers(question, dotted, source.path, 0, self.hops):
                    return True
        return False


def _used(bound: str, text: str) -> bool:
    """Return whether something is called by a name that an import binds."""
    return f"{bound}." in text or f"{bound}(" in text


@functools.lru_cache(maxsize=4)  # several questions are asked of one text
def _named_by(text: str) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return what each import of a text names: a module ("": none), and the names it binds with what they stand for."""
    return tuple(_named_in(text))


def _named_in(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what each import of a text names: a module ("": none), and the names it binds with what they stand for."""
    for match in _IMPORT.finditer(text):
        before = _FROM.match(text, text.rfind("\n", 0, match.start()) + 1, match.start())
        if before is None:
            continue
        indent, base = before.group(1), before.group(2) or ""
        if indent and match.group(1).lstrip("(").startswith("*"):
            continue  # below a test, for type checkers
        dot = "." if base and not base.endswith(".") else ""
        names = (name.split() for name in _COMMENT.sub(" ", match.group(1)).split(",") if name.strip())
        yield base, {name[-1]: f"{base}{dot}{name[0]}" for name in names}


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
