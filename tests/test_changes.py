"""Which lines changed since a revision, asked of a real git."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlsec_lint import changes
from mlsec_lint.model import ConfigError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def _git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def _commit(folder: Path) -> None:
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("".join(f"line {number}\n" for number in range(1, 21)))
    (folder / "sub").mkdir()
    (folder / "sub" / 'odd "näme".py').write_text("1\n2\n3\n")
    (folder / "same.py").write_text("1\n")
    _commit(folder)
    return folder


def _change(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


def test_changed_lines_and_new_files_are_found(repository: Path) -> None:
    _change(repository / "a.py", "line 5\n", "line five\nline more\n")
    _change(repository / "sub" / 'odd "näme".py', "3\n", "three\n")
    (repository / "new.py").write_text("1\n2\n")
    found = changes.since("HEAD", str(repository))
    path = str(repository / "a.py")
    assert [line for line in range(1, 22) if found.has(path, line)] == [5, 6]
    assert found.has(path, 1, 5)
    assert not found.has(path, 7, 9)
    assert found.has(str(repository / "sub" / 'odd "näme".py'), 3)
    assert found.has(str(repository / "new.py"), 2)
    assert not found.has(str(repository / "same.py"))


def test_committed_changes_count_from_where_the_branch_left(repository: Path) -> None:
    _git(repository, "checkout", "-q", "-b", "branch")
    _change(repository / "a.py", "line 10\n", "line ten\n")
    (repository / "new.py").write_text("1\n")
    _commit(repository)
    _git(repository, "checkout", "-q", "main")
    _change(repository / "a.py", "line 1\n", "line one\n")
    _commit(repository)
    _git(repository, "checkout", "-q", "branch")
    found = changes.since("main", str(repository))
    assert [line for line in range(1, 21) if found.has(str(repository / "a.py"), line)] == [10]
    assert found.has(str(repository / "new.py"), 1)


def test_the_lines_around_a_deletion_count(repository: Path) -> None:
    _change(repository / "a.py", "line 5\n", "")
    found = changes.since("HEAD", str(repository))
    assert [line for line in range(1, 21) if found.has(str(repository / "a.py"), line)] == [4, 5]


def test_lines_that_look_like_a_diff_do_not_mislead(repository: Path) -> None:
    _change(repository / "a.py", "line 5\n", "++ b/same.py\n@@ -1 +1 @@\n-- a\n")
    found = changes.since("HEAD", str(repository))
    assert [line for line in range(1, 23) if found.has(str(repository / "a.py"), line)] == [5, 6, 7]
    assert not found.has(str(repository / "same.py"))


def test_of_a_renamed_file_only_what_changed_counts(repository: Path) -> None:
    _git(repository, "mv", "a.py", "b.py")
    _change(repository / "b.py", "line 5\n", "line five\n")
    _git(repository, "mv", "same.py", "moved.py")
    _commit(repository)
    found = changes.since("HEAD~1", str(repository))
    assert [line for line in range(1, 21) if found.has(str(repository / "b.py"), line)] == [5]
    assert not found.has(str(repository / "moved.py"))


@pytest.mark.parametrize("attribute", ["-diff", "binary", "diff=notebook"])
def test_a_notebook_is_compared_line_by_line_whatever_git_is_told_of_it(repository: Path, attribute: str) -> None:
    (repository / ".gitattributes").write_text(f"*.ipynb {attribute}\n")
    for name, value in {"textconv": "echo nothing to see #", "command": "true"}.items():
        _git(repository, "config", f"diff.notebook.{name}", value)
    _git(repository, "config", "diff.renames", "false")
    _git(repository, "config", "diff.mnemonicPrefix", "true")
    notebook = repository / "a.ipynb"
    notebook.write_text("1\n2\n3\n4\n")
    _commit(repository)
    _change(notebook, "3\n", "three\n")
    found = changes.since("HEAD", str(repository))
    assert [line for line in range(1, 5) if found.has(str(notebook), line)] == [3]


def test_from_a_folder_inside_the_repository(repository: Path) -> None:
    _change(repository / "a.py", "line 5\n", "line five\n")
    assert changes.since("HEAD", str(repository / "sub")).has(str(repository / "a.py"), 5)


def test_a_shallow_clone_compares_with_what_it_has_or_says_why_not(repository: Path, tmp_path: Path) -> None:
    for number in range(3):
        _change(repository / "a.py", f"line {number + 1}\n", f"changed {number}\n")
        _commit(repository)
    _git(tmp_path, "clone", "-q", "--depth", "2", f"file://{repository}", "clone")
    clone = tmp_path / "clone"
    found = changes.since("HEAD~1", str(clone))
    assert [line for line in range(1, 21) if found.has(str(clone / "a.py"), line)] == [3]
    assert found.remark == ""
    with pytest.raises(ConfigError, match="this clone is shallow: fetch more history first"):
        changes.since("HEAD~2", str(clone))


def test_a_shallow_clone_that_does_not_know_where_the_branch_left_says_what_it_compares(
    repository: Path, tmp_path: Path
) -> None:
    _git(repository, "checkout", "-q", "-b", "branch")
    _change(repository / "a.py", "line 10\n", "line ten\n")
    _commit(repository)
    _git(repository, "checkout", "-q", "main")
    _change(repository / "a.py", "line 1\n", "line one\n")
    _commit(repository)
    _git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", "-b", "branch", f"file://{repository}", "clone")
    found = changes.since("origin/main", str(tmp_path / "clone"))
    assert found.has(str(tmp_path / "clone" / "a.py"), 10)
    assert "lines that changed only in `origin/main` count, too" in found.remark
    _git(tmp_path / "clone", "fetch", "-q", "--unshallow")
    found = changes.since("origin/main", str(tmp_path / "clone"))
    assert [line for line in range(1, 21) if found.has(str(tmp_path / "clone" / "a.py"), line)] == [10]
    assert found.remark == ""


def test_an_unknown_revision_is_told(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"git knows no revision `nowhere`$"):
        changes.since("nowhere", str(repository))


@pytest.mark.parametrize("text", ["", "--output=x"])
def test_an_option_and_nothing_are_no_revisions(repository: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="is no revision"):
        changes.since(text, str(repository))


def test_the_commit_is_named_with_what_was_changed_since(repository: Path, tmp_path: Path) -> None:
    assert re.fullmatch("commit [0-9a-f]{12}", changes.commit(str(repository)))
    _change(repository / "a.py", "line 5\n", "line five\n")
    assert re.fullmatch("commit [0-9a-f]{12}, with changes", changes.commit(str(repository)))
    assert changes.commit(str(tmp_path)) == ""


# ---------------------------------------------------------------- what a run shows of it

FLOW = """import pickle
import requests

