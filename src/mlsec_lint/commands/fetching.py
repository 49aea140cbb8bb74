"""What a command fetches: the tables that say `artefact`, whether the command is at fault or not.

Must not know how commands are written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mlsec_lint.commands.matching import arguments, operands, valued_of, values_of
from mlsec_lint.commands.words import Command, Word, module_at
from mlsec_lint.model import Rule, Words


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that names an artefact, if it has one of the `forms`."""

    word: Word
    forms: tuple[str, ...]
    revision: Word | None
    rest: tuple[str, ...]  # the operands behind it, which may be files of the artefact


def candidates(command: Command, rules: Iterable[Rule]) -> Iterator[Candidate]:
    """Yield the words of a command that name what it fetches, if the tables' artefacts have such forms."""
    for rule in rules:
        for table in rule.commands:
            if not table.artefacts:
                continue
            # what makes it a fault says nothing of whether it is fetched
            absent = tuple(option for option in table.absent if option != table.revision)
            rest = arguments(command, replace(table, operand=None, absent=absent))
            if rest is not None:
                given = values_of(rest, table.revision) if table.revision else []
                for word, behind in _named(command, table, rest):
                    yield Candidate(word, table.artefacts, given[0] if given else None, behind)


def _named(command: Command, table: Words, rest: list[Word]) -> Iterator[tuple[Word, tuple[str, ...]]]:
    if table.subject:
        yield from ((word, ()) for word in values_of(rest, table.subject))
        return
    valued = valued_of(command, module_at(command.words)) | {table.revision}
    words = [word for word in operands(rest, valued) if _is_operand(word, rest)]
    for number, word in enumerate(words):
        yield word, tuple(one.text for one in words[number + 1 :] if one.text)
        if not _is_address(word):
            return  # what follows a name are files of it


def _is_operand(word: Word, rest: Sequence[Word]) -> bool:
    """Tell a word from the value of an option that is not known to take one."""
    at = next(number for number, one in enumerate(rest) if one is word)
    before = rest[at - 1].known if at else ""
    return _is_address(word) or not before.startswith("--") or "=" in before


def _is_address(word: Word) -> bool:
    return ":" in word.known
