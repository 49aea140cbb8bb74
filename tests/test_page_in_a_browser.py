"""The HTML pages in a real browser, headless Chromium: they look right, filter, print, and load nothing."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from mlsec_lint.report import View, guidelines, render

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs chromium and chromedriver (Debian: chromium, chromium-driver)"
)
WIDE, NARROW = (1280, 1000), (360, 780)


class Browser:
    """What the tests ask of a browser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, file: Path, *, size: tuple[int, int] = WIDE, scheme: str = "light", scripts: bool = True) -> None:
        self._tell("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._tell(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )
        self.media("screen", scheme)
        self.driver.get(file.as_uri())

    def media(self, kind: str, scheme: str = "light") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._tell("Emulation.setEmulatedMedia", media=kind, features=features)

    def picture(self) -> bytes:
        return base64.b64decode(self._tell("Page.captureScreenshot", format="png")["data"])

    def on_paper(self) -> bytes:
        return base64.b64decode(self._tell("Page.printToPDF")["data"])

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; works where the page's own scripts are off, too."""
        answer = self._tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def write(self, selector: str, text: str) -> None:
        element = self.driver.find_element("css selector", selector)
        element.clear()
        element.send_keys(text)

    def complaints(self) -> list[str]:
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def visible(self, selector: str) -> int:
        return int(
            self.ask(
                f"[...document.querySelectorAll({json.dumps(selector)})].filter(one=>one.checkVisibility()).length"
            )
        )

    def _tell(self, command: str, **values: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, values)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={profile}"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield Browser(driver)
    driver.quit()


@pytest.fixture
def findings_page(view: View, tmp_path: Path) -> Path:
    file = tmp_path / "findings.html"
    file.write_text(render("html", view), encoding="utf-8")
    return file


@pytest.fixture
def guideline_page(view: View, tmp_path: Path) -> Path:
    file = tmp_path / "guidelines.html"
    file.write_text(guidelines.render("html", view), encoding="utf-8")
    return file


Pages = Callable[[str], Path]


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Pages:
    return lambda name: request.getfixturevalue(name)


BOTH = pytest.mark.parametrize("name", ["findings_page", "guideline_page"])


@needs_browser
@BOTH
def test_a_page_loads_nothing_and_nothing_complains(browser: Browser, page: Pages, name: str) -> None:
    for scheme in ("light", "dark"):
        browser.open(page(name), scheme=scheme)
        assert browser.complaints() == []
        assert browser.ask("performance.getEntriesByType('resource').length") == 0


@needs_browser
@BOTH
def test_a_page_has_a_light_and_a_dark_look(browser: Browser, page: Pages, name: str) -> None:
    pictures, grounds = [], []
    for scheme in ("light", "dark"):
        browser.open(page(name), scheme=scheme)
        pictures.append(browser.picture())
        grounds.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] != pictures[1]
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


@needs_browser
@BOTH
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_runs_out_of_the_page(browser: Browser, page: Pages, name: str, size: tuple[int, int]) -> None:
    browser.open(page(name), size=size)
    browser.ask("document.querySelectorAll('details').forEach(one=>one.open=true)")
    wide = browser.ask(
        "[...document.querySelectorAll('body *')].filter(one=>one.checkVisibility()"
        "&&one.getBoundingClientRect().right>innerWidth+1).map(one=>one.outerHTML.slice(0,80))"
    )
    assert wide == []


@needs_browser
def test_the_bars_are_as_long_as_their_numbers(browser: Browser, findings_page: Path) -> None:
    browser.open(findings_page)
    rows = browser.ask(
        "[...document.querySelectorAll('summary.row')].filter(one=>one.querySelector('.bar'))"
        ".map(one=>[Number(one.querySelector('.n').textContent),"
        "[...one.querySelectorAll('rect')].reduce((sum,bar)=>sum+bar.getBoundingClientRect().width,0)])"
    )
    most, width = max(rows)
    assert len(rows) > 2
    assert width > 100
    for count, wide in rows:
        assert abs(wide - width * count / most) < 2


@needs_browser
def test_the_filter_shows_what_holds_all_its_words(browser: Browser, findings_page: Path) -> None:
    browser.open(findings_page)
    assert browser.ask("document.getElementById('shown').textContent") == "6 of 6 shown"
    browser.write("#filter", "train.py MLS101")
    assert browser.ask("document.getElementById('shown').textContent") == "2 of 6 shown"
    assert browser.visible("article") == 1
    assert browser.visible("section.file") == 1
    browser.write("#filter", "item:3.2")
    assert browser.visible("article") == 1
    browser.write("#filter", "item:3")
    assert browser.visible("article") == 0


@needs_browser
def test_a_severity_can_be_switched_off(browser: Browser, findings_page: Path) -> None:
    browser.open(findings_page)
    browser.click("#tools input[value=medium]")
    assert browser.ask("document.getElementById('shown').textContent") == "2 of 6 shown"
    assert browser.visible("article[data-severity=medium]") == 0


@needs_browser
def test_a_guideline_and_a_rule_open_and_filter(browser: Browser, findings_page: Path) -> None:
    browser.open(findings_page)
    for selector, shown in (("[id='item-3.2']", "1 of 6 shown"), ("#rule-MLS101", "3 of 6 shown")):
        browser.click(f"{selector} summary")
        browser.click(f"{selector} [data-filter]")
        assert browser.ask("document.getElementById('shown').textContent") == shown


@needs_browser
def test_a_link_to_a_filtered_place_brings_it_back(browser: Browser, findings_page: Path) -> None:
    browser.open(findings_page)
    browser.write("#filter", "nowhere")
    browser.click("[id='item-3.2'] summary")
    browser.click("[id='item-3.2'] .places a")
    browser.ask("new Promise(done=>setTimeout(done,100))")
    assert browser.visible(".place:target") == 1
    assert browser.ask("document.getElementById('filter').value") == ""


@needs_browser
def test_with_scripts_off_everything_can_be_read_and_opened(browser: Browser, view: View, findings_page: Path) -> None:
    browser.open(findings_page, scripts=False)
    assert browser.visible("#tools") == 0
    assert browser.visible("a[data-filter]") == 0
    assert browser.visible(".place") == len(view.report.findings)
    browser.click("#rule-MLS101 summary")
    assert browser.visible("#rule-MLS101 .inner p") > 1


@needs_browser
@BOTH
def test_a_page_can_be_printed(browser: Browser, page: Pages, name: str) -> None:
    browser.open(page(name), scheme="dark")
    assert browser.on_paper().startswith(b"%PDF-")
    browser.media("print", "dark")
    assert browser.visible("#tools") == 0
    assert browser.ask("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    if name == "findings_page":  # on paper nobody opens a rule
        assert browser.visible("#rule-MLS101 .inner p") > 1


# ---------------------------------------------------------------- no browser needed


def test_every_colour_of_text_stands_out_from_its_ground() -> None:
    css = resources.files("mlsec_lint.report").joinpath("page.css").read_text(encoding="utf-8")
    light, dark, paper = (dict(re.findall(r"--(\w+):(#\w+)", block)) for block in re.findall(r":root\{([^}]*)\}", css))
    for colours in (light, {**light, **dark}, {**light, **paper}):
        for name in ("ink", "soft", "link", "high", "medium", "low", "fine"):
            for ground in ("bg", "panel"):
                assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)  # WCAG 2, level AA
        assert _contrast(colours["ink"], colours["mark"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
