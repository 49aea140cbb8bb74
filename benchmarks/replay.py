"""Replay published vulnerabilities: how many vulnerable lines are reported, and how many mended ones still are.

usage: python benchmarks/replay.py CASES.jsonl RELEASES [--audit]

A case (a JSON object a line) names `package`, the `vulnerable` and `fixed` version, `file`, `line`, `hazard`, and where the
mended line is to be silent `fixed_file`, `fixed_line` and `fixed_expect = "clean"`.  RELEASES holds one folder for each
`package-version`; what is missing is fetched.  A line counts as reported when a finding of a fitting family starts in its
statement.

`benchmarks/readings/hazards.jsonl` are lines of packages that nothing was developed on when they were collected: found in
releases with known advisories, or mended by a later release, or plainly of the same kind.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import warnings
from pathlib import Path

from packages import fetch

from mlsec_lint import rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Finding, Settings, SourceError

FAMILIES = {"D": "1", "P": "2", "I": "24", "L": "2", "H": "37", "R": "4", "E": "4", "T": "5", "X": "5", "S": "6"}


def statement(text: str, line: int) -> tuple[int, int]:
    """Return the first and last line of the statement (of a compound one its head) that holds a line."""
    best = (line, line)
    size = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return best
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            first, last = node.lineno, node.end_lineno or node.lineno
            body = getattr(node, "body", None)
            if body:
                last = max(first, body[0].lineno - 1)
            if first <= line <= last and (size is None or last - first < size):
                best, size = (first, last), last - first
    return best


def release(requirement: str, folder: Path) -> None:
    """Fetch a release: a wheel that fits this Python, or else the source archive, or else a wheel for an older Python."""
    ways = [("wheel", ""), ("sdist", ""), *(("wheel", python) for python in ("3.10", "3.8", "3.7", "3.6"))]
    for number, (kind, python) in enumerate(ways, 1):
        try:
            fetch(requirement, folder, kind, python)
            return
        except subprocess.CalledProcessError:
            if number == len(ways):
                raise


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    parser.add_argument("releases", type=Path)
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args()
    ruleset, settings = rules.load(), Settings(audit=options.audit)
    held: dict[Path, tuple[str, list[Finding]]] = {}
    unavailable: set[Path] = set()

    def reported(package: str, version: str, file: str, line: int, hazard: str) -> bool:
        folder = options.releases / f"{package}-{version}"
        if not folder.exists() and folder not in unavailable:
            try:
                release(f"{package}=={version}", options.releases)
            except subprocess.CalledProcessError:
                print(f"not to be had: {folder.name}")
                unavailable.add(folder)
        path = folder / file
        if path not in held:
            try:
                read = source.read(str(path), str(path))
                held[path] = (read.text, check(read, ruleset, settings))
            except SourceError as error:
                print(f"not read: {error}")
                held[path] = ("", [])
        text, found = held[path]
        first, last = statement(text, line)
        return any(first <= f.line <= last and f.code[3] in FAMILIES[hazard] for f in found)

    cases = [json.loads(row) for row in options.cases.read_text(encoding="utf-8").splitlines()]
    caught = mended = still = 0
    for case in cases:
        if reported(case["package"], case["vulnerable"], case["file"], case["line"], case["hazard"]):
            caught += 1
        else:
            print("missed", case.get("id", case["vulnerable"]), case["package"], f"{case['file']}:{case['line']}")
        if case.get("fixed_expect") == "clean" and case["fixed_line"]:
            mended += 1
            still += reported(case["package"], case["fixed"], case["fixed_file"], case["fixed_line"], case["hazard"])
    print(f"{caught} of {len(cases)} vulnerable lines reported; {still} of {mended} mended lines still reported")


if __name__ == "__main__":
    main()
