"""Prove on real packages that a file which the word scan skips has no finding: it is checked all the same.

usage: python benchmarks/scan.py [--pieces] [--folder FOLDER] [NAME==VERSION ...]

Every finding counts, those of an audit too.  What passes the scan is checked in any run and need not be looked at here, but
with `--pieces`: then it is walked as a whole, too, and what reading it in pieces did not find is told.
Prints, for each package, what passes and what was found in what does not; ends with 1 where that is anything.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path

import packages
import whole

from mlsec_lint import python, rules, source
from mlsec_lint.check import index_for, passes
from mlsec_lint.model import Level, Settings, SourceError
from mlsec_lint.project import Project

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
            seen = whole.as_told(python.analyse(text, index, project, Level.LOW)) if pieces else set()
            more = whole.found(text, index, project) - seen
            wrong += [f"{text.path}:{line} {code}" for line, _, code, _, _ in sorted(more)]
        except SourceError:
            continue
        gc.collect(0)
    print(
        f"{folder.name}: {found} of {len(files)} files pass, {passing / 1e6:.1f} of {every / 1e6:.1f} MB;"
        f" in {'them' if pieces else 'the others'} {len(wrong)} findings more ({time.process_time() - start:.0f} s)",
        flush=True,
    )
    return wrong


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
