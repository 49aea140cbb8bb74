"""Prove on real packages that a file which the word scan skips has no finding: it is checked all the same.

usage: python benchmarks/scan.py [--pieces] [--folder FOLDER] [NAME==VERSION ...]

Every finding counts, those of an audit too.  What passes the scan is checked in any run and need not be looked at here, but
with `--pieces`: then it is walked as a whole although reading it in pieces tells of nothing to report.
Prints, for each package, what passes and what was found in what does not; ends with 1 where that is anything.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import packages

from mlsec_lint import rules, source
from mlsec_lint.check import check, index_for, passes
from mlsec_lint.model import Settings, SourceError
from mlsec_lint.project import Project
from mlsec_lint.python import place

PACKAGES = ("transformers==4.57.1", "diffusers==0.35.2", "langchain-community==0.3.31", "mlflow==3.5.0")
AUDIT = Settings(audit=True)


def missed(folder: Path, pieces: bool) -> list[str]:
    """Check the files of a folder that the scan skips; print what passes, and return what it would have missed.

    With `pieces`, those that pass instead, once as in any run and once as a whole.
    """
    ruleset = rules.load(prose=False)
    index = index_for(ruleset, AUDIT)
    files = [str(path) for path in sorted(folder.rglob("*.py"))]
    project = Project((file, file) for file in files)
    every = passing = found = 0
    wrong = []
    start = time.process_time()
    for file in files:
        try:
            text = source.read(file, file, project.root, "python")
            every += len(text.text)
            passed = passes(text, index, project)
            passing, found = passing + passed * len(text.text), found + passed
            if passed is not pieces:
                continue
            without = {one.order for one in check(text, ruleset, AUDIT, project, passed=pieces)}
            with whole():
                every_one = check(text, ruleset, AUDIT, project, passed=True)
            wrong += [f"{one.path}:{one.line} {one.code}" for one in every_one if one.order not in without]
        except SourceError:
            continue
        gc.collect(0)
    print(
        f"{folder.name}: {found} of {len(files)} files pass, {passing / 1e6:.1f} of {every / 1e6:.1f} MB;"
        f" in {'them' if pieces else 'the others'} {len(wrong)} findings more ({time.process_time() - start:.0f} s)",
        flush=True,
    )
    return wrong


@contextlib.contextmanager
def whole() -> Iterator[None]:
    """Have every file walked as a whole."""
    short, place.SHORT = place.SHORT, sys.maxsize
    try:
        yield
    finally:
        place.SHORT = short


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--pieces", action="store_true", help="look at what passes the scan")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    options = parser.parse_args()
    folders = [packages.fetch(package, options.folder, "wheel") for package in options.packages]
    wrong = [one for folder in folders for one in missed(folder, options.pieces)]
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
