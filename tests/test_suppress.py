"""`# noqa`: the same reading as flake8's, and what there is to say about it."""

from __future__ import annotations

import io
import re

import pytest
from flake8 import defaults
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import given
from hypothesis import strategies as st

from mlsec_lint import fix, rules, suppress
from mlsec_lint.check import check
from mlsec_lint.model import Finding, Hidden, Level, Place, Rule, Shell, Source
from mlsec_lint.suppress import comments


def _rule(code: str, name: str) -> Rule:
    return Rule(
        code, name, "linting", "s", f"{name}: {{value}}", Level.LOW, Level.HIGH, "stable", "0.1", ("2.4",), (1164,), (), (),
        (), "w", "i", "p",
    )  # fmt: skip


RULES = tuple(
    _rule(code, name)
    for code, name in (
        ("MLS101", "unsafe-read"),
        ("MLS102", "other-read"),
        ("MLS201", "moving-name"),
        ("MLS902", "unused"),
        ("MLS903", "blanket"),
        ("MLS904", "unexplained"),
    )
)


def _findings(source: Source) -> list[Finding]:
    """MLS101 wherever `bad(` stands, MLS102 wherever `worse(` does."""
    found = []
    for number, line in enumerate(source.text.split("\n"), start=1):
        for match in re.finditer(r"(bad|worse)\(", line):
            code = "MLS101" if match[1] == "bad" else "MLS102"
            place = source.places[number - 1].line if source.places else number
            found.append(
                Finding(
                    source.path,
                    place,
                    match.start() + 1,
                    code,
                    "n",
                    "m",
                    Level.HIGH,
                    Level.HIGH,
                    place,
                    match.end(),
                    text_line=number,
                )
            )
    return found


def _apply(text: str, require_reasons: bool = False, kind: str = "python") -> tuple[list[Finding], list[Hidden]]:
    source = Source("a.py", text, kind)
    return suppress.apply(source, _findings(source), RULES, require_reasons=require_reasons)


def _shown(text: str, require_reasons: bool = False, kind: str = "python") -> list[str]:
    return [f"{one.line}:{one.code}" for one in _apply(text, require_reasons, kind)[0]]


def _fixed(text: str) -> str:
    source = Source("a.py", text)
    return fix.apply(source, suppress.apply(source, _findings(source), RULES)[0])


# ---------------------------------------------------------------- what is hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad(x)\n", ["1:MLS101"]),
        ("bad(x)  # noqa: MLS101 -- why\n", []),
        ("bad(x)  # NoQA:MLS101\n", []),
        ("bad(x)  # noqa\n", []),
        ("bad(x)  # noqa: MLS1 -- prefix\n", []),
        ("bad(x)  # noqa: E501, MLS101 -- both\n", []),
        ("bad(x)  # noqa: E501 MLS101\n", []),
        ("bad(x)  # noqa: E501\n", ["1:MLS101"]),
        ("bad(x)  # type: ignore  # noqa: MLS101\n", []),
        ("bad(\n    x,\n)  # noqa: MLS101 -- brackets join no lines\n", ["1:MLS101", "3:MLS902"]),
        ("bad(x, \\\n    y)  # noqa: MLS101 -- a backslash does\n", []),
        ("bad(  # noqa: MLS101 -- at its start\n    x,\n)\n", []),
        ("y = [\n    bad(1),\n    worse(2),  # noqa: MLS102 -- this one\n]\n", ["2:MLS101"]),
        ('"""\ntext\n"""; bad(x)  # noqa: MLS101 -- behind a long string\n', []),
        ("bad(x); y = '''\n'''  # noqa: MLS101 -- the string belongs to the line\n", []),
        ("if x:\n    bad(x)\n    y()  # noqa: MLS101 -- the line below\n", ["2:MLS101", "3:MLS902"]),
        ("bad(x)  # nosec\n", ["1:MLS101"]),
        ("bad(x)  # noqa : MLS101\n", ["1:MLS903"]),
        ("bad(x)  # noqa MLS101\n", ["1:MLS903"]),
        ("bad(x)  # noqa:  MLS101 -- two blanks\n", ["1:MLS903"]),
        ("bad(x)  # noqa: MLS-101\n", ["1:MLS903"]),
        ("bad(x)  # noqa: unsafe-read -- by its name\n", ["1:MLS903"]),
        ("bad(x)  # noqa: mls101 -- in small letters\n", ["1:MLS101", "1:MLS903"]),
        ("bad(x)  # noqa: because-it-is-fine\n", []),
        ("bad(x)  # noqa -- see MLS101\n", []),
    ],
)
def test_what_a_comment_leaves(text: str, shown: list[str]) -> None:
    assert _shown(text) == shown


