from __future__ import annotations

import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mlsec_lint import config
from mlsec_lint.model import Report
from mlsec_lint.run import Options, pool, run
from mlsec_lint.run import cache as caching
from mlsec_lint.run.one import Result, Task, check_file

FOLDER = "kept"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    return tmp_path


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really checked, in order."""
    seen: list[str] = []

    def note(task: Task, *more: object) -> Result:
        seen.append(task.file.shown)
        return check_file(task, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "check_file", note)
    return seen


def _run(cached: bool = True, **more: object) -> Report:
    options = Options(jobs=1, cache=FOLDER if cached else None)
    return run(["."], replace(options, **more))  # type: ignore[arg-type]


def _same(first: Report, second: Report) -> bool:
    return replace(first, seconds=0, cache="") == replace(second, seconds=0, cache="")


def _differences(first: Report, second: Report) -> list[object]:
    """What one report says and the other does not."""
    if _same(first, second):
        return []
    both = [{*one.findings, *one.hidden, *one.unread, *one.lines.items()} for one in (first, second)]
    return [*both[0] ^ both[1], (first.parsed, second.parsed, first.notes, second.notes)]


def _write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def _chain() -> None:
    """Modules that hand a loader on, each to the next."""
    _write("m0.py", "import pickle\n\ndef f0(path):\n    return pickle.load(open(path, 'rb'))\n")
    for number in range(1, 7):
        body = f"from m{number - 1} import f{number - 1}\nimport pickle\n\ndef f{number}(path):\n    return pickle.load(f{number - 1}(path))\n"
        _write(f"m{number}.py", body)
    _write("apart.py", "import torch\nx = torch.load('a.pt', weights_only=False)\n")


def test_what_has_not_changed_is_not_checked_again(checked: list[str]) -> None:
    _chain()
    first = _run()
    assert len(checked) == 8
    checked.clear()
    assert _same(first, _run())
    assert checked == []


def test_a_changed_module_checks_its_dependents_again_as_far_as_knowledge_travels_and_no_others(
    checked: list[str],
) -> None:
    _chain()
    _run()
    checked.clear()
    _write("m0.py", Path("m0.py").read_text() + "\n\nNAME = 'b'\n")
    assert _same(_run(), _run(cached=False))
    again = checked[: len(checked) - 8]
    assert {"m0.py", "m1.py", "m2.py"} <= set(again)
    assert not {"m6.py", "apart.py"} & set(again)


def test_a_module_that_appears_or_goes_checks_again_those_that_look_for_it(checked: list[str]) -> None:
    _write("a.py", "from later import NAME\nfrom transformers import AutoModel\nAutoModel.from_pretrained(NAME)\n")
    _write("b.py", "import torch\ntorch.load('x.pt', weights_only=False)\n")
    _run()
    for there in (True, False):
        checked.clear()
        _write("later.py", "NAME = 'org/model'\n") if there else os.unlink("later.py")
        _run()
        assert "a.py" in checked
        assert "b.py" not in checked


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_text("{"),
        lambda file: file.write_text("[]"),
        lambda file: file.write_bytes(b"\xff\xfe\0"),
        lambda file: file.write_text(re.sub(r'"[0-9a-f]{32}"', "7", file.read_text())),
        lambda file: file.write_text(file.read_text().replace('"Finding"', '"Task"')),
        lambda file: file.write_text(json.dumps({"format": 2, "files": {"x": 3}, "lookups": [], "results": {"x": None}})),
        lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), "lookups": [["x"], 3]})),
        lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99})),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_cache_is_a_cold_run(damage: object, checked: list[str]) -> None:
    _chain()
    first = _run()
    (file,) = Path(FOLDER).glob("*.json")
    damage(file)  # type: ignore[operator]
    checked.clear()
    again = _run()
    assert _same(first, again)
    assert checked
    assert _same(first, _run())


def test_a_cache_that_cannot_be_written_is_no_mistake() -> None:
    _chain()
    Path(FOLDER).write_text("a file where the folder should be")
    assert _same(_run(), _run(cached=False))


def test_the_cache_tells_git_and_backups_to_pass_it_over() -> None:
    _chain()
    _run()
    assert "*" in Path(FOLDER, ".gitignore").read_text().splitlines()
    assert Path(FOLDER, "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_the_usual_place_is_beside_the_settings_else_in_the_repository() -> None:
    _write("lib/pyproject.toml", "[tool.mlsec-lint]\n")
    _write("lib/inside/x.py", "x = 1\n")
    assert caching.place(os.path.abspath("lib")) == os.path.abspath("lib/.mlsec-lint-cache")
    os.chdir("lib/inside")
    assert caching.place("") == os.path.abspath("../../.mlsec-lint-cache")


def test_results_of_other_options_are_kept_apart(checked: list[str]) -> None:
    _chain()
    _run()
    audit = _run(changes={"audit": (True, "--audit")})
    checked.clear()
    _run()
    assert _same(audit, _run(changes={"audit": (True, "--audit")}))
    assert checked == []


# ---------------------------------------------------------------- any edit

MODULES = ("a.py", "b.py", "c.py", "pkg/__init__.py", "pkg/d.py", "pkg/e.py", "src/f.py", "tests/test_a.py")
NAMES = ("a", "b", "c", "pkg", "pkg.d", "pkg.e", "f", ".d", ".")
PARTS = (
    "def fetch():\n    return requests.get('https://example.org/m.pt').content\n",
    "def read(path):\n    return pickle.load(open(path, 'rb'))\n",
    "def load(path):\n    return torch.load(path)\n",
    "class Holder:\n    def __init__(self, path):\n        self.path = path\n\n    def get(self):\n        return pickle.load(self.path)\n",
    "NAME = 'org/model'\n",
    "NAME = './local/model'\n",
    "REV = '5c38ec7c405ec4b44b94cc5a9bb96e735b38267a'\n",
    "read(fetch())\n",
    "m = AutoModel.from_pretrained(NAME)\n",
    "m = AutoModel.from_pretrained(NAME, revision=REV)\n",
    "Holder(fetch()).get()\n",
    "load('x.pt')\n",
    "x = torch.load('y.pt')  # noqa: MLS102 -- ours\n",
    "y = 1  # noqa: MLS101\n",
    "subprocess.run(tool, shell=True)\n",
)
SETTINGS = ("", "ignore = ['MLS102']\n", "audit = true\n", "assume = { torch = '2.6' }\n", "min-severity = 'high'\n",
            "per-file-ignores = { 'tests/**' = ['MLS1'] }\n", "rules = ['own']\n")  # fmt: skip
DEPENDENCIES = ("[]", "['torch>=2.6']", "['torch>=1.0']", "['torch']")


def _module(chance: random.Random) -> str:
    lines = ["import pickle, requests, torch, subprocess\nfrom transformers import AutoModel\n"]
    for _ in range(chance.randrange(3)):
        what = chance.choice(("*", "fetch", "read, NAME", "Holder", "load", "REV"))
        lines.append(f"from {chance.choice(NAMES)} import {what}\n")
    return "".join([*lines, *chance.sample(PARTS, chance.randrange(5))])


def _edit(chance: random.Random) -> None:
    name = chance.choice(MODULES)
    match chance.randrange(8):
        case 0 if Path(name).exists():
            os.unlink(name)
        case 1 if Path(name).exists() and not Path(other := chance.choice(MODULES)).exists():
            Path(other).parent.mkdir(exist_ok=True)
            os.rename(name, other)
        case 2:
            table = f"[project]\nname = 'x'\ndependencies = {chance.choice(DEPENDENCIES)}\n[tool.mlsec-lint]\n"
            _write("pyproject.toml", table + chance.choice(SETTINGS))
        case 3:
            text = _OWN.replace("SEVERITY", chance.choice(("low", "high")))
            _write("own/loading/MLS190-own-tool.toml", text.replace("CALL", chance.choice(("tool.run", "torch.save"))))
        case 4 if Path(name).exists():
            os.utime(name)
        case _:
            _write(name, _module(chance))


_OWN = """code = "MLS190"
name = "own-tool"
summary = "our own tool is run"
message = "run it elsewhere"
severity = "SEVERITY"
confidence = "high"
status = "stable"
since = "0.1"
guidelines = ["2.1"]
cwe = [502]
references = ["https://example.org"]
why = "because"
instead = "another"
[[match]]
call = "CALL"
[[bad]]
code = '''
import x
'''
[[good]]
code = '''
import x
'''
"""


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5, 6])
def test_kept_results_are_those_of_a_fresh_run_whatever_is_edited(seed: int) -> None:
    chance = random.Random(seed)
    _write("pyproject.toml", "[tool.mlsec-lint]\n")
    _write("own/loading/MLS190-own-tool.toml", _OWN.replace("SEVERITY", "low").replace("CALL", "tool.run"))
    for name in MODULES:
        _write(name, _module(chance))
    found = 0
    for step in range(25):
        _edit(chance)
        config._nearest.cache_clear()
        kept, fresh = _run(), _run(cached=False)
        assert _differences(kept, fresh) == [], f"seed {seed}, step {step}"
        found += len(fresh.findings)
    assert found > 0
