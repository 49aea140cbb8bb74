"""From the calls that the walk has recorded to what they fetch, with places.

Must not know how a call came to be recorded, lock files or hubs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlsec_lint.forms import UNKNOWN, fetch_of
from mlsec_lint.model import Fetch, Form, Level, Source
from mlsec_lint.python.fetches import Call
from mlsec_lint.python.place import walk
from mlsec_lint.python.positions import Lines, spans
from mlsec_lint.python.texts import texts
from mlsec_lint.python.values import Const

if TYPE_CHECKING:
    from mlsec_lint.project import Project
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.walk import Walker


def find(source: Source, index: Index, project: Project | None) -> list[Fetch]:
    """Return what the code of a module fetches; raises SourceError where it does not parse."""
    return [fetch for _, fetch in placed(walked(source, index, project), source)]


def walked(source: Source, index: Index, project: Project | None) -> Walker:
    """Return the walker that has been over a source."""
    return project.walker_of(source, index) if project is not None else walk(source, index, None)


def placed(walker: Walker, source: Source) -> list[tuple[Call, Fetch]]:
    """Return what each recorded call fetches, with its place; a name that is not known is empty."""
    calls = list(walker.fetches.values())
    where = spans(walker.tree, [call.node for call in calls]) if calls else {}
    lines = Lines(source.text)
    out: list[tuple[Call, Fetch]] = []
    for call in calls:
        if id(call.node) not in where:
            continue
        start, end = where[id(call.node)]
        last = lines.place(end)
        for one in _of(call, walker.index.apis.artefacts, call.key in walker.named):
            line, column = lines.place(start)
            out.append((call, replace(
                one, path=source.path, line=line, column=column, end_line=last[0], end_column=last[1], text_line=line
            )))  # fmt: skip
    return sorted(out, key=lambda pair: pair[1].order)


def _of(call: Call, forms: Mapping[str, Form], named: bool) -> Iterator[Fetch]:
    names = tuple(dict.fromkeys(texts(call.name)))
    revisions = tuple(dict.fromkeys(_revisions(call)))
    for text in names:
        for revision in revisions:
            one = fetch_of(text, call.forms, forms, revision)
            if one is not None:
                files = one.files or call.files
                yield replace(one, files=files, digest=call.digest, confidence=call.confidence)
    if not names and not named and call.confidence > Level.LOW:
        yield Fetch("", 0, 0, call.forms[0], forms[call.forms[0]].kind, "", confidence=Level.LOW)


def _revisions(call: Call) -> Iterable[str]:
    if call.revision is None:
        return (UNKNOWN,) if call.open else ("",)
    said = texts(call.revision)
    if said:
        return said
    if any(isinstance(alt, Const) and alt.value is None for alt in call.revision.alts):
        return ("",)
    return (UNKNOWN,)
