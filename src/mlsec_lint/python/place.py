"""From what the walk found to findings with places, messages and fixes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Edit, Finding, Fix, Level, Match, Related, Source
from mlsec_lint.python import relevance, visitors
from mlsec_lint.python.excerpts import Twin, twins
from mlsec_lint.python.parsing import parse
from mlsec_lint.python.pieces import Pieces
from mlsec_lint.python.positions import Lines
from mlsec_lint.python.raw import Raw
from mlsec_lint.python.standard.files import WRITES
from mlsec_lint.python.syntax import deep_stack, resting_collector
from mlsec_lint.python.values import Site
from mlsec_lint.python.walk import Walker

if TYPE_CHECKING:
    from mlsec_lint.project import Project, View
    from mlsec_lint.python.index import Index


def walk(source: Source, index: Index, project: View | None) -> Walker:
    """Return the walker that has been over all of a source; raises SourceError where it does not parse."""
    walker = Walker(parse(source), source, index, project)
    with resting_collector(), deep_stack():
        walker.run()
        _settle(walker)
    return walker


def begin(source: Source, index: Index, project: View | None, pieces: Pieces, telling: bool = False) -> Walker:
    """Return a walker that knows what a module holds, and goes over a function when that is asked for.

    What other modules have to know needs no `telling` of findings.
    """
    walker = Walker(pieces.tree, source, index, project, pieces)
    walker.telling = telling
    with resting_collector():
        walker.begin()
    return walker


def findings(source: Source, index: Index, project: Project | None, least: Level = Level.LOW) -> list[Finding]:
    """Return the findings of one module; those of less than this confidence may be left out.

    What the rules may speak of is gone over, and no more.
    """
    pieces = Pieces(source)
    with resting_collector(), deep_stack():
        walker = begin(source, index, project.view_of(index) if project is not None else None, pieces, telling=True)
        relevance.interpret(walker)
        _settle(walker)
    kept = [raw for raw in told(walker) if raw.confidence >= least]
    found = _Placer(walker, pieces).all(kept) if kept else []
    walker.forget()
    pieces.drop()
    return found


def told(walker: Walker) -> list[Raw]:
    """Return what a walk has found and is to be told: one finding for each fault, unless something excuses it."""
    return _one_way(_decide([raw for raw in walker.found if not _excused(raw, walker)]), walker)


def _settle(walker: Walker) -> None:
    """Finish what a walk has found: what the visitors say, and what other functions have to do with it."""
    walker.found.extend(visitors.run(walker))
    for cls in {raw.file.cls for raw in walker.found if raw.file is not None}:
        _see_saves(walker, cls)
    for raw in walker.found:
        if raw.file is not None and not raw.related and (saved := walker.saves.of(raw.file)) is not None:
            raw.related, raw.severity = saved[:1], min(raw.severity, saved[1])


def _see_saves(walker: Walker, cls: int) -> None:
    """Go over the methods of a class, or the functions outside of any, that may save what another one loads."""
    for info in walker.functions if walker.pieces is not None else ():
        unit = walker.unit(info) if (info.cls.ident if info.cls is not None else 0) == cls else None
        if unit is not None and info.summary is None and walker.index.savers & unit.words:
            walker.interpret(info)


def _excused(raw: Raw, walker: Walker) -> bool:
    """Return whether something elsewhere excuses a finding: a later check of what a call returned, a call in this file."""
    if not isinstance(raw.detail, Match):
        return raw.dotted in WRITES and any(o.site is not None and o.site.ident in walker.vouched for o in raw.related)
    if raw.detail.data == "return" and id(raw.node) in walker.vouched:
        return True
    for parameter, predicate in raw.detail.unless:
        if parameter == "__file__" and predicate.op == "made" and isinstance(predicate.value, tuple):
            if walker.called & set(predicate.value):
                return True
    return False


def _decide(found: list[Raw]) -> list[Raw]:
    """Keep one finding for each fault: the worst of each rule at a node, and the more specific of two rules.

    A guess does not stand before what is known.
    """
    best: dict[tuple[str, int], Raw] = {}
    for raw in found:
        key = (raw.rule.code, id(raw.node))
        old = best.get(key)
        if old is None or _weight(raw) > _weight(old):
            best[key] = raw
    beaten: dict[int, set[str]] = {}
    for raw in best.values():
        beaten.setdefault(id(raw.node), set()).update(raw.rule.over)
    return [raw for raw in best.values() if raw.rule.code not in beaten[id(raw.node)]]


def _one_way(raws: list[Raw], walker: Walker) -> list[Raw]:
    """Keep one finding for what other modules hand each other through several calls here: the first; the others go with it.

    Where both ends are here, each call may be mended by itself.
    """
    ways: dict[object, list[Raw]] = {}
    for raw in raws:
        ends = (raw.sink.site, raw.related[0].site) if raw.sink is not None and raw.related else ()
        far = any(site is not None and site.path != walker.source.path for site in ends)
        ways.setdefault((raw.rule.code, ends) if far else id(raw), []).append(raw)
    out = []
    for found in ways.values():
        first, *others = sorted(found, key=lambda raw: _where(walker, raw)) if len(found) > 1 else found
        out.append(replace(first, also=tuple(raw.node for raw in others)))
    return out


def _where(walker: Walker, raw: Raw) -> tuple[int, int]:
    site = walker.site(raw.node)
    return site.line, site.column


def _weight(raw: Raw) -> tuple[bool, Level, Level]:
    return raw.confidence is not Level.LOW, raw.severity, raw.confidence


def _file(path: str) -> str:
    """Return a file's name, with its folder where all folders have one of that name."""
    folder, name = os.path.split(path)
    return f"{os.path.basename(folder)}/{name}" if name == "__init__.py" and folder else name


