"""The lock file of a project, from its fetches: what the code says, and what hubs and downloads tell of it.

Must not know how files are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlsec_lint import hub
from mlsec_lint.forms import UNKNOWN
from mlsec_lint.inventory.asking import holds, question, with_answer
from mlsec_lint.inventory.disk import at_hand
from mlsec_lint.lockfile import Artefact, Key, Lock, locked
from mlsec_lint.model import Apis, Fetch


def offline(old: Lock, fetches: Iterable[Fetch], apis: Apis) -> Lock:
    """Return the lock of what the code says now, keeping what is known of artefacts that are still there."""
    artefacts = at_hand(locked(old, fetches))
    return replace(old, artefacts=tuple(_told(one, apis.files) for one in artefacts))


def _told(one: Artefact, classes: Mapping[str, str]) -> Artefact:
    """Return an artefact with the classes of its files, where all of them are known."""
    return (
        replace(one, holds=holds(one.files, classes))
        if one.files and one.files[0].sha256 and one.holds is None
        else one
    )


def updated(
    old: Lock, fetches: Iterable[Fetch], apis: Apis, manner: hub.Manner
) -> tuple[Lock, list[tuple[Artefact, str]]]:
    """Return the lock with what hubs and git servers say, and why some could not be told; raises hub.Unavailable."""
    fetches = [one for one in fetches if one.name]
    lock = offline(old, fetches, apis)
    asked: dict[Key, hub.Question] = {}
    for fetch in fetches:
        key = (fetch.kind, fetch.name, fetch.revision)
        one = question(fetch, apis.artefacts[fetch.form], "" if fetch.revision == UNKNOWN else fetch.revision)
        if one is not None and key not in asked:
            asked[key] = one
    answers = hub.ask(asked.values(), manner)
    out, failed = [], []
    for artefact in lock.artefacts:
        answer = answers[asked[artefact.key]] if artefact.key in asked else None
        if answer is not None and answer.error:
            failed.append((artefact, answer.error))
        elif answer is not None:
            artefact = with_answer(artefact, answer, apis.files)
        out.append(artefact)
    return replace(lock, artefacts=at_hand(out)), failed
