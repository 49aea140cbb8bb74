"""What is kept of other modules: bounded, the same whoever asks first, and read once for all that ask."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

from mlsec_lint import check, rules
from mlsec_lint.kept import Kept
from mlsec_lint.model import Settings
from mlsec_lint.project import Project


def _project(folder: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        (folder / name).write_text(text)
    return Project([(str(folder / name), name) for name in files], str(folder))


def test_no_more_is_kept_than_wanted_and_rounds_find_much_of_it() -> None:
    asked: Counter[int] = Counter()

    def square(number: int) -> int:
        asked[number] += 1
        return number * number

    kept = Kept(square, 60)
    for _ in range(10):
        assert [kept(number) for number in range(100)] == [number * number for number in range(100)]
    assert len(kept._held) == 60
    assert sum(asked.values()) < 700  # of 1000; one that forgets the oldest would find none of them


def test_modules_that_import_everything_of_each_other_tell_the_same_whoever_is_asked_first(tmp_path: Path) -> None:
    files = {
        "one.py": "from two import *\n\ndef first(path):\n    return load(path)\n",
        "two.py": "from three import *\n\ndef second(path):\n    return first(path)\n",
        "three.py": "from one import *\nimport pickle\n\ndef load(path):\n    return pickle.load(open(path, 'rb'))\n",
    }
    index = check.index_for(rules.load(), Settings())
    told = set()
    for order in permutations(files):
        exports = _project(tmp_path, files).texts(index)
        held = {name: exports.reaching(str(tmp_path / name), 0) for name in order}
        told.add(tuple(sorted(held.items())))
    assert len(told) == 1
    assert all({"first", "second", "load"} <= names for _, names in told.pop())


def test_what_texts_tell_is_found_out_once_for_all_versions_that_folders_run_on(tmp_path: Path) -> None:
    project = _project(tmp_path, {"one.py": "import torch\n"})
    ruleset = rules.load()
    plain = check.index_for(ruleset, Settings())
    new = check.index_for(ruleset, Settings(assume=(("torch", "2.6"),)))
    old = check.index_for(ruleset, Settings(assume=(("torch", "1.0"),)))
    texts = project.texts(plain)
    assert project.texts(new) is texts
    assert project.texts(old) is texts
    given = [index.default("torch.load", "weights_only") for index in (old, new)]
    assert given[0] != given[1]
