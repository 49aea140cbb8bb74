"""`mlsec.lock`: written from the code, kept stable, and compared with it without asking anybody."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hub_server import Hub, serve, sha
from mlsec_lint import cli, lockfile
from mlsec_lint.model import ConfigError

SHA = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
OTHER = "0123456789012345678901234567890123456789"
CODE = f"""\
from datasets import load_dataset
from transformers import AutoModel

model = AutoModel.from_pretrained("org/model", revision="{SHA}")
data = load_dataset("org/data", revision="v1")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a lock file, in the current folder."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "no-cache"))
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "train.py").write_text(CODE)
    assert cli.main(["lock", "-q"]) == 0
    return folder


def checked(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = cli.main(["lock", "--check", "-q", *more])
    return code, capsys.readouterr().out.splitlines()


def test_the_lock_says_what_is_fetched_where_and_in_which_revision(project: Path) -> None:
    found = lockfile.read(str(project / "mlsec.lock"))
    assert [(one.kind, one.name, one.revision, one.uses) for one in found.artefacts] == [
        ("dataset", "org/data", "v1", (("train.py", 5),)),
        ("model", "org/model", SHA, (("train.py", 4),)),
    ]


def test_a_fresh_lock_agrees_with_its_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys) == (0, [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text + 'more = AutoModel.from_pretrained("org/new")\n',
            ["train.py:6: new: model org/new (no revision) is not in the lock"],
        ),
        (
            lambda text: text.replace('data = load_dataset("org/data", revision="v1")\n', ""),
            ["train.py:5: gone: dataset org/data (v1) is in the lock, and no code fetches it here"],
        ),
        (
            lambda text: text.replace(SHA, OTHER),
            [f"train.py:4: moved: model org/model: the code says {OTHER}, the lock {SHA}"],
        ),
        (
            lambda text: text.replace(', revision="v1"', ""),
            ["train.py:5: moved: dataset org/data: the code says no revision, the lock v1"],
        ),
        (
            lambda text: text.replace("org/data", "org/other"),
            [
                "train.py:5: gone: dataset org/data (v1) is in the lock, and no code fetches it here",
                "train.py:5: new: dataset org/other (v1) is not in the lock",
            ],
        ),
    ],
)
def test_each_kind_of_drift_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], change: object, said: list[str]
) -> None:
    path = project / "train.py"
    path.write_text(change(path.read_text()))  # type: ignore[operator]
    assert checked(capsys) == (1, said)
    assert cli.main(["lock", "-q"]) == 0
    assert checked(capsys) == (0, [])


def test_a_use_that_went_to_another_file_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "train.py").rename(project / "fit.py")
    code, said = checked(capsys)
    assert code == 1
    assert "fit.py:4: moved: model org/model: the code says fit.py, the lock train.py" in said


def test_a_use_that_went_to_another_line_is_no_drift(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "train.py"
    path.write_text("# one more line\n\n" + path.read_text())
    assert checked(capsys) == (0, [])


def test_files_that_were_not_read_are_not_missed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "src").mkdir()
    (project / "src" / "a.py").write_text(CODE.replace("org/", "more/"))
    assert cli.main(["lock", "-q"]) == 0
    assert checked(capsys, "src") == (0, [])
    (project / "src" / "a.py").write_text("")
    assert checked(capsys, "train.py") == (0, [])
    assert checked(capsys, "src")[0] == 1


def test_locking_a_part_keeps_the_rest(project: Path) -> None:
    (project / "src").mkdir()
    (project / "src" / "a.py").write_text(CODE.replace("org/data", "more/data"))
    assert cli.main(["lock", "src", "-q"]) == 0
    found = {one.name: one.uses for one in lockfile.read("mlsec.lock").artefacts}
    assert found["org/data"] == (("train.py", 5),)
    assert found["more/data"] == (("src/a.py", 5),)
    assert found["org/model"] == (("src/a.py", 4), ("train.py", 4))


def test_the_same_code_gives_the_same_lock_byte_for_byte(project: Path) -> None:
    path = project / "mlsec.lock"
    before = path.read_bytes()
    path.unlink()
    (project / "aaa.py").write_text("")
    assert cli.main(["lock", "-q"]) == 0
    assert path.read_bytes() == before


def test_a_changed_line_changes_few_lines_of_the_lock(project: Path) -> None:
    path = project / "mlsec.lock"
    before = path.read_text().splitlines()
    (project / "train.py").write_text(CODE.replace(SHA, OTHER))
    assert cli.main(["lock", "-q"]) == 0
    after = path.read_text().splitlines()
    assert len([1 for one, other in zip(before, after, strict=True) if one != other]) == 1


