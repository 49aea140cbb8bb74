"""Which files are read, and how they are decoded."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from mlsec_lint import source
from mlsec_lint.model import Settings, SourceError
from mlsec_lint.source import File


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")


def found(
    root: Path, *paths: str, settings: Settings | None = None, force_exclude: bool = False, gitignore: bool = True
) -> list[str]:
    chosen = settings or Settings(root=str(root))
    walked = source.files(
        paths or [str(root)], lambda _: chosen, cwd=str(root), force_exclude=force_exclude, gitignore=gitignore
    )
    return [f"{item.shown} {item.kind}" if isinstance(item, File) else f"! {item}" for item in walked]


def python(names: Iterable[str]) -> list[str]:
    return [f"{name} python" for name in names]


def test_folders_are_walked_in_sorted_order_and_kinds_follow_names(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/z.py", "n.ipynb", "run.sh", "Dockerfile", "Dockerfile.gpu", "requirements-dev.txt")
    make(
        tmp_path,
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        "pyproject.toml",
        "w.pyw",
        "s.pyi",
        "README.md",
        "c.yaml",
    )
    make(tmp_path, "requirements/base.txt", "notes.txt", "environment-gpu.yml")
    assert found(tmp_path) == [
        ".github/workflows/ci.yml workflow",
        ".gitlab-ci.yml workflow",
        "Dockerfile dockerfile",
        "Dockerfile.gpu dockerfile",
        "a/z.py python",
        "b.py python",
        "environment-gpu.yml requirements",
        "n.ipynb notebook",
        "pyproject.toml requirements",
        "requirements/base.txt requirements",
        "requirements-dev.txt requirements",
        "run.sh shell",
        "w.pyw python",
    ]


def test_configuration_files_are_read_only_in_preview(tmp_path: Path) -> None:
    make(tmp_path, "train.yaml")
    assert found(tmp_path) == []
    assert found(tmp_path, settings=Settings(preview=True)) == ["train.yaml config"]


def test_only_leaves_the_other_kinds_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "n.ipynb", "run.sh")
    assert found(tmp_path, settings=Settings(only=("notebook",))) == ["n.ipynb notebook"]


def test_folders_of_tools_and_environments_are_skipped(tmp_path: Path) -> None:
    make(tmp_path, ".venv/a.py", "node_modules/a.py", "x.egg-info/a.py", "build/a.py", "__pycache__/a.py", "ok/a.py")
    make(tmp_path, "myenv/pyvenv.cfg", "myenv/lib/a.py", "pkg/build/__init__.py")
    assert found(tmp_path) == python(["ok/a.py", "pkg/build/__init__.py"])


def test_nested_gitignore_files_hold_below_them_and_the_deeper_one_wins(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "gen/b.py", "sub/c.py", "sub/keep.py", "sub/deep/skip.py", "other/skip.py", "data/x/d.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("gen/\nkeep.py\n/data/*\n!data/x\n", encoding="utf-8")
    (tmp_path / "sub/.gitignore").write_text("!keep.py\nskip.py\n", encoding="utf-8")
    assert found(tmp_path) == python(["a.py", "data/x/d.py", "other/skip.py", "sub/c.py", "sub/keep.py"])
    assert len(found(tmp_path, gitignore=False)) == 7


def test_a_gitignore_above_the_given_folder_holds_within_the_repository(tmp_path: Path) -> None:
    make(tmp_path, "repo/sub/a.py", "repo/sub/b.py")
    (tmp_path / ".gitignore").write_text("a.py\n", encoding="utf-8")
    assert len(found(tmp_path, "repo/sub")) == 2, "no repository: nothing above counts"
    (tmp_path / "repo/.git").mkdir()
    (tmp_path / "repo/.gitignore").write_text("b.py\n", encoding="utf-8")
    assert found(tmp_path, "repo/sub") == python(["repo/sub/a.py"])


def test_exclude_holds_from_the_root_of_the_settings(tmp_path: Path) -> None:
    make(tmp_path, "third_party/a.py", "src/third_party/b.py", "src/gen_x.py")
    chosen = Settings(root=str(tmp_path), exclude=("third_party/**", "gen_*.py"))
    assert found(tmp_path, settings=chosen) == python(["src/third_party/b.py"])


def test_a_named_file_is_read_though_excluded_unless_told_otherwise(tmp_path: Path) -> None:
    make(tmp_path, "third_party/a.py", ".venv/b.py")
    chosen = Settings(root=str(tmp_path), exclude=("third_party/",))
    assert found(tmp_path, "third_party/a.py", settings=chosen) == python(["third_party/a.py"])
    assert found(tmp_path, "third_party/a.py", settings=chosen, force_exclude=True) == []
    assert found(tmp_path, "third_party", settings=chosen, force_exclude=True) == []
    assert found(tmp_path, ".venv/b.py", force_exclude=True) == []


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    assert found(tmp_path, "a.py", ".", "./a.py") == python(["a.py"])


def test_a_file_without_a_suffix_is_what_its_first_line_says(tmp_path: Path) -> None:
    make(tmp_path, "plain", "notes.md")
    (tmp_path / "sh").write_text("#!/usr/bin/env bash\nls\n", encoding="utf-8")
    (tmp_path / "py").write_text("#!/usr/bin/python3\n", encoding="utf-8")
    said = found(tmp_path, "plain", "sh", "py", "notes.md")
    assert said[:3] == ["plain python", "sh shell", "py python"]
    assert said[3].startswith("! notes.md: is neither Python")


def test_what_is_missing_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    said = found(tmp_path, "gone", "a.py")
    assert said == ["! gone: cannot be read: no such file or directory", "a.py python"]


def test_links_to_folders_are_not_followed_so_that_circles_end(tmp_path: Path) -> None:
    make(tmp_path, "a/b.py")
    (tmp_path / "a/again").symlink_to(tmp_path)
    (tmp_path / "a/folder.py").symlink_to(tmp_path, target_is_directory=True)
    assert found(tmp_path) == python(["a/b.py"])


def test_a_broken_link_is_a_source_error_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to(tmp_path / "gone.py")
    (tmp_path / ".#lock.py").symlink_to("editor@host")
    assert found(tmp_path) == python(["a.py"])
    with pytest.raises(SourceError, match="a link to a file that is not there"):
        source.read(str(tmp_path / "a.py"), "a.py")


def test_a_socket_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    short = Path(os.path.relpath(tmp_path / "s.py"))
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(str(short) if len(str(short)) < 100 else str(tmp_path / "s.py"))
        except OSError:
            os.mkfifo(tmp_path / "s.py")
        with pytest.raises(SourceError, match="not a regular file"):
            source.read(str(tmp_path / "s.py"), "s.py")


def test_coding_comments_and_byte_order_marks_are_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    assert source.read(str(path)).text.endswith("x = 'é'\n")
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    assert source.read(str(path)).text == "x = 1\r\n"


@pytest.mark.parametrize(
    ("data", "reason", "place"),
    [
        (b"x = 1\ny = '\xff'\n", "is not utf-8 text", "2"),
        (b"x = 1\0", "NUL", ""),
        ("x = 1".encode("utf-16"), "UTF-16", ""),
        (b"# coding: no-such\n", "unknown encoding", "1"),
        (b"x" * 5_000_001, "larger than 5 MB", ""),
    ],
)
def test_what_is_no_text_is_said_with_its_line(tmp_path: Path, data: bytes, reason: str, place: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=reason) as caught:
        source.read(str(path), "a.py")
    assert (caught.value.path, caught.value.place) == ("a.py", place)


def test_every_encoding_gives_the_bytes_back() -> None:
    for data in (b"x = 1\r\n", b"\xef\xbb\xbfx\n", b"# coding: cp1252\n'\x80'\n"):
        text, encoding = source.decode(data, "a.py")
        assert text.encode(encoding) == data


def test_module_names_follow_packages_and_source_folders(tmp_path: Path) -> None:
    make(tmp_path, "pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/a.py", "src/space/part/b.py", "tools/c.py")
    root = str(tmp_path)
    names = ["pkg/sub/a.py", "pkg/sub/__init__.py", "src/space/part/b.py", "tools/c.py"]
    assert [source.module_of(str(tmp_path / name), root) for name in names] == [
        ("pkg.sub.a", False),
        ("pkg.sub", True),
        ("space.part.b", False),
        ("c", False),
    ]


def test_text_of_an_editor_is_what_its_name_says() -> None:
    assert source.from_text("\ufeffx = 1", "a.py").text == "x = 1"
    assert source.from_text("pip install x", "run.sh").kind == "shell"
    assert source.from_text("x = 1", "stdin").kind == "python"
    with pytest.raises(SourceError, match="is not JSON"):
        source.from_text("{", "n.ipynb")


def test_what_a_requirements_file_includes_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "deps/base", "deps/limits.in", "deps/more.txt")
    (tmp_path / "requirements.txt").write_text(
        "-r deps/base\n--constraint=deps/limits.in  # why\n-r https://example.org/x.txt\n-r missing.txt\n",
        encoding="utf-8",
    )
    (tmp_path / "deps/base").write_text("-rmore.txt\n-r ../requirements.txt\n", encoding="utf-8")
    assert found(tmp_path) == [
        "requirements.txt requirements",
        "deps/base requirements",
        "deps/more.txt requirements",
        "deps/limits.in requirements",
    ]


def test_a_large_file_is_data_and_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text("[" + "1," * 200_000 + "1]", encoding="utf-8")
    make(tmp_path, "train.json")
    assert found(tmp_path, settings=Settings(preview=True)) == ["train.json config"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("action.yml", "workflow"),
        (".github/workflows/x.yaml", "workflow"),
        (".github/workflows/x.json", "config"),
        ("ci/build.gitlab-ci.yml", "workflow"),
        ("environment-gpu.yaml", "requirements"),
        ("environment.json", "config"),
        ("conf/model.toml", "config"),
        ("pyproject.toml", "requirements"),
    ],
)
def test_the_kind_of_a_yaml_json_or_toml_file_follows_from_its_name(path: str, kind: str) -> None:
    assert source.kind_of(path, configs=True) == kind
