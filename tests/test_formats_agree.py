"""One project through every format: golden files, the same findings in all, and equal exit codes.

The project under `fixtures/project` has rules of its own, so that these files change only when a format does.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mlsec_lint import __version__, config
from mlsec_lint.cli import main
from mlsec_lint.report import FORMATS, guidelines

PROJECT = Path(__file__).parent / "fixtures" / "project"
GOLDEN = {
    "text": "project.txt",
    "concise": "project-concise.txt",
    "json": "project.json",
    "sarif": "project.sarif",
    "github": "project-github.txt",
    "gitlab": "project-gitlab.json",
    "junit": "project-junit.xml",
    "html": "project.html",
}
GUIDELINES = {"html": "project-guidelines.html", "markdown": "project-guidelines.md", "json": "project-guidelines.json"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, as a checkout of its own."""
    folder = tmp_path_factory.mktemp("project") / "boxes"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".git").mkdir()  # settings are looked for no further
    return folder


@pytest.fixture(autouse=True, scope="module")
def _here(project: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        config.forget()
        patch.chdir(project)
        patch.setattr(sys, "argv", ["mlsec-lint", "check"])
        for name, value in {"NO_COLOR": "1", "COLUMNS": "100", "SOURCE_DATE_EPOCH": "1767312000"}.items():
            patch.setenv(name, value)
        for name in ("FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
            patch.delenv(name, raising=False)
        yield


Rendered = dict[str, str]


@pytest.fixture(scope="module")
def rendered(project: Path) -> Rendered:
    """The report in every format, from one run, with what differs between two runs made the same."""
    wanted = [word for name in FORMATS for word in ("--format", f"{name}:out/{name}")]
    assert main(["check", "--all", "--show-hidden", *wanted, "--exclude", "out"]) == 2
    texts = {name: Path("out", name).read_text(encoding="utf-8") for name in FORMATS}
    for form in guidelines.FORMS:
        assert main(["report", "--format", form, "--output", f"out/{form}", "--exclude", "out"]) == 2
        texts[f"guidelines-{form}"] = Path("out", form).read_text(encoding="utf-8")
    shutil.rmtree("out")
    return {name: _steady(text, project) for name, text in texts.items()}


def _steady(text: str, project: Path) -> str:
    text = text.replace(__version__, "VERSION").replace(project.as_uri(), "file:///PROJECT")
    text = text.replace(str(project), "/PROJECT")
    text = re.sub(r'time="[\d.]+"', 'time="0"', text)
    # the project switches every rule off that is not its own: a new one is no change of a format
    text = re.sub(r"(Switched off by the settings:) [^\n]*", r"\1 …", text)
    return re.sub(r'"switched_off": \[.*?\n      \]', '"switched_off": []', text, flags=re.DOTALL)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_as_agreed(rendered: Rendered, is_golden: Callable[[str, str], None], name: str) -> None:
    is_golden(GOLDEN[name], rendered[name])


@pytest.mark.parametrize("form", guidelines.FORMS)
def test_each_form_of_the_guideline_report_is_as_agreed(
    rendered: Rendered, is_golden: Callable[[str, str], None], form: str
) -> None:
    is_golden(GUIDELINES[form], rendered[f"guidelines-{form}"])


# ---------------------------------------------------------------- the same findings in all

Shown = list[tuple[str, str, str]]  # path, code, place as people read it


def _expected(rendered: Rendered, key: str = "findings") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(rendered["json"])[key]
    return found


def _place(one: dict[str, Any]) -> str:
    if one["cell"] is not None:
        return f"cell {one['cell']}:{one['cell_line']}:{one['column']}"
    return f"{one['line']}:{one['column']}"


def _text(text: str) -> Iterator[tuple[str, str, str]]:
    text = text.partition("Hidden:")[0]
    for code, path, where in re.findall(r"^\w+\[(MLS\d+)\].*\n +--> (.+?):((?:cell )?\d.*)$", text, re.MULTILINE):
        yield path, code, where


def _concise(text: str) -> Iterator[tuple[str, str, str]]:
    for path, where, code in re.findall(r"^(.+?):((?:cell \d+:)?\d+:\d+): (MLS\d+) (?!hidden)", text, re.MULTILINE):
        yield path, code, where


def _junit(text: str) -> Iterator[tuple[str, str, str]]:
    for case in ElementTree.fromstring(text.encode()).iter("testcase"):
        if case.find("skipped") is None and (case.get("name") or "").startswith("MLS"):
            code, _, where = str(case.get("name")).partition(" at ")
            yield str(case.get("classname")), code.split()[0], where


@pytest.mark.parametrize(("name", "read"), [("text", _text), ("concise", _concise), ("junit", _junit)])
def test_formats_for_people_show_every_place(
    rendered: Rendered, name: str, read: Callable[[str], Iterator[tuple[str, str, str]]]
) -> None:
    wanted = sorted((one["path"], one["code"], _place(one)) for one in _expected(rendered))
    assert sorted(read(rendered[name])) == wanted


def test_the_editor_task_of_the_docs_reads_every_place_outside_of_notebooks(rendered: Rendered) -> None:
    page = (PROJECT.parents[2] / "docs" / "editors.md").read_text(encoding="utf-8")
    (pattern,) = re.findall(r'"regexp": (".*"),', page)
    found = [match.groups() for match in re.finditer(json.loads(pattern), rendered["concise"], re.MULTILINE)]
    wanted = [one for one in _expected(rendered) if one["cell"] is None]
    assert [(path, int(line), int(column), code, text) for path, line, column, code, text in found] == [
        (one["path"], one["line"], one["column"], one["code"], one["message"]) for one in wanted
    ]


def test_github_annotates_every_place(rendered: Rendered) -> None:
    found = [
        (unquote(path), code, int(line))
        for path, line, code in re.findall(
            r"^::\w+ file=([^,]+),line=(\d+).*?title=(MLS\d+) ", rendered["github"], re.MULTILINE
        )
    ]
    assert sorted(found) == sorted((one["path"], one["code"], one["line"]) for one in _expected(rendered))


def _prints(found: list[dict[str, Any]]) -> list[str]:
    return sorted(str(one["fingerprint"]) for one in found)


def test_machines_are_told_of_every_place_by_its_fingerprint(rendered: Rendered) -> None:
    wanted = _prints(_expected(rendered))
    assert len(set(wanted)) == len(wanted) > 8
    assert _prints(json.loads(rendered["gitlab"])) == wanted
    assert sorted(re.findall('class="place" id="([^"]+)"', rendered["html"])) == wanted
    results = json.loads(rendered["sarif"])["runs"][0]["results"]
    shown = [one["partialFingerprints"]["mlsecLint/v1"] for one in results if not one["suppressions"]]
    assert sorted(shown) == wanted
    items = json.loads(rendered["guidelines-json"])["items"]
    assert {one["fingerprint"] for item in items for one in item["found"]} == set(wanted)
    for form in ("markdown", "html"):
        text = html.unescape(rendered[f"guidelines-{form}"])
        for one in _expected(rendered):
            where = _place(one) if form == "html" else f"{one['path']}:{_place(one)}"
            assert where in text


def test_what_is_hidden_is_told_where_a_format_has_a_place_for_it(rendered: Rendered) -> None:
    hidden = _expected(rendered, "hidden")
    assert {one["hidden_by"] for one in hidden} == {"noqa", "baseline", "per-file-ignores"}
    results = json.loads(rendered["sarif"])["runs"][0]["results"]
    suppressed = [one["partialFingerprints"]["mlsecLint/v1"] for one in results if one["suppressions"]]
    assert sorted(suppressed) == _prints(hidden)
    cases = ElementTree.fromstring(rendered["junit"].encode()).iter("testcase")
    assert sum(1 for case in cases if case.find("skipped") is not None) == len(hidden)
    items = json.loads(rendered["guidelines-json"])["items"]
    assert {one["fingerprint"] for item in items for one in item["set_aside"]} == set(_prints(hidden))
    for name in ("text", "concise", "html"):
        for one in hidden:
            assert re.search(rf"(?s){re.escape(one['path'])}.*{one['hidden_by']}", html.unescape(rendered[name]))


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["."], 2),
        ([".", "--exit-zero"], 2),
        (["src/train.py"], 1),
        (["src/train.py", "--fail-on", "high"], 0),
        (["src/train.py", "--fail-on", "never"], 0),
        (["src/train.py", "--exit-zero"], 0),
        (["src/odd, name 100%.py", "--fail-on", "high"], 1),
        (["tests"], 0),
        (["get.sh"], 0),
        (["get.sh", "--fail-on", "low"], 1),
        (["get.sh", "--strict"], 1),
    ],
)
def test_exit_codes_are_equal_in_all_formats(words: list[str], code: int) -> None:
    assert {name: main(["check", *words, "--format", name, "-q"]) for name in FORMATS} == dict.fromkeys(FORMATS, code)


