"""Every hazardous API that is known has its rule or a reason, and every library its bad and its good lines."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsec_lint import proof, rules

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "benchmarks"))

import catalogue  # noqa: E402
from catalogue import Record  # noqa: E402

RULES = rules.load(keep=False)
COVERAGE = catalogue.Coverage(RULES)
RECORDS = catalogue.records()

FAMILIES = {
    "D": {"loading"},
    "P": {"provenance"},
    "L": {"provenance"},
    "H": {"integrity", "provenance"},
    "A": {"integrity", "documentation"},
    "R": {"execution"},
    "E": {"execution"},
    "T": {"transport"},
    "X": {"transport"},
    "S": {"exposure"},
}
# Where the letter stands for a fault that another family explains better.
ELSEWHERE = {
    "audiocraft.models.MusicGen.get_pretrained": "an unpinned name is all that there is to see",
    "huggingface_hub.from_pretrained_keras": "an unpinned name is all that there is to see",
    "detectron2.model_zoo.get": "the address is fixed by the release, and nobody compares the file",
    "distributed.Client": "a client: what it says can be read and changed on the way",
    "rpyc.classic.connect": "a client: what it says can be read and changed on the way",
    "huggingface_hub.HfFileSystem": "its methods are what reads, and they are named (MLS201)",
    "multiprocessing.connection.Listener": "an open socket; what it receives is not unpickled before `recv`",
    "ctypes.CDLL": "a program out of a downloaded folder",
    "torch.ops.load_library": "a program out of a downloaded folder",
    "keras.config.enable_unsafe_deserialization": "code in a file that is loaded",
    "langchain_community.vectorstores.ScaNN.load_local": "a pickle, whatever the switch is called",
    "langchain_community.vectorstores.Annoy.load_local": "a pickle, whatever the switch is called",
    "langchain_community.vectorstores.TileDB.load": "a pickle, whatever the switch is called",
    "langchain_community.retrievers.TFIDFRetriever.load_local": "a pickle, whatever the switch is called",
    "langchain_community.llms.Databricks": "a pickle, whatever the switch is called",
    "mlflow.transformers.load_model": "code in a file that is loaded",
}


def _spelled(record: Record) -> tuple[str, ...]:
    return (record.api, *record.aliases)


def test_the_catalogue_is_whole() -> None:
    assert (len(RECORDS), len({record.library for record in RECORDS})) == (615, 261)


def test_no_hazardous_api_is_missing() -> None:
    assert [record.api for record in RECORDS if COVERAGE.verdict(record) == "missing"] == []


def test_no_refusal_is_about_nothing() -> None:
    assert COVERAGE.idle(RECORDS) == []


def test_a_hazard_is_reported_by_the_family_it_belongs_to() -> None:
    strange = []
    for record in RECORDS:
        if COVERAGE.verdict(record) == "refused":
            continue
        asking = {family for name in _spelled(record) for family in COVERAGE.families(name)}
        for letter in set(record.hazard.split("+")) - {"SAFE"}:
            if not asking & FAMILIES[letter] and record.api not in ELSEWHERE:
                strange.append(f"{record.api} is {letter}, and reported under {sorted(asking)}")
    assert strange == []


# ---------------------------------------------------------------- lines of examples and fixtures


class Names(ast.NodeVisitor):
    """The dotted library names on each line of a module, as far as imports and simple assignments tell."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}
        self.lines: defaultdict[int, set[str]] = defaultdict(set)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._meant[alias.asname or alias.name.split(".")[0]] = (
                alias.name if alias.asname else alias.name.split(".")[0]
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._meant[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        meant = self._dotted(node.value)
        for target in node.targets:
            first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
            if meant and isinstance(first, ast.Name):
                self._meant[first.id] = meant

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            meant = self._dotted(item.context_expr)
            if meant and isinstance(item.optional_vars, ast.Name):
                self._meant[item.optional_vars.id] = meant
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Attribute, ast.Name)):
            name = self._dotted(node)
            if name:
                end = node.end_lineno or node.lineno
                for line in range(node.lineno, end + 1):
                    self.lines[line].add(name)
        super().generic_visit(node)

    def _dotted(self, node: ast.AST) -> str:
        if isinstance(node, ast.Name):
            return self._meant.get(node.id, "")
        if isinstance(node, ast.Call):
            called = self._dotted(node.func)
            return RULES.apis.returns.get(called, called)
        if isinstance(node, ast.Subscript):
            return self._dotted(node.value)
        if isinstance(node, ast.Attribute):
            inner = self._dotted(node.value)
            return f"{inner}.{node.attr}" if inner else ""
        return ""


def _texts() -> Iterator[str]:
    for path in sorted((ROOT / "tests" / "fixtures").rglob("*.py")):
        yield path.read_text(encoding="utf-8")
    for rule in RULES.rules:
        yield from (one.code for one in rule.examples if one.filename.endswith(".py"))


def _lines() -> tuple[set[str], set[str]]:
    """Return the names on lines that are to be reported, and those on lines that are to be silent."""
    bad: set[str] = set()
    good: set[str] = set()
    for text in _texts():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        names = Names()
        names.visit(tree)
        marked = proof.marks(text)
        for line, found in names.lines.items():
            (bad if line in marked else good).update(found)
    return bad, good


BAD, GOOD = _lines()
LIBRARIES = sorted({record.library for record in RECORDS}, key=str.lower)


def _prefixes(library: str) -> set[str]:
    """Return the import names of a library, no longer than needed to tell it from others."""
    mine = {record.api for record in RECORDS if record.library == library}
    others = {record.api.split(".")[0] for record in RECORDS if record.library != library}
    return {name.split(".")[0] if name.split(".")[0] not in others else ".".join(name.split(".")[:2]) for name in mine}


def _own(library: str, names: set[str]) -> set[str]:
    """Return those of the names that belong to a library."""
    starts = tuple(f"{prefix}." for prefix in _prefixes(library))
    spelled = {one for record in RECORDS if record.library == library for one in _spelled(record)}
    return {name for name in names if "." in name and (name in spelled or name.startswith(starts))}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_has_a_bad_and_a_good_line(library: str) -> None:
    hazards = {letter for record in RECORDS if record.library == library for letter in record.hazard.split("+")}
    refused = all(COVERAGE.verdict(record) == "refused" for record in RECORDS if record.library == library)
    assert _own(library, GOOD), "no line that is to be silent"
    bad = {name for name in _own(library, BAD) if COVERAGE.families(name)}
    assert bad or refused or hazards == {"SAFE"}, "no line that is to be reported"
