"""Files on disk against the lock."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mlsec_lint import cli, lockfile
from mlsec_lint.inventory import disk
from mlsec_lint.lockfile import Artefact, File, Lock

SHA = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
WEIGHTS, CONFIG, TABLE = b"weights", b"{}", b"a,b\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    model = Artefact(
        "model", "org/model", SHA, SHA, uses=(("a.py", 1),),
        files=(File("model.bin", 7, sha256(WEIGHTS)), File("unet/config.json", 2, "", blob(CONFIG)), File("later.bin")),
    )  # fmt: skip
    other = Artefact("model", "org/other", "v1", SHA, files=(File("model.bin", 5, sha256(b"other")),))
    table = Artefact("download", "https://x.org/t.csv", digest="sha256:" + sha256(TABLE))
    (tmp_path / "mlsec.lock").write_text(lockfile.written(Lock("mlsec.lock", (model, other, table))))
    return tmp_path


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def cached(root: Path, files: dict[str, bytes], commit: str = SHA, name: str = "models--org--model") -> Path:
    """The layout of the hub's cache: snapshots of links into blobs."""
    for path, data in files.items():
        put(root / name / "blobs" / sha256(data), data)
        link = root / name / "snapshots" / commit / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(root / name / "blobs" / sha256(data), link.parent))
    put(root / name / "refs" / "main", commit.encode())
    return root


def verified(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    capsys.readouterr()
    code = cli.main(["verify", *arguments])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err.strip()


def test_a_cache_that_holds_what_is_locked_is_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cached(folder / "hub", {"model.bin": WEIGHTS, "unet/config.json": CONFIG})
    assert verified(capsys, "hub") == (0, [], "2 as locked, 0 not, 0 not in the lock")


def test_a_plain_folder_that_holds_what_is_locked_is_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder / "m" / "model.bin", WEIGHTS)
    put(folder / "m" / "unet" / "config.json", CONFIG)
    put(folder / "m" / "t.csv", TABLE)
    assert verified(capsys, "m") == (0, [], "3 as locked, 0 not, 0 not in the lock")


@pytest.mark.parametrize("layout", ["cache", "plain"])
@pytest.mark.parametrize("name", ["model.bin", "unet/config.json"])
def test_another_content_is_told(folder: Path, capsys: pytest.CaptureFixture[str], layout: str, name: str) -> None:
    files = {"model.bin": WEIGHTS, "unet/config.json": CONFIG, name: b"planted"}
    if layout == "cache":
        cached(folder / "there", files)
    for path, data in files.items() if layout == "plain" else ():
        put(folder / "there" / path, data)
    code, said, summary = verified(capsys, "there")
    assert (code, len(said), summary) == (1, 1, "1 as locked, 1 not, 0 not in the lock")
    assert name in said[0]
    assert sha256(b"planted") in said[0]


def test_what_the_lock_does_not_have_is_told_and_fails_only_when_that_is_wanted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cached(folder / "hub", {"model.bin": WEIGHTS, "extra.py": b"import os"})
    said = [f"hub/models--org--model/snapshots/{SHA}/extra.py: not in the lock: the lock has no such file"]
    assert verified(capsys, "hub")[:2] == (0, said)
    assert verified(capsys, "hub", "--strict")[:2] == (1, said)


def test_another_commit_and_another_repository_are_not_in_the_lock(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cached(folder / "hub", {"model.bin": WEIGHTS}, commit="0" * 40)
    cached(folder / "hub", {"model.bin": WEIGHTS}, name="models--who--knows")
    code, said, _ = verified(capsys, "hub")
    assert (code, [line.partition("lock: ")[2] for line in said]) == (
        1, ["the lock has org/model in another commit than 000000000000", "who/knows is not in the lock"],
    )  # fmt: skip


def test_a_file_is_good_where_one_of_two_models_has_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder / "model.bin", b"other")
    assert verified(capsys, "model.bin")[0] == 0
    put(folder / "org" / "model" / "model.bin", b"other")
    assert verified(capsys, "org")[0] == 1  # the folder says which of the two it is


def test_a_file_under_another_name_is_known_by_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder / "best.pt", WEIGHTS)
    assert verified(capsys, "best.pt")[0] == 0


def test_a_file_that_is_missing_or_locked_without_a_digest_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = verified(capsys, "nowhere")
    assert (code, said.splitlines()[0]) == (2, "not read: nowhere: no such file or directory")
    put(folder / "later.bin", b"x")
    assert verified(capsys, "later.bin")[:2] == (
        1, ["later.bin: not in the lock: the lock has no digest of org/model's later.bin"],
    )  # fmt: skip


def test_a_large_file_is_read_in_pieces(folder: Path) -> None:
    path = folder / "large"
    piece = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for _ in range(5):
            file.write(piece)
    found = disk.digests(str(path))
    assert (found.sha256, found.blob, found.size) == (sha256(piece * 5), blob(piece * 5), len(piece) * 5)


def test_downloads_at_hand_give_digests_to_the_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "hub"))
    cached(folder / "hub", {"model.bin": WEIGHTS, "config.json": CONFIG})
    (folder / "mlsec.lock").unlink()
    (folder / "a.py").write_text(
        f'from transformers import AutoModel\nAutoModel.from_pretrained("org/model", revision="{SHA}")\n'
    )
    assert cli.main(["lock", "-q", "a.py"]) == 0
    (one,) = lockfile.read("mlsec.lock").artefacts
    assert [(file.path, file.sha256) for file in one.files] == [
        ("config.json", sha256(CONFIG)), ("model.bin", sha256(WEIGHTS)),
    ]  # fmt: skip
    assert verified(capsys, "hub")[0] == 0
