"""Dependency files: reading, faults, and the versions a project admits."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsec_lint import others, requirements
from mlsec_lint.model import Predicate, Requirement, Source, SourceError
from mlsec_lint.requirements import Entry, Facts

LIBRARY = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "x"\n'
SHA = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"


def read(name: str, text: str) -> tuple[Entry, ...]:
    return requirements.read(Source(name, text, "requirements"))


def short(name: str, text: str) -> list[tuple[int, int, str]]:
    return [
        (e.line, e.column, f"{e.option}{e.name}{e.specifier}{'@' if e.url and e.name else ''}{e.url}")
        for e in read(name, text)
    ]


def test_a_requirements_file_is_read_line_by_line() -> None:
    text = (
        "# words\n"
        "-r base.txt\n"
        "--extra-index-url https://x/simple\n"
        "Some_Package[extra] >= 1.0, <2 ; python_version < '3.12'  # why\n"
        "a==1.0 \\\n"
        "    --hash=sha256:ab\n"
        "-e git+https://x/y.git@main#egg=y\n"
        "b @ https://x/b-1.0-py3-none-any.whl\n"
        "https://x/pkg_c-1.2.0.tar.gz#sha256=ab\n"
        "./local\n"
        "not a requirement!\n"
    )
    assert short("requirements.txt", text) == [
        (2, 1, "-rbase.txt"),
        (3, 1, "--extra-index-urlhttps://x/simple"),
        (4, 1, "some-package<2,>=1.0"),
        (5, 1, "a==1.0"),
        (7, 4, "y@git+https://x/y.git@main#egg=y"),
        (8, 1, "b@https://x/b-1.0-py3-none-any.whl"),
        (9, 1, "pkg-c@https://x/pkg_c-1.2.0.tar.gz#sha256=ab"),
        (10, 1, "file:./local"),
        (11, 1, ""),
    ]
    entries = read("requirements.txt", text)
    assert entries[2].marker == 'python_version < "3.12"'
    assert [entry.has_hash for entry in entries] == [False, False, False, True, False, False, True, False, False]
    assert entries[8].trouble.startswith("is no requirement: ")
    assert all(entry.others_hashed for entry in entries)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-rbase.txt", "-rbase.txt"),
        ("-c limits.txt", "-climits.txt"),
        ("--requirement=base.txt", "--requirementbase.txt"),
        ("--pre", "--pre"),
        ("https://x/y-1.0.tar.gz ; python_version<'3'", "y@https://x/y-1.0.tar.gz"),
        ("a[b] @ file:///x/a.whl", "a@file:///x/a.whl"),
        ("a===1.0", "a===1.0"),
        ("-e ./x[a]", "file:./x[a]"),
    ],
)
def test_pip_s_own_forms_are_read(line: str, expected: str) -> None:
    assert [found for _, _, found in short("requirements.txt", line)] == [expected]


def test_a_pyproject_file_is_read_with_places() -> None:
    text = LIBRARY + (
        'dependencies = [\n  "a>=1",\n  "b",\n]\n'
        '[project.optional-dependencies]\ngpu = ["c==2", "b"]\n'
        '[dependency-groups]\ndev = ["d", {include-group = "x"}]\n'
        '[tool.uv.sources]\na = { git = "https://x/a", branch = "main" }\n'
    )
    assert short("pyproject.toml", text) == [
        (2, 14, "hatchling"),
        (6, 4, "a>=1"),
        (7, 4, "b"),
        (10, 9, "c==2"),
        (10, 17, "b"),
        (12, 9, "d"),
        (14, 1, "a@git+https://x/a@main"),
    ]
    by_name = {entry.name: entry for entry in read("pyproject.toml", text)}
    assert by_name["c"].group == "gpu"
    assert by_name["c"].in_package
    assert not by_name["d"].in_package


def test_a_requirement_is_placed_where_it_stands_and_not_where_its_text_occurs_first() -> None:
    text = '[project]\nname = "x"\nkeywords = ["a"]  # "a"\ndependencies = [\n  # "a"\n  \'a\',\n  "b",\n]\n'
    assert short("pyproject.toml", text) == [(6, 4, "a"), (7, 4, "b")]


def test_indexes_that_are_searched_for_any_name_are_read() -> None:
    source = '[[tool.{0}.source]]\nname = "{1}"\nurl = "https://{1}"\n{2}'
    poetry = source.format("poetry", "a", "") + source.format("poetry", "b", 'priority = "explicit"\n')
    assert short("pyproject.toml", poetry) == []
    assert short("pyproject.toml", poetry + source.format("poetry", "c", "")) == [(8, 1, "--extra-index-urlhttps://c")]
    pdm = source.format("pdm", "a", "") + source.format("pdm", "b", "")
    assert short("pyproject.toml", pdm) == [(4, 1, "--extra-index-urlhttps://b")]


def test_poetry_and_pipenv_tables_are_read() -> None:
    text = (
        '[tool.poetry.dependencies]\npython = "^3.10"\na = "~1.2.3"\nb = { version = "*", extras = ["x"] }\n'
        'c = { git = "https://x/c", rev = "main" }\n[tool.poetry.group.dev.dependencies]\nd = "1.0"\n'
    )
    assert short("pyproject.toml", text) == [
        (2, 1, "python>=3.10,<4"),
        (3, 1, "a>=1.2.3,<1.3"),
        (4, 1, "b"),
        (5, 1, "c@git+https://x/c@main"),
        (7, 1, "d==1.0"),
    ]
    assert short("Pipfile", '[packages]\na = "==1.0"\n[dev-packages]\nb = "*"\n') == [(2, 1, "a==1.0"), (4, 1, "b")]


def test_setup_cfg_and_conda_environments_are_read() -> None:
    text = "[metadata]\nname = x\n[options]\ninstall_requires =\n    a>=1  # why\n    b\n[options.extras_require]\ngpu = c==2\n"
    assert short("setup.cfg", text) == [(5, 5, "a>=1"), (6, 5, "b"), (8, 7, "c==2")]
    text = (
        "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.10\n  - a=1.2.3\n  - nvidia::b>=2,<3\n  - pip:\n"
        "    - c==1.0\n    - --extra-index-url https://x\n    - git+https://x/d\n  - e\nprefix: /x\n"
    )
    assert short("environment.yml", text) == [
        (5, 5, "python==3.10.*"),
        (6, 5, "a==1.2.3"),
        (7, 5, "b>=2,<3"),
        (9, 7, "c==1.0"),
        (10, 7, "--extra-index-urlhttps://x"),
        (11, 7, "git+https://x/d"),
        (12, 5, "e"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a", "a"),
        ("a=1.2", "a==1.2.*"),
        ("a=1.2.3", "a==1.2.3"),
        ("a=1.2=py310_0", "a==1.2"),
        ("a==1.2", "a==1.2"),
        ("a 1.2.3", "a==1.2.3"),
        ("a >=1,<2", "a>=1,<2"),
        ("a=1.2|1.3", "a"),
        ("c::a[version='>=1.2']", "a>=1.2"),
    ],
)
def test_conda_specifications_are_read(written: str, expected: str) -> None:
    assert short("environment.yml", f'dependencies: ["{written}"]') == [(1, 17, expected)]


def test_a_broken_environment_is_said_with_its_line() -> None:
    with pytest.raises(SourceError, match="is not YAML") as caught:
        read("environment.yml", "name: x\ndependencies: [a\n")
    assert caught.value.place == "3"


def test_what_setup_py_says_in_literals_has_its_place() -> None:
    text = (
        "from setuptools import setup\nBASE = ['a>=1']\n"
        "setup(install_requires=BASE + ['b'], extras_require={'x': BASE, 'y': ['c==1']},\n"
        "      setup_requires=read('file'), python_requires='>=3.9')\n"
    )
    assert short("setup.py", text) == [
        (2, 10, "a>=1"),
        (2, 10, "a>=1"),
        (3, 33, "b"),
        (3, 72, "c==1"),
        (4, 53, "python>=3.9"),
    ]
    assert short("setup.py", "setup = 1\n") == short("setup.py", "setup(\n") == []


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("torch=2.0", True),
        ("torch>=2.x", True),
        ("two words", True),
        ("{{ package }}==1.0", False),
        ("torch==2.6.0  ;  python_version < '3.12'", False),
        ("my/folder", False),
        ("dist/own-1.0-py3-none-any.whl", False),
        ("-e .[dev]", False),
    ],
)
def test_a_line_that_pip_would_refuse_is_told(line: str, trouble: bool) -> None:
    told = others.unreadable(Source("requirements.txt", "a==1\n" + line + "\n", "requirements"))
    assert [number for number, _ in told] == ([2] if trouble else [])


def test_broken_toml_is_said_with_its_line() -> None:
    with pytest.raises(SourceError, match="is not TOML") as caught:
        read("pyproject.toml", "[project]\nname =\n")
    assert caught.value.place == "2"


@pytest.mark.parametrize(
    ("line", "fault", "expected"),
    [
        ("a", "unpinned", True),
        ("a>=1", "unpinned", True),
        ("a==1.*", "unpinned", True),
        ("a==1.0", "unpinned", False),
        ("a @ https://x/a.whl", "unpinned", False),
        ("git+https://x/a", "vcs", True),
        ("git+https://x/a@main", "vcs", True),
        (f"git+https://x/a@{SHA}#egg=a", "vcs", False),
        ("a @ https://x/a.whl", "url", True),
        ("a @ https://x/a.whl#sha256=ab", "url", False),
        ("./a.whl", "url", False),
        ("--extra-index-url https://x", "extra-index", True),
        ("--index-url https://x", "extra-index", False),
        ("--trusted-host x", "option", True),
        ("--trusted-host=y", "option", False),
        ("a==1.0", "no-hash", False),
    ],
)
def test_faults_of_a_line(line: str, fault: str, expected: bool) -> None:
    (entry,) = read("requirements.txt", line)
    options = (("--trusted-host", Predicate("equals", "x")),)
    assert requirements.match(entry, Requirement(("*",), fault, options=options)) is expected


def test_a_missing_hash_is_a_fault_where_others_have_one() -> None:
    entries = read("requirements.txt", "a==1 --hash=sha256:ab\nb==1\n")
    assert [requirements.match(entry, Requirement(("*",), "no-hash")) for entry in entries] == [False, True]


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("==2.5.1", True),
        ("==2.5.1+cu121", True),
        ("~=2.5.0", True),
        ("==2.5.*", True),
        ("<2.6", True),
        (">=2,<=2.5", True),
        ("==2.6.0rc1", True),
        ("==2.6", False),
        (">=2.0", False),
        ("~=2.5", False),
        ("<2.7", False),
        ("!=2.5", False),
        ("", False),
    ],
)
def test_a_version_is_vulnerable_where_nothing_else_is_admitted(specifier: str, expected: bool) -> None:
    (entry,) = read("requirements.txt", f"Torch{specifier}")
    rule = Requirement(("torch",), "vulnerable", below="2.6.0")
    assert requirements.match(entry, rule) is expected
    assert not requirements.match(entry, Requirement(("other",), "vulnerable", below="2.6.0"))


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("==1.2.4", True), ("~=1.2.0", False), (">=1.0,<1.2.5", True), ("==0.9", False), ("<1.2", False)],
)
def test_a_hole_that_came_with_a_version_is_not_in_earlier_ones(specifier: str, expected: bool) -> None:
    (entry,) = read("requirements.txt", f"a{specifier}")
    rule = Requirement(("a",), "vulnerable", introduced="1.0.0", below="1.2.5")
    assert requirements.match(entry, rule) is expected


def test_look_alikes_are_known_by_name() -> None:
    (entry,) = read("requirements.txt", "Py_Torch==1.0")
    assert requirements.match(entry, Requirement(("py-torch",), "look-alike"))


def test_ranges_are_right_in_a_library_and_where_a_lock_stands_beside(tmp_path: Path) -> None:
    (entry,) = read("requirements.txt", "a")
    rule = Requirement(("*",), "unpinned")
    (tmp_path / ".git").mkdir()
    assert requirements.facts(str(tmp_path)) == Facts(application=True, locked=False)
    (tmp_path / "uv.lock").write_text("", encoding="utf-8")
    assert requirements.facts(str(tmp_path)) == Facts(application=True, locked=True)
    assert not requirements.match(entry, rule, Facts(application=True, locked=True))
    (tmp_path / "pyproject.toml").write_text(LIBRARY, encoding="utf-8")
    assert requirements.facts(str(tmp_path / "docs")) == Facts(application=False, locked=True)
    assert not requirements.match(entry, rule, Facts(application=False))
    (tmp_path / "pyproject.toml").write_text(LIBRARY + 'classifiers = ["Private :: Do Not Upload"]\n', encoding="utf-8")
    assert requirements.facts(str(tmp_path)).application


def test_what_a_compiled_list_or_a_constraints_file_pins_is_pinned(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("-c limits/all.txt\na\nb\nc\n", encoding="utf-8")
    (tmp_path / "limits").mkdir()
    (tmp_path / "limits/all.txt").write_text("a==1\nb<2\n", encoding="utf-8")
    (tmp_path / "requirements-compiled.txt").write_text(
        "# This file is autogenerated by pip-compile with Python 3.11\nc==1\nd\n", encoding="utf-8"
    )
    (tmp_path / "requirements-hashed.txt").write_text("e==1 --hash=sha256:ab\n", encoding="utf-8")
    known = requirements.facts(str(tmp_path))
    assert known.pinned == {"a", "c", "e"}
    unpinned = Requirement(("*",), "unpinned")
    found = read("requirements.txt", (tmp_path / "requirements.txt").read_text(encoding="utf-8"))
    assert [entry.name for entry in found if requirements.match(entry, unpinned, known)] == ["b"]


def test_a_project_table_without_a_build_system_is_an_application(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    assert requirements.facts(str(tmp_path)).application


def test_lowest_versions_come_from_the_projects_own_metadata(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        LIBRARY + 'requires-python = ">=3.10"\ndependencies = ["torch>=2.6,!=2.7", "a", "b~=1.4.2"]\n'
        '[project.optional-dependencies]\nold = ["torch==1.0", "c==3.0", "c>=2"]\n',
        encoding="utf-8",
    )
    (tmp_path / "requirements.txt").write_text("torch==1.0\na==1.0\n-r more.txt\n", encoding="utf-8")
    (tmp_path / "more.txt").write_text("d==4\n-r requirements.txt\n", encoding="utf-8")
    (tmp_path / "src").mkdir()
    assert requirements.minimums(str(tmp_path / "src")) == {
        "python": "3.10",
        "torch": "2.6",
        "b": "1.4.2",
        "c": "2",
        "d": "4",
    }


def test_setup_py_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "setup.py").write_text(
        "from setuptools import setup\nraise SystemExit\nNEEDS = ['torch>=2.1', 'a']\n"
        "setup(name='x', install_requires=NEEDS, python_requires='>=3.9')\n",
        encoding="utf-8",
    )
    assert requirements.minimums(str(tmp_path)) == {"torch": "2.1", "python": "3.9"}
    assert not requirements.facts(str(tmp_path)).application


def test_the_search_for_manifests_ends_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("torch==2.6\n", encoding="utf-8")
    (tmp_path / "repo/.git").mkdir(parents=True)
    assert requirements.minimums(str(tmp_path / "repo")) == {}


def test_a_list_deep_inside_a_package_belongs_to_no_application(tmp_path: Path) -> None:
    inner = tmp_path / "package" / "models" / "one"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent, inner.parent.parent):
        (folder / "__init__.py").touch()
    assert not requirements.facts(str(inner)).application
    assert requirements.facts(str(tmp_path)).application


def test_an_unpacked_wheel_says_what_it_requires(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    metadata = tmp_path / "package-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(
        "Name: package\nRequires-Python: >=3.10\nRequires-Dist: torch>=2.6\n"
        'Requires-Dist: torch>=2.1; extra == "old"\n\nRequires-Dist: numpy>=2\n'
    )
    assert requirements.minimums(str(tmp_path / "package")) == {"torch": "2.6", "python": "3.10"}
    (tmp_path / "other-2.0.dist-info").mkdir()
    assert requirements.minimums(str(tmp_path / "package")) == {}


@pytest.mark.parametrize(
    ("version", "bound", "expected"),
    [
        ("2.10", "2.9", True),
        ("2.6.0", "2.6", True),
        ("2.6.0rc1", "2.6", False),
        ("2.6.dev1", "2.6a1", False),
        ("2.6.post1", "2.6", True),
        ("2.6+cpu", "2.6", True),
        ("1!1.0", "2.0", True),
        ("latest", "1.0", False),
    ],
)
def test_versions_compare_as_indexes_do(version: str, bound: str, expected: bool) -> None:
    assert requirements.at_least(version, bound) is expected
