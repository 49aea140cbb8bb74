"""Lint real packages: findings by rule, severity and confidence, and a random sample to be read by a person.

usage: python benchmarks/packages.py [--folder FOLDER] [--sample N] [--seed S] [--flow-cost] [NAME==VERSION ...]

Wheels are downloaded with pip, without dependencies, and unpacked; nothing of them is built, imported or run.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

PACKAGES = (
    "transformers==4.57.1",
    "diffusers==0.35.2",
    "vllm==0.11.0",
    "langchain-community==0.3.31",
    "mlflow==3.5.0",
)


def fetch(requirement: str, folder: Path) -> Path:
    """Return the folder that holds the Python files of a wheel, downloading it the first time."""
    target = folder / requirement.replace("==", "-")
    if not target.exists():
        with tempfile.TemporaryDirectory() as wheels:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", wheels]
            subprocess.run([*pip, requirement], check=True)
            with zipfile.ZipFile(next(Path(wheels).glob("*.whl"))) as wheel:
                wheel.extractall(target, [name for name in wheel.namelist() if name.endswith((".py", ".ipynb"))])
    return target


def lint(path: Path) -> tuple[list[dict[str, object]], float]:
    """Return the findings of one folder at the default settings, and the seconds it took."""
    start = time.monotonic()
    command = [sys.executable, "-m", "mlsec_lint", "check", "--isolated", "--exit-zero", "--format", "json", path.name]
    out = subprocess.run(command, cwd=path.parent, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)["findings"], time.monotonic() - start


def flow_cost(path: Path) -> tuple[float, float]:
    """Return the CPU seconds of checking a folder's files one by one, with flow and project knowledge and without."""
    from mlsec_lint import rules, source
    from mlsec_lint.check import check
    from mlsec_lint.model import SourceError
    from mlsec_lint.project import Project
    from mlsec_lint.python import judging

    ruleset = rules.load()
    files = [str(p) for p in sorted(path.rglob("*.py"))]
    known = Project([(f, f) for f in files], str(path))
    seconds = []
    for with_flow in (True, False):
        live = judging.live
        if not with_flow:
            judging.live = lambda walker, value: frozenset()  # nothing has an origin
        start = time.process_time()
        for file in files:
            try:
                check(source.read(file, file, str(path)), ruleset, project=known if with_flow else None)
            except SourceError:
                continue
        seconds.append(time.process_time() - start)
        judging.live = live
    return seconds[0], seconds[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--flow-cost", action="store_true")
    options = parser.parse_args()
    everything: list[dict[str, object]] = []
    for package in options.packages:
        path = fetch(package, options.folder)
        if options.flow_cost:
            both, alone = flow_cost(path)
            print(f"{package}: {both:.1f} s with flow, {alone:.1f} s without, ratio {both / alone:.2f}")
            continue
        found, seconds = lint(path)
        everything += found
        print(f"\n{package}: {len(found)} findings in {seconds:.0f} s")
        counts = collections.Counter((str(f["code"]), str(f["severity"]), str(f["confidence"])) for f in found)
        for (code, severity, confidence), count in sorted(counts.items()):
            print(f"  {code} {severity:6} {confidence:6} {count}")
    chosen = random.Random(options.seed).sample(everything, min(options.sample, len(everything)))
    for finding in chosen:
        path, line = options.folder / str(finding["path"]), int(str(finding["line"]))
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1].strip()
        print(f"\n{finding['code']} {finding['path']}:{line}\n    {text}\n    {finding['message']}")


if __name__ == "__main__":
    main()