def _shown(source: str) -> str:
    """Return the name of where data came from; of a long address the host and the file."""
    if len(source) <= 80 or "://" not in source:
        return source
    start, _, rest = source.partition("://")
    short = f"{start}://{rest.partition('/')[0]}/…/{rest.rpartition('/')[2]}"
    return short if len(short) <= 110 else f"{short[:109]}…"


class _Placer:
    def __init__(self, walker: Walker, pieces: Pieces) -> None:
        self.walker = walker
        self.pieces = pieces
        self.source = walker.source
        self.lines = Lines(self.source.text)
        self.rows = self.source.text.splitlines()
        self.twins: dict[int, Twin] = {}

    def all(self, raws: list[Raw]) -> list[Finding]:
        nodes = [raw.node for raw in raws]
        nodes += [raw.call for raw in raws if raw.call is not None]
        self.twins = twins(self.pieces, self.source.text, nodes)
        return [f for raw in raws if (f := self.one(raw)) is not None]

    def span(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Return the offsets (start, end) of a node."""
        twin = self.twins.get(id(node))
        return twin.spans[id(twin.node)] if twin is not None else self.pieces.span(node)

    def one(self, raw: Raw) -> Finding | None:
        found = self.span(raw.node)
        if found is None:
            return None
        start, end = found
        line, column = self.lines.place(start)
        end_line, end_column = self.lines.place(end)
        rule = raw.rule
        related = tuple(self.related(raw))
        excerpt = self.rows[line - 1].strip() if line <= len(self.rows) else ""
        group = ""
        if raw.subject:
            group = hashlib.sha256(f"{rule.code}\0{self.source.path}\0{raw.subject}".encode()).hexdigest()[:16]
        return Finding(
            path=self.source.path,
            line=line,
            column=column,
            code=rule.code,
            name=rule.name,
            message=self.message(raw),
            severity=raw.severity,
            confidence=raw.confidence,
            end_line=end_line,
            end_column=end_column,
            guidelines=rule.guidelines,
            cwe=rule.cwe,
            group=group,
            related=related,
            fix=self.fix(raw),
            scope=raw.scope,
            excerpt=excerpt,
            subject=raw.subject,
            text_line=line,
        )

    def message(self, raw: Raw) -> str:
        """Fill in the rule's words."""
        fields = dict(raw.fields)
        fields["call"] = self.written(raw)
        source = raw.related[0] if raw.related else None
        fields["source"] = _shown(source.name) if source else "something outside"
        place = self.site(source.site or Site(self.source.path, raw.node, id(raw.node))) if source is not None else None
        fields["source_line"] = self.numbered(place) if place is not None else "?"
        text = re.sub(r"\{(\w+)\}", lambda m: fields.get(m.group(1), m.group(0)), raw.message)
        if source is not None and "{source}" not in raw.message:
            phrase = self.walker.index.apis.phrases.get(source.kind, "")
            text += re.sub(r"\{(\w+)\}", lambda m: fields.get(m.group(1), m.group(0)), phrase)
        return " ".join(text.split())

    def numbered(self, place: tuple[str, int, int]) -> str:
        """Return a line's number as people count: in a notebook, in its cell; in another module, with its name."""
        if place[0] == self.source.path and 0 < place[1] <= len(self.source.places):
            cell = self.source.places[place[1] - 1]
            return f"{cell.cell_line} of cell {cell.cell}"
        return str(place[1]) if place[0] == self.source.path else f"{place[1]} of {_file(place[0])}"

    def written(self, raw: Raw) -> str:
        """Return the callee as the code has it, shortened."""
        if raw.sink is None and raw.call is not None:
            span = self.callee(raw.call)
            if span is not None:
                text = " ".join(self.source.text[span[0] : span[1]].split())
                return text if len(text) <= 50 else "…" + text[-48:]
        return raw.dotted

    def callee(self, call: cst.Call) -> tuple[int, int] | None:
        twin = self.twins.get(id(call))
        if twin is not None and isinstance(twin.node, cst.Call):
            return twin.spans[id(twin.node.func)]
        return self.pieces.span(call.func)

    def related(self, raw: Raw) -> Iterable[Related]:
        """Return the other ends: where the data came from, and the place inside a function that it reaches."""
        for origin in raw.related:
            place = self.site(origin.site) if origin.site is not None else None
            if place is not None:
                words = self.walker.index.apis.phrases.get(f"{origin.kind}-here", "from here")
                yield Related(words.replace("{source}", _shown(origin.name)), *place)
        if raw.sink is not None:
            place = self.site(raw.sink.site)
            if place is not None:
                words = self.walker.index.apis.phrases.get("reaches-here", "to here")
                yield Related(words.replace("{call}", raw.dotted).replace("{function}", raw.sink.function), *place)
        for node in raw.also:
            if (span := self.span(node)) is not None:
                words = self.walker.index.apis.phrases.get("also-here", "from here, too")
                yield Related(words, self.source.path, *self.lines.place(span[0]))

    def site(self, site: Site) -> tuple[str, int, int] | None:
        """Return (path, line, column) of a site of this or another module."""
        if site.node is None:
            return (site.path, site.line, site.column)
        span = self.span(site.node)
        return (site.path, *self.lines.place(span[0])) if span is not None else None

    def fix(self, raw: Raw) -> Fix | None:
        """Return the rule's fix as edits here."""
        twin = self.twins.get(id(raw.node))
        call = self.twins.get(id(raw.call)) if raw.call is not None else twin
        if raw.fix is None or raw.sink is not None or twin is None or call is None:
            return None
        from mlsec_lint.python import edits

        written = replace(raw, node=twin.node, call=call.node if isinstance(call.node, cst.Call) and raw.call else None)
        where = {**twin.spans, **call.spans}
        found = edits.for_finding(written, self.walker.index, twin.tree, where, self.source.text)
        if found is None:
            return None
        safety, changes = found
        return Fix(
            safety,
            tuple(Edit(*self.lines.place(start), *self.lines.place(end), text) for start, end, text in changes),
        )