def test_a_hidden_finding_keeps_its_reason() -> None:
    _, hidden = _apply("bad(x)  # noqa: MLS101 -- read back -- at once  # type: ignore\n")
    assert [(one.by, one.reason) for one in hidden] == [("noqa", "read back -- at once")]


@pytest.mark.parametrize("line", ["# flake8: noqa", "  # FLAKE8=NOQA", "# flake8: noqa: E501"])
def test_a_whole_file_can_be_hidden(line: str) -> None:
    shown, hidden = _apply(f"x = 1\n{line}\nbad(x)\n")
    assert shown == []
    assert [one.reason for one in hidden] == ["the whole file: # flake8: noqa"]


def test_a_whole_file_is_not_hidden_by_a_comment_behind_code() -> None:
    assert _shown("x = 1  # flake8: noqa\nbad(x)\n") == ["2:MLS101"]


def test_a_whole_file_needs_a_reason_where_reasons_are_required() -> None:
    assert _shown("# flake8: noqa\nbad(x)\n", require_reasons=True) == ["1:MLS904"]
    assert _shown("# flake8: noqa -- generated\nbad(x)\n", require_reasons=True) == []


def test_in_other_files_each_line_stands_alone() -> None:
    text = "bad(  # noqa: MLS101 -- here\n bad(\n"
    assert _shown(text, kind="requirements") == ["2:MLS101"]


def test_a_file_that_does_not_tokenise_is_read_line_by_line() -> None:
    assert _shown("bad(x)  # noqa: MLS101 -- why\nbad(y)\n'''\n") == ["2:MLS101"]


def _notebook(*cells: str) -> Source:
    places, texts, line = [], [], 10
    for number, cell in enumerate(cells, start=1):
        for inner, text in enumerate(cell.splitlines(), start=1):
            places.append(Place(line, number, inner))
            texts.append(text)
            line += 1
        line += 5
    return Source("n.ipynb", "\n".join(texts) + "\n", "notebook", places=tuple(places))


def test_a_broken_cell_does_not_change_the_others() -> None:
    source = _notebook("x = (", "bad(  # noqa: MLS101 -- why\n  1,\n)", "y = 1  # noqa: MLS101")
    shown, hidden = suppress.apply(source, _findings(source), RULES)
    assert [one.finding.line for one in hidden] == [16]
    assert [(one.code, one.line, one.cell, one.cell_line) for one in shown] == [("MLS902", 24, 3, 1)]


def test_a_comment_on_a_shell_line_counts() -> None:
    source = Source("n.ipynb", "x\n\n", "notebook", shell=(Shell("bad( x # noqa: MLS101 -- why", 2, 2),))
    one = Finding("n.ipynb", 2, 2, "MLS101", "n", "m", Level.HIGH, Level.HIGH, 2, 5, text_line=2)
    assert suppress.apply(source, [one], RULES)[0] == []


# ---------------------------------------------------------------- what hides nothing, or gives no reason


def test_an_unused_code_is_reported_and_codes_of_others_are_not() -> None:
    assert _shown("x = 1  # noqa: MLS101\ny = 2  # noqa: E501\n") == ["1:MLS902"]


