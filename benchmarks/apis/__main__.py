#!/usr/bin/env python3
"""Prove the facts that rules hold about libraries, by reading the libraries' released text; nothing of it is run.

usage: python benchmarks/apis --store FOLDER [--report docs/apis.md] [--only PREFIX]

Every dotted name, parameter and position of rules/ is looked up in the releases that packages.toml names. What is not
so is printed, and the exit code is 1; what cannot be proven this way stands in unproven.toml with the reason, and an
entry there that is no longer needed is a fault as well.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from account import Account
from fetching import Store
from releases import Releases

from mlsec_lint import rules

HERE = Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python benchmarks/apis", description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="folder in which the releases' text is kept")
    parser.add_argument("--report", type=Path, help="file to write the report to")
    parser.add_argument("--only", default="", help="look only at names that begin so")
    options = parser.parse_args()
    logging.disable(logging.ERROR)  # griffe tells of annotations that it cannot resolve; none of them matters here
    releases = Releases(HERE / "packages.toml", Store(options.store))
    account = Account(rules.load(keep=False), releases, HERE / "unproven.toml")
    account.settle(options.only)
    for line in account.faults:
        print(line)
    print(account.summary())
    if options.report is not None:
        options.report.write_text(account.report(), encoding="utf-8")
    return 1 if account.faults else 0


if __name__ == "__main__":
    sys.exit(main())
