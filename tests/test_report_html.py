"""The HTML page and the guideline report: self-contained, well formed, nothing left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mlsec_lint import rules
from mlsec_lint.model import GUIDELINES
from mlsec_lint.report import View, guidelines, render
from mlsec_lint.report.items import CHAPTERS, ITEMS
from mlsec_lint.report.page import blocks
from mlsec_lint.report.view import advice

Golden = Callable[[str, str], None]
_EMPTY = {"meta", "input", "br", "link", "rect"}


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
    assert "data-filter" in text
    assert not re.search("<a [^>]*data-filter[^>]*(?<! hidden)>", text)


def test_the_page_marks_the_faulty_part_of_the_line(view: View) -> None:
    assert "data = <mark>read(path)</mark></pre>" in render("html", view)


def test_hidden_findings_are_shown_with_their_reasons(view: View) -> None:
    for text in _pages(view):
        assert 'noqa: written by this "program"' in _parsed(text).text
        assert "per-file-ignores: tests/**" in _parsed(text).text


def test_every_item_that_can_be_checked_has_a_stable_rule_and_no_other_has_one() -> None:
    stable = [rule for rule in rules.load(keep=False).rules if rule.status == "stable"]
    enforced = {item for rule in stable for item in rule.guidelines}
    assert {item.id for item in ITEMS if item.by_rules} == enforced


def test_items_are_those_of_the_guidelines_in_their_order() -> None:
    assert [item.id for item in ITEMS] == list(GUIDELINES)
    assert {item.id.partition(".")[0] for item in ITEMS} == set(CHAPTERS)


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


def test_a_rule_that_the_settings_switch_off_enforces_nothing_and_is_named(view: View) -> None:
    without = replace(view, off=frozenset(view.rules), report=replace(view.report, findings=(), hidden=()))
    items = {one["id"]: one for one in json.loads(guidelines.render("json", without))["items"]}
    assert items["2.1"]["verdict"] == "switched off"
    assert [one["code"] for one in items["2.1"]["switched_off"]] == ["MLS101", "MLS301"]
    assert not any(one["rules"] for one in items.values())
    assert "Switched off by the settings: MLS101, MLS301." in guidelines.render("markdown", without)
    assert "Switched off by the settings: MLS101" in _parsed(guidelines.render("html", without)).text


def test_places_of_one_fault_are_one_block_with_an_excerpt_each(view: View) -> None:
    (block,) = re.findall(r"<article[^>]*>(?:(?!</article>).)*2 places.*?</article>", render("html", view), re.DOTALL)
    assert block.count('<div class="place"') == 2
    assert block.count("<b>Instead:</b>") == 1


def test_the_text_of_a_rule_becomes_paragraphs_lists_and_code() -> None:
    html = blocks("One *two* `a<b>`.\n\n* x\n* y [z](https://example.org/?a&b)\n\n```python\nf()\n\ng()\n```\n\nEnd.")
    assert html == (
        "<p>One <em>two</em> <code>a&lt;b&gt;</code>.</p>\n"
        '<ul><li>x</li><li>y <a href="https://example.org/?a&amp;b">z</a></li></ul>\n'
        "<pre>f()\n\ng()</pre>\n<p>End.</p>\n"
    )


def test_every_rule_says_something_in_the_page() -> None:
    for rule in rules.load(keep=False).rules:
        page = _parsed("".join(map(blocks, (rule.why, rule.case, rule.instead, rule.fine))))
        assert (page.open, page.faults) == ([], [])
        assert "```" not in page.text, rule.code
        assert len(advice(rule)) < 280, rule.code


def test_a_rule_on_trial_enforces_nothing_yet(view: View) -> None:
    trial = {code: replace(rule, status="preview") for code, rule in view.rules.items()}
    items = json.loads(guidelines.render("json", replace(view, rules=trial)))["items"]
    assert not any(one["rules"] for one in items)
