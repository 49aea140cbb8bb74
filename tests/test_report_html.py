"""The HTML page and the guideline report: self-contained, well formed, nothing left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mlsec_lint.report import View, guidelines, render
from mlsec_lint.report.items import ITEMS

Golden = Callable[[str, str], None]
_EMPTY = {"meta", "input", "br", "link", "rect", "line"}


class _Page(HTMLParser):
    """Notes tags that are not closed in order, and everything that would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag in ("link", "img", "iframe", "object", "embed") or "src" in given:
            self.loads.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data


def _parsed(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page


def _pages(view: View) -> list[str]:
    return [render("html", view), guidelines.render("html", view)]


def test_html_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report.html", render("html", view))


@pytest.mark.parametrize("form", guidelines.FORMS)
def test_the_guideline_report_is_as_agreed(view: View, is_golden: Golden, form: str) -> None:
    is_golden(
        {"html": "guidelines.html", "markdown": "guidelines.md", "json": "guidelines.json"}[form],
        guidelines.render(form, view),
    )


def test_pages_are_well_formed_and_load_nothing(view: View, empty_view: View) -> None:
    for text in [*_pages(view), *_pages(empty_view)]:
        page = _parsed(text)
        assert (page.open, page.faults, page.loads) == ([], [], [])
        assert len(set(page.ids)) == len(page.ids)
        assert "url(" not in text
        assert "@import" not in text


def test_code_and_messages_cannot_become_markup(view: View) -> None:
    nasty = "</script><script>alert(1)</script><img src=x>"
    one = replace(view.report.findings[-1], message=nasty, path=nasty, excerpt=nasty, name=nasty)
    report = replace(view.report, findings=(one,), lines={(nasty, one.line): nasty}, unread=(), hidden=())
    for text in _pages(replace(view, report=report, title=nasty)):
        page = _parsed(text)
        assert (page.open, page.faults, page.loads) == ([], [], [])
        assert "alert(1)" in page.text
        assert text.count("<script>") <= 1


def test_the_page_reads_without_scripts(view: View) -> None:
    text = render("html", view)
    page = _parsed(re.sub("<script>.*</script>", "", text, flags=re.DOTALL))
    for one in view.report.findings:
        assert one.message.replace("`", "") in page.text
        assert one.fingerprint in page.ids
    assert 'id="tools" hidden' in text


def test_the_page_marks_the_faulty_part_of_the_line(view: View) -> None:
    assert "data = <mark>read(path)</mark></pre>" in render("html", view)


def test_hidden_findings_are_shown_with_their_reasons(view: View) -> None:
    for text in _pages(view):
        assert 'noqa: written by this "program"' in _parsed(text).text
        assert "per-file-ignores: tests/**" in _parsed(text).text


def test_the_guideline_report_has_every_item_once(view: View) -> None:
    items = json.loads(guidelines.render("json", view))["items"]
    assert [one["id"] for one in items] == [one.id for one in ITEMS]
    assert {one["id"]: one["verdict"] for one in items} | {"2.1": "open", "3.3": "not checkable", "1.4": "no rule"} == {
        one["id"]: one["verdict"] for one in items
    }


def test_the_guideline_report_counts_every_finding_and_every_suppression(view: View) -> None:
    items = json.loads(guidelines.render("json", view))["items"]
    found = {one["fingerprint"] for item in items for one in item["found"]}
    aside = {one["fingerprint"] for item in items for one in item["set_aside"]}
    assert found == {one.fingerprint for one in view.report.findings}
    assert aside == {one.finding.fingerprint for one in view.report.hidden}


def test_a_rule_on_trial_enforces_nothing_yet(view: View) -> None:
    trial = {code: replace(rule, status="preview") for code, rule in view.rules.items()}
    items = json.loads(guidelines.render("json", replace(view, rules=trial)))["items"]
    assert not any(one["rules"] for one in items)
