"""What the code fetches is found from the rules, pinned or not, in every kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsec_lint import fetched, rules, source
from mlsec_lint.check import check, index_for
from mlsec_lint.model import Settings
from mlsec_lint.project import Project

RULES = rules.load()
SHA = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"


def fetches(text: str, name: str = "a.py") -> list[tuple[int, str, str, str]]:
    """(line, kind, name, revision) of what a text fetches."""
    index = index_for(RULES, Settings(preview=True), recording=True)
    one = source.from_text(text, name, source.kind_of(name) or "python")
    return [(f.line, f.kind, f.name, f.revision) for f in fetched.find(one, index)]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ('transformers.AutoModel.from_pretrained("org/model")', ("model", "org/model", "")),
        (f'transformers.AutoModel.from_pretrained("org/model", revision="{SHA}")', ("model", "org/model", SHA)),
        ('transformers.AutoModel.from_pretrained("org/model", revision="v1")', ("model", "org/model", "v1")),
        ('transformers.AutoModel.from_pretrained("org/model", revision=unknown())', ("model", "org/model", "?")),
        ('datasets.load_dataset("org/data")', ("dataset", "org/data", "")),
        ('huggingface_hub.snapshot_download("org/demo", repo_type="space")', ("space", "org/demo", "")),
        ('huggingface_hub.hf_hub_download("org/d", "f", repo_type="dataset")', ("dataset", "org/d", "")),
        ('torch.hub.load("org/repo:v2", "net")', ("torch-hub", "org/repo", "v2")),
        ('pandas.read_parquet("hf://datasets/org/d@v1/t.parquet")', ("dataset", "org/d", "v1")),
        ('timm.create_model("hf-hub:org/net", pretrained=True)', ("model", "org/net", "")),
        ('torch.hub.load_state_dict_from_url("https://x.org/w.pth")', ("download", "https://x.org/w.pth", "")),
        (
            'torch.hub.load_state_dict_from_url("https://huggingface.co/org/m/resolve/main/w.pth")',
            ("model", "org/m", "main"),
        ),
        (
            'urllib.request.urlretrieve("https://raw.githubusercontent.com/o/r/main/w.pth", "w")',
            ("git", "https://github.com/o/r", "main"),
        ),
        ('langchain.hub.pull("org/prompt")', ("prompt", "org/prompt", "")),
        ('git.Repo.clone_from("https://x.org/r.git", "r")', ("git", "https://x.org/r.git", "")),
        ('subprocess.run(["pip", "install", "git+https://x.org/r@v1"])', ("git", "https://x.org/r", "v1")),
        ('os.system("hf download org/model --revision v1")', ("model", "org/model", "v1")),
    ],
)
def test_a_call_that_fetches_is_found_whether_it_is_pinned_or_not(call: str, found: tuple[str, str, str]) -> None:
    roots = "transformers, datasets, huggingface_hub, torch, pandas, timm, urllib.request, langchain.hub, git, subprocess, os"
    imports = "".join(f"import {root}\n" for root in roots.split(", "))
    assert fetches(imports + call) == [(12, *found)]


@pytest.mark.parametrize(
    "call",
    [
        'AutoModel.from_pretrained("./local")',
        'AutoModel.from_pretrained("org/model", local_files_only=True)',
        'load_dataset("csv", data_files="a.csv")',
        'requests.get("https://api.example.org/v1/answer")',
        "AutoModel.from_config(config)",
    ],
)
def test_what_fetches_nothing_is_not_found(call: str) -> None:
    imports = "import requests\nfrom datasets import load_dataset\nfrom transformers import AutoModel\n"
    assert fetches(imports + call) == []


def test_a_name_that_is_a_constant_or_one_of_several_is_known() -> None:
    text = (
        "from transformers import AutoModel\nNAMES = {'a': 'org/a', 'b': 'org/b'}\n"
        "AutoModel.from_pretrained(NAMES['a'])\nfor name in ['org/c', 'org/d']:\n    AutoModel.from_pretrained(name)\n"
    )
    assert [(line, name) for line, _, name, _ in fetches(text)] == [(3, "org/a"), (5, "org/c"), (5, "org/d")]


def test_a_function_of_the_project_fetches_what_its_callers_name() -> None:
    text = (
        "from transformers import AutoModel\n"
        "def load(name, revision=None):\n    return AutoModel.from_pretrained(name, revision=revision)\n"
        f"load('org/a')\nload('org/b', revision='{SHA}')\n"
    )
    assert fetches(text) == [(4, "model", "org/a", ""), (5, "model", "org/b", SHA)]


def test_a_function_of_another_module_fetches_what_its_callers_name(tmp_path: Path) -> None:
    (tmp_path / "hubs.py").write_text(
        "from transformers import AutoModel\ndef load(name):\n    return AutoModel.from_pretrained(name)\n"
    )
    user = tmp_path / "use.py"
    user.write_text("from hubs import load\nmodel = load('org/a')\n")
    project = Project([(str(tmp_path / name), name) for name in ("hubs.py", "use.py")], str(tmp_path))
    index = index_for(RULES, Settings(preview=True), recording=True)
    one = source.read(str(user), "use.py", str(tmp_path), "python")
    assert [(f.line, f.name) for f in fetched.find(one, index, project)] == [(2, "org/a")]


def test_a_name_nobody_knows_is_counted_and_has_no_name() -> None:
    text = "from transformers import AutoModel\nAutoModel.from_pretrained(input())\n"
    assert fetches(text) == [(2, "model", "", "")]


def test_shell_lines_dependency_files_and_notebooks_are_read_too() -> None:
    script = "hf download org/model w.bin --local-dir out\nhf download org/d --repo-type dataset --revision v1\n"
    assert fetches(script, "get.sh") == [(1, "model", "org/model", ""), (2, "dataset", "org/d", "v1")]
    assert fetches("a==1\nb @ git+https://x.org/b@main\n", "requirements.txt") == [
        (2, "git", "https://x.org/b", "main")
    ]
    notebook = (
        '{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": [\n'
        '"from transformers import AutoModel\\n",\n"!hf download org/shell\\n",\n"AutoModel.from_pretrained(\'org/a\')"]}],\n'
        '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    assert fetches(notebook, "n.ipynb") == [(3, "model", "org/shell", ""), (4, "model", "org/a", "")]


def test_recording_changes_no_finding() -> None:
    folder = Path(__file__).parent / "fixtures"
    for path in sorted(folder.glob("[p-i]*/*.py")) + sorted((folder / "provenance").glob("*.py")):
        one = source.from_text(path.read_text(encoding="utf-8"), path.name, "python")
        settings = Settings(preview=True, audit=True)
        from mlsec_lint.lockfile import Lock

        without = check(one, RULES, settings)
        with_lock = [f for f in check(one, RULES, settings, lock=Lock("mlsec.lock")) if f.code != "MLS704"]
        assert with_lock == without
