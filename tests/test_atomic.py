"""Whatever goes wrong while a file is written, the user's file is whole: the old one or the new one."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mlsec_lint import atomic, cli, fix
from mlsec_lint.model import SourceError

OLD, NEW = b"old = 1\n", b"new = 2\n"
UNSAFE = "import torch\nstate = torch.load('a.pt', weights_only=False)\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.py"
    file.write_bytes(OLD)
    return file


def litter(folder: Path, *known: str) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name not in known)


def test_the_new_content_takes_the_place_of_the_old(path: Path) -> None:
    atomic.write(str(path), NEW)
    assert path.read_bytes() == NEW
    assert litter(path.parent, "a.py") == []


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_the_mode_stays(path: Path, mode: int) -> None:
    path.chmod(mode)
    atomic.write(str(path), NEW)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_user_wants_of_new_files(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        atomic.write(str(tmp_path / "new"), NEW)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_stays_a_link(path: Path) -> None:
    deeper = path.parent / "deeper"
    deeper.mkdir()
    link = deeper / "link.py"
    link.symlink_to("../a.py")
    atomic.write(str(link), NEW)
    assert link.is_symlink()
    assert path.read_bytes() == NEW
    assert litter(deeper, "link.py") == []


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_an_error_leaves_the_old_file_and_no_litter(
    path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, number: int
) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise OSError(number, os.strerror(number))

    if moment == "write":
        real = open

        class Full:
            def __init__(self, file: Any) -> None:
                self.file = file

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *error: object) -> None:
                self.file.close()

            def write(self, data: bytes) -> None:
                self.file.write(data[:3])
                fail()

        monkeypatch.setattr("builtins.open", lambda file, *a, **k: Full(real(file, *a, **k)))
    else:
        monkeypatch.setattr(os, moment, fail)
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        atomic.write(str(path), NEW)
    monkeypatch.undo()
    assert caught.value.errno == number
    assert path.read_bytes() == OLD
    assert litter(path.parent, "a.py") == []


def test_a_file_that_outgrows_its_limit_leaves_the_old_one(path: Path) -> None:
    """The kernel refuses the write, as it does on a full disk."""
    code = (
        "import resource, signal, sys\nfrom mlsec_lint import atomic\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    atomic.write(sys.argv[1], b'x' * 100_000)\nexcept OSError as error:\n    print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) == errno.EFBIG
    assert path.read_bytes() == OLD
    assert litter(path.parent, "a.py") == []


KILLED = """
import os, signal, sys
import mlsec_lint.atomic
def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv.pop(1), killed)
from mlsec_lint import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("moment", ["replace", "fsync"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a.py", "--no-cache", "--fix", "--unsafe-fixes", "-q"],
        ["check", "a.py", "--no-cache", "--add-noqa", "ours", "-q"],
    ],
)
def test_a_run_that_is_killed_between_writing_and_moving_leaves_the_file_whole(
    path: Path, moment: str, arguments: list[str]
) -> None:
    path.write_text(UNSAFE)
    environment = {**os.environ, "XDG_CACHE_HOME": str(path.parent / "no" / "cache")}
    (path.parent / "no").write_text("")  # a file: the linter's own cache is not what is killed here
    done = subprocess.run(
        [sys.executable, "-c", KILLED, moment, *arguments, "--isolated"], cwd=path.parent, capture_output=True,
        check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == UNSAFE
    assert all(name.startswith(".a.py.") for name in litter(path.parent, "a.py", "no"))
    again = subprocess.run(
        [sys.executable, "-m", "mlsec_lint", *arguments, "--isolated"], cwd=path.parent, capture_output=True,
        check=False, env=environment,
    )  # fmt: skip
    assert again.returncode in (0, 1)  # what was left behind is no file of the project
    assert path.read_text() != UNSAFE


def test_a_lock_that_is_killed_while_it_is_written_stays_what_it_was(path: Path) -> None:
    (path.parent / ".git").mkdir()
    lock = path.parent / "mlsec.lock"
    lock.write_text("version = 1\n")
    path.write_text("from transformers import AutoModel\nAutoModel.from_pretrained('org/a')\n")
    environment = {**os.environ, "XDG_CACHE_HOME": str(path)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, "replace", "lock", "--isolated"], cwd=path.parent, capture_output=True, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert lock.read_text() == "version = 1\n"


def test_a_folder_that_may_not_be_written_is_told_and_the_file_stays() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "a.py"
        path.write_bytes(OLD)
        path.chmod(0o666)
        folder.chmod(0o555)
        superuser = os.geteuid() == 0  # who may write everywhere, and so becomes nobody for this
        try:
            if superuser:
                os.seteuid(65534)
            with pytest.raises(SourceError, match="cannot be written: permission denied"):
                fix.write(str(path), NEW, "a.py")
        finally:
            if superuser:
                os.seteuid(0)
            folder.chmod(0o755)
        assert path.read_bytes() == OLD
        assert litter(folder, "a.py") == []


def test_a_folder_that_takes_no_new_file_is_told_and_the_file_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: Any, **more: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    path.write_text(UNSAFE)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    cli.main(["check", str(path), "--fix", "--unsafe-fixes", "--isolated"])
    assert "a.py: cannot be written: read-only file system" in capsys.readouterr().err
    assert path.read_text() == UNSAFE


def test_a_file_that_may_not_be_written_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda where, what: what != os.W_OK)  # for a superuser everything is writable
    with pytest.raises(PermissionError):
        atomic.write(str(path), NEW)
    assert path.read_bytes() == OLD


@pytest.mark.parametrize(
    "data", [b"a = 1\r\nb = 2\r\n", b"\xef\xbb\xbfa = 1\n", b"# coding: latin-1\na = '\xe9'\n", b"a = 1"]
)
def test_line_ends_and_encoding_stay(path: Path, data: bytes) -> None:
    from mlsec_lint.source import read

    path.write_bytes(data)
    text = read(str(path), "a.py").text
    fix.write(str(path), fix.encoded(data, text.replace("a = ", "abc = "), "a.py"), "a.py")
    assert path.read_bytes() == data.replace(b"a = ", b"abc = ")
