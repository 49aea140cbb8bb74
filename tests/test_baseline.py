"""The baseline: accepting hides nothing that was not there, and it only grows when it is told to."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_lint import baseline, rules
from mlsec_lint.check import check
from mlsec_lint.model import ConfigError, Finding, Level, Source

NAME = "baseline.json"


def _finding(line: int, code: str = "MLS101", path: str = "a.py", scope: str = "", excerpt: str = "x()") -> Finding:
    return Finding(
        path, line, 1, code, "n", "m", Level.HIGH, Level.HIGH, line, 4, scope=scope, excerpt=excerpt, text_line=line
    )


FINDINGS = st.lists(
    st.builds(
        _finding,
        line=st.integers(1, 30),
        code=st.sampled_from(["MLS101", "MLS201", "MLS902"]),
        path=st.sampled_from(["a.py", "b/c.py"]),
        scope=st.sampled_from(["", "f"]),
        excerpt=st.sampled_from(["x()", "y = x()", "  x( )"]),
    ),
    max_size=12,
)
PATHS = ("a.py", "b/c.py")


def _split(findings: list[Finding], accepted: baseline.Accepted) -> baseline.Outcome:
    return baseline.split(findings, accepted, NAME, only=PATHS)


def _contents(findings: list[Finding]) -> Counter[baseline.Entry]:
    return Counter(baseline.entry_of(one) for one in findings)


# ---------------------------------------------------------------- properties


@given(FINDINGS)
def test_what_was_accepted_is_hidden_and_nothing_is_stale(findings: list[Finding]) -> None:
    outcome = _split(findings, baseline.accept(findings, NAME))
    assert {one.code[:4] for one in outcome.new} <= {"MLS9"}
    assert outcome.stale == {}


@given(FINDINGS, FINDINGS)
def test_accepting_never_hides_what_was_not_there(before: list[Finding], after: list[Finding]) -> None:
    outcome = _split(after, baseline.accept(before, NAME))
    hidden = _contents([one.finding for one in outcome.accepted])
    assert all(hidden[entry] <= _contents(before)[entry] for entry in hidden)
    assert Counter(outcome.new) + Counter(one.finding for one in outcome.accepted) == Counter(after)


@given(FINDINGS, st.integers(1, 50))
def test_moving_code_keeps_what_was_accepted(findings: list[Finding], by: int) -> None:
    moved = [replace(one, line=one.line + by, end_line=one.end_line + by) for one in findings]
    accepted = baseline.accept(findings, NAME)
    assert len(_split(moved, accepted).new) == len(_split(findings, accepted).new)


@given(FINDINGS, st.data())
def test_one_more_of_the_same_is_reported(findings: list[Finding], data: st.DataObject) -> None:
    mine = [one for one in findings if not one.code.startswith("MLS9")]
    accepted = baseline.accept(mine, NAME)
    if mine:
        twin = replace(data.draw(st.sampled_from(mine)), line=99)
        assert [baseline.entry_of(one) for one in _split([*mine, twin], accepted).new] == [baseline.entry_of(twin)]


@given(FINDINGS, FINDINGS)
def test_pruning_never_adds_and_takes_only_what_is_stale(before: list[Finding], after: list[Finding]) -> None:
    accepted = baseline.accept(before, NAME)
    outcome = _split(after, accepted)
    pruned = baseline.prune(accepted, outcome.stale)
    assert all(count <= accepted[entry] for entry, count in pruned.items())
    again = _split(after, pruned)
    assert (again.new, again.stale) == (outcome.new, {})


@given(FINDINGS)
def test_what_is_written_is_what_is_read(findings: list[Finding]) -> None:
    import tempfile

    accepted = baseline.accept(findings, NAME)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, NAME)
        file.write_text(baseline.written(accepted), encoding="utf-8")
        assert baseline.read(str(file)) == accepted


@given(FINDINGS)
def test_fingerprints_are_unique_and_do_not_depend_on_the_order(findings: list[Finding]) -> None:
    distinct = list({one.order: one for one in findings}.values())
    marked = baseline.fingerprinted(distinct)
    assert len({one.fingerprint for one in marked}) == len(distinct)
    backwards = baseline.fingerprinted(reversed(distinct))
    assert {one.order: one.fingerprint for one in marked} == {one.order: one.fingerprint for one in backwards}


LOADS = st.lists(st.sampled_from(["pickle.load(a)", "pickle.load(b)", "torch.load(a)", "len(a)"]), max_size=4)
FUNCTIONS = st.dictionaries(st.sampled_from("fgh"), LOADS, max_size=3)


def _checked(functions: list[tuple[str, list[str]]], blank: int = 0) -> list[Finding]:
    """The findings in a module of these functions, with blank lines between everything."""
    parts = ["import pickle", "import torch"]
    for name, calls in functions:
        parts += [f"def {name}(a, b):", *(f"    {call}" for call in calls), "    return a"]
    text = ("\n" * (blank + 1)).join(parts) + "\n"
    return check(Source("a.py", text), rules.load())


@settings(max_examples=20)  # each one is checked several times
@given(FUNCTIONS, st.randoms(use_true_random=False), st.integers(0, 3))
def test_real_code_may_be_moved_about_and_a_twin_is_still_seen(
    functions: dict[str, list[str]], shuffle: random.Random, blank: int
) -> None:
    accepted = baseline.accept(_checked(list(functions.items())), NAME)
    moved = list(functions.items())
    shuffle.shuffle(moved)
    assert _split(_checked(moved, blank), accepted).new == ()
    for number, (name, calls) in enumerate(moved):
        for call in set(calls) - {"len(a)"}:
            more = [*moved[:number], (name, [*calls, call]), *moved[number + 1 :]]
            (twin,) = _split(_checked(more, blank), accepted).new
            assert (twin.scope, twin.excerpt) == (name, call)


# ---------------------------------------------------------------- cases


def test_the_fourth_of_three_accepted_is_the_last_in_the_file() -> None:
    accepted = baseline.accept([_finding(1), _finding(5), _finding(9)], NAME)
    outcome = _split([_finding(2), _finding(6), _finding(10), _finding(20)], accepted)
    assert [one.line for one in outcome.new] == [20]


def test_another_function_is_another_entry() -> None:
    accepted = baseline.accept([_finding(1, scope="f")], NAME)
    assert len(_split([_finding(1, scope="g")], accepted).new) == 1


def test_blanks_in_the_line_do_not_matter() -> None:
    accepted = baseline.accept([_finding(1, excerpt="x(1,  2)")], NAME)
    assert _split([_finding(1, excerpt="x(1, 2)")], accepted).new == ()


def test_what_the_linter_says_about_itself_is_never_accepted() -> None:
    assert baseline.accept([_finding(1, code="MLS901")], NAME) == {}
    entry = baseline.entry_of(_finding(1, code="MLS901"))
    assert len(_split([_finding(1, code="MLS901")], {entry: 1}).new) == 1


def test_the_file_has_one_sorted_entry_a_line() -> None:
    text = baseline.written(
        baseline.accept([_finding(9, path="b.py"), _finding(1), _finding(3), _finding(2, "MLS201")], NAME)
    )
    assert text == (
        '{"version": 1, "accepted": [\n'
        '{"code": "MLS101", "path": "a.py", "function": "", "line": "x()", "count": 2},\n'
        '{"code": "MLS201", "path": "a.py", "function": "", "line": "x()", "count": 1},\n'
        '{"code": "MLS101", "path": "b.py", "function": "", "line": "x()", "count": 1}\n'
        "]}\n"
    )
    assert baseline.written({}) == '{"version": 1, "accepted": []}\n'


def test_paths_are_kept_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(tmp_path / NAME)
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    accepted = baseline.accept([_finding(1, path="src/a.py")], name)
    monkeypatch.chdir(tmp_path / "src")
    assert baseline.split([_finding(1, path="a.py")], accepted, name, only=["a.py"]).new == ()


def test_an_entry_is_stale_only_where_its_file_was_read_or_is_gone(tmp_path: Path) -> None:
    name = str(tmp_path / NAME)
    (tmp_path / "a.py").write_text("")
    (tmp_path / "b.py").write_text("")
    read, other, gone = (baseline.entry_of(_finding(1, path=path)) for path in ("a.py", "b.py", "c.py"))
    checked = [str(tmp_path / "a.py")]
    assert [baseline.covers(entry, name, checked) for entry in (read, other, gone)] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a baseline"),
        ("[]", "has no list `accepted`"),
        ('{"version": 2, "accepted": []}', "is 2; this mlsec-lint reads 1"),
        ('{"version": 1, "accepted": [1]}', r"accepted\[1\]: must be an object"),
        ('{"version": 1, "accepted": [{"code": "MLS101"}]}', "needs path, code"),
        (
            '{"version": 1, "accepted": [{"code": "A", "path": "p", "function": "", "line": "", "count": 0}]}',
            "count of at least 1",
        ),
    ],
)
def test_a_broken_baseline_is_told(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / NAME
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        baseline.read(str(file))


def test_a_missing_baseline_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        baseline.read(str(tmp_path / NAME))


def test_half_a_surrogate_pair_can_be_written(tmp_path: Path) -> None:
    accepted = baseline.accept([_finding(1, excerpt="x('\ud800')"), _finding(2, excerpt="x('é')")], NAME)
    file = tmp_path / NAME
    file.write_text(baseline.written(accepted), encoding="utf-8")
    assert baseline.read(str(file)) == accepted
    assert "é" in file.read_text(encoding="utf-8")
