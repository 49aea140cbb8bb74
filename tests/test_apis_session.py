"""What `nox -s apis` reads out of a library's text, on a small library written for this."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mlsec_lint.model import Predicate

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "benchmarks" / "apis"))

from proving import Claim, judge, meets  # noqa: E402
from reading import LAZY, REEXPORT, Library  # noqa: E402

FILES = {
    "lib/__init__.py": """
        from ._load import load as read
        from ._models import *

        _LAZY = {"late": "lib.deep.late"}

        def __getattr__(name):
            return import_module(_LAZY[name])

        wrapped = cache(read)
    """,
    "lib/_load.py": """
        def load(file, *, safe=True, mode="r", **options): ...
    """,
    "lib/_models.py": """
        from dataclasses import dataclass

        class Base:
            @classmethod
            def from_name(cls, name, revision=None): ...

        class Model(Base):
            @property
            def parts(self) -> "Parts": ...

        class Parts:
            def fetch(self, path, digest=None): ...

        @dataclass
        class Options:
            path: str
            trust: bool = False

        Model = register(Model)
    """,
    "lib/deep/__init__.py": "",
    "lib/deep/late.py": "def late(path, flag=False): ...",
    "lib/native.pyi": """
        from typing import overload

        @overload
        def open(path: str) -> int: ...
        @overload
        def open(path: str, mode: str) -> str: ...
    """,
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return Library(lambda top: [tmp_path])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("lib.read", "lib._load.load"),
        ("lib.Model", "lib._models.Model"),
        ("lib.Model.from_name", "lib._models.Base.from_name"),
        ("lib.Model.parts.fetch", "lib._models.Parts.fetch"),
        ("lib.deep.late.late", "lib.deep.late.late"),
    ],
)
def test_a_name_is_followed_to_where_it_is_written(library: Library, name: str, written: str) -> None:
    found = library.find(name)
    assert found is not None
    assert found.thing.path == written


def test_how_a_name_was_reached_is_told(library: Library) -> None:
    reached = {name: getattr(library.find(name), "how", None) for name in ("lib.read", "lib.late")}
    assert reached == {"lib.read": REEXPORT, "lib.late": LAZY}


@pytest.mark.parametrize("name", ["lib.absent", "lib.Model.absent", "other", "lib.deep.late.absent"])
def test_what_is_not_there_is_not_found(library: Library, name: str) -> None:
    assert library.find(name) is None


@pytest.mark.parametrize(
    ("name", "order", "needed", "wrong", "through"),
    [
        ("lib.read", ("file", "*", "safe"), {"mode"}, (), ()),
        ("lib.read", ("file", "*", "token"), set(), (), ("token",)),
        ("lib.read", ("path",), set(), ("argument 0 is `file`, not `path`",), ()),
        ("lib.read", ("file", "safe"), set(), ("there is no positional argument 1 (`safe`)",), ()),
        ("lib.Model.from_name", ("name", "revision"), set(), (), ()),
        ("lib.Model.from_name", (), {"token"}, ("there is no parameter `token`",), ()),
        ("lib.Options", ("path", "trust"), set(), (), ()),
        ("lib.native.open", ("path", "mode"), set(), (), ()),
        ("lib.wrapped", ("file",), {"safe"}, (), ()),
    ],
)
def test_a_claim_is_held_against_the_signature(
    library: Library,
    name: str,
    order: tuple[str, ...],
    needed: set[str],
    wrong: tuple[str, ...],
    through: tuple[str, ...],
) -> None:
    verdict, _ = judge(Claim(name, order=order, needed=needed), library, name)
    assert (verdict.wrong, verdict.through) == (wrong, through)


def test_a_position_that_rules_do_not_know_is_told(library: Library) -> None:
    verdict, _ = judge(Claim("lib.Model.from_name", needed={"revision"}), library, "lib.Model.from_name")
    assert verdict.late == ("`revision` may be given as argument 1",)


@pytest.mark.parametrize(
    ("condition", "default", "answer"),
    [
        (Predicate("equals", True), "True", True),
        (Predicate("equals", True), "False", False),
        (Predicate("not", parts=(Predicate("equals", None),)), "None", False),
        (Predicate("equals", True), "SENTINEL", None),
        (Predicate("given"), "None", None),
    ],
)
def test_a_default_is_held_against_a_condition(condition: Predicate, default: str, answer: bool | None) -> None:
    assert meets(condition, default) is answer
