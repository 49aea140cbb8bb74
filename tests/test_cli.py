"""The command line: exit codes, what goes where, and help for what was mistyped."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlsec_lint import __version__, config
from mlsec_lint.cli import COMMANDS, main
from mlsec_lint.report import FORMATS

BAD = "import pickle\n\ndef read(f):\n    return pickle.load(f)\n"
LOW = BAD.replace("load(f)", "load(f)  # noqa: MLS101 -- why") + "x = 1  # noqa: MLS101\n"
UNSAFE = "import torch\nw = torch.load('x.pt', weights_only=False)\n"
BROKEN = "import pickle\npickle.load(\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.forget()
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def _write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class Said:
    """What one command line did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Runner = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    def call(*words: str) -> Said:
        config.forget()
        code = main(words)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return call


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("x = 1\n", [], 0),
        (BAD, [], 1),
        (BAD, ["--fail-on", "high"], 0),
        (BAD, ["--fail-on", "never"], 0),
        (BAD, ["--exit-zero"], 0),
        (BAD, ["--ignore", "MLS101"], 0),
        (BAD, ["--select", "provenance"], 0),
        (LOW, [], 0),
        (LOW, ["--fail-on", "low"], 1),
        (LOW, ["--strict"], 1),
        (BROKEN, [], 2),
        (BROKEN, ["--exit-zero"], 2),
        (BROKEN, ["--ignore", "MLS901"], 2),
        (BROKEN, ["--fail-on", "never"], 2),
        (BAD, ["--no-such"], 2),
        (BAD, ["--select", "MLS999"], 2),
        (BAD, ["--config", "none.toml"], 2),
        (BAD, ["--config", "x.toml", "--isolated"], 2),
        (BAD, ["--per-file-ignores", "MLS101"], 2),
        (BAD, ["--unsafe-fixes"], 2),
        (BAD, ["--format", "text", "--format", "json"], 2),
        (BAD, ["--format", "sarif:/dev/null/x"], 2),
        (BAD, ["--diff-base", "HEAD"], 2),
    ],
)
def test_exit_codes(run: Runner, text: str, words: list[str], code: int) -> None:
    _write("a.py", text)
    assert run("check", *words).code == code


@pytest.mark.parametrize("name", FORMATS)
def test_exit_codes_are_the_same_in_every_format(run: Runner, name: str) -> None:
    for text, code in (("x = 1\n", 0), (LOW, 0), (BAD, 1), (BROKEN, 2)):
        _write("a.py", text)
        assert run("check", "a.py", "--format", name).code == code


def test_no_files_is_no_error(run: Runner) -> None:
    said = run("check")
    assert (said.code, said.out) == (0, "")
    assert "0 findings in 0 files" in said.err


def test_a_broken_setting_ends_the_run_with_its_place(run: Runner) -> None:
    file = _write("pyproject.toml", "[tool.mlsec-lint]\nfail_on = 'high'\n")
    said = run("check")
    assert (said.code, said.out) == (2, "")
    assert f"{file.absolute()}: tool.mlsec-lint.fail_on: unknown key; did you mean `fail-on`?" in said.err


def test_a_broken_rule_file_ends_the_run_with_all_its_mistakes(run: Runner) -> None:
    _write("pyproject.toml", "[tool.mlsec-lint]\nrules = ['own']\n")
    _write("own/loading/MLS199-x.toml", "cod = 'MLS199'\n")
    said = run("check")
    assert said.code == 2
    assert "MLS199-x.toml" in said.err
    assert len(said.err.splitlines()) > 1


