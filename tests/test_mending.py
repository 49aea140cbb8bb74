"""`--fix` and `--diff` on files as they come: odd encodings and line ends, notebooks, other kinds of files, stdin."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlsec_lint import config
from mlsec_lint.cli import main

Runner = Callable[..., tuple[int, bytes, str]]
LOAD = "w = torch.load('x.pt')\n"
FIXED = "w = torch.load('x.pt', weights_only=True)\n"
ODD = {
    "plain.py": b"import torch\n" + LOAD.encode(),
    "no_newline.py": b"import torch\nw = torch.load('x.pt')",
    "windows.py": b"import torch\r\n\r\nw = torch.load(\r\n    'x.pt',\r\n    map_location='cpu',\r\n)\r\n",
    "mixed.py": b"import torch\r\nx = 1\nw = torch.load('x.pt')\r\n",
    "mark.py": b"\xef\xbb\xbfimport torch\n" + LOAD.encode(),
    "latin.py": b"# -*- coding: latin-1 -*-\nimport torch\nname = '\xe9'; w = torch.load('\xe9.pt')\n",
    "wide.py": "import torch\nname = '模型'; w = torch.load('模型🤗.pt')  # 模型\n".encode(),
    "form_feed.py": b"import torch\n\x0c\ndef f():\n\x0c    return torch.load('x.pt')\n",
    "separators.py": "import torch\ns = 'a\u2028b\x1cc'; w = torch.load('x.pt')\n".encode(),
    "tabs.py": b"import torch\nif x:\n\tw = torch.load(\n\t\t'x.pt',\n\t\tmap_location='cpu',\n\t)\n",
    "a name.py": b"import torch\n" + LOAD.encode(),
    "é.py": b"import torch\n" + LOAD.encode(),
    "joined.py": b"import torch\nw = torch.load('x.pt', \\\n               map_location='cpu')\n",
    "shell.sh": b"curl -k https://example.org/x \\\n  -o x\n",
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Runner:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, bytes, str]:
        config.forget()
        code = main(("check", "--isolated", *words))
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return call


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": text.splitlines(keepends=True), "outputs": []} for text in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4}, indent=1)


@pytest.mark.parametrize("name", ODD)
def test_a_fix_changes_the_call_and_no_other_byte(run: Runner, name: str) -> None:
    Path(name).write_bytes(ODD[name])
    run("--fix", "--unsafe-fixes", "-q", name)
    after = Path(name).read_bytes()
    lines = [b"\r\n    weights_only=True,", b"\n\t\tweights_only=True,", b",\n               weights_only=True"]
    added = [text for text in (*lines, b", weights_only=True") if text in after]
    assert (after.replace(added[0], b"", 1) if added else after.replace(b"curl", b"curl -k")) == ODD[name]
    run("--fix", "--unsafe-fixes", "-q", name)
    assert Path(name).read_bytes() == after


@pytest.mark.parametrize("program", [("git", "apply"), ("patch", "-s", "-p1", "-i")], ids=lambda words: words[0])
def test_a_diff_can_be_applied_and_does_what_a_fix_does(run: Runner, program: tuple[str, ...]) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    files = {**ODD, "n.ipynb": notebook("import torch\n", "x = 1\nw = torch.load('x.pt')").encode()}
    if program[0] == "patch":  # it goes by the first line for the line ends of all
        del files["mixed.py"]
    for name, data in files.items():
        Path(name).write_bytes(data)
    _, out, _ = run("--diff", "--unsafe-fixes", "-q", ".")
    Path("fix.patch").write_bytes(out)
    assert {name: Path(name).read_bytes() for name in files} == files
    subprocess.run([*program, "fix.patch"], check=True)
    applied = {name: Path(name).read_bytes() for name in files}
    for name, data in files.items():
        Path(name).write_bytes(data)
    run("--fix", "--unsafe-fixes", "-q", ".")
    assert applied == {name: Path(name).read_bytes() for name in files}
    assert applied != files


def test_a_diff_shows_fixes_that_had_to_wait_for_others(run: Runner) -> None:
    Path("a.py").write_text("import torch, pickle\ntorch.load('x', pickle_module=pickle, weights_only=False)\n")
    _, out, _ = run("--diff", "--unsafe-fixes")
    assert b"+torch.load('x', weights_only=True)\n" in out


def test_the_summary_tells_what_was_fixed_what_is_left_and_what_more_could_be(run: Runner) -> None:
    Path("a.py").write_text("import pickle, torch\nx = 1  # noqa: MLS101\n" + LOAD + "pickle.load(f)\n")
    assert "1 fixed in 1 file, 2 left, 1 more with --unsafe-fixes\n" in run("--fix")[2]
    assert "1 fixed in 1 file, 1 left\n" in run("--fix", "--unsafe-fixes")[2]
    assert "0 fixed in 0 files, 1 left\n" in run("--fix", "--unsafe-fixes")[2]
    assert "fixed" not in run("--fix", "-q")[2]


def test_a_read_only_file_is_told_and_left(run: Runner) -> None:
    if os.geteuid() == 0:
        pytest.skip("whoever may do anything can write read-only files")
    file = Path("a.py")
    file.write_text("import torch\n" + LOAD)
    file.chmod(0o444)
    code, _, err = run("--fix", "--unsafe-fixes")
    assert (code, "not changed: a.py: cannot be written: permission denied\n" in err) == (2, True)
    assert file.read_text() == "import torch\n" + LOAD


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_mended(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        Path(name).write_text("import torch\n" + LOAD)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("a.py") and real(path, mode))
    code, _, err = run("--fix", "--unsafe-fixes")
    assert code == 2
    assert "not changed: a.py: cannot be written: permission denied\n" in err
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == ("import torch\n" + LOAD, "import torch\n" + FIXED)


@pytest.mark.parametrize("name", ["latin.py", "windows.py", "mark.py", "no_newline.py"])
def test_what_comes_through_stdin_goes_out_as_its_file_would_be(
    run: Runner, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ODD[name])))
    code, out, err = run("-", "--fix", "--unsafe-fixes", "-q", "--stdin-filename", name)
    Path(name).write_bytes(ODD[name])
    run("--fix", "--unsafe-fixes", "-q", name)
    assert (code, out, err) == (0, Path(name).read_bytes(), "")


def test_a_notebook_from_stdin_keeps_its_other_bytes(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    text = notebook("import torch", "%%time\nw = torch.load('é.pt')")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    _, out, _ = run("-", "--fix", "--unsafe-fixes", "-q", "--stdin-filename", "n.ipynb")
    assert out.decode() == text.replace(".pt')", ".pt', weights_only=True)")


# ---------------------------------------------------------------- notebooks


def test_a_notebook_is_mended_in_its_cells_and_shell_lines(run: Runner) -> None:
    text = notebook(
        "!pip install --trusted-host x.org torch==2.6.0\n%matplotlib inline\n",
        "from yaml import load\n",
        "%%time\nconfig = load(open('a.yaml'))\n",
        "%%bash\ncurl -kL https://x.org/a \\\n  -o a\n",
    )
    Path("n.ipynb").write_text(text)
    run("--fix", "--unsafe-fixes", "-q")
    wanted = text.replace(" --trusted-host x.org", "").replace("import load", "import load, safe_load")
    wanted = wanted.replace("= load(", "= safe_load(").replace("-kL", "-L")
    assert Path("n.ipynb").read_text() == wanted


def test_an_import_that_a_notebook_needs_goes_into_the_cell_of_its_imports(run: Runner) -> None:
    text = notebook("%%capture\n!pip install x==1", "%matplotlib inline\nimport jinja2", "e = jinja2.Environment()")
    Path("n.ipynb").write_text(text)
    run("--fix", "--unsafe-fixes", "-q")
    wanted = text.replace('"import jinja2"', '"import jinja2.sandbox\\n",\n    "import jinja2"')
    wanted = wanted.replace("jinja2.Environment", "jinja2.sandbox.ImmutableSandboxedEnvironment")
    assert json.loads(Path("n.ipynb").read_text()) == json.loads(wanted)


def replaced(text: str, edits: list[dict[str, Any]], names: tuple[str, str, str, str], new: str) -> str:
    """The text with edits made whose places have these names."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in reversed(edits):
        line, column, end_line, end_column = (edit[name] for name in names)
        text = text[: starts[line - 1] + column - 1] + edit[new] + text[starts[end_line - 1] + end_column - 1 :]
    return text


