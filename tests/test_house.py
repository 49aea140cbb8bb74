"""What is known of libraries stands in the rules: the program's code holds no name of theirs."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsec_lint import rules
from mlsec_lint.model import RuleSet

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

# What Python itself means is the engine's business, and what we are built on has to be called by its name.
OURS = {"libcst", "flake8", "click", "pathspec", "tomli"}
ROOTS_ALLOWED = set(sys.stdlib_module_names) | OURS | {"builtins"}

# Serialisers of the standard library: what they do to a file is a rule's business, not Python's meaning.
SERIALISERS = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dbm"}


def _known() -> RuleSet:
    try:
        return rules.load(keep=False)
    except rules.RuleErrors as error:
        return error.rules


def dotted_names() -> Iterator[str]:
    """Yield every dotted name of a callable that rules and api tables speak of."""
    known = _known()
    for rule in known.rules:
        for match in rule.matches:
            yield from match.calls
        for assign in rule.assigns:
            yield from assign.targets
        if rule.flow is not None:
            yield from (endpoint.call for endpoint in rule.flow.to)
    apis = known.apis
    yield from (*apis.params, *apis.aliases, *apis.returns, *apis.saves, *apis.checks)
    for table in (apis.sources, apis.handlers, apis.callbacks, apis.groups, apis.digests):
        for names in table.values():
            yield from names


def words() -> frozenset[str]:
    """Return the words that give an API away: libraries with many names in the rules, and last parts that say much."""
    roots: Counter[str] = Counter()
    found: set[str] = set()
    for name in dotted_names():
        parts = re.findall(r"[A-Za-z_]\w*", name)
        if parts and (parts[0] in SERIALISERS or parts[0] not in ROOTS_ALLOWED):
            roots[parts[0]] += 1
            if len(parts[-1]) >= 8 and ("_" in parts[-1] or re.search("[a-z][A-Z]", parts[-1])):
                found.add(parts[-1])
    # few names may be those of a small library whose name is a plain word
    return frozenset(found | {root for root, count in roots.items() if count >= 8 or root in SERIALISERS})


def python_words() -> set[str]:
    """Return names that the standard library itself has, so that they give nothing away."""
    found: set[str] = set()
    for module in (ast, builtins, re, sys, Path):
        found |= set(dir(module))
    return found


# A program of the shell, a format of files and plain names, which are names of libraries as well; and by module, what
# messages about mistaken rule files take as an example.
PLAIN = frozenset(("evaluate", "run_sync", "wget", "yaml"))
EXAMPLES = {
    "rules/keys.py": {"torch", "pickle"},
    "hub/huggingface.py": {"huggingface_hub"},  # what we are built on: the hub is asked through its own client
    "inventory/bom.py": {"download_url"},  # a qualifier of package URLs
}


def strings_and_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and word of each name, attribute, import and string in a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            for word in re.findall(r"[A-Za-z_]\w*", node.value):
                yield node.lineno, word
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            for word in re.findall(r"[A-Za-z_]\w*", " ".join(names)):
                yield node.lineno, word


WORDS = words() - python_words() - PLAIN


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_the_program_names_no_api_of_a_library(path: Path) -> None:
    allowed = EXAMPLES.get(path.relative_to(ROOT / "src" / "mlsec_lint").as_posix(), set())
    assert [(line, word) for line, word in strings_and_names(path) if word in WORDS and word not in allowed] == []


def test_the_words_looked_for_are_those_of_libraries() -> None:
    assert {"torch", "transformers", "pickle", "joblib", "from_pretrained", "hf_hub_download"} <= WORDS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_a_module_says_its_job(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
