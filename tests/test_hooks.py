"""The hooks as pre-commit runs them: installed from a local repository, in environments of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pre_commit", reason="needs pre-commit")
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("src", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
CLEAN = "x = 1\n"
BAD = "import pickle\n\n\ndef read(file):\n    return pickle.load(file)\n"
FIXABLE = "x = 1  # noqa: MLS101 -- nothing is loaded here\n"


def _git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def _repository(folder: Path) -> Path:
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "x")
    return folder


@pytest.fixture(scope="module")
def linter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the linter, with what the files of this one hold now."""
    folder = tmp_path_factory.mktemp("linter")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return _repository(folder)


def _project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return _repository(folder)


def _run(project: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    environment |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *words],
        cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def _summaries(said: str) -> list[str]:
    return [line for line in said.splitlines() if " finding" in line and " in " in line]


def test_try_repo_passes_on_clean_files_and_fails_on_bad_ones_with_one_summary(linter: Path, tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "bad").mkdir()
    words = ["try-repo", str(linter), "mlsec-lint", "--verbose", "--all-files"]

    clean = _project(tmp_path / "clean", {f"file{number}.py": CLEAN for number in range(30)})
    done = _run(clean, tmp_path / "home", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    assert _summaries(done.stdout) == ["0 findings in 30 files (0 parsed, 0 unread)"]

    files = {f"file{number}.py": CLEAN for number in range(30)} | {"bad.py": BAD, "worse.py": BAD, "notes.txt": BAD}
    bad = _project(tmp_path / "bad", files)
    done = _run(bad, tmp_path / "home", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed" in done.stdout
    assert "bad.py:5:12" in done.stdout
    assert _summaries(done.stdout) == ["2 findings (2 medium) in 32 files (2 parsed, 0 unread)"]


def test_the_configured_hooks_report_mend_and_leave_excluded_files_out(linter: Path, tmp_path: Path) -> None:
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=linter, capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()
    hooks = "[{id: mlsec-lint-fix}, {id: mlsec-lint}]"
    config = f"repos:\n- repo: {linter}\n  rev: {revision}\n  hooks: {hooks}\n"
    settings = "[tool.mlsec-lint]\nexclude = ['old.py']\n"
    (tmp_path / "project").mkdir()
    files = {".pre-commit-config.yaml": config, "pyproject.toml": settings, "old.py": BAD, "mend.py": FIXABLE}
    project = _project(tmp_path / "project", files)

    done = _run(project, tmp_path / "home", "run", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert (project / "mend.py").read_text() == CLEAN
    assert (project / "old.py").read_text() == BAD
    _git(project, "add", ".")
    assert _run(project, tmp_path / "home", "run", "--all-files").returncode == 0
