"""Time this linter and its peers over the same pinned packages, in turn, and write docs/benchmarks.md.

usage: python benchmarks/speed.py [--folder FOLDER] [--rounds N] [--only PART,…] [--peers NAME,…] [--write]

parts: start cold warm flake8 growth generated.  Figures are medians over the rounds of the CPU seconds of a command and of the
processes it started, so that a busy machine changes them little; wall-clock seconds and the memory of the largest process
stand beside them.  Every ratio is of figures from the same rounds, and of the same files.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import generated
import packages
import peers

PACKAGES = ("transformers==4.57.1", "diffusers==0.35.2", "langchain-community==0.3.31")
SLOW = "diffusers-0.35.2/diffusers/schedulers"  # where the peers that take many minutes are compared
GROWING = "langchain-community-0.3.31/langchain_community"
PARTS = ("start", "cold", "warm", "flake8", "growth", "generated")
DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: seconds of CPU (its processes together) and of the clock, MB of its largest process."""

    cpu: float
    wall: float
    memory: float


def measure(command: Sequence[str], cwd: Path, ended: tuple[int, ...] = (0, 1), output: str = os.devnull) -> Cost:
    """Run a command and return its cost; its output goes to a file."""
    start = time.monotonic()
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as users start it
    with (
        open(output, "wb") as out,
        subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.DEVNULL, env=env) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ended:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1_000_000 if sys.platform == "darwin" else 1_000
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / unit)