answer = requests.get("https://example.org/a", timeout=9)
body = answer.content

state = pickle.loads(body)
other = pickle.loads(open("x", "rb").read())
"""


def _reported(repository: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """(line, shown) of each finding about code, when only changes since HEAD are asked for."""
    from mlsec_lint import run

    monkeypatch.chdir(repository)
    report = run.run(["."], run.Options(isolated=True, diff_base="HEAD"))
    found = [(one.line, True) for one in report.findings] + [(one.finding.line, False) for one in report.hidden]
    return sorted(found)


def test_a_changed_end_of_a_flow_shows_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "flow.py").write_text(FLOW)
    _commit(repository)
    assert _reported(repository, monkeypatch) == []
    _change(repository / "flow.py", "org/a", "org/b")
    assert _reported(repository, monkeypatch) == [(7, True), (8, False)]
    _change(repository / "flow.py", "org/b", "org/a")
    _change(repository / "flow.py", '"x"', '"y"')
    assert _reported(repository, monkeypatch) == [(7, False), (8, True)]


def test_new_files_are_shown_whole(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "flow.py").write_text(FLOW)
    assert _reported(repository, monkeypatch) == [(7, True), (8, True)]


def test_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"git: .*not a git repository"):
        changes.since("HEAD", str(tmp_path))


def test_no_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git is not installed"):
        changes.since("HEAD", str(tmp_path))
