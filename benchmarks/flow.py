"""What flow costs and what it is worth: real packages checked with flow and project knowledge, without the one, without both.

usage: python benchmarks/flow.py [--folder FOLDER] [--rounds N] [--readings high.tsv] [NAME==VERSION ...]

"Without both" is matching alone: names, values and conditions, with no origins, no summaries at calls and no other module.
Times are CPU seconds of one process, medians over the rounds. `--readings` writes the findings of high severity, with what each relies on, for a
person to judge; a judgement that the file already holds for the same place is kept.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import FunctionType

from packages import FRAMEWORKS, fetch

from mlsec_lint import rules, source
from mlsec_lint.check import check
from mlsec_lint.collector import RestingCollector
from mlsec_lint.model import Finding, Level, SourceError
from mlsec_lint.project import Project
from mlsec_lint.python import contents, flows, index, members, own
from mlsec_lint.python.values import NONE, unknown

Place = tuple[str, int, str]
HEAD = ("package", "place", "code", "relies on", "true", "why")


class Alone:
    """Switches origins, the contents of files and the summaries of functions off and on again."""

    def __init__(self) -> None:
        stubs: dict[object, Callable[..., object]] = {
            flows.live: lambda walker, value: NONE,
            contents.contents: lambda walker, value: NONE,
            members.sourced: lambda walker, value, dotted, node: value,
            own.call_own: lambda walker, node, alt, arguments: unknown(f"?{id(node)}"),
            own.method_results: lambda walker, node, function, name: NONE,
        }
        self.switched = [
            (module, name, value, stubs[value])
            for module in list(sys.modules.values())
            if module.__name__.startswith("mlsec_lint")
            for name, value in list(vars(module).items())
            if isinstance(value, FunctionType) and value in stubs
        ]
        self.source = index.Index.source

    def __enter__(self) -> None:
        for module, name, _, stub in self.switched:
            setattr(module, name, stub)
        index.Index.source = lambda self, dotted: ""  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        for module, name, value, _ in self.switched:
            setattr(module, name, value)
        index.Index.source = self.source  # type: ignore[method-assign]


WAYS = ("project", "file", "alone")  # with flow and project, without the project, by matching alone


def one_way(way: str, files: list[str], root: str) -> tuple[dict[Place, Finding], float]:
    """Return the findings of one of the ways, and its CPU seconds."""
    ruleset = rules.load()
    project = Project([(file, Path(file).relative_to(root).as_posix()) for file in files], root)
    known = project if way == "project" else None
    found: dict[Place, Finding] = {}
    start = time.process_time()
    with RestingCollector() as collector, Alone() if way == "alone" else contextlib.nullcontext():  # as in a run
        for file in files:
            shown = Path(file).relative_to(root).as_posix()
            with contextlib.suppress(SourceError):
                read = source.read(file, shown, root)
                for one in check(read, ruleset, project=known):
                    found[shown, one.line, one.code] = one
                collector.count(len(read.text) // 8)  # most are not parsed
    return found, time.process_time() - start


def three_ways(files: list[str], root: str, rounds: int) -> tuple[list[dict[Place, Finding]], list[float]]:
    """Return the findings of each way and the median of its CPU seconds.

    Each in a process of its own, where nothing that another way has read is still at hand, and in turn, since a machine is
    not as fast at all times.
    """
    found: list[dict[Place, Finding]] = [{} for _ in WAYS]
    seconds: list[list[float]] = [[] for _ in WAYS]
    for _ in range(rounds):
        for number, way in enumerate(WAYS):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                found[number], spent = pool.submit(one_way, way, files, root).result()
            seconds[number].append(spent)
    return found, [statistics.median(spent) for spent in seconds]


def judged(path: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return the judgements that a table of readings holds."""
    if not path.exists():
        return {}
    rows = [row.split("\t") for row in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {(row[0], row[1], row[2]): (row[4], row[5]) for row in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*", default=FRAMEWORKS)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--readings", type=Path)
    options = parser.parse_args()
    known = judged(options.readings) if options.readings else {}
    rows: list[tuple[str, ...]] = []
    total = [0.0, 0.0, 0.0]
    for package in options.packages:
        root = str(fetch(package, options.folder, "wheel").resolve())
        files = [str(path) for path in sorted(Path(root).rglob("*.py"))]
        (everything, single, plain), seconds = three_ways(files, root, options.rounds)
        total = [a + b for a, b in zip(total, seconds, strict=True)]
        both, one, alone = seconds
        high = {place: f for place, f in everything.items() if f.severity is Level.HIGH}
        reliance = {place: relies(place, found.severity, single, plain) for place, found in high.items()}
        counts = collections.Counter(reliance.values())
        print(
            f"{package}: {both:.1f} s, one file at a time {one:.1f} s, matching alone {alone:.1f} s, ratio {both / alone:.2f}; "
            f"{len(everything)} findings, {len(high)} of them high: {counts['project']} rely on the project, "
            f"{counts['flow']} on flow, {counts['']} on neither",
            flush=True,
        )
        for (shown, line, code), why in sorted(reliance.items()):
            place = f"{shown}:{line}"
            rows.append((package, place, code, why, *known.get((package, place, code), ("", ""))))
    print(f"together: ratio {total[0] / total[2]:.2f}")
    if options.readings:
        options.readings.write_text("".join("\t".join(row) + "\n" for row in (HEAD, *rows)), encoding="utf-8")


def relies(place: Place, severity: Level, single: dict[Place, Finding], plain: dict[Place, Finding]) -> str:
    """Return what the verdict (that there is a finding, and its severity) would not be the same without."""
    if place not in single or single[place].severity is not severity:
        return "project"
    return "flow" if place not in plain or plain[place].severity is not severity else ""


if __name__ == "__main__":
    main()
