"""`mlsec-lint pin`: look up what moving names stand for, and write the commits into the code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from mlsec_lint import fetched, fix, hub, suppress
from mlsec_lint.cli import fetching, screen
from mlsec_lint.inventory import asking, pins
from mlsec_lint.model import Fetch, SourceError, Unread
from mlsec_lint.run import gather
from mlsec_lint.run.one import Task


@click.command(epilog="Example: mlsec-lint pin src --only 'org/*' --dry-run")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Ask, tell what would be written, and write nothing.")
@click.option("--only", metavar="GLOB", multiple=True, help="Only names like this.")
@click.option("--update", is_flag=True, help="Move existing pins forward to where their branch is now.")
@click.option("--keep-going", is_flag=True, help="Change a file even where another name in it could not be looked up.")
@fetching.asking
@fetching.choosing
@click.option("-q", "--quiet", is_flag=True, help="Tell only what went wrong.")
def pin(paths: tuple[str, ...], **given: Any) -> int:
    """Write the commit that each unpinned name stands for into the code; 1: something is left, 2: a lookup failed."""
    quiet = given["quiet"]
    work = gather.reader(paths or (".",), fetching.options(given))
    unread = list(work.failed)
    files = [file for task in work.tasks if (file := _file(work, task, unread)) is not None]
    allowed = {task.file.path: task.settings.allow for task in work.tasks}
    questions = pins.prepare(files, lambda file: pins.Wish(given["only"], given["update"], allowed[file.path]), _excuse)
    try:
        answers = hub.ask(questions, fetching.manner(given))
    except hub.Unavailable as error:
        screen.say(f"mlsec-lint: {error}")
        return 2
    pins.answer(files, answers, asking.today())
    broken = bool(unread)
    for one in unread:
        screen.say(f"not read: {one.path}: {one.reason}")
    for file in files:
        broken = not _write(file, given) or broken
    left = _tell(files, quiet, given["dry_run"])
    return 2 if broken or any(one.failed for file in files for one in file.results) else 1 if left else 0


def _file(work: gather.Reader, task: Task, unread: list[Unread]) -> pins.PinFile | None:
    """Return the targets in one file, or None where it has none or cannot be read."""
    try:
        found = _targets(work, task)
    except SourceError as error:
        unread.append(Unread(task.file.shown, error.message))
        return None
    return found if found.aims() else None


def _targets(work: gather.Reader, task: Task) -> pins.PinFile:
    source = work.source(task)
    index = work.index(task)
    code = None
    if work.parses(source, task):
        from mlsec_lint.python import pinning

        code = pinning.read(source, index, work.project)
    others = [pins.Entry(one, ref=one.revision) for one in fetched.find(source, index, python=False)]
    for entry in others:
        if source.kind != "requirements":
            entry.refusal = "it stands in a shell command; write the commit there by hand"
    return pins.PinFile(source, task.file.path, index.apis.artefacts, code, others)


def _excuse(file: pins.PinFile, fetch: Fetch) -> str:
    """Return why a `# noqa` comment leaves a place alone."""
    if file.source.kind != "python" and file.source.kind != "notebook":
        return ""
    comment = suppress.directives(file.source).get(fetch.text_line)
    if comment is None or not any(code.startswith("MLS2") for code in comment.codes):
        return ""
    return "a `# noqa` says that it may move"


def _write(file: pins.PinFile, given: dict[str, Any]) -> bool:
    """Write what can be pinned in a file; tell whether all went well."""
    if any(one.failed for one in file.results) and not given["keep_going"]:
        for one in file.results:
            if one.pin is not None:
                one.pin, one.said = None, "another name in this file could not be looked up (see --keep-going)"
    old = file.source.raw or file.source.text
    new = pins.changed(file)
    if new == old or given["dry_run"]:
        return True
    try:
        fix.write(file.path, fix.encoded(fix.load(file.path), new, file.path))
    except SourceError as error:
        screen.say(f"not changed: {error}")
        for one in file.results:
            one.pin, one.said = None, "the file could not be written"
        return False
    return True


def _tell(files: Iterable[pins.PinFile], quiet: bool, dry: bool) -> int:
    """Say what became of each place; return how many are left unpinned."""
    left = done = 0
    for file in files:
        for one in sorted(file.results, key=lambda one: one.aim.fetch.order):
            fetch = one.aim.fetch
            place = f"{fetch.path}:{fetch.line}: {fetch.kind} {fetch.name}"
            if one.pin is not None:
                done += 1
                if not quiet:
                    before = fetch.revision or "no revision"
                    guess = " (no comment said which branch)" if one.aim.guessed else ""
                    click.echo(f"{place}: {before} -> {one.pin.commit} ({one.pin.ref}){guess}")
            elif one.said != "-":
                left += not one.aim.is_pinned
                screen.say(f"{place}: not pinned: {one.said}")
    if not quiet:
        screen.say(f"{done} {'would be pinned' if dry else 'pinned'}, {left} left")
    return left