def test_a_blanket_that_hides_nothing_is_not_ours_to_judge() -> None:
    assert _shown("x = 1  # noqa\n") == []


def test_only_the_first_comment_of_a_statement_counts_and_the_second_is_unused() -> None:
    text = "bad(x)  # noqa: E501  # noqa: MLS101 -- not read\n"
    assert _shown(text) == ["1:MLS101", "1:MLS902"]


@pytest.mark.parametrize(
    "text",
    [
        's = "# noqa: MLS101"\n',
        's = "# noqa: MLS101"  # a comment\n',
        '"""\nWrite # noqa: MLS101 -- reason\n"""\n',
        "# Write `# noqa: MLS101 -- reason` behind the line.\n",
    ],
)
def test_text_about_comments_is_no_comment(text: str) -> None:
    assert _shown(text) == []


def test_a_finding_of_low_confidence_uses_its_comment() -> None:
    source = Source("a.py", "guess(x)  # noqa: MLS201 -- why\n")
    guess = Finding("a.py", 1, 1, "MLS201", "n", "m", Level.LOW, Level.LOW, 1, 9, text_line=1)
    assert [one.code for one in suppress.apply(source, [], RULES, everything=list)[0]] == ["MLS902"]
    assert suppress.apply(source, [], RULES, everything=lambda: [guess])[0] == []


def test_reasons_are_asked_for_only_where_they_are_required() -> None:
    text = "bad(x)  # noqa: MLS101\nbad(x)  # noqa\nbad(x)  # noqa: MLS101 -- why\nx = 1  # noqa: E501\n"
    assert _shown(text) == []
    assert _shown(text, require_reasons=True) == ["1:MLS904", "2:MLS904"]


def test_what_is_said_about_a_comment_can_be_hidden_by_its_code_only() -> None:
    assert _shown("x = 1  # noqa: MLS101, MLS902 -- kept for the tests\n") == []
    assert _shown("bad(x)  # noqa MLS101\n") == ["1:MLS903"]


def test_rules_that_are_not_wanted_say_nothing() -> None:
    source = Source("a.py", "x = 1  # noqa: MLS101\n")
    assert suppress.apply(source, [], RULES, selected=lambda rule: rule.code != "MLS902") == ([], [])


# ---------------------------------------------------------------- fixes and written comments


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # noqa: MLS101 -- gone\n", "x = 1\n"),
        ("x = 1  # noqa: MLS101 -- gone  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # keep  # noqa: MLS101\n", "x = 1  # keep\n"),
        ("x = 1  # noqa: E501, MLS101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: MLS101, E501 -- why\n", "x = 1  # noqa: E501 -- why\n"),
        ("bad(x)  # noqa : MLS101 -- why\n", "bad(x)  # noqa: MLS101 -- why\n"),
        ("bad(x)  # noqa MLS101\n", "bad(x)  # noqa: MLS101\n"),
        ("bad(x)  # noqa: unsafe-read -- why\n", "bad(x)  # noqa: MLS101 -- why\n"),
        ("bad(x)  # noqa: mls101 -- why\n", "bad(x)  # noqa: MLS101 -- why\n"),
    ],
)
def test_comments_are_mended(before: str, after: str) -> None:
    assert _fixed(before) == after
    assert [code for code in _shown(after) if "MLS90" in code] == []