# ---------------------------------------------------------------- fingerprints


def test_ten_lines_above_every_finding_change_no_fingerprint(project: Path, tmp_path: Path) -> None:
    def fingerprints(folder: Path) -> list[tuple[str, str]]:
        config.forget()
        main(
            ["check", str(folder), "--config", str(folder / "pyproject.toml"), "-q", "--format", f"sarif:{tmp_path}/x"]
        )
        results = json.loads((tmp_path / "x").read_text(encoding="utf-8"))["runs"][0]["results"]
        return sorted((one["ruleId"], one["partialFingerprints"]["mlsecLint/v1"]) for one in results)

    before = fingerprints(project)
    for file in ("get.sh", "src/train.py", "src/odd, name 100%.py", "tests/test_train.py"):
        path = project / file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        told = json.loads((tmp_path / "x").read_text(encoding="utf-8"))["runs"][0]["results"]
        faulty = {
            where["physicalLocation"]["region"]["startLine"] - 1
            for one in told
            for where in one["locations"]
            if unquote(where["physicalLocation"]["artifactLocation"]["uri"]).endswith(file)
        }
        assert faulty
        for number in sorted(faulty, reverse=True):
            indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            lines[number:number] = [f"{indent}# more\n"] * 10
        path.write_text("".join(lines), encoding="utf-8")
    notebook = json.loads((project / "nb/one.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = [part for line in cell["source"] for part in (["# more\n"] * 10 + [line])]
    (project / "nb/one.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    moved = fingerprints(project)
    shutil.copytree(PROJECT, project, dirs_exist_ok=True)
    assert moved == before