def test_machines_are_given_edits_of_the_notebooks_own_lines(run: Runner) -> None:
    text = notebook("import torch\nx = 'é\"'; w = torch.load(\n    'x.pt',\n    map_location='cpu',\n)\n")
    Path("n.ipynb").write_text(text)
    _, out, _ = run("--format", "json", "-q")
    (finding,) = json.loads(out)["findings"]
    by_json = replaced(text, finding["fix"]["edits"], ("line", "column", "end_line", "end_column"), "text")
    _, out, _ = run("--format", "sarif", "-q")
    (fix,) = json.loads(out)["runs"][0]["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    edits = [{**one["deletedRegion"], **one["insertedContent"]} for one in change["replacements"]]
    by_sarif = replaced(text, edits, ("startLine", "startColumn", "endLine", "endColumn"), "text")
    run("--fix", "--unsafe-fixes", "-q")
    mended = Path("n.ipynb").read_text()
    assert by_json == by_sarif == mended != text
    assert "weights_only=True" in mended


def test_text_output_shows_the_line_as_it_would_be_and_how_to_get_it(run: Runner) -> None:
    Path("a.py").write_text("import torch\n" + LOAD)
    _, out, _ = run("a.py")
    assert f"= fix: `{FIXED.strip()}` (unsafe: --fix --unsafe-fixes applies it)\n" in out.decode()
    Path("n.ipynb").write_text(notebook("import torch\n" + LOAD))
    _, out, _ = run("n.ipynb")
    assert f"= fix: `{FIXED.strip()}` (unsafe: --fix --unsafe-fixes applies it)\n" in out.decode()