# ---------------------------------------------------------------- mistyped words


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["chek"], "Did you mean `check`?"),
        (["a.py"], "Did you mean `mlsec-lint check a.py`?"),
        (["check", "--formt", "json"], "--format"),
        (["check", "--format", "jsn"], "Did you mean `json`?"),
        (["check", "--select", "pickle-lod"], "did you mean `pickle-load`?"),
        (["check", "--format", "srif:out"], "Did you mean `sarif`?"),
        (["check", "--fail-on", "hihg"], "Did you mean `high`?"),
        (["check", "--fail-on", "nevr"], "Did you mean `never`?"),
        (["check", "--min-severity", "meduim"], "Did you mean `medium`?"),
        (["check", "--color", "alwys"], "Did you mean `always`?"),
        (["check", "--select", "MSL1"], "did you mean `MLS1`?"),
        (["check", "--ignore", "mls"], "did you mean `MLS`?"),
        (["check", "--extend-select", "mls101"], "did you mean `MLS101`?"),
        (["check", "--per-file-ignores", "a.py:lodaing"], "did you mean `loading`?"),
        (["check", "--no-gitignor"], "--no-gitignore"),
        (["report", "--format", "htm"], "Did you mean `html`?"),
        (["rules", "--format", "jsn"], "Did you mean `json`?"),
        (["baseline", "--acept"], "--accept"),
        (["explain", "MLS1O1"], "Did you mean `MLS101`?"),
        (["explain", "pickel-load"], "Did you mean `pickle-load`?"),
    ],
)
def test_the_nearest_word_is_offered(run: Runner, words: list[str], hint: str) -> None:
    _write("a.py", BAD)
    said = run(*words)
    assert said.code == 2
    assert hint in said.err


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[tool.mlsec_lint]\nselect = ['MLS']\n", "tool.mlsec_lint: unknown table; did you mean `tool.mlsec-lint`?"),
        ("[tool.mlseclint]\n", "did you mean `tool.mlsec-lint`?"),
        ("[tool.mlsec-lint]\nfailon = 'high'\n", "tool.mlsec-lint.failon: unknown key; did you mean `fail-on`?"),
        ("[tool.mlsec-lint]\nfail-on = 'hihg'\n", "not 'hihg'; did you mean `high`?"),
        ("[tool.mlsec-lint]\nonly = ['notebok']\n", "did you mean `notebook`?"),
        ("[tool.mlsec-lint]\nselect = ['pickle-laod']\n", "did you mean `pickle-load`?"),
        ("[tool.mlsec-lint]\nper-file-ignores = { 'a' = ['MLS10l'] }\n", "did you mean `MLS10"),
    ],
)
def test_the_nearest_key_or_value_of_a_setting_is_offered(run: Runner, text: str, hint: str) -> None:
    _write("pyproject.toml", text)
    said = run("check")
    assert (said.code, said.out) == (2, "")
    assert hint in said.err


def test_a_mistyped_package_is_remarked_on(run: Runner) -> None:
    _write("pyproject.toml", "[tool.mlsec-lint]\nassume = { tocrh = '2.6' }\n")
    said = run("check")
    assert said.code == 0
    assert "note: tool.mlsec-lint.assume: no rule asks about `tocrh`; did you mean `torch`?" in said.err