def _excused(text: str, reason: str = "why") -> str:
    source = Source("a.py", text)
    found = _findings(source)
    fixes, left = suppress.excuse(source, found, reason)
    assert left == []
    return fix.merge(text, fixes)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bad(x)\n", "bad(x)  # noqa: MLS101 -- why\n"),
        ("bad(x)   \n", "bad(x)  # noqa: MLS101 -- why\n"),
        ("bad(x)  # a note\n", "bad(x)  # a note  # noqa: MLS101 -- why\n"),
        ("bad(worse(x))\n", "bad(worse(x))  # noqa: MLS101, MLS102 -- why\n"),
        ("bad('''\n''')\n", "bad('''\n''')  # noqa: MLS101 -- why\n"),
        ("bad(x, \\\n  y)\n", "bad(x, \\\n  y)  # noqa: MLS101 -- why\n"),
        ("bad(x)  # noqa: E501 -- long\n", "bad(x)  # noqa: E501, MLS101 -- long; why\n"),
        ("bad(x)  # noqa: E501\n", "bad(x)  # noqa: E501, MLS101 -- why\n"),
        ("bad(x)  # noqa: E501,W291 # note\n", "bad(x)  # noqa: E501, W291, MLS101 -- why # note\n"),
        ("bad(x)", "bad(x)  # noqa: MLS101 -- why"),
    ],
)
def test_a_written_comment_hides_what_it_is_for(before: str, after: str) -> None:
    assert _excused(before) == after
    assert _shown(after) == []


def test_no_comment_is_written_where_none_can_stand() -> None:
    source = Source("Dockerfile", "RUN bad(\n", "dockerfile")
    found = _findings(source)
    assert suppress.excuse(source, found, "why") == ([], found)


# ---------------------------------------------------------------- flake8 itself


def test_our_patterns_are_flake8_s() -> None:
    assert comments._NOQA.pattern == defaults.NOQA_INLINE_REGEXP.pattern
    assert comments._NOQA.flags == defaults.NOQA_INLINE_REGEXP.flags
    assert comments._NOQA_FILE.pattern == defaults.NOQA_FILE.pattern
    assert comments._NOQA_FILE.flags == defaults.NOQA_FILE.flags


PIECES = st.sampled_from(
    [
        "bad(1)", "worse(1)", "x = 1", "(", ")", "[", "]", "'''", '"""', "\\\n", "\n", "\n    ", "if x:\n    ", "\r\n",
        "  # noqa", "  # noqa: MLS101", "  # noqa:MLS1, MLS102 -- why", "  # NOQA : MLS102", "# noqa: E501 MLS101\nA1",
        "'# noqa: MLS102'", "# flake8: noqa", "  # note", "\x0c",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_same_findings_are_hidden_as_by_flake8(text: str) -> None:
    source = Source("a.py", text)
    found = _findings(source)
    shown, hidden = suppress.apply(source, found, RULES)
    ours = [one for one in found if one in shown]
    lines = io.StringIO(text, newline=None).readlines()
    theirs = [] if any(map(defaults.NOQA_FILE.match, lines)) else [one for one in found if not _by_flake8(one, lines)]
    assert ours == theirs
    assert len(ours) + sum(one.finding in found for one in hidden) == len(found)


def _by_flake8(one: Finding, lines: list[str]) -> bool:
    processor = FileProcessor.__new__(FileProcessor)
    processor.lines = lines
    whole = processor.noqa_line_for(one.line)
    if whole is None:  # flake8 then looks the line up by itself
        whole = lines[one.line - 1] if one.line <= len(lines) else ""
    return bool(Violation(one.code, "a.py", one.line, one.column, "m", whole).is_inline_ignored(False))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("shell", "pip install \\\n  torch  # noqa: MLS209 -- ours\npip install torch\n"),
        ("dockerfile", "RUN pip install \\\n  torch  # noqa: MLS209 -- ours\nRUN pip install torch\n"),
    ],
)
def test_a_command_of_several_lines_is_excused_on_its_last_where_alone_a_comment_fits(kind: str, text: str) -> None:
    found = Source("x", text, kind)
    known = rules.load()
    shown, hidden = suppress.apply(found, check(found, known), known.rules)
    assert [(one.code, one.line) for one in shown] == [("MLS209", 3)]
    assert [(one.finding.code, one.finding.line, one.reason) for one in hidden] == [("MLS209", 1, "ours")]
