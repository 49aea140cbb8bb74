"""`mlsec-lint lock` and `mlsec-lint verify`: the list of what is fetched, and files on disk against it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import click

from mlsec_lint import atomic, hub, lockfile
from mlsec_lint.cli import fetching, screen
from mlsec_lint.run import gather

_FILE = click.option(
    "--lock-file", metavar="FILE", help="The lock file (default: the nearest mlsec.lock, or one here)."
)


@click.command(epilog="Example: mlsec-lint lock --check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 where code and lock disagree.")
@click.option("--update", is_flag=True, help="Ask hubs and git servers for commits, digests, sizes and licences.")
@_FILE
@fetching.asking
@fetching.choosing
@click.option("-q", "--quiet", is_flag=True, help="Tell only what went wrong.")
def lock(paths: tuple[str, ...], **given: Any) -> int:
    """Write down what the code fetches; PATH defaults to the folder of the lock file.  Only --update asks anybody."""
    if given["check"] and given["update"]:
        raise click.UsageError("--check changes nothing; it does not go with --update.")
    path = fetching.lock_path(given["lock_file"])
    there = os.path.exists(path)
    if given["check"] and not there:
        raise click.UsageError(f"There is no lock file `{os.path.relpath(path)}`; `mlsec-lint lock` writes it.")
    old = lockfile.read(path) if there else lockfile.Lock(path)
    found = gather.gather(paths or (os.path.relpath(old.folder),), fetching.options(given))
    for one in found.unread:
        screen.say(f"not read: {one.path}: {one.reason}")
    if found.unknown and not given["quiet"]:
        calls = "1 call fetches" if found.unknown == 1 else f"{found.unknown} calls fetch"
        screen.say(f"{calls} something whose name is not known; the lock does not have it")
    if given["check"]:
        return max(_check(old, found, given["quiet"]), 2 if found.unread else 0)
    if found.unread:
        screen.say("nothing was written, because not every file was read")
        return 2
    return _write(old, found, given, all_of_it=not paths)


def _check(old: lockfile.Lock, found: gather.Gathered, quiet: bool) -> int:
    """Tell how code and lock disagree."""
    read = {old.inside(path) for path in found.files.values()}

    def covers(path: str) -> bool:
        return path in read or not os.path.exists(os.path.join(old.folder, path))

    differences = lockfile.compare(old, found.named, covers)
    for one in differences:
        place = f"{one.path}:{one.line}"
        what = f"{one.kind} {one.name}"
        if one.fault == "new":
            click.echo(f"{place}: new: {what} ({one.said}) is not in the lock")
        elif one.fault == "gone":
            click.echo(f"{place}: gone: {what} ({one.locked}) is in the lock, and no code fetches it here")
        else:
            click.echo(f"{place}: moved: {what}: the code says {one.said}, the lock {one.locked}")
    if not quiet:
        name = os.path.relpath(old.path)
        agree = "code and lock agree" if not differences else f"{len(differences)} differences"
        screen.say(f"{name}: {agree}" if differences else f"{name}: {agree} ({len(old.artefacts)} artefacts)")
    return 1 if differences else 0


def _write(old: lockfile.Lock, found: gather.Gathered, given: dict[str, Any], all_of_it: bool) -> int:
    """Write the lock; what files that were not read fetch stays as it is."""
    from mlsec_lint.inventory import locking

    assert found.rules is not None
    apis = found.rules.apis
    failed: list[tuple[lockfile.Artefact, str]] = []
    try:
        if given["update"]:
            new, failed = locking.updated(old, found.named, apis, fetching.manner(given))
        else:
            new = locking.offline(old, found.named, apis)
        if not all_of_it:
            new = _joined(old, new, {old.inside(path) for path in found.files.values()})
        text = lockfile.written(new)
    except hub.Unavailable as error:
        screen.say(f"mlsec-lint: {error}")
        return 2
    except ImportError:
        screen.say("mlsec-lint: writing TOML needs tomli-w: pip install 'mlsec-lint[lock]'")
        return 2
    for one, reason in failed:
        screen.say(f"{one.kind} {one.name}: not looked up: {reason}")
    try:
        atomic.write(new.path, text.encode())
    except OSError as error:
        screen.say(
            f"mlsec-lint: {os.path.relpath(new.path)} cannot be written: {(error.strerror or str(error)).lower()}"
        )
        return 2
    if not given["quiet"]:
        screen.say(f"{os.path.relpath(new.path)}: {len(new.artefacts)} artefacts (before: {len(old.artefacts)})")
    return 2 if failed else 0


def _joined(old: lockfile.Lock, new: lockfile.Lock, read: set[str]) -> lockfile.Lock:
    """Return the new lock with what the old one says of files that were not read now."""
    kept = {one.key: replace(one, uses=tuple(use for use in one.uses if use[0] not in read)) for one in old.artefacts}
    out = {one.key: one for one in new.artefacts}
    for key, one in kept.items():
        if one.uses:
            mine = out.get(key)
            out[key] = replace(mine, uses=(*mine.uses, *one.uses)) if mine is not None else one
    return replace(new, artefacts=tuple(out.values()))


@click.command(epilog="Example: mlsec-lint verify ~/.cache/huggingface/hub models")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_FILE
@click.option("--strict", is_flag=True, help="Exit with 1 for files that the lock does not have, too.")
@click.option("-q", "--quiet", is_flag=True, help="Tell only what went wrong.")
def verify(paths: tuple[str, ...], lock_file: str | None, strict: bool, quiet: bool) -> int:
    """Hold files on disk against the lock, by SHA-256: 1 where one is another, 2 where one cannot be read."""
    from mlsec_lint.inventory import disk

    path = fetching.lock_path(lock_file)
    if not os.path.exists(path):
        raise click.UsageError(
            f"There is no lock file `{os.path.relpath(path)}`; `mlsec-lint lock --update` writes it."
        )
    known = lockfile.read(path)
    counts = {"good": 0, "bad": 0, "unknown": 0}
    broken = False
    for one in paths:
        try:
            for verdict in disk.verify(known, one):
                counts[verdict.state] += 1
                if verdict.state == "bad":
                    click.echo(f"{verdict.path}: {verdict.said}")
                elif verdict.state == "unknown":
                    click.echo(f"{verdict.path}: not in the lock: {verdict.said}")
        except OSError as error:
            broken = True
            screen.say(f"not read: {os.path.relpath(error.filename or one)}: {(error.strerror or str(error)).lower()}")
    if not quiet:
        screen.say(f"{counts['good']} as locked, {counts['bad']} not, {counts['unknown']} not in the lock")
    if broken:
        return 2
    return 1 if counts["bad"] or (counts["unknown"] and (strict or not counts["good"])) else 0