def in_turn(runs: dict[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """Return the median costs of commands that are run one after the other, round after round."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            costs[name].append(run())
    return {
        name: Cost(*(statistics.median(getattr(cost, what) for cost in every) for what in ("cpu", "wall", "memory")))
        for name, every in costs.items()
    }


def ours(*arguments: str) -> tuple[str, ...]:
    """Return the command that checks with this project, at its default settings."""
    options = ("--isolated", "--exit-zero", "--no-gitignore", "-q")  # git ignores the folder of the packages
    return (sys.executable, "-m", "mlsec_lint", "check", *options, *arguments)


class Benchmarks:
    """The parts, each of which returns lines of Markdown."""

    def __init__(self, folder: Path, rounds: int, wanted: Sequence[str]) -> None:
        self.folder, self.rounds, self.wanted = folder, rounds, wanted
        self.names = [packages.fetch(package, folder, "wheel").name for package in PACKAGES]

    def run(self, name: str, paths: Sequence[str], cache: str = "") -> Callable[[], Cost]:
        return lambda: measure(peers.command(name, self.folder, paths, cache).command, self.folder)

    def start(self) -> list[str]:
        clean = self.folder / "clean.py"
        clean.write_text("x = 1\n")
        runs = {
            "`python -c pass`": (sys.executable, "-c", "pass"),
            "`mlsec-lint --version`": (sys.executable, "-m", "mlsec_lint", "--version"),
            "`mlsec-lint check` of one clean file": ours("--no-cache", clean.name),
        }
        costs = in_turn(
            {name: lambda c=command: measure(c, self.folder) for name, command in runs.items()}, 5 * self.rounds
        )
        bare = costs["`python -c pass`"].cpu
        rows = [(name, f"{1000 * cost.cpu:.0f}", f"{1000 * (cost.cpu - bare):.0f}") for name, cost in costs.items()]
        return table(("", "CPU ms", "above the interpreter"), rows)

    def cold(self) -> list[str]:
        mine = ours("--no-cache", *self.names)
        costs = in_turn(
            {
                "mlsec-lint": lambda: measure(mine, self.folder),
                "LibCST's parse of the files that pass the scan": lambda: measure(
                    (sys.executable, __file__, "--parse", *self.names), self.folder
                ),
                **({"ruff `S`": self.run("ruff", self.names)} if "ruff" in self.wanted else {}),
            },
            self.rounds,
        )
        if "bandit" in self.wanted:
            costs |= in_turn({"bandit": self.run("bandit", self.names)}, 1)
        lines = ["All three packages, nothing cached:", "", *compared(costs, "mlsec-lint")]
        slow = [name for name in ("torchfix", "fixit") if name in self.wanted]
        if slow:
            runs: dict[str, Callable[[], Cost]] = {"mlsec-lint": lambda: measure(ours("--no-cache", SLOW), self.folder)}
            runs |= {name: self.run(name, [SLOW]) for name in slow}
            lines += ["", f"`{SLOW}` alone, where slower peers are compared:", ""]
            lines += compared(in_turn(runs, 1), "mlsec-lint")
        lines += ["", *(f"Not run: {name}, which {why}." for name, why in peers.SKIPPED.items())]
        return lines

    def warm(self) -> list[str]:
        with tempfile.TemporaryDirectory() as caches:
            copies = Path(caches) / "code"
            for name in self.names:
                shutil.copytree(self.folder / name, copies / name)
            changing = next(copies.rglob("modeling_bert.py"))
            mine = ours("--cache-dir", f"{caches}/ours", *self.names)
            run = peers.command("ruff", self.folder, self.names, f"{caches}/ruff").command
            measure(mine, copies), measure(run, copies)

            def after_a_change() -> Cost:
                with changing.open("a") as file:
                    file.write("# changed\n")
                return measure(mine, copies)

            costs = in_turn(
                {
                    "mlsec-lint": lambda: measure(mine, copies),
                    "ruff `S`": lambda: measure(run, copies),
                    "mlsec-lint, one file changed": after_a_change,
                },
                self.rounds,
            )
        return compared(costs, "mlsec-lint")

    def flake8(self) -> list[str]:
        rows = []
        for label, passing in (("without our words", False), ("with them", True)):
            files = [file for file, passes in scanned(self.folder / self.names[2]) if passes is passing]
            costs = in_turn({"alone": self.run("flake8", files), "with": self.run("flake8-plugin", files)}, self.rounds)
            alone, both = costs["alone"].cpu, costs["with"].cpu
            each = 1000 * (both - alone) / len(files)
            rows.append(
                (f"{len(files)} files {label}", f"{alone:.1f}", f"{both:.1f}", f"{both / alone:.2f}", f"{each:.1f}")
            )
        lines = [f"`{self.names[2]}`, one process:", ""]
        return [*lines, *table(("", "flake8, CPU s", "with the plugin", "ratio", "plugin, ms a file"), rows)]

    def growth(self) -> list[str]:
        rows, first = [], 0.0
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            for times in (0, 1, 4, 16):
                target = place / str(times)
                target.mkdir()
                (target / "one.py").write_text("import pickle\npickle.load(file)\n")  # what one file costs is the start
                for number in range(times):
                    shutil.copytree(self.folder / GROWING, target / f"copy{number}")
            costs = in_turn(
                {times: lambda t=times: measure(ours("--no-cache", t), place) for times in ("0", "1", "4", "16")},
                self.rounds,
            )
            for times in (1, 4, 16):
                cost = costs[str(times)]
                own = cost.cpu - costs["0"].cpu
                first = first or own
                files = len(list((place / str(times)).rglob("*.py")))
                rows.append((f"{times}×", f"{files:,}", f"{own:.2f}", f"{own / first:.2f}", f"{cost.memory:.0f}"))
        lines = [f"Copies of `{GROWING}`; the start is left out:", ""]
        return [*lines, *table(("", "files", "CPU s", "times the first", "MB, largest process"), rows)]

    def generated(self) -> list[str]:
        rows = []
        with tempfile.TemporaryDirectory() as place:
            for name, text in generated.shapes():
                file = Path(place, "generated.py")
                file.write_text(text)
                told = Path(place, "told")
                cost = measure(ours("--no-cache", "--format", "concise", file.name), Path(place), (0, 1, 2), str(told))
                lines = told.read_text(encoding="utf-8").splitlines()
                refused = next((line.partition("not checked: ")[2] for line in lines if "MLS901" in line), "")
                outcome = f"refused: {refused}" if refused else f"{len(lines):,} findings"
                rows.append((name, f"{len(text) / 1e6:.1f}", f"{cost.cpu:.1f}", f"{cost.memory:.0f}", outcome))
        return table(("one file of", "MB", "CPU s", "MB of memory", "outcome"), rows)


def scanned(folder: Path) -> list[tuple[str, bool]]:
    """Return the Python files of a folder, each with whether the word scan lets it pass."""
    from mlsec_lint import rules, source
    from mlsec_lint.check import index_for
    from mlsec_lint.model import Settings
    from mlsec_lint.python.scans import narrow

    scan = narrow(index_for(rules.load(prose=False), Settings()))
    texts = [source.read(str(path), root=str(folder), kind="python") for path in sorted(folder.rglob("*.py"))]
    return [(text.path, scan.passes(text.text, text.module)) for text in texts]


def parse(folders: Sequence[str]) -> None:
    """Read the files that pass the scan and have LibCST parse them: the limit that a run is measured against."""
    import gc

    import libcst

    gc.disable()
    for folder in folders:
        for path, passes in scanned(Path(folder)):
            if passes:
                libcst.parse_module(Path(path).read_bytes())


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table, numbers to the right."""
    rule = ("---", *("---:" for _ in head[1:]))
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def compared(costs: dict[str, Cost], mine: str) -> list[str]:
    """Return costs as a table, each beside this project's."""
    rows = [
        (
            name,
            f"{c.cpu:.2f}",
            f"{c.wall:.2f}",
            f"{c.memory:.0f}",
            f"{c.cpu / costs[mine].cpu:.2f}",
            f"{c.wall / costs[mine].wall:.2f}",
        )
        for name, c in costs.items()
    ]
    return table(("", "CPU s", "seconds", "MB", "CPU of ours", "time of ours"), rows)


def page(parts: dict[str, list[str]], rounds: int, chosen: list[str]) -> str:
    """Return docs/benchmarks.md."""
    titles = {
        "start": "Start",
        "cold": "Cold: nothing cached",
        "warm": "Warm: nothing changed since the last run",
        "flake8": "As a plugin of flake8",
        "growth": "Growth",
        "generated": "Generated files",
    }
    lines = ["# Benchmarks", "", *(__doc__ or "").split("\n\n")[2].strip().splitlines(), ""]
    lines += [f"`python benchmarks/speed.py --write`, {rounds} rounds, on {', '.join(PACKAGES)}; Python"]
    lines += [
        f"{platform.python_version()}, {os.cpu_count()} cores. Peers: {', '.join(peers.PINNED[name][0] for name in chosen)}."
    ]
    for part, text in parts.items():
        lines += ["", f"## {titles[part]}", "", *text]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--folder", type=Path, default=Path(".benchmarks"), help="for packages and the peers' environments"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--peers", default="ruff,bandit,torchfix,fixit")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--parse", nargs="+", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.parse:
        return parse(options.parse)
    benchmarks = Benchmarks(options.folder.resolve(), options.rounds, options.peers.split(","))
    parts = {}
    for part in options.only.split(","):
        parts[part] = getattr(benchmarks, part)()
        print(f"\n{part}\n", *parts[part], sep="\n", flush=True)
    if options.write:
        DOCS.write_text(page(parts, options.rounds, options.peers.split(",")), encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
