"""The flake8 plugin never raises, loads little, and does what our own settings say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mlsec_lint import config
from mlsec_lint.flake8_plugin import Plugin

FAULT = "import pickle\nx = pickle.load(open('a', 'rb'))\n"


def results(text: str, path: Path | str) -> list[tuple[int, int, str]]:
    config.forget()
    plugin = Plugin(ast.parse(""), text.splitlines(keepends=True), str(path))
    return [(line, column, message.split()[0]) for line, column, message, _ in plugin.run()]


def settings(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.mlsec-lint]\n{text}\n")
    return folder / "a.py"


def test_columns_count_from_zero_and_messages_are_one_line(tmp_path: Path) -> None:
    assert results(FAULT, tmp_path / "a.py") == [(2, 4, "MLS101")]
    (one,) = Plugin(ast.parse(""), FAULT.splitlines(keepends=True), str(tmp_path / "a.py")).run()
    assert "\n" not in one[2]
    assert one[3] is Plugin


def test_the_lines_count_and_not_the_file_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    assert results(FAULT, path) == [(2, 4, "MLS101")]
    assert results("\ufeff" + FAULT, "stdin") == [(2, 4, "MLS101")]


@pytest.mark.parametrize(
    "text",
    [
        'ignore = ["MLS101"]',
        'select = ["transport"]',
        'per-file-ignores = { "*.py" = ["pickle-load"] }',
        'exclude = ["a.py"]',
        'min-severity = "high"',
    ],
)
def test_our_own_settings_decide(tmp_path: Path, text: str) -> None:
    assert results(FAULT, settings(tmp_path, text)) == []


def test_low_confidence_is_shown_where_our_settings_ask_for_it(tmp_path: Path) -> None:
    text = "def f(model_class, name):\n    return model_class.from_pretrained(name)\n"
    assert results(text, tmp_path / "a.py") == []
    assert results(text, settings(tmp_path, "audit = true")) == [(2, 11, "MLS201")]


@pytest.mark.parametrize("text", ["selct = []", 'select = ["MLS999"]', "select = ["])
def test_a_mistake_in_the_settings_is_a_result_and_no_crash(tmp_path: Path, text: str) -> None:
    assert results(FAULT, settings(tmp_path, text)) == [(1, 0, "MLS901")]


@pytest.mark.parametrize("error", [ValueError("a\nb"), RecursionError(), MemoryError()])
def test_whatever_goes_wrong_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("mlsec_lint.check.check", fail)
    plugin = Plugin(ast.parse(""), FAULT.splitlines(keepends=True), str(tmp_path / "a.py"))
    ((line, column, message, _),) = plugin.run()
    assert (line, column) == (1, 0)
    assert message.startswith("MLS901 this file was not checked: ")
    assert "\n" not in message


def test_text_that_does_not_parse_is_a_result(tmp_path: Path) -> None:
    assert results("import pickle\npickle.load(\n", tmp_path / "a.py") == [(1, 0, "MLS901")]


def loaded(program: str, *names: str) -> str:
    """Run a program and say which of the modules it has loaded."""
    program += f"\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    heavy = ("libcst", "click", "pathspec", "tomllib", "tomli", "mlsec_lint.model", "mlsec_lint.check")
    assert loaded("import mlsec_lint.flake8_plugin", *heavy) == ""


def test_libcst_is_loaded_only_for_files_with_our_words(tmp_path: Path) -> None:
    run = "from mlsec_lint.flake8_plugin import Plugin\nlist(Plugin(None, [{!r}], {!r}).run())"
    path = str(tmp_path / "a.py")
    assert loaded(run.format("def area(width, height):\n    return width * height\n", path), "libcst") == ""
    assert loaded(run.format("import pickle; pickle.load(x)\n", path), "libcst") == "libcst"


def test_the_command_tells_its_version_without_libcst() -> None:
    run = "from mlsec_lint.cli import main\nmain(['--version'])"
    assert loaded(run, "libcst").splitlines()[1:] == []


def test_flake8_takes_the_option_and_lists_the_plugin(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(FAULT)
    other = tmp_path / "other.toml"
    other.write_text('[tool.mlsec-lint]\nignore = ["MLS101"]\n')
    flake8 = [sys.executable, "-m", "flake8", "--isolated", "--select", "MLS", str(path)]
    assert subprocess.run(flake8, capture_output=True, text=True, check=False).stdout.count("MLS101") == 1
    assert subprocess.run([*flake8, "--mlsec-config", str(other)], capture_output=True, check=False).stdout == b""
    version = subprocess.run([sys.executable, "-m", "flake8", "--version"], capture_output=True, text=True, check=True)
    assert "mlsec-lint" in version.stdout