def test_a_format_with_a_colon_names_a_file(run: Runner) -> None:
    assert "names no file" in run("check", "--format", "sarif:").err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ba"], {"baseline"}),
        (["check", "--diff"], {"--diff", "--diff-base"}),
        (["check", "--fail-on", "h"], {"high"}),
        (["check", "--format", "j"], {"json", "junit"}),
        (["check", "--select", "MLS101,pickle-l"], {"MLS101,pickle-load"}),
        (["check", "--ignore", "prov"], {"provenance"}),
        (["explain", "MLS90"], {"MLS901", "MLS902", "MLS903", "MLS904"}),
        (["explain", "remote-code"], {"remote-code", "remote-code-half-pinned"}),
    ],
)
def test_shells_complete_commands_options_and_rules(typed: list[str], offered: set[str]) -> None:
    command = ["mlsec-lint", *typed]
    environment = {
        **os.environ,
        "_MLSEC_LINT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(command),
        "COMP_CWORD": str(len(command) - 1),
    }
    run_it = [sys.executable, "-c", "import sys; from mlsec_lint.cli import main; sys.exit(main())"]
    done = subprocess.run(run_it, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == offered


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_help_has_an_example(run: Runner, command: str) -> None:
    said = run(command, "--help")
    assert said.code == 0
    assert f"Example: mlsec-lint {command}" in said.out


# ---------------------------------------------------------------- what goes where


def test_findings_go_to_stdout_and_the_summary_to_stderr(run: Runner) -> None:
    _write("a.py", LOW + BAD)
    said = run("check", "--format", "concise")
    assert [line.partition(" ")[0] for line in said.out.splitlines()] == ["a.py:5:8:", "a.py:9:12:"]
    assert said.err == "2 findings (1 medium, 1 low), 1 hidden (1 noqa) in 1 file (1 parsed, 0 unread)\n"
    assert run("check", "-q").err == ""


def test_several_formats_go_to_their_files(run: Runner) -> None:
    _write("a.py", BAD)
    words = [word for name in FORMATS if name != "concise" for word in ("--format", f"{name}:out/{name}")]
    said = run("check", "a.py", *words, "--format", "concise")
    assert said.out.count("\n") == 1
    assert {path.name for path in Path("out").iterdir()} == set(FORMATS) - {"concise"}
    assert len(json.loads(Path("out/json").read_text())["findings"]) == 1


def test_a_file_alone_leaves_stdout_empty(run: Runner) -> None:
    _write("a.py", BAD)
    assert run("check", "--format", "json:x.json").out == ""


def test_stdin_is_read_under_its_name(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert run("check", "-", "--stdin-filename", "src/x.py", "--format", "concise").out.startswith(
        "src/x.py:4:12: MLS101"
    )


@pytest.mark.parametrize(
    ("environment", "words", "painted"),
    [
        ({}, [], False),
        ({}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)
def test_colors(
    run: Runner, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: list[str], painted: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _write("a.py", BAD)
    assert ("\x1b[" in run("check", *words).out) is painted


def test_github_gets_a_step_summary(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    _write("summary.md", "before\n")
    _write("a.py", BAD)
    run("check", "--format", "github")
    assert Path("summary.md").read_text().startswith("before\n## mlsec-lint")


def test_statistics_count_by_rule(run: Runner) -> None:
    _write("a.py", BAD + BAD)
    assert "     2  MLS101  pickle-load\n" in run("check", "--statistics").err


def test_hidden_findings_are_listed_with_their_reasons(run: Runner) -> None:
    _write("a.py", LOW)
    said = run("check", "--show-hidden", "--select", "MLS1", "--format", "concise")
    assert said.out == "a.py:4:12: MLS101 hidden by noqa: why\n"


def test_what_a_walk_leaves_out_is_left_out_when_named_too(run: Runner) -> None:
    _write("pyproject.toml", "[tool.mlsec-lint]\nexclude = ['samples/']\n")
    _write("samples/pyproject.toml", "[tool.mlsec-lint]\npreview = true\n")
    _write("samples/src/a.py", BAD)
    assert run("check").code == 0
    assert run("check", "--force-exclude", "samples/src/a.py").code == 0
    assert run("check", "samples/src/a.py").code == 1
    from mlsec_lint.flake8_plugin import Plugin

    assert list(Plugin(ast.parse(BAD), BAD.splitlines(keepends=True), "samples/src/a.py").run()) == []


def test_files_and_settings_can_be_shown(run: Runner) -> None:
    _write("pyproject.toml", "[tool.mlsec-lint]\nexclude = ['b.py']\n")
    _write("a.py", BAD)
    _write("b.py", BAD)
    assert "a.py\tpython" in run("check", "--show-files").out.splitlines()
    assert "b.py" not in run("check", "--show-files").out
    said = run("check", "--show-settings", "--fail-on", "low", "a.py")
    assert f'exclude          = ["b.py"]  # {Path("pyproject.toml").absolute()}' in said.out
    assert 'fail-on          = "low"  # --fail-on' in said.out


# ---------------------------------------------------------------- changing files


def test_fixes_are_made_only_where_they_are_allowed(run: Runner) -> None:
    file = _write("a.py", LOW + UNSAFE)
    assert run("check", "--fix").code == 1
    assert file.read_text() == LOW.replace("x = 1  # noqa: MLS101\n", "x = 1\n") + UNSAFE
    assert run("check", "--fix", "--unsafe-fixes").code == 0
    assert "weights_only=True" in file.read_text()


def test_a_diff_changes_nothing_and_can_be_applied(run: Runner) -> None:
    file = _write("a.py", UNSAFE)
    said = run("check", "--diff", "--unsafe-fixes")
    assert file.read_text() == UNSAFE
    assert "-w = torch.load('x.pt', weights_only=False)\n+w = torch.load('x.pt', weights_only=True)\n" in said.out
    assert said.out.startswith("--- a/a.py\n+++ b/a.py\n")


def test_stdin_comes_out_fixed(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (UNSAFE, "x = 1\n"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        said = run("check", "-", "--fix", "--unsafe-fixes", "-q")
        assert said.out == text.replace("False", "True")


def test_written_comments_hide_every_finding_and_say_why(run: Runner) -> None:
    file = _write("a.py", BAD)
    assert run("check", "--add-noqa", "read back at once").code == 0
    assert file.read_text() == BAD.replace("load(f)", "load(f)  # noqa: MLS101 -- read back at once")
    assert run("check", "--require-reasons").out == ""


@pytest.mark.parametrize("reason", ["", "  ", "see #12"])
def test_a_comment_needs_a_reason(run: Runner, reason: str) -> None:
    file = _write("a.py", BAD)
    assert run("check", "--add-noqa", reason).code == 2
    assert file.read_text() == BAD


# ---------------------------------------------------------------- the other commands


def test_a_baseline_is_accepted_used_and_pruned(run: Runner) -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nbaseline = "b.json"\n')
    _write("a.py", BAD)
    _write("b.py", BAD)
    assert run("baseline", "--prune").code == 2
    assert "2 accepted (before: 0)" in run("baseline", "--accept").err
    assert run("check").code == 0
    _write("a.py", BAD + "\n\n" + BAD.partition("\n\n")[2])
    assert run("check").code == 1
    _write("a.py", "x = 1\n")
    said = run("check", "--strict")
    assert (said.code, said.out) == (1, "")
    assert "no longer found" in said.err
    assert run("check").code == 0
    assert "1 accepted (before: 2)" in run("baseline", "--prune").err
    assert run("baseline", "--show").out == "MLS101 b.py (read): return pickle.load(f)\n"


def test_accepting_one_file_keeps_what_is_accepted_of_others(run: Runner) -> None:
    _write("a.py", BAD)
    _write("b.py", BAD)
    run("baseline", "--accept")
    _write("a.py", "x = 1\n")
    assert "1 accepted (before: 2)" in run("baseline", "--accept", "a.py").err


def test_what_a_narrow_run_does_not_look_for_is_not_called_gone(run: Runner) -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nbaseline = "b.json"\n')
    _write("a.py", BAD)
    run("baseline", "--accept")
    before = Path("b.json").read_text()
    for words in (["--select", "MLS2"], ["--ignore", "MLS1"], ["--min-severity", "high"], ["--audit"]):
        said = run("check", "--strict", *words)
        assert said.code == 0, words
        assert "no longer found" not in said.err
        assert run("baseline", "--accept", *words).code == 0
        assert Path("b.json").read_text() == before
        assert run("baseline", "--prune", *words).code == 2


def test_a_narrow_run_accepts_beside_what_is_accepted(run: Runner) -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nbaseline = "b.json"\n')
    _write("a.py", BAD + UNSAFE)
    assert "1 accepted (before: 0)" in run("baseline", "--accept", "--select", "MLS101").err
    assert "2 accepted (before: 1)" in run("baseline", "--accept", "--select", "MLS103").err
    assert run("check").code == 0


def test_another_shell_line_of_a_notebook_is_no_accepted_one(run: Runner) -> None:
    def notebook(address: str) -> None:
        source = [f"!pip install git+{address}"]
        cell: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        cell["source"] = source
        _write("a.ipynb", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    notebook("https://example.org/mine")
    run("baseline", "--accept")
    assert run("check", "--strict", "--baseline", "mlsec-baseline.json").code == 0
    notebook("https://example.org/other")
    assert run("check", "--strict", "--baseline", "mlsec-baseline.json").code == 1


def test_no_baseline_is_written_while_a_file_cannot_be_read(run: Runner) -> None:
    _write("a.py", BAD)
    _write("b.py", BROKEN)
    assert run("baseline", "--accept").code == 2
    assert not Path("mlsec-baseline.json").exists()


@pytest.mark.parametrize("words", [[], ["--accept", "--prune"], ["--accept", "--no-baseline"]])
def test_a_baseline_command_says_one_thing(run: Runner, words: list[str]) -> None:
    assert run("baseline", *words).code == 2


@pytest.mark.parametrize(("form", "start"), [("html", "<!DOCTYPE html>"), ("markdown", "# Guideline"), ("json", "{")])
def test_the_guideline_report_is_made_whatever_was_found(run: Runner, form: str, start: str) -> None:
    _write("a.py", BAD)
    said = run("report", "--format", form)
    assert said.code == 0
    assert said.out.startswith(start)
    assert "MLS101" in said.out
    assert run("report", "--format", form, "--output", "x").out == ""
    assert Path("x").read_text(encoding="utf-8") == said.out


def test_rules_are_listed_explained_and_described(run: Runner) -> None:
    assert "MLS101  pickle-load" in run("rules").out
    assert {"MLS101"} < {one["code"] for one in json.loads(run("rules", "--format", "json").out)}
    assert json.loads(run("rules", "--schema").out)["type"] == "object"
    assert run("explain", "pickle-load").out == run("explain", "mls101").out
    assert "pickle" in run("explain", "MLS101", "--markdown").out


# ---------------------------------------------------------------- as a process of its own


def _imported(*words: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules that it imports."""
    command = [sys.executable, "-X", "importtime", "-m", "mlsec_lint", *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return done.stdout, {line.split("|")[-1].strip() for line in done.stderr.splitlines() if "|" in line}


def test_the_version_is_told_without_reading_rules_or_code() -> None:
    said, modules = _imported("--version")
    assert said == f"mlsec-lint {__version__}\n"
    assert "mlsec_lint.cli" in modules
    assert not modules & {"libcst", "flake8", "pathspec", "tomllib", "mlsec_lint.run", "mlsec_lint.rules"}


def test_files_without_our_words_do_not_import_libcst() -> None:
    _write("a.py", "x = 1\n")
    assert "libcst" not in _imported("check", "a.py")[1]
    _write("b.py", BAD)
    assert "libcst" in _imported("check", "b.py", "--exit-zero")[1]


def test_progress_is_shown_only_on_terminals_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlsec_lint.cli import screen

    clock = iter([0.0, 0.5, 1.5, 1.55, 3.0])
    monkeypatch.setattr("mlsec_lint.cli.screen.time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    progress = screen.Progress(quiet=False)
    for done in range(1, 5):
        progress(done, 9)
    progress.clear()
    assert capsys.readouterr().err == "\r\x1b[K2 of 9 files\r\x1b[K4 of 9 files\r\x1b[K"


@pytest.mark.parametrize(
    ("quiet", "terminal", "term"), [(True, True, "xterm"), (False, False, "xterm"), (False, True, "dumb")]
)
def test_no_progress_where_it_would_disturb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet: bool, terminal: bool, term: str
) -> None:
    from mlsec_lint.cli import screen

    clock = iter([0.0, 5.0, 9.0])
    monkeypatch.setattr("mlsec_lint.cli.screen.time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("TERM", term)
    progress = screen.Progress(quiet)
    progress(1, 9)
    progress.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_closed_pipe_is_no_error() -> None:
    _write("a.py", BAD * 3000)
    command = [sys.executable, "-m", "mlsec_lint", "check", "--all", "a.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read().decode()
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_only_reads_the_kinds_that_are_named(run: Runner) -> None:
    _write("a.py", BAD)
    _write("setup.sh", "pip install torch\n")
    _write("Dockerfile", "FROM python:3.11\n")
    assert "MLS209" not in run("check", "--only", "python", ".").out
    said = run("check", "--only", "shell", "--only", "dockerfile", ".").out
    assert "MLS101" not in said
    assert "MLS209" in said
    assert "MLS212" in said
    wrong = run("check", "--only", "pascal", ".")
    assert wrong.code == 2
    assert "pascal" in wrong.err
