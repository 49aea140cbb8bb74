"""The GitHub action, the GitLab template and our own workflow: their shell lines are run as those services run them."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "templates" / "gitlab.yml").read_text(encoding="utf-8"))
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
BAD = "import pickle\n\n\ndef read(file):\n    return pickle.load(file)\n"
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")

# What `python -m venv` and `pip install` leave behind, without the network: the action's own Python is this one.
VENV = """#!/bin/sh
mkdir -p "$3/bin"
ln -s {python} "$3/bin/python"
printf '#!/bin/sh\\necho "$@" >> "$RUNNER_TEMP/installed"\\n' > "$3/bin/pip"
printf '#!/bin/sh\\nexec {python} -m mlsec_lint "$@"\\n' > "$3/bin/mlsec-lint"
chmod +x "$3/bin/pip" "$3/bin/mlsec-lint"
"""
GH = """#!/bin/sh
echo "$@" > "$RUNNER_TEMP/asked"
[ -z "$GH_FAILS" ]
"""


class Job:
    """A job of GitHub Actions with this action as its only step, as far as a composite action can tell."""

    def __init__(self, folder: Path) -> None:
        self.temp, self.work, self.bin = folder / "temp", folder / "work", folder / "bin"
        for place in (self.temp, self.work, self.bin):
            place.mkdir()
        (self.work / ".git").mkdir()
        self._script("gh", GH)
        self._script("python3", VENV.format(python=sys.executable))
        self.outputs: dict[str, dict[str, str]] = {}
        self.codes: dict[str, int] = {}
        self.said: dict[str, str] = {}

    def _script(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, inputs: dict[str, str], **more: str) -> None:
        """Run the steps one after the other; the first that fails ends the job, as there."""
        inputs = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | inputs
        for step in ACTION["runs"]["steps"]:
            asked = re.fullmatch(r"inputs\.(\w+) == '(\w+)'", step.get("if", ""))
            if asked and inputs[asked[1]] != asked[2]:
                continue
            output = self.temp / "output"
            output.write_text("")
            environment = {name: self._filled(str(value), inputs) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=self.work, capture_output=True, encoding="utf-8", check=False,
                env={
                    **os.environ, **more, **environment,
                    "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                    "RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(output), "GITHUB_ACTION_PATH": str(ROOT),
                    "GITHUB_STEP_SUMMARY": str(self.temp / "summary"), "GITHUB_REPOSITORY": "owner/project",
                },
            )  # fmt: skip
            self.codes[step["name"]], self.said[step["name"]] = done.returncode, done.stdout + done.stderr
            lines = output.read_text().splitlines()
            self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
            if done.returncode:
                break

    def _filled(self, text: str, inputs: dict[str, str]) -> str:
        values = {"github.token": "a-token", "github.sha": "c" * 40, "github.ref": "refs/pull/7/merge"}
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        for step, outputs in self.outputs.items():
            values |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: values.get(match[1], ""), text)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@needs_bash
def test_the_action_annotates_uploads_and_only_then_fails(job: Job) -> None:
    (job.work / "a.py").write_text(BAD)
    job.run({})
    assert list(job.codes.items()) == [("Check", 0), ("Upload", 0), ("Outcome", 1)]
    assert job.said["Check"].startswith("::warning file=a.py,line=5")
    assert (job.temp / "summary").read_text().startswith("## mlsec-lint")
    assert (job.temp / "asked").read_text().startswith("api repos/owner/project/code-scanning/sarifs --input ")
    assert str(ROOT) in (job.temp / "installed").read_text()
    sent = json.loads((job.temp / "mlsec-lint-upload.json").read_text())
    assert (sent["commit_sha"], sent["ref"]) == ("c" * 40, "refs/pull/7/merge")
    log = json.loads(gzip.decompress(base64.b64decode(sent["sarif"])))
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == ["MLS101"]
    assert Path(job.outputs["check"]["sarif"]).exists()


@needs_bash
def test_the_action_hands_its_inputs_on(job: Job) -> None:
    for name in ("a", "b", "c"):
        (job.work / f"{name}.py").write_text(BAD)
    job.run({"paths": "a.py b.py", "arguments": "--fail-on high --exclude b.py --force-exclude", "sarif": "false"})
    assert job.codes == {"Check": 0, "Outcome": 0}
    assert job.said["Check"].count("::warning file=a.py") == 1
    assert "b.py" not in job.said["Check"]
    assert "c.py" not in job.said["Check"]


@needs_bash
def test_an_input_is_never_run_as_a_command(job: Job) -> None:
    job.run({"paths": "$(touch hacked) `touch hacked`; touch hacked", "arguments": "&& touch hacked", "sarif": "false"})
    assert not (job.work / "hacked").exists()
    assert job.codes["Outcome"] == 2


@needs_bash
def test_an_upload_that_is_refused_is_a_warning_and_hides_no_outcome(job: Job) -> None:
    (job.work / "a.py").write_text(BAD)
    job.run({}, GH_FAILS="yes")
    assert job.codes == {"Check": 0, "Upload": 0, "Outcome": 1}
    assert "::warning title=mlsec-lint::The findings could not be uploaded" in job.said["Upload"]


@needs_bash
def test_wrong_use_of_the_action_fails_with_the_reason(job: Job) -> None:
    job.run({"arguments": "--selct MLS1"})
    assert job.codes == {"Check": 0, "Upload": 0, "Outcome": 2}
    assert "No such option" in job.said["Check"]


def test_every_input_and_output_of_the_action_is_described_and_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, one in ACTION["inputs"].items():
        assert one["description"]
        assert f"inputs.{name}" in text
    assert all(one["description"] and one["value"] for one in ACTION["outputs"].values())


def _run_lines(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run":
                yield value
            else:
                yield from _run_lines(value)
    elif isinstance(node, list):
        for value in node:
            yield from _run_lines(value)


def test_no_expression_is_pasted_into_a_shell_line() -> None:
    for line in [*_run_lines(ACTION), *_run_lines(WORKFLOW)]:
        assert "${{" not in line


def test_our_workflow_uses_the_action_on_ourselves_and_pins_what_is_not_ours() -> None:
    used = [step["uses"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "uses" in step]
    assert "./" in used
    assert all(re.fullmatch(r"\./|[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in used)
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert any(".ci/run" in line for line in _run_lines(WORKFLOW))


@needs_bash
def test_the_gitlab_template_writes_the_reports_that_it_names(tmp_path: Path) -> None:
    job = GITLAB["mlsec-lint"]
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"pip": "exit 0", "mlsec-lint": f'exec {sys.executable} -m mlsec_lint "$@"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (work / "a.py").write_text(BAD)
    environment = {**os.environ, **job["variables"], "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    (tmp_path / "job.sh").write_text("\n".join(["set -e", *job["script"]]))
    done = subprocess.run(
        ["bash", str(tmp_path / "job.sh")], cwd=work, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1
    for report in [*job["artifacts"]["reports"].values(), *job["artifacts"]["paths"]]:
        assert (work / report).stat().st_size > 0
    assert job["artifacts"]["when"] == "always"
    assert len(json.loads((work / job["artifacts"]["reports"]["codequality"]).read_text())) == 1
