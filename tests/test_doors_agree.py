"""flake8 and the command line say the same of the same Python file: one line, one column, one code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from mlsec_lint import rules

ROOT = Path(__file__).resolve().parents[1]

# What is said about suppressions only the command line says; what does not parse flake8 reports by itself.
ABOUT_COMMENTS = {"MLS902", "MLS903", "MLS904"}
Places = set[tuple[str, int, int, str]]


def texts() -> Iterator[tuple[str, str]]:
    """Every example, fixture and file of the sample project that is Python, each with a name of its own."""
    for rule in rules.load(keep=False).rules:
        for number, example in enumerate(rule.examples):
            if PurePath(example.filename).suffix == ".py":
                yield f"{rule.code}_{number}/{PurePath(example.filename).name}", example.code
    for path in sorted([*ROOT.glob("examples/*.py"), *ROOT.glob("tests/fixtures/**/*.py")]):
        name = path.relative_to(ROOT).as_posix().replace("/", "_")
        yield f"{name.removesuffix('.py')}/{path.name}", path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them in folders of their own, so that no file knows of another."""
    root = tmp_path_factory.mktemp("doors")
    for name, text in texts():
        path = root / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    # What flake8 does to lines and columns: other line ends, a mark, tabs, form feeds, wide characters, suppressions.
    fault = "import pickle\nx = pickle.load(f)\n"
    odd = {
        "crlf": fault.replace("\n", "\r\n"),
        "mark": "\ufeff" + fault,
        "tabs": "import pickle\nif 1:\n\tx = 'é🙂'; pickle.load(f)\n",
        "feed": "import pickle\n\x0c\nx = pickle.load(f)\n",
        "noqa": fault + "y = pickle.load(f)  # noqa: MLS101 -- ours\nz = pickle.load(f)  # noqa\n",
        "spread": "import pickle\nx = [\n    pickle.load(f),\n    1,  # noqa: MLS101 -- anywhere in the statement\n]\n",
        "other": fault.replace("load(f)", "load(f)  # noqa: E501"),
        "whole": "# flake8: noqa\n" + fault,
    }
    for name, text in odd.items():
        (root / name).mkdir()
        (root / name / "a.py").write_bytes(text.encode())
    return root


def by_command(folder: Path, *options: str) -> Places:
    done = subprocess.run(
        [sys.executable, "-m", "mlsec_lint", "check", ".", "--isolated", "--format", "json", *options],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["findings"]
    return {(one["path"], one["line"], one["column"], one["code"]) for one in found}


def by_flake8(folder: Path, *options: str) -> Places:
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "MLS,E9", "--format", "%(path)s|%(row)d|%(col)d|%(code)s",
         *options, "."],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    places = set()
    for line in done.stdout.splitlines():
        path, row, column, code = line.split("|")
        places.add((path.removeprefix("./"), int(row), int(column), code))
    return places


def compared(command: Places, flake8: Places) -> tuple[Places, Places]:
    """What each of the two says alone, of the files that parse."""
    broken = {path for path, _, _, code in flake8 if code.startswith("E9")}
    command = {place for place in command if place[3] not in ABOUT_COMMENTS and place[0] not in broken}
    flake8 = {place for place in flake8 if place[0] not in broken}
    return command - flake8, flake8 - command


def test_both_doors_say_the_same(folder: Path) -> None:
    command, flake8 = by_command(folder), by_flake8(folder)
    assert len(flake8) > 100
    assert compared(command, flake8) == (set(), set())


def test_both_doors_say_the_same_of_what_is_suppressed(folder: Path) -> None:
    command, flake8 = by_command(folder, "--no-noqa"), by_flake8(folder, "--disable-noqa")
    assert ("noqa/a.py", 3, 5, "MLS101") in flake8
    assert compared(command, flake8) == (set(), set())


def test_both_doors_say_the_same_under_the_same_settings(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        '[tool.mlsec-lint]\npreview = true\naudit = true\nignore = ["MLS102", "provenance"]\nmin-severity = "medium"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mlsec_lint", "check", ".", "--config", str(path), "--format", "json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["findings"]
    command = {(one["path"], one["line"], one["column"], one["code"]) for one in found}
    flake8 = by_flake8(folder, "--mlsec-config", str(path))
    assert {place[3] for place in flake8} & {"MLS101"}
    assert compared(command, flake8) == (set(), set())
