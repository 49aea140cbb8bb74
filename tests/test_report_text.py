"""The formats for people at a terminal: text and concise."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from mlsec_lint.model import Edit, Fix, Level, Report
from mlsec_lint.report import View, render

Golden = Callable[[str, str], None]


def test_text_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report.txt", render("text", view))


def test_text_unfolded_with_hidden_findings_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-all.txt", render("text", replace(view, unfold=True, show_hidden=True)))


def test_concise_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-concise.txt", render("concise", view))


def test_concise_has_one_line_for_each_finding(view: View) -> None:
    lines = render("concise", view).splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines] == [one.code for one in view.report.findings]


def test_folded_places_are_named_once(view: View) -> None:
    text = render("text", view)
    assert "(2 places)" in text
    assert "also: line 14" in text
    assert "(2 places)" not in render("text", replace(view, unfold=True))


def test_the_carets_stand_under_the_marked_words(view: View) -> None:
    lines = render("text", view).splitlines()
    code = next(number for number, line in enumerate(lines) if "data = read(path)" in line)
    start = lines[code + 1].index("^")
    assert lines[code][start:] == "read(path)"
    assert lines[code + 1].count("^") == 10


def test_color_adds_only_escape_codes(view: View) -> None:
    painted = render("text", replace(view, color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render("text", view)
    assert "\x1b[" in painted


def test_links_point_at_the_page_of_the_rule(view: View) -> None:
    assert "\x1b]8;;https://example.org/rules/MLS101/\x1b\\MLS101\x1b]8;;\x1b\\" in render(
        "text", replace(view, links=True)
    )


def test_a_long_line_is_cut_around_the_marked_part(view: View) -> None:
    one = view.report.findings[-1]
    line = "x = [" + "1, " * 200 + "read(path)]"
    start = line.index("read")
    one = replace(one, path="long.py", line=1, text_line=1, column=start + 1, end_line=1, end_column=start + 11)
    report = Report(findings=(one,), lines={("long.py", 1): line})
    lines = render("text", View(report=report, width=80)).splitlines()
    code = next(number for number, text in enumerate(lines) if "read(path)" in text and "|" in text)
    assert len(lines[code]) <= 80
    assert lines[code][lines[code + 1].index("^") :].startswith("read(path)")


def test_a_fix_that_only_takes_something_out_over_two_lines_is_left_to_the_diff(view: View) -> None:
    one = view.report.findings[0]
    out = Fix("unsafe", (Edit(one.line + 1, 1, one.line + 2, 1, ""),))
    text = render("text", View(report=Report(findings=(replace(one, severity=Level.HIGH, fix=out),)), rules=view.rules))
    assert "fix: see --diff (unsafe" in text


def test_nothing_found_is_no_output(empty_view: View) -> None:
    assert render("text", empty_view) == ""
    assert render("concise", empty_view) == ""
