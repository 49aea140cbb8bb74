# /// script
# dependencies = ["mlsec-lint", "unearth>=0.17"]
# ///
"""Lint the notebooks inside 25 source distributions: findings by rule, their places, and a random sample to be read.

usage: python benchmarks/notebooks.py [--folder FOLDER] [--sample N] [--seed S] [--readings FILE]

Source distributions are found and downloaded with unearth; only their notebooks are unpacked, and nothing is built,
imported or run.  For every notebook the text that is written back without a fix has to be the text that was read, and
every finding has to stand on the line of the file that holds the line of its cell.
"""

from __future__ import annotations

import argparse
import collections
import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from mlsec_lint import source
from mlsec_lint.model import SourceError
from mlsec_lint.source import notebook

PACKAGES = (
    *("audiocraft==1.3.0", "ax-platform==1.3.1", "bambi==0.17.2", "botorch==0.18.1", "brevitas==0.13.4"),
    *("cellpose==4.2.1.1", "chromadb==1.5.9", "datamol==0.13.0", "demucs==4.1.0", "flax==0.12.8"),
    *("gpytorch==1.15.2", "graphium==2.4.7", "hummingbird-ml==0.4.12", "imitation==1.0.1", "instructor==1.17.0"),
    *("llama-cpp-python==0.3.36", "matgl==4.1.2", "molfeat==1.0.0", "pyannote.audio==4.0.7", "pyLDAvis==3.4.1"),
    *("ragas==0.4.3", "sahi==0.12.8", "segment-geospatial==1.4.2", "shap==0.51.0", "tsfresh==0.21.2"),
)


def fetch(requirement: str, folder: Path) -> Path:
    """Return the folder that holds the notebooks of a source distribution, downloading it the first time."""
    target = folder / requirement.replace("==", "-")
    if not target.exists():
        with tempfile.TemporaryDirectory() as download:
            subprocess.run(
                ["unearth", "--no-binary", "--download", download, requirement], check=True, stdout=subprocess.DEVNULL
            )
            with tarfile.open(next(Path(download).glob("*.tar.gz"))) as archive:
                for member in archive:
                    place = (target / member.name).resolve()
                    held = archive.extractfile(member) if member.isfile() and member.name.endswith(".ipynb") else None
                    if held is not None and place.is_relative_to(target.resolve()):
                        place.parent.mkdir(parents=True, exist_ok=True)
                        place.write_bytes(held.read())
    return target


def lint(folder: Path) -> dict[str, Any]:
    """Return the report on a folder's notebooks at the default settings."""
    command = [sys.executable, "-m", "mlsec_lint", "check", "--isolated", "--no-gitignore", "--only", "notebook"]
    run = subprocess.run([*command, "--exit-zero", "--format", "json", "."], cwd=folder, stdout=subprocess.PIPE)
    return dict(json.loads(run.stdout))


def comes_back(path: Path) -> bool | None:
    """Return whether a notebook that is read and written back without a fix has the same bytes; None if it is unread."""
    data = path.read_bytes()
    try:
        read = source.read(str(path), path.name, kind="notebook")
    except SourceError:
        return None
    return notebook.write_back(read.raw, ()).encode("utf-8") == data


def cell_line(path: Path, finding: dict[str, Any]) -> str:
    """Return the line of the cell at which a finding stands, read without any code of the linter."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    cells = data["cells"] if "cells" in data else [c for sheet in data["worksheets"] for c in sheet["cells"]]
    text = cells[finding["cell"] - 1].get("source", cells[finding["cell"] - 1].get("input", ""))
    lines = "".join(text).split("\n")
    return lines[finding["cell_line"] - 1] if finding["cell_line"] <= len(lines) else ""


def is_placed(path: Path, finding: dict[str, Any]) -> bool:
    """Return whether the line of the file that a finding names holds the line of the cell that it names."""
    row = path.read_text(encoding="utf-8-sig").split("\n")[finding["line"] - 1]
    line = cell_line(path, finding)
    return any(json.dumps(line, ensure_ascii=ascii)[1:-1] in row for ascii in (True, False))


def key(package: str, finding: dict[str, Any]) -> str:
    """Return what tells one finding from another in the table of readings."""
    return f"{finding['code']} {package} {finding['path']} {finding['cell']}:{finding['cell_line']}"


def sample(
    everything: list[tuple[str, Path, dict[str, Any]]], size: int, seed: int
) -> list[tuple[str, Path, dict[str, Any]]]:
    """Return a random part of the findings; one that is gone or new changes one place of it, and no more."""

    def drawn(one: tuple[str, Path, dict[str, Any]]) -> bytes:
        return hashlib.sha256(f"{seed} {key(one[0], one[2])}".encode()).digest()

    return sorted(everything, key=drawn)[:size]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/notebooks"))
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--readings", type=Path, default=Path(__file__).parent / "readings" / "notebooks.tsv")
    options = parser.parse_args()
    everything: list[tuple[str, Path, dict[str, Any]]] = []
    back: collections.Counter[bool | None] = collections.Counter()
    unread = 0
    for package in PACKAGES:
        folder = fetch(package, options.folder)
        back.update(comes_back(path) for path in sorted(folder.rglob("*.ipynb")))
        report = lint(folder)
        unread += len(report["unread"])
        everything += [(package, folder / one["path"], one) for one in report["findings"] if one["code"] != "MLS901"]
    counts = collections.Counter((one["code"], one["severity"], one["confidence"]) for _, _, one in everything)
    for (code, severity, confidence), count in sorted(counts.items()):
        print(f"{code} {severity:6} {confidence:6} {count}")
    print(f"\n{len(everything)} findings in {sum(back.values())} notebooks; {unread} cells or files not read (MLS901)")
    print(
        f"written back with the same bytes: {back[True]} of {back[True] + back[False]} ({back[None]} are no notebooks)"
    )
    in_cells = [(path, one) for _, path, one in everything if one["cell"]]
    placed = sum(is_placed(path, one) for path, one in in_cells)
    print(f"on the line of the file that holds the cell's line: {placed} of {len(in_cells)}")
    read: dict[str, str] = {}
    if options.readings.exists():
        with options.readings.open(encoding="utf-8", newline="") as file:
            read = {row["finding"]: row["verdict"] for row in csv.DictReader(file, delimiter="\t")}
    chosen = sample(everything, options.sample, options.seed)
    verdicts = collections.Counter(read.get(key(package, one), "not read") for package, _, one in chosen)
    print(f"sample of {len(chosen)}, seed {options.seed}: {dict(verdicts)}")
    for package, path, one in chosen:
        if key(package, one) not in read:
            print(f"\n{key(package, one)}\n    {cell_line(path, one).strip()}\n    {one['message']}")


if __name__ == "__main__":
    main()
