"""What is shipped is whole, and what the README says is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import mlsec_lint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n(.*)\n```", README)


def test_the_readme_has_two_commands_and_ci_runs_the_second() -> None:
    first, second = COMMANDS
    assert first.endswith("mlsec-lint check examples")
    assert second.endswith("pytest")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert second in map(str.strip, script.splitlines())


def test_the_findings_that_the_readme_shows_are_those_of_the_sample() -> None:
    (shown,) = re.findall(r"```text\n(.*?)\n```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-m", "mlsec_lint", "check", "examples", "--color", "never"],
        cwd=ROOT, env={**os.environ, "COLUMNS": "200"}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 1
    missing = [line for line in shown.splitlines() if line not in done.stdout.splitlines()]
    assert missing == []


def test_every_kind_of_file_of_the_sample_has_findings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlsec_lint", "check", "examples", "--format", "concise"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    files = {line.split(":")[0].split("/")[1] for line in done.stdout.splitlines()}
    assert files >= {"train.py", "serve.py", "notebook.ipynb", "requirements.txt", "Dockerfile"}


def test_names_are_one_word_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "mlsec-lint"
    assert list(project["project"]["scripts"]) == ["mlsec-lint"]
    assert "mlsec-lint" in project["tool"]


def test_flake8_finds_the_plugin() -> None:
    (entry,) = [entry for entry in metadata.entry_points(group="flake8.extension") if entry.name == "MLS"]
    assert entry.load().name == "mlsec-lint"


def test_the_version_is_that_of_the_distribution() -> None:
    assert metadata.version("mlsec-lint") == mlsec_lint.__version__


def test_public_names_are_there_and_others_are_not() -> None:
    for name in mlsec_lint.__all__:
        assert getattr(mlsec_lint, name) is not None
    assert set(mlsec_lint.__all__) <= set(dir(mlsec_lint))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mlsec_lint.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_of_it() -> None:
    program = "import sys, mlsec_lint\nprint([name for name in sys.modules if name.startswith('mlsec_lint.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda path: path.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    generated = re.compile(r"rules/(index|MLS\d{3})\.md|guidelines\.md")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists() or generated.fullmatch(target), target


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")]), ids=lambda path: path.name)
def test_options_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in ("check", "baseline", "report", "rules", "explain"):
        wanted = {
            option
            for line in re.findall(rf"mlsec-lint {command}\b[^`\n]*", text)
            for option in re.findall(r"--[a-z-]+", line.split("#")[0])
        }
        if wanted:
            done = subprocess.run(
                [sys.executable, "-m", "mlsec_lint", command, "--help"], capture_output=True, text=True, check=True
            )
            assert wanted <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_settings_are_explained_and_no_others() -> None:
    from mlsec_lint import config

    (block,) = re.findall(r"```toml\n\[tool.mlsec-lint\]\n(.*?)```", (ROOT / "docs/settings.md").read_text(), re.DOTALL)
    assert set(tomllib.loads(block)) == set(config.KEYS)