def test_without_a_lock_file_there_is_nothing_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lock", "--check"]) == 2
    assert "There is no lock file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("not toml at all", ""),
        ("version = 2\n", "version"),
        ("[[artefact]]\n", "version"),
        ("version = 1\nartefact = 3\n", "artefact"),
        ('version = 1\n[[artefact]]\nkind = "model"\n', "artefact[0].name"),
        ('version = 1\n[[artefact]]\nkind = "model"\nname = "a"\nuses = ["a.py"]\n', "artefact[0].uses"),
        ('version = 1\n[[artefact]]\nkind = "model"\nname = "a"\nfile = [1]\n', "artefact[0].file[0]"),
        ('version = 1\n[[artefact]]\nkind = "model"\nname = "a"\ncommit = 1\n', "artefact[0].commit"),
    ],
)
def test_a_mistake_in_a_lock_file_is_told_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str], text: str, key: str
) -> None:
    path = project / "mlsec.lock"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        lockfile.read(str(path))
    assert caught.value.place == key
    for arguments in (["lock"], ["lock", "--check"], ["check", "--preview"], ["verify", "train.py"]):
        assert cli.main(arguments) == 2
        assert "mlsec.lock" in capsys.readouterr().err
    assert path.read_text() == text


def test_nothing_is_locked_while_a_file_cannot_be_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "mlsec.lock").read_bytes()
    (project / "broken.py").write_text("from transformers import AutoModel\nAutoModel.from_pretrained(\n")
    assert cli.main(["lock"]) == 2
    assert "broken.py" in capsys.readouterr().err
    assert (project / "mlsec.lock").read_bytes() == before
    assert cli.main(["lock", "--check"]) == 2


def test_the_editor_is_told_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "train.py").write_text(CODE.replace("org/data", "org/other"))
    capsys.readouterr()
    assert cli.main(["check", "--preview", "--select", "MLS704", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["line"], one["column"], one["message"][:20]) for one in found] == [
        (1, 1, "`mlsec.lock` says th"), (5, 8, "`org/other` is fetch"),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "MLS704", "--mlsec-config", _settings(project), "train.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["train.py:1:1:", "train.py:5:8:"]


def _settings(project: Path) -> str:
    path = project / "settings.toml"
    path.write_text("[tool.mlsec-lint]\npreview = true\n")
    return str(path)


def test_only_update_opens_a_connection(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    for arguments in (
        ["lock"], ["lock", "--check"], ["check", "--preview"], ["verify", "train.py"], ["bom", "--output", "bom.json"],
    ):  # fmt: skip
        assert cli.main(arguments) in (0, 1)
        assert "asking" not in capsys.readouterr().err


# ---------------------------------------------------------------- asking a hub


def run(hub: Hub, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with the real client and the hub of this test."""
    return subprocess.run(
        [sys.executable, "-m", "mlsec_lint", *arguments],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "HF_ENDPOINT": hub.address, "HF_TOKEN": "", "NO_PROXY": "*", **environment},
    )  # fmt: skip


def test_update_writes_down_what_the_hub_knows(project: Path) -> None:
    with serve() as hub:
        one = hub.add("org/model")
        one.refs["old"] = SHA
        one.files = [
            {"rfilename": "model.safetensors", "size": 12, "blobId": OTHER, "lfs": {"sha256": "a" * 64, "size": 12, "pointerSize": 134}},
            {"rfilename": "pytorch_model.bin", "size": 13, "blobId": OTHER, "lfs": {"sha256": "b" * 64, "size": 13, "pointerSize": 134}},
            {"rfilename": "modeling_own.py", "size": 14, "blobId": "c" * 40},
        ]  # fmt: skip
        hub.add("org/data", "datasets", v1=sha("v1")).license = "cc-by-4.0"
        done = run(hub, "lock", "--update")
        assert done.returncode == 0, done.stderr
        assert f"asking {hub.address} about 2 names" in done.stderr
    data, model = lockfile.read("mlsec.lock").artefacts
    assert (data.commit, data.license, data.holds) == (sha("v1"), "cc-by-4.0", ())
    assert (model.commit, model.license, model.holds) == (SHA, "apache-2.0", ("code", "pickle"))
    assert [(file.path, file.size, file.sha256, file.blob) for file in model.files] == [
        ("model.safetensors", 12, "a" * 64, ""),
        ("modeling_own.py", 14, "", "c" * 40),
        ("pytorch_model.bin", 13, "b" * 64, ""),
    ]
    text = Path("mlsec.lock").read_bytes()
    assert cli.main(["lock", "-q"]) == 0  # what is known of the same revision stays
    assert Path("mlsec.lock").read_bytes() == text


def test_what_cannot_be_looked_up_is_told_and_what_was_known_stays(project: Path) -> None:
    with serve() as hub:
        hub.add("org/data", "datasets", v1=sha("v1"))
        done = run(hub, "lock", "--update", "--attempts", "1")
    assert done.returncode == 2
    assert "model org/model: not looked up: 404: there is no such repository" in done.stderr
    assert {one.name: one.commit for one in lockfile.read("mlsec.lock").artefacts} == {
        "org/data": sha("v1"), "org/model": "",
    }  # fmt: skip


def test_offline_mode_asks_nobody(project: Path) -> None:
    before = Path("mlsec.lock").read_bytes()
    with serve() as hub:
        for command in (["lock", "--update"], ["pin"]):
            done = run(hub, *command, HF_HUB_OFFLINE="1")
            assert (done.returncode, done.stderr.splitlines()[-1]) == (
                2, "mlsec-lint: HF_HUB_OFFLINE is set: nobody was asked",
            )  # fmt: skip
        assert hub.asked == []
    assert Path("mlsec.lock").read_bytes() == before
