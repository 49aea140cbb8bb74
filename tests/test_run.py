"""Runs over many files: bad ones, settings of each, processes; always the same report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mlsec_lint import check as checker
from mlsec_lint import config
from mlsec_lint.model import Finding, Report, Source
from mlsec_lint.run import Mistakes, Options, one, plan, pool, processes, run

BAD = "import pickle\n\ndef read(f):\n    return pickle.load(f)\n"
ALL = ("src",)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.forget()
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def _write(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _run(*paths: str, **options: object) -> Report:
    return run(paths or ALL, Options(**options))  # type: ignore[arg-type]


def _places(report: Report) -> list[str]:
    return [f"{found.path}:{found.line}:{found.code}" for found in report.findings]


def test_findings_of_all_files_come_sorted_with_fingerprints_groups_and_lines() -> None:
    _write("src/b.py", BAD)
    _write("src/a.py", BAD + "\n\ndef again(f):\n    return pickle.load(f)\n")
    _write("src/fine.py", "x = 1\n")
    report = _run()
    assert _places(report) == ["src/a.py:4:MLS101", "src/a.py:8:MLS101", "src/b.py:4:MLS101"]
    assert len({found.fingerprint for found in report.findings}) == 3
    assert len({found.group for found in report.findings}) == 2
    assert report.lines["src/b.py", 4] == "    return pickle.load(f)"
    assert (report.files, report.parsed, report.failing) == (3, 2, 3)


def test_two_files_of_a_package_that_are_given_alone_know_of_each_other() -> None:
    _write("src/pkg/__init__.py", "")
    _write("src/pkg/a/__init__.py", "")
    _write("src/pkg/b/__init__.py", "")
    _write("src/pkg/a/fetching.py", "import requests\n\ndef fetch(url):\n    return requests.get(url).content\n")
    _write(
        "src/pkg/b/loading.py",
        "import pickle\n\nfrom pkg.a.fetching import fetch\n\ndef load(url):\n    return pickle.loads(fetch(url))\n",
    )
    alone = _run("src/pkg/a/fetching.py", "src/pkg/b/loading.py").findings
    assert [(found.code, found.line) for found in alone] == [("MLS121", 6)]
    assert alone == _run("src").findings


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python reads such f-strings from 3.12 on")
def test_a_file_for_a_newer_python_says_which_one_can_read_it() -> None:
    _write("src/a.py", "names = ['a']\nprint(f\"{'\\n'.join(names)}\")\n")
    (finding,) = _run().findings
    assert (finding.code, finding.line) == ("MLS901", 2)
    assert finding.message.endswith("run the linter with Python 3.12 or later")


def test_fingerprints_survive_ten_lines_above() -> None:
    _write("src/a.py", BAD)
    before = [found.fingerprint for found in _run().findings]
    _write("src/a.py", "x = 1\n" * 10 + BAD)
    report = _run()
    assert [found.fingerprint for found in report.findings] == before
    assert _places(report) == ["src/a.py:14:MLS101"]


# ---------------------------------------------------------------- what cannot be checked


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("syntax.py", "import pickle\npickle.load(\n", "pars"),
        ("nul.py", "import pickle\n\0pickle.load(f)\n", "NUL"),
        ("latin.py", b"import pickle\nx = '\xe9'\npickle.load(f)\n", ""),
        ("made.py", "import pickle\n" + "pickle.load(f)\n" * 5001, "more than 5000 findings"),
    ],
)
def test_a_bad_file_is_a_finding_and_the_others_are_checked(name: str, text: str | bytes, reason: str) -> None:
    _write(f"src/{name}", text)
    _write("src/z.py", BAD)
    report = _run()
    first = report.findings[0]
    assert (first.path, first.code) == (f"src/{name}", "MLS901")
    assert first.message.startswith("this file was not checked: ")
    assert reason in first.message
    assert [unread.path.partition(":")[0] for unread in report.unread] == [f"src/{name}"]
    assert _places(report)[1:] == ["src/z.py:4:MLS101"]


def test_what_is_nested_too_deeply_does_not_end_the_process() -> None:
    _write("src/deep.py", "import pickle\npickle.load(" + "(" * 5000 + ")" * 5000 + ")\n")
    _write("src/long.py", "import pickle\nx = pickle.load(f)" + " + 1" * 20000 + "\n")
    words = [sys.executable, "-m", "mlsec_lint", "check", "src", "--format", "concise"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["src/deep.py", "src/long.py"]
    assert done.returncode == 2


def test_what_is_not_there_is_a_finding() -> None:
    report = _run("nowhere.py")
    assert _places(report) == ["nowhere.py:1:MLS901"]
    assert len(report.unread) == 1


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_broken_link_is_a_finding() -> None:
    Path("src").mkdir()
    os.symlink("nowhere", "src/link.py")
    assert _places(_run()) == ["src/link.py:1:MLS901"]


def test_an_error_inside_the_linter_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(source: Source, *more: object) -> list[Finding]:
        raise ValueError("of\nsome kind")

    _write("src/a.py", BAD)
    monkeypatch.setattr(checker, "check", broken)
    (found,) = _run().findings
    assert found.message == "this file was not checked: an error inside the linter (ValueError: of some kind)"


def test_unread_files_are_told_though_their_rule_is_ignored() -> None:
    _write("src/a.py", "import pickle\npickle.load(\n")
    report = _run(changes={"ignore": (("MLS9",), "--ignore")})
    assert report.findings == ()
    assert len(report.unread) == 1


# ---------------------------------------------------------------- settings


def test_each_file_has_the_settings_of_its_own_folder() -> None:
    _write("src/a.py", BAD)
    _write("src/sub/a.py", BAD)
    _write("src/sub/pyproject.toml", '[tool.mlsec-lint]\nignore = ["MLS1"]\n')
    assert _places(_run()) == ["src/a.py:4:MLS101"]


def test_a_finding_fails_by_the_fail_on_of_its_own_file() -> None:
    _write("src/a.py", BAD)
    _write("src/sub/a.py", BAD)
    _write("src/sub/pyproject.toml", '[tool.mlsec-lint]\nfail-on = "never"\n')
    report = _run()
    assert (len(report.findings), report.failing) == (2, 1)


def test_per_file_ignores_hide_and_keep_the_finding() -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nper-file-ignores = { "src/tests/**" = ["pickle-load"] }\n')
    _write("src/tests/a.py", BAD)
    report = _run()
    assert report.findings == ()
    assert [(hidden.by, hidden.reason) for hidden in report.hidden] == [("per-file-ignores", "src/tests/**")]


def test_what_is_ignored_or_too_low_is_not_even_hidden() -> None:
    _write("src/a.py", BAD)
    for name, value in (("ignore", ("MLS101",)), ("select", ("MLS2",)), ("min_severity", "high")):
        report = _run(changes={name: (value, "--" + name)})
        assert (report.findings, report.hidden) == ((), ())


def test_a_comment_about_a_rule_that_was_not_asked_for_is_not_unused() -> None:
    _write("src/a.py", BAD.replace("load(f)", "load(f)  # noqa: MLS101 -- why"))
    report = _run(changes={"select": (("MLS2", "MLS9"), "--select")})
    assert (report.findings, report.hidden) == ((), ())


def test_selectors_can_be_added() -> None:
    _write("src/a.py", BAD)
    assert len(_run(changes={"select": (("MLS2",), "--select")}, extend=("pickle-load",)).findings) == 1


def test_all_unknown_selectors_are_told_at_once() -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nselect = ["MLS099"]\nignore = ["pickel-load"]\n')
    _write("src/a.py", BAD)
    with pytest.raises(Mistakes) as caught:
        _run()
    assert len(caught.value.errors) == 2


def test_comments_can_be_overruled() -> None:
    _write("src/a.py", BAD.replace("load(f)", "load(f)  # noqa: MLS101 -- why"))
    assert [hidden.reason for hidden in _run().hidden] == ["why"]
    assert _places(_run(noqa=False)) == ["src/a.py:4:MLS101"]


def test_a_ruff_beside_us_is_told_about_once_and_only_where_it_matters() -> None:
    _write("pyproject.toml", "[tool.ruff]\n")
    _write("src/a.py", BAD)
    assert _run().notes == ()
    _write("src/a.py", BAD.replace("load(f)", "load(f)  # noqa: MLS101 -- why"))
    (note,) = _run().notes
    assert 'add external = ["MLS"]' in note


def test_stdin_is_one_more_file_with_the_settings_of_its_name() -> None:
    _write("src/pyproject.toml", '[tool.mlsec-lint]\nper-file-ignores = { "a.py" = ["MLS1"] }\n')
    given = {"stdin": BAD.encode(), "stdin_filename": "src/a.py"}
    assert _places(_run("-", **given)) == []
    assert _places(_run("-", **(given | {"stdin_filename": "b.py"}))) == ["b.py:4:MLS101"]


def test_a_notebook_may_come_through_stdin() -> None:
    text = '{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": %s}], '
    text += '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    source = '["import pickle\\n", "pickle.load(open(name))"]'
    report = _run("-", stdin=(text % source).encode(), stdin_filename="n.ipynb")
    assert [(found.cell, found.cell_line, found.code) for found in report.findings] == [(1, 2, "MLS101")]


# ---------------------------------------------------------------- baseline


def test_the_baseline_hides_what_it_accepts_and_tells_what_is_stale() -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nbaseline = "b.json"\n')
    line = '{"code": "MLS101", "path": "src/%s", "function": "%s", "line": "return pickle.load(f)", "count": 1}'
    entries = ",".join(line % pair for pair in (("a.py", "read"), ("gone.py", "read"), ("other.py", "read")))
    _write("b.json", f'{{"version": 1, "accepted": [{entries}]}}')
    _write("src/a.py", BAD + "\n\n" + BAD.partition("\n\n")[2])
    _write("src/other.py", BAD)
    report = _run("src/a.py")
    assert _places(report) == ["src/a.py:8:MLS101"]
    assert [hidden.by for hidden in report.hidden] == ["baseline"]
    assert report.stale == 1
    assert "src/gone.py" in report.notes[0]
    assert len(_run("src/a.py", baseline=False).findings) == 2


def test_a_baseline_that_is_not_there_yet_is_told() -> None:
    _write("pyproject.toml", '[tool.mlsec-lint]\nbaseline = "b.json"\n')
    _write("src/a.py", BAD)
    report = _run()
    assert len(report.findings) == 1
    assert "there is no baseline" in report.notes[0]


# ---------------------------------------------------------------- processes


@pytest.fixture
def many() -> int:
    for number in range(30):
        _write(f"src/f{number:02}.py", BAD * (number % 5 + 1))
    _write("src/broken.py", "import pickle\npickle.load(\n")
    return 31


def _same(first: Report, second: Report) -> bool:
    return replace(first, seconds=0) == replace(second, seconds=0)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_change_nothing(many: int, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if method == "fork" and sys.platform != "linux":
        pytest.skip("forking is not safe here")
    alone = _run(jobs=1)
    monkeypatch.setattr(pool, "PATIENCE", 0)
    monkeypatch.setenv("MLSEC_LINT_START_METHOD", method)
    done: list[int] = []
    together = _run(jobs=2, progress=lambda count, total: done.append(count))
    assert _same(alone, together)
    assert done == list(range(1, many + 1))
    assert alone.files == many


def _kill(source: Source, *more: object) -> list[Finding]:
    if "f07" in source.path:
        os._exit(9)
    return []


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork, so that the stand-in is inherited")
def test_a_file_that_ends_its_process_is_reported_and_no_other_is_lost(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 0)
    monkeypatch.setattr(checker, "check", _kill)
    report = _run(jobs=2)
    assert [found.message for found in report.findings] == ["this file was not checked: checking it ended the process"]
    assert report.findings[0].path == "src/f07.py"
    assert report.files == many


def test_few_files_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(pool, "PATIENCE", 0)
    monkeypatch.setattr(processes, "spread", refuse)
    _write("src/a.py", BAD)
    assert len(_run(jobs=2).findings) == 1


def test_chunks_hold_every_file_once_and_keep_files_together_that_stand_together(many: int) -> None:
    tasks, _ = plan(ALL, Options())
    chunks = processes.chunks(pool.largest_first(tasks), 2)
    held = [task for chunk in chunks for task in chunk]
    assert held == sorted(tasks, key=lambda task: task.file.path)
    sizes = [sum(pool.size(task) for task in chunk) for chunk in chunks]
    assert len(chunks) > 4
    assert 0.5 < sum(sizes[:2]) / sum(sizes) <= processes.LARGE  # the rest is there to share out
    assert max(sizes[2:]) < min(sizes[:2])


def test_a_run_that_is_stopped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("src/a.py", BAD)
    _write("src/b.py", BAD)

    def stop(task: one.Task, *more: object) -> one.Result:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "check_file", stop)
    assert _run().interrupted


_ENDLESS = """
import pathlib, sys, time
from mlsec_lint import check as checker
from mlsec_lint.cli import main
from mlsec_lint.run import pool

def endless(source, *more):
    pathlib.Path(sys.argv[1], str(time.monotonic_ns())).touch()
    time.sleep(600)

pool.PATIENCE = 0
checker.check = endless
sys.exit(main(["check", "-j", "2", "."]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork, so that the stand-in is inherited")
def test_an_interrupt_ends_every_process_at_once_and_says_so(
    many: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    started = tmp_path_factory.mktemp("started")
    command = [sys.executable, "-c", _ENDLESS, str(started)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while len(list(started.iterdir())) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "stopped: not every file was checked" in told
    assert "Traceback" not in told
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
