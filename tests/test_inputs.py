"""Every kind of file, as the examples of rules cannot show it: what is reported in `bad`, and that `good` is silent."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pytest

from mlsec_lint import others, rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Finding, Settings, SourceError

FOLDER = Path(__file__).parent / "fixtures" / "inputs"
RULES = rules.load(keep=False)
SUPPRESSED = {("notebooks/vscode.ipynb", "MLS209"), ("notebooks/windows.ipynb", "MLS209")}  # by comments in cells


def names(kind: str) -> list[str]:
    folder = FOLDER / kind
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def findings(kind: str, name: str) -> list[Finding]:
    read = source.read(str(FOLDER / kind / name), name)
    assert others.unreadable(read) == ()
    return check(read, RULES, Settings(preview=True))


def expected() -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for row in (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines():
        place, code = row.split()
        name, _, rest = place.partition(":")
        wanted[name].append(f"{rest} {code}")
    return wanted


def placed(one: Finding) -> str:
    where = f"{one.cell}:{one.cell_line}" if one.cell else str(one.line)
    return f"{where}:{one.column} {one.code}"


@pytest.mark.parametrize("name", names("bad"))
def test_each_fault_of_a_file_is_found_at_its_place(name: str) -> None:
    assert sorted(placed(one) for one in findings("bad", name)) == sorted(expected()[name])


@pytest.mark.parametrize("name", names("good"))
def test_what_only_looks_like_a_fault_is_silent(name: str) -> None:
    assert [placed(one) for one in findings("good", name) if (name, one.code) not in SUPPRESSED] == []


def test_every_kind_of_file_has_its_pair() -> None:
    assert names("bad") == names("good")


@pytest.mark.parametrize("name", [name for name in names("bad") if name.endswith(".ipynb")])
def test_the_line_of_a_notebook_s_file_holds_the_line_of_the_cell(name: str) -> None:
    text = (FOLDER / "bad" / name).read_text(encoding="utf-8-sig")
    data = json.loads(text)
    cells = data["cells"] if "cells" in data else data["worksheets"][0]["cells"]
    for one in findings("bad", name):
        if one.code == "MLS601":
            continue  # it stands in a saved output
        assert one.cell is not None
        assert one.cell_line is not None
        cell = cells[one.cell - 1]
        line = "".join(cell.get("source", cell.get("input"))).split("\n")[one.cell_line - 1]
        assert json.dumps(line)[1:-1] in text.split("\n")[one.line - 1]


def test_findings_of_cells_that_stand_in_one_line_of_the_file_are_kept_apart() -> None:
    assert len([one for one in findings("bad", "notebooks/kaggle.ipynb") if one.line == 1]) >= 4


@pytest.mark.parametrize("name", names("bad"))
def test_a_damaged_file_is_checked_or_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    whole = (FOLDER / "bad" / name).read_bytes()
    dice = random.Random(name)
    pieces = (
        b'"',
        b"'",
        b"\n",
        b"{",
        b"]",
        b"\\",
        b": ",
        b"$(",
        b"`",
        b"\r",
        b"\t",
        b"&a ",
        b"!x ",
        b"%",
        b"<<E\n",
        b"\xc3\xa9",
    )
    for _ in range(8):
        data = bytearray(whole)
        for _ in range(4):
            at = dice.randrange(len(data) + 1)
            data[at : at + dice.choice((0, 0, 9))] = dice.choice(pieces)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        try:
            read = source.read(str(path), name)
            found = check(read, RULES, Settings(preview=True, audit=True))
        except SourceError:
            continue  # said, with its reason
        else:
            rows = (read.raw or read.text).split("\n")
            assert all(1 <= one.line <= len(rows) + 1 and one.column >= 1 for one in found)
