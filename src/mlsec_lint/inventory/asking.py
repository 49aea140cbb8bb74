"""What is asked of hubs and git servers about a fetch, and what an answer says of an artefact.

Must not know code.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import replace

from mlsec_lint import forms
from mlsec_lint.hub import Answer, Question
from mlsec_lint.lockfile import Artefact, File
from mlsec_lint.model import Fetch, Form


def question(fetch: Fetch, form: Form, ref: str) -> Question | None:
    """Return whom to ask about a fetch and what; None where nobody knows."""
    if form.source == "hub":
        return Question("hub", fetch.name, form.type, ref)
    if form.source == "git":
        return Question("git", forms.address(fetch.text, form) or fetch.name, "", ref)
    if form.source == "api":
        return Question("api", fetch.name, "", ref, form.api)
    return None


def today() -> str:
    """Return the date in UTC as ISO 8601; `SOURCE_DATE_EPOCH` stands in for the clock where it is set."""
    return now().date().isoformat()


def now() -> datetime.datetime:
    """Return the time in UTC, to the second; `SOURCE_DATE_EPOCH` stands in for the clock where it is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def with_answer(one: Artefact, answer: Answer, classes: Mapping[str, str]) -> Artefact:
    """Return an artefact with what an answer says of it."""
    if not answer.files and not answer.license:  # git tells no more
        return replace(one, commit=answer.commit)
    known = {file.path: file for file in one.files if file.sha256} if one.commit == answer.commit else {}
    files = tuple(_kept(file, known.get(file.path)) for file in answer.files)
    return replace(
        one, commit=answer.commit, license=answer.license, holds=holds(files, classes), files=files
    )  # fmt: skip


def _kept(file: File, known: File | None) -> File:
    """Return a file with the digest that was computed from a download earlier, of the same content."""
    return (
        replace(file, sha256=known.sha256)
        if known is not None and not file.sha256 and known.blob == file.blob
        else file
    )


def holds(files: tuple[File, ...], classes: Mapping[str, str]) -> tuple[str, ...]:
    """Return which classes of files are among these, by the names that the rules give."""
    return tuple(
        sorted(name for name, regex in classes.items() if any(re.fullmatch(regex, file.path) for file in files))
    )
