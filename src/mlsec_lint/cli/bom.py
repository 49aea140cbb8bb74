"""`mlsec-lint bom`: a bill of materials of what the project fetches and depends on."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import click

from mlsec_lint import lockfile
from mlsec_lint.cli import fetching, output, screen
from mlsec_lint.cli.words import Word
from mlsec_lint.run import gather


@click.command(epilog="Example: mlsec-lint bom --format xml --output bom.xml")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "form", type=Word("json", "xml"), default="json", help="How to write it.")
@click.option("--output", "file", metavar="FILE", help="Where to write it (default: stdout).")
@click.option("--name", metavar="NAME", help="The project's name (default: that of its folder).")
@click.option("--no-timestamp", is_flag=True, help="Leave the time out: the same project gives the same text.")
@click.option(
    "--lock-file", metavar="FILE", help="Where digests and licences come from (default: the nearest mlsec.lock)."
)
@fetching.choosing
@click.option("-q", "--quiet", is_flag=True, help="Tell only what went wrong.")
def bom(paths: tuple[str, ...], **given: Any) -> int:
    """Write a CycloneDX 1.6 ML-BOM of models, data, code and packages, from the code and its lock file."""
    try:
        from mlsec_lint.inventory import bom as bills
    except ImportError:
        screen.say("mlsec-lint: the writer of bills of materials is not installed: pip install 'mlsec-lint[bom]'")
        return 2
    path = fetching.lock_path(given["lock_file"])
    lock = lockfile.read(path) if os.path.exists(path) else lockfile.Lock(path)
    found = gather.gather(paths or (".",), fetching.options(given))
    for one in found.unread:
        screen.say(f"not read: {one.path}: {one.reason}")
    assert found.rules is not None
    here = replace(lock, path=os.path.join(os.getcwd(), lockfile.NAME))  # paths are shown from here
    packages = tuple((here.inside(found.files[name]), entry) for name, entry in found.packages)
    lines = {(name, entry.line) for name, entry in packages if entry.name}
    fetches = [one for one in found.named if (one.path, one.line) not in lines]
    contents = bills.Contents(
        given["name"] or os.path.basename(here.folder) or "project", lockfile.locked(here, fetches), packages,
        found.rules.apis.artefacts, found.rules.apis.files,
    )  # fmt: skip
    text = bills.render(contents, given["form"], timestamp=not given["no_timestamp"])
    if given["file"]:
        output.write_file(given["file"], text)
    else:
        sys.stdout.write(text)
    if not given["quiet"]:
        screen.say(
            f"{len(contents.artefacts)} artefacts, {len({entry.name for _, entry in packages if entry.name})} packages"
        )
        if not lock.artefacts:
            screen.say(
                "note: there is no lock file, so no digests and licences; `mlsec-lint lock --update` asks for them"
            )
    return 2 if found.unread else 0
