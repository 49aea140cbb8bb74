"""`mlsec-lint bom`: CycloneDX 1.6, held against the schema by the library that writes it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

from mlsec_lint import cli, lockfile
from mlsec_lint.inventory import bom as bills
from mlsec_lint.lockfile import Artefact, File, Lock

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SHA = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
CODE = f"""\
import torch
from datasets import load_dataset
from transformers import AutoModel, AutoTokenizer

SHA256 = "{"d" * 64}"
tokenizer = AutoTokenizer.from_pretrained("org/model", revision="{SHA}")
model = AutoModel.from_pretrained("org/model", revision="{SHA}")
data = load_dataset("org/data")
torch.hub.download_url_to_file("https://x.org/w.pth", "w.pth", hash_prefix=SHA256)
net = torch.hub.load("org/repo:v1", "net")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with code, packages and a lock file."""
    folder = tmp_path / "sample"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795737600")
    (folder / "train.py").write_text(CODE)
    (folder / "requirements.txt").write_text(
        f"numpy==1.26.4\ntorch>=2.6\npkg @ git+https://github.com/org/pkg@{SHA}\n# a comment\n"
    )
    model = Artefact(
        "model", "org/model", SHA, SHA, license="apache-2.0", holds=("code", "pickle"), uses=(("train.py", 1),),
        files=(File("model.bin", 7, "a" * 64), File("config.json", 2, "", "b" * 40)),
    )  # fmt: skip
    data = Artefact("dataset", "org/data", "", "1" * 40, license="a licence of our own", uses=(("train.py", 1),))
    (folder / "mlsec.lock").write_text(lockfile.written(Lock("mlsec.lock", (model, data))))
    return folder


def made(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert cli.main(["bom", "--isolated", "-q", *arguments]) == 0
    return capsys.readouterr().out


def parts(text: str) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(text)["components"]}


@pytest.mark.parametrize(("form", "output"), [("json", OutputFormat.JSON), ("xml", OutputFormat.XML)])
@pytest.mark.parametrize("which", ["sample", "examples"])
def test_the_bill_of_a_sample_project_keeps_to_the_schema(
    project: Path, capsys: pytest.CaptureFixture[str], form: str, output: OutputFormat, which: str
) -> None:
    if which == "examples":
        shutil.copytree(EXAMPLES, project / "examples")
    text = made(capsys, *([which] if which == "examples" else []), "--format", form)
    assert make_schemabased_validator(output, SchemaVersion.V1_6).validate_str(text) is None
    assert ('"specVersion": "1.6"' if form == "json" else "cyclonedx.org/schema/bom/1.6") in text
    assert "formulation" not in text


def test_models_and_data_have_hashes_licences_and_where_they_are_used(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parts(made(capsys))
    model = found["org/model"]
    assert (model["type"], model["version"]) == ("machine-learning-model", SHA)
    assert model["purl"] == f"pkg:huggingface/org/model@{SHA}"
    assert model["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert [(one["location"], one["line"]) for one in model["evidence"]["occurrences"]] == [
        ("train.py", 6), ("train.py", 7),
    ]  # fmt: skip
    assert [one["name"] for one in model["components"]] == ["config.json", "model.bin"]
    said = [(one["name"], one["value"]) for one in model["properties"]]
    assert ("mlsec-lint:holds", "pickle") in said
    assert ("mlsec-lint:pinned", "true") in said
    data = found["org/data"]
    assert (data["type"], data["licenses"]) == ("data", [{"license": {"name": "a licence of our own"}}])
    assert {"name": "mlsec-lint:pinned", "value": "false"} in data["properties"]
    assert found["https://x.org/w.pth"]["hashes"] == [{"alg": "SHA-256", "content": "d" * 64}]
    assert found["org/repo"]["purl"] == "pkg:github/org/repo@v1"


def test_packages_come_from_the_dependency_files_with_package_urls(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parts(made(capsys))
    assert (found["numpy"]["type"], found["numpy"]["purl"]) == ("library", "pkg:pypi/numpy@1.26.4")
    assert found["torch"]["purl"] == "pkg:pypi/torch"
    assert found["torch"]["properties"] == [{"name": "mlsec-lint:specifier", "value": ">=2.6"}]
    assert found["pkg"]["purl"].startswith("pkg:pypi/pkg?vcs_url=git%2Bhttps://github.com/org/pkg%40")
    assert [(one["location"], one["line"]) for one in found["numpy"]["evidence"]["occurrences"]] == [
        ("requirements.txt", 1)
    ]
    assert not any(name.startswith("https://github.com/org/pkg") for name in found)  # told once


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_same_project_gives_the_same_bill(project: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    first = made(capsys, "--format", form)
    assert "2026-11-27T" in first
    assert made(capsys, "--format", form) == first


def test_without_a_time_nothing_depends_on_when_it_is_written(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    text = made(capsys, "--no-timestamp")
    assert "timestamp" not in json.loads(text)["metadata"]
    assert made(capsys, "--no-timestamp") == text


def test_other_contents_have_another_serial_number(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(made(capsys))["serialNumber"]
    (project / "train.py").write_text(CODE.replace("org/data", "org/other"))
    assert json.loads(made(capsys))["serialNumber"] != first


def test_a_bill_that_does_not_keep_to_the_schema_is_not_given_out(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict:
        def validate_str(self, text: str) -> str:
            return "no"

    monkeypatch.setattr(bills, "make_schemabased_validator", lambda *a: Strict())
    with pytest.raises(bills.Invalid):
        bills.render(bills.Contents("p", (), (), {}, {}), "json")


def test_the_bill_goes_into_a_file_where_that_is_wanted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert made(capsys, "--output", "out/bom.json") == ""
    assert json.loads((project / "out" / "bom.json").read_text())["metadata"]["component"]["name"] == "sample"


def test_without_the_writer_the_command_to_install_it_is_told(project: Path) -> None:
    code = "import sys\nsys.modules['cyclonedx'] = None\nfrom mlsec_lint import cli\nsys.exit(cli.main(['bom']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'mlsec-lint[bom]'" in done.stderr
