"""Fixes are made as a whole or put off, and files are replaced as a whole or not at all."""

from __future__ import annotations

import ast
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_lint import fix
from mlsec_lint.model import Edit, Fix, SourceError


def change(start: int, end: int, text: str, *more: Edit, safety: str = "safe") -> Fix:
    """A fix on the first line, at 0-based offsets."""
    return Fix(safety, (Edit(1, start + 1, 1, end + 1, text), *more))


def test_fixes_are_made_wherever_they_stand() -> None:
    text = "a = 1\nb = 2\n"
    fixes = [Fix("safe", (Edit(2, 5, 2, 6, "4"),)), Fix("safe", (Edit(1, 5, 1, 6, "3"),))]
    assert fix.merge(text, fixes) == ("a = 3\nb = 4\n", [fixes[1], fixes[0]], [])


def test_overlapping_fixes_wait() -> None:
    first, second = change(0, 5, "f(x)"), change(2, 4, "+ ")
    assert fix.merge("a - b", [second, first]) == ("f(x)", [first], [second])


def test_two_insertions_at_one_place_wait_for_each_other_unless_they_are_the_same() -> None:
    first, second, again = change(3, 3, ", b=1"), change(3, 3, ", c=1"), change(3, 3, ", b=1")
    assert fix.merge("f(a)", [first, second, again]) == ("f(a, b=1)", [first, again], [second])


def test_an_import_that_two_fixes_need_is_added_once() -> None:
    needed = Edit(1, 1, 1, 1, "import m\n")
    one, two = Fix("safe", (needed, Edit(1, 1, 1, 2, "m.f"))), Fix("safe", (needed, Edit(2, 1, 2, 2, "m.f")))
    assert fix.merge("f(1)\nf(2)\n", [one, two])[0] == "import m\nm.f(1)\nm.f(2)\n"


def test_a_fix_is_not_made_in_part() -> None:
    first = change(0, 1, "x")
    both = change(0, 1, "y", Edit(1, 5, 1, 6, "z"))
    assert fix.merge("a = b", [first, both]) == ("x = b", [first], [both])


def test_a_fix_that_would_break_the_text_is_put_off_alone() -> None:
    bad, good = change(0, 1, "("), Fix("safe", (Edit(2, 5, 2, 6, "3"),))
    assert fix.merge("a = 1\nb = 2\n", [bad, good]) == ("a = 1\nb = 3\n", [good], [bad])


@pytest.mark.parametrize(("safety", "unsafe", "made"), [
    ("safe", False, True), ("safe", True, True), ("unsafe", False, False), ("unsafe", True, True),
    ("display", False, False), ("display", True, False),
])  # fmt: skip
def test_only_what_was_asked_for_is_made(safety: str, unsafe: bool, made: bool) -> None:
    new, applied, postponed = fix.merge("a", [change(0, 1, "b", safety=safety)], unsafe)
    assert (new, len(applied), postponed) == (("b", 1, []) if made else ("a", 0, []))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["", "1", "a", "(", ", b", "\n"]))))
def test_whatever_the_fixes_the_result_parses_and_each_is_made_or_put_off(spans: list[tuple[int, int, str]]) -> None:
    text = "f(a, b, [1])\n"
    fixes = [change(min(span[:2]), max(span[:2]), span[2]) for span in spans]
    new, applied, postponed = fix.merge(text, fixes)
    ast.parse(new)
    assert sorted(map(repr, [*applied, *postponed])) == sorted(map(repr, fixes))


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a = 1\n", "a = 2\n", b"a = 2\n"),
        (b"a = 1\r\nb\r\n", "a = 2\nb\nc\n", b"a = 2\r\nb\r\nc\r\n"),
        (b"a = 1\r\nb\n", "a = 2\r\nb\n", b"a = 2\r\nb\n"),
        (b"\xef\xbb\xbfa = 1\n", "a = 2\n", b"\xef\xbb\xbfa = 2\n"),
        (b"\xef\xbb\xbf{}\n", "\ufeff{1}\n", b"\xef\xbb\xbf{1}\n"),
        (
            "# coding: latin-1\na = 'é'\n".encode("latin-1"),
            "# coding: latin-1\nb = 'é'\n",
            b"# coding: latin-1\nb = '\xe9'\n",
        ),
    ],
    ids=["plain", "crlf", "mixed", "mark", "marked-notebook", "latin-1"],
)
def test_a_file_keeps_its_encoding_and_its_line_ends(tmp_path: Path, before: bytes, text: str, after: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(before)
    fix.write(str(path), fix.encoded(before, text, "a.py"))
    assert path.read_bytes() == after
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.py", tmp_path / "link.py"
    path.write_text("a = 1\n")
    path.chmod(0o751)
    link.symlink_to(path)
    fix.write(str(link), b"a = 2\n")
    assert link.is_symlink()
    assert path.read_text() == "a = 2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751


def test_a_text_that_the_encoding_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: latin-1\n")
    with pytest.raises(SourceError, match="cannot be written as iso-8859-1"):
        fix.encoded(path.read_bytes(), "# coding: latin-1\nx = '€'\n", "a.py")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_half_way_leaves_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.py"
    path.write_text("a = 1\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(SourceError, match="cannot be written: no space left on device"):
        fix.write(str(path), b"a = 2\n")
    assert path.read_text() == "a = 1\n"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_process_killed_before_the_file_is_moved_leaves_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("a = 1\n")
    program = (
        "import os, signal, sys\nfrom mlsec_lint import fix\n"
        "os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)\nfix.write(sys.argv[1], b'a = 2\\n')\n"
    )
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program, str(path)]) == -9
    assert path.read_text() == "a = 1\n"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "folder"])
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "a.py"
    make(path)
    with pytest.raises(SourceError):
        fix.write(str(path), b"a = 2\n")
