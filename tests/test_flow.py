"""Programs in which bytes come from somewhere and go somewhere: each is reported where it says so and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsec_lint import proof, rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Finding, Level, Settings
from mlsec_lint.project import Project

HERE = Path(__file__).parent / "fixtures"
PROGRAMS = sorted((HERE / "flow").rglob("*.py"))
PROJECTS = sorted(path for path in (HERE / "flow_projects").iterdir() if path.is_dir())
FILES = [(project, path) for project in PROJECTS for path in sorted(project.rglob("*.py"))]
RULES = rules.load()
SETTINGS = Settings(audit=True, preview=True)


def _shown(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def _in_order(files: list[Path], root: Path) -> dict[str, list[Finding]]:
    """Check the files of a project one after the other."""
    project = Project([(str(path), _shown(path)) for path in files], str(root))
    found = {}
    for path in files:
        read = source.read(str(path), _shown(path), str(root), "python")
        found[_shown(path)] = check(read, RULES, SETTINGS, project)
    return found


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.relative_to(HERE / "flow").as_posix()) for path in PROGRAMS]
)
def test_a_program_is_reported_where_it_says_so_and_nowhere_else(path: Path) -> None:
    assert proof.run_text(RULES, _shown(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.relative_to(HERE / "flow").as_posix())
        for path in PROGRAMS
        if path.stem.endswith("_good")
    ],
)
def test_a_program_that_does_it_right_has_no_finding_of_flow(path: Path) -> None:
    flows = {rule.code for rule in RULES.rules if rule.flow is not None}
    read = source.from_text(path.read_text(encoding="utf-8"), _shown(path), "python")
    found = check(read, RULES, Settings())
    assert [(one.line, one.code) for one in found if one.code in flows and one.severity is Level.HIGH] == []


@pytest.fixture(scope="module")
def reports() -> dict[Path, dict[str, list[Finding]]]:
    return {project: _in_order([path for one, path in FILES if one == project], project) for project in PROJECTS}


@pytest.mark.parametrize(("project", "path"), [pytest.param(a, b, id=_shown(b)) for a, b in FILES])
def test_a_file_of_a_project_is_reported_where_it_says_so(
    project: Path, path: Path, reports: dict[Path, dict[str, list[Finding]]]
) -> None:
    wanted = proof.marks(path.read_text(encoding="utf-8"))
    assert proof.compare(_shown(path), wanted, lambda: reports[project][_shown(path)]) == []


@pytest.mark.parametrize("project", [pytest.param(project, id=project.name) for project in PROJECTS])
def test_the_order_of_files_changes_nothing(project: Path, reports: dict[Path, dict[str, list[Finding]]]) -> None:
    files = [path for one, path in FILES if one == project]
    assert _in_order(files[::-1], project) == reports[project]


@pytest.mark.parametrize(("project", "path"), [pytest.param(a, b, id=_shown(b)) for a, b in FILES])
def test_the_places_that_one_file_shows_by_itself_are_among_those_of_the_project(
    project: Path, path: Path, reports: dict[Path, dict[str, list[Finding]]]
) -> None:
    read = source.read(str(path), _shown(path), str(project), "python")
    plain = Settings(preview=True)
    alone = {one.line for one in check(read, RULES, plain)}
    assert alone <= {one.line for one in reports[project][_shown(path)]}


def test_data_come_from_the_call_and_not_from_where_its_function_was_prepared() -> None:
    text = (
        "import torch\nfrom functools import partial\nfrom huggingface_hub import hf_hub_download\n"
        'fetch = partial(hf_hub_download, library_name="x")\n\n'
        "def load(name, file):\n    path = fetch(name, filename=file)\n    return torch.load(path)\n"
    )
    found = check(source.from_text(text, "load.py", "python"), RULES)
    assert [(one.code, one.line, [place.line for place in one.related]) for one in found if one.code == "MLS121"] == [
        ("MLS121", 8, [7])
    ]


def test_the_state_of_an_object_that_is_being_unpickled_weighs_little() -> None:
    code = """
import io
import torch
class Batch:
    def __setstate__(self, state):
        self.tensors = torch.load(io.BytesIO(state), weights_only=False)
    def restore(self, state):
        self.tensors = torch.load(io.BytesIO(state), weights_only=False)
"""
    found = check(source.from_text(code.lstrip(), "batch.py", "python"), RULES, SETTINGS)
    assert [(one.line, one.severity) for one in found if one.code == "MLS103"] == [(5, Level.LOW), (7, Level.HIGH)]


def test_a_name_is_found_behind_packages_that_hand_on_everything_in_circles(tmp_path: Path) -> None:
    """Each way through the circle asked anew would never end: there are 59 ** 5 of them."""
    package = tmp_path / "package"
    package.mkdir()
    names = [f"part{number}" for number in range(60)]
    for name in names:
        (package / f"{name}.py").write_text("".join(f"from .{other} import *\n" for other in names if other != name))
    (package / "__init__.py").write_text("".join(f"from .{name} import *\n" for name in names))
    with open(package / "part7.py", "a", encoding="utf-8") as last:
        last.write("import pickle\n\ndef load(file):\n    return pickle.load(file)\n")
    user = tmp_path / "user.py"
    user.write_text(
        "from urllib.request import urlopen\nfrom package import load, missing\n\nmissing(1)\n"
        'load(urlopen("https://example.com/model.pkl"))\n'
    )
    files = [user, *sorted(package.iterdir())]
    project = Project([(str(path), path.relative_to(tmp_path).as_posix()) for path in files], str(tmp_path))
    found = check(source.read(str(user), "user.py", str(tmp_path), "python"), RULES, SETTINGS, project)
    assert [(one.line, {place.path for place in one.related}) for one in found if one.severity is Level.HIGH] == [
        (5, {"user.py", "package/part7.py"})
    ]
