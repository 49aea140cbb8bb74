"""Make every fix in copies of real packages, and prove that nothing broke: counts by rule, and the differences to read.

usage: python benchmarks/fixes.py [--folder FOLDER] [--audit] [--diffs FILE] [NAME==VERSION ...]

By default the frameworks' wheels of `packages.py` and some source archives with many notebooks. Of each copy is shown
that every changed file parses as it did before, that a notebook's JSON is the same outside the source of its cells,
that none of the findings that had a fix is reported again and no other came, and that a second run changes nothing.
Exits with 1 where one of these does not hold. Nothing of a package is imported or run.
"""

from __future__ import annotations

import argparse
import ast
import collections
import difflib
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from packages import FRAMEWORKS, fetch

NOTEBOOKS = (
    "ragas==0.4.3",
    "segment-geospatial==1.4.2",
    "pyannote.audio==4.0.7",
    "d2l==1.0.3",
    "aitextgen==0.6.0",
    "llmware==0.4.3",
)
KEPT = (".py", ".ipynb", ".sh", ".txt", ".toml", ".yml", ".yaml", ".cfg")
Findings = list[dict[str, Any]]


def check(path: Path, *more: str) -> Findings:
    """Return the findings of the folder, or what is left after the fixes that `more` asks for."""
    command = [
        sys.executable,
        "-m",
        "mlsec_lint",
        "check",
        "--isolated",
        "--no-gitignore",
        "--no-cache",
        "--exit-zero",
        "-q",
    ]
    done = subprocess.run([*command, "--format", "json", *more, "."], cwd=path, stdout=subprocess.PIPE)
    return list(json.loads(done.stdout)["findings"])


def copied(package: Path, target: Path) -> Path:
    """Return a copy of the package's text files."""
    for file in package.rglob("*"):
        if file.is_file() and (file.suffix in KEPT or file.name.startswith("Dockerfile")):
            place = target / file.relative_to(package)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    return target


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def parses(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def outside_of_cells(data: bytes) -> object:
    """Return what a notebook holds beside the source of its code cells."""
    notebook = json.loads(data)
    for cell in notebook.get("cells", []):
        if cell.get("cell_type") == "code":
            cell["source"] = ""
    return notebook


def has_fix(finding: dict[str, Any]) -> bool:
    return finding["fix"] is not None and finding["fix"]["safety"] != "display"


def counted(findings: Findings) -> collections.Counter[tuple[str, str]]:
    return collections.Counter((str(one["path"]), str(one["code"])) for one in findings)


def faults(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return what is wrong with the files that were changed."""
    said = []
    for name, data in after.items():
        old = before[name]
        if data == old:
            continue
        if name.endswith(".py") and parses(old) and not parses(data):
            said.append(f"{name}: does not parse any more")
        if name.endswith(".ipynb") and outside_of_cells(old) != outside_of_cells(data):
            said.append(f"{name}: is changed outside of its cells")
        if old.count(b"\r\n") != old.count(b"\n") and data.count(b"\r\n") > old.count(b"\r\n"):
            said.append(f"{name}: has other line ends")
    return said


def at_a_change(finding: dict[str, Any], before: dict[str, bytes], after: dict[str, bytes]) -> bool:
    """Tell whether a finding stands where something was mended: the lesser fault of the same call is told now."""
    path = str(finding["path"])
    texts = [data[path].decode("utf-8", "replace").splitlines() for data in (before, after)]
    changes = [code for code in difflib.SequenceMatcher(None, *texts, False).get_opcodes() if code[0] != "equal"]
    return any(start < finding["end_line"] and finding["line"] <= end for _, _, _, start, end in changes)


def diff(name: str, old: bytes, new: bytes) -> str:
    texts = [data.decode("utf-8", "replace").splitlines(keepends=True) for data in (old, new)]
    return "".join(difflib.unified_diff(*texts, f"a/{name}", f"b/{name}"))


def mend(package: Path, settings: list[str], diffs: Path | None) -> tuple[list[str], collections.Counter[str]]:
    """Return what went wrong in a copy of the package, and how many findings of each rule were mended."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(package, Path(folder) / "copy")
        before, files = check(copy, *settings), contents(copy)
        check(copy, *settings, "--fix", "--unsafe-fixes")
        after, mended = check(copy, *settings), contents(copy)
        check(copy, *settings, "--fix", "--unsafe-fixes")
        said = faults(files, mended)
        if contents(copy) != mended:
            said.append("a second run changes something")
        said += [f"{one['path']}:{one['line']}: {one['code']} still has a fix" for one in after if has_fix(one)]
        came = counted(after) - counted(before)
        behind = [one for one in after if (one["path"], one["code"]) in came and at_a_change(one, files, mended)]
        said += [f"{path}: {count} new {code}" for (path, code), count in (came - counted(behind)).items()]
        gone = counted(before) - counted(after)
        wanted = counted([one for one in before if has_fix(one)])
        said += [f"{path}: {code} stays {count} times" for (path, code), count in (wanted - gone).items()]
        if diffs is not None:
            with diffs.open("a", encoding="utf-8") as out:
                out.writelines(diff(f"{package.name}/{name}", files[name], mended[name]) for name in sorted(mended))
    numbers: collections.Counter[str] = collections.Counter()
    for (_, code), count in gone.items():
        numbers[code] += count
    changed = sum(1 for name in files if files[name] != mended[name])
    print(
        f"{package.name}: {len(before)} findings, {sum(numbers.values())} gone, {changed} of {len(files)} files changed"
    )
    return said, numbers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--audit", action="store_true", help="with --audit --preview")
    parser.add_argument("--diffs", type=Path, help="write the differences to this file")
    options = parser.parse_args()
    settings = ["--audit", "--preview"] if options.audit else []
    total: collections.Counter[str] = collections.Counter()
    wrong = 0
    for package in options.packages or (*FRAMEWORKS, *NOTEBOOKS):
        kind = "wheel" if package in FRAMEWORKS else "sdist"
        said, numbers = mend(fetch(package, options.folder, kind), settings, options.diffs)
        total += numbers
        wrong += len(said)
        print("".join(f"  {line}\n" for line in said), end="", flush=True)
    print(f"\nmended: {sum(total.values())}, wrong: {wrong}")
    print("".join(f"  {code} {count}\n" for code, count in sorted(total.items())), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
