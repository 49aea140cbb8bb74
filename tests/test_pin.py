"""`mlsec-lint pin`: against a hub on this machine with the hub's own client, and against git repositories on disk."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_server import Hub, serve, sha
from mlsec_lint import hub as hubs
from mlsec_lint import rules, source
from mlsec_lint.check import index_for
from mlsec_lint.model import Settings
from mlsec_lint.python import pinning

MAIN = sha("models", "org/model", "main")
V1 = sha("v1")
DATA = sha("datasets", "org/data", "main")
DEMO = sha("spaces", "org/demo", "main")
DATE = "2026-11-27"
IMPORTS = (
    "import huggingface_hub\nimport pandas\nimport timm\nimport torch\nfrom datasets import load_dataset\n"
    "from transformers import AutoModel, AutoTokenizer\n"
)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A hub with a model that has a branch and a tag, a data set and a Space."""
    with serve() as one:
        one.add("org/model", v1=V1, **{"refs/pr/1": sha("pr")})
        one.add("org/data", "datasets")
        one.add("org/demo", "spaces")
        one.add("org/nonsense")
        yield one


def run(hub: Hub, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mlsec_lint", *arguments],
        capture_output=True, text=True, check=False, timeout=120, cwd=environment.pop("cwd", None),
        env={
            **os.environ, "HF_ENDPOINT": hub.address, "HF_TOKEN": "", "NO_PROXY": "*", "SOURCE_DATE_EPOCH": "1795737600",
            **environment,
        },
    )  # fmt: skip


def pinned(text: str, commits: dict[str, str] | None = None, update: bool = False) -> str:
    """The text of a module with what it fetches pinned, without asking anybody."""
    from mlsec_lint import fix
    from mlsec_lint.model import Fix

    index = index_for(RULES, Settings(preview=True), recording=True)
    found = pinning.read(source.from_text(text, "a.py", "python"), index, None)

    def pin(target: pinning.Target) -> pinning.Pin | None:
        if target.is_pinned and not update:
            return None
        commit = (commits or {}).get(target.ref or "main", sha(target.ref or "main"))
        return pinning.Pin(commit, target.ref or "main", DATE)

    fixes = [Fix("safe", edits) for _, edits in found.edits(pin)]
    return fix.merge(text, fixes)[0]


RULES = rules.load()
HEAD = sha("main")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'AutoModel.from_pretrained("org/model")\n',
            f'AutoModel.from_pretrained("org/model", revision="{HEAD}")  # main on {DATE}\n',
        ),
        (
            "AutoModel.from_pretrained('org/model')\n",
            f"AutoModel.from_pretrained('org/model', revision='{HEAD}')  # main on {DATE}\n",
        ),
        (
            'AutoModel.from_pretrained("org/model", revision="v1")\n',
            f'AutoModel.from_pretrained("org/model", revision="{V1}")  # v1 on {DATE}\n',
        ),
        (
            'AutoModel.from_pretrained("org/model", revision=None)\n',
            f'AutoModel.from_pretrained("org/model", revision="{HEAD}")  # main on {DATE}\n',
        ),
        (
            'AutoModel.from_pretrained("org/model")  # the small one\n',
            f'AutoModel.from_pretrained("org/model", revision="{HEAD}")  # the small one  # main on {DATE}\n',
        ),
        (
            'AutoModel.from_pretrained(\n    "org/model",\n    use_safetensors=True,\n)\n',
            f'AutoModel.from_pretrained(\n    "org/model",\n    use_safetensors=True,\n    revision="{HEAD}",  # main on {DATE}\n)\n',
        ),
        (
            'AutoModel.from_pretrained(\n    "org/model", use_safetensors=True  # quick\n)\n',
            f'AutoModel.from_pretrained(\n    "org/model", use_safetensors=True, revision="{HEAD}"  # quick  # main on {DATE}\n)\n',
        ),
        (
            'AutoModel.from_pretrained(\n    "org/model",\n    revision="v1",  # the tag\n    use_safetensors=True,\n)\n',
            f'AutoModel.from_pretrained(\n    "org/model",\n    revision="{V1}",  # the tag  # v1 on {DATE}\n    use_safetensors=True,\n)\n',
        ),
        (
            'AutoModel.from_pretrained("org/model"), AutoModel.from_pretrained("org/model", revision="v1")\n',
            (f'AutoModel.from_pretrained("org/model", revision="{HEAD}"), AutoModel.from_pretrained("org/model", revision="{V1}")'
            f"  # main on {DATE}, v1 on {DATE}\n"),
        ),
        (
            'NAME = "org/model"\nAutoModel.from_pretrained(NAME)\n',
            f'NAME = "org/model"\nAutoModel.from_pretrained(NAME, revision="{HEAD}")  # main on {DATE}\n',
        ),
        (
            'M = {"a": {"id": "org/model"}}\nAutoModel.from_pretrained(M["a"]["id"])\n',
            f'M = {{"a": {{"id": "org/model"}}}}\nAutoModel.from_pretrained(M["a"]["id"], revision="{HEAD}")  # main on {DATE}\n',
        ),
        (
            'REV = "main"\nAutoModel.from_pretrained("org/model", revision=REV)\nAutoTokenizer.from_pretrained("org/model", revision=REV)\n',
            (f'REV = "{HEAD}"  # main on {DATE}\nAutoModel.from_pretrained("org/model", revision=REV)\n'
            'AutoTokenizer.from_pretrained("org/model", revision=REV)\n'),
        ),
        (  # one constant for two repositories cannot be the commit of both
            'REV = "main"\nAutoModel.from_pretrained("org/model", revision=REV)\nload_dataset("org/data", revision=REV)\n',
            (f'REV = "main"\nAutoModel.from_pretrained("org/model", revision="{HEAD}")  # main on {DATE}\n'
            f'load_dataset("org/data", revision="{HEAD}")  # main on {DATE}\n'),
        ),
        (  # a constant that something else uses, too
            'REV = "main"\nprint(REV)\nAutoModel.from_pretrained("org/model", revision=REV)\n',
            f'REV = "main"\nprint(REV)\nAutoModel.from_pretrained("org/model", revision="{HEAD}")  # main on {DATE}\n',
        ),
        (
            'AutoModel.from_pretrained("org/model", **{"revision": "v1"})\n',
            f'AutoModel.from_pretrained("org/model", **{{"revision": "{V1}"}})  # v1 on {DATE}\n',
        ),
        (
            'O = {"revision": "v1", "subfolder": "a"}\nAutoModel.from_pretrained("org/model", **O)\n',
            f'O = {{"revision": "{V1}", "subfolder": "a"}}  # v1 on {DATE}\nAutoModel.from_pretrained("org/model", **O)\n',
        ),
        (
            'torch.hub.load("org/repo", "net")\n',
            f'torch.hub.load("org/repo:{HEAD}", "net", skip_validation=True)  # main on {DATE}\n',
        ),
        (
            'torch.hub.load("org/repo:v1", "net", skip_validation=True)\n',
            f'torch.hub.load("org/repo:{V1}", "net", skip_validation=True)  # v1 on {DATE}\n',
        ),
        (
            'pandas.read_parquet("hf://datasets/org/data/t.parquet")\n',
            f'pandas.read_parquet("hf://datasets/org/data@{HEAD}/t.parquet")  # main on {DATE}\n',
        ),
        (
            'timm.create_model("hf-hub:org/net", pretrained=True)\n',
            f'timm.create_model("hf-hub:org/net@{HEAD}", pretrained=True)  # main on {DATE}\n',
        ),
        (
            'torch.hub.load_state_dict_from_url("https://huggingface.co/org/m/resolve/v1/w.pth")\n',
            f'torch.hub.load_state_dict_from_url("https://huggingface.co/org/m/resolve/{V1}/w.pth")  # v1 on {DATE}\n',
        ),
        (
            'def load(name, revision=None):\n    return AutoModel.from_pretrained(name, revision=revision)\nload("org/model")\n',
            ("def load(name, revision=None):\n    return AutoModel.from_pretrained(name, revision=revision)\n"
            f'load("org/model", revision="{HEAD}")  # main on {DATE}\n'),
        ),
        (  # there is no place for a comment
            'x = str(AutoModel.from_pretrained("org/model")) + """\n"""\n',
            f'x = str(AutoModel.from_pretrained("org/model", revision="{HEAD}")) + """\n"""\n',
        ),
        (
            'x = AutoModel.from_pretrained("org/model") \\\n    or 3\n',
            f'x = AutoModel.from_pretrained("org/model", revision="{HEAD}") \\\n    or 3\n',
        ),
        (  # what a comment cannot hold does not get into it
            'AutoModel.from_pretrained("org/model", revision="a\\nimport os")\n',
            f'AutoModel.from_pretrained("org/model", revision="{sha(chr(97) + chr(10) + "import os")}")  # a?import?os on {DATE}\n',
        ),
    ],
)  # fmt: skip
def test_a_commit_is_written_into_the_call_and_the_rest_stays(before: str, after: str) -> None:
    once = pinned(IMPORTS + before)
    assert once == IMPORTS + after
    ast.parse(once)
    assert pinned(once) == once


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ('AutoModel.from_pretrained("org/model", **options())\n', "may be among unpacked arguments"),
        ('AutoModel.from_pretrained("org/model", revision=settings.revision)\n', "handed in from elsewhere"),
        ('for n in ["org/a", "org/b"]:\n    AutoModel.from_pretrained(n)\n', "several names reach this call"),
        ('R = "v1" if x else "v2"\nAutoModel.from_pretrained("org/model", revision=R)\n', "several revisions reach this call"),
        ('B = "org/repo"\ntorch.hub.load(f"{B}:main", "net")\n', "put together elsewhere"),
        ('import os\nos.system("hf download org/model")\n', "stands in a shell command"),
        ('from llama_cpp import Llama\nLlama.from_pretrained("org/model", "a.gguf")\n', "no place for a revision"),
    ],
)  # fmt: skip
def test_what_cannot_be_pinned_says_why_and_is_left(code: str, why: str) -> None:
    index = index_for(RULES, Settings(preview=True), recording=True)
    found = pinning.read(source.from_text(IMPORTS + code, "a.py", "python"), index, None)
    assert found.targets
    assert all(why in target.refusal for target in found.targets)
    assert pinned(IMPORTS + code) == IMPORTS + code


def test_update_moves_a_pin_to_where_the_branch_of_its_comment_is(hub: Hub, tmp_path: Path) -> None:
    old = "0" * 40
    path = tmp_path / "a.py"
    path.write_text(
        IMPORTS + f'AutoModel.from_pretrained("org/model", revision="{old}")  # v1 on 2020-01-01\n'
        f'AutoModel.from_pretrained("org/model", revision="{old}")\n'
        f'AutoModel.from_pretrained("org/model", revision="{MAIN}")  # main on 2020-01-01\n'
    )
    before = path.read_text()
    assert run(hub, "pin", str(path)).returncode == 0
    assert path.read_text() == before  # what is pinned stays where it is
    done = run(hub, "pin", str(path), "--update")
    assert done.returncode == 0, done.stderr
    assert path.read_text() == (
        IMPORTS + f'AutoModel.from_pretrained("org/model", revision="{V1}")  # v1 on {DATE}\n'
        f'AutoModel.from_pretrained("org/model", revision="{MAIN}")  # main on {DATE}\n'
        f'AutoModel.from_pretrained("org/model", revision="{MAIN}")  # main on 2020-01-01\n'
    )
    assert "no comment said which branch" in done.stdout


def test_two_pins_on_one_line_move_each_along_its_own_branch(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    call = 'AutoModel.from_pretrained("org/model", revision="{}")'
    path.write_text(
        IMPORTS + f"{call.format('0' * 40)}, {call.format('1' * 40)}  # main on 2020-01-01, v1 on 2020-01-01\n"
    )
    assert run(hub, "pin", str(path), "--update").returncode == 0
    assert path.read_text() == IMPORTS + f"{call.format(MAIN)}, {call.format(V1)}  # main on {DATE}, v1 on {DATE}\n"


def test_models_data_sets_spaces_files_and_tags_are_looked_up(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        IMPORTS + 'a = AutoModel.from_pretrained("org/model")\n'
        'b = AutoModel.from_pretrained("org/model", revision="v1")\n'
        'c = AutoModel.from_pretrained("org/model", revision="refs/pr/1")\n'
        'd = load_dataset("org/data")\n'
        'e = huggingface_hub.hf_hub_download("org/demo", "app.py", repo_type="space")\n'
        'f = huggingface_hub.hf_hub_download("org/model", "w.safetensors")\n'
    )
    done = run(hub, "pin", "a.py", cwd=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert path.read_text() == (
        IMPORTS + f'a = AutoModel.from_pretrained("org/model", revision="{MAIN}")  # main on {DATE}\n'
        f'b = AutoModel.from_pretrained("org/model", revision="{V1}")  # v1 on {DATE}\n'
        f'c = AutoModel.from_pretrained("org/model", revision="{sha("pr")}")  # refs/pr/1 on {DATE}\n'
        f'd = load_dataset("org/data", revision="{DATA}")  # main on {DATE}\n'
        f'e = huggingface_hub.hf_hub_download("org/demo", "app.py", repo_type="space", revision="{DEMO}")  # main on {DATE}\n'
        f'f = huggingface_hub.hf_hub_download("org/model", "w.safetensors", revision="{MAIN}")  # main on {DATE}\n'
    )
    assert f"asking {hub.address} about 5 names" in done.stderr
    assert done.stdout.splitlines()[0] == f"a.py:7: model org/model: no revision -> {MAIN} (main)"
    assert (
        run(hub, "check", "a.py", "--isolated", "--select", "MLS201,MLS202,MLS203", cwd=str(tmp_path)).returncode == 0
    )


def test_a_dry_run_tells_the_same_and_writes_nothing(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\n')
    before = path.read_bytes()
    dry = run(hub, "pin", str(path), "--dry-run")
    assert path.read_bytes() == before
    assert run(hub, "pin", str(path)).stdout == dry.stdout
    assert path.read_bytes() != before


def test_only_asks_about_names_like_that(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("other/model")\nload_dataset("org/data")\n')
    hub.asked.clear()
    assert run(hub, "pin", str(path), "--only", "org/*").returncode == 0
    assert hub.asked == ["/api/datasets/org/data"]
    assert 'AutoModel.from_pretrained("other/model")\n' in path.read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("org/missing", "404: there is no such repository"),
        ("org/private", "401: there is no such repository, or it is private"),
        ("org/wrong-token", "401: the token is not valid"),
        ("org/gated", "403: access is gated"),
        ("org/forbidden", "403: access is gated"),
        ("org/broken", "500: the hub has an error of its own (asked 2 times)"),
        ("org/slow", "no answer within 0.5 seconds (asked 2 times)"),
        ("org/dripping", "no answer within 0.5 seconds (asked 2 times)"),
        ("org/cut", "the answer was cut off, or is not what a hub says (asked 2 times)"),
        ("org/nonsense", "the answer names no commit"),
        ("org/busy", "429: it is asked too often; try again later (asked 2 times)"),
    ],
)
def test_a_name_that_cannot_be_looked_up_is_one_line_and_the_file_stays(
    hub: Hub, tmp_path: Path, name: str, said: str
) -> None:
    hub.busy["org/busy"] = 9
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + f'AutoModel.from_pretrained("org/model")\nAutoModel.from_pretrained("{name}")\n')
    before = path.read_bytes()
    done = run(hub, "pin", "a.py", "--timeout", "0.5", "--attempts", "2", "-q", cwd=str(tmp_path))
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if name in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"a.py:8: model {name}: not pinned: {said}")
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


def test_the_others_of_a_file_are_pinned_where_that_is_wanted(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\nAutoModel.from_pretrained("org/missing")\n')
    done = run(hub, "pin", str(path), "--keep-going", "--attempts", "1")
    assert done.returncode == 2
    assert MAIN in path.read_text()


def test_a_revision_that_is_not_there_is_told(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model", revision="v9")\n')
    done = run(hub, "pin", str(path))
    assert done.returncode == 2
    assert "404: it has no branch, tag or commit `v9`" in done.stderr


def test_a_hub_that_is_asked_too_often_is_asked_again_after_the_pause_it_names(hub: Hub, tmp_path: Path) -> None:
    hub.busy["org/model"], hub.retry_after = 2, "1"
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\n')
    hub.asked.clear()
    assert run(hub, "pin", str(path)).returncode == 0
    assert len(hub.asked) == 3
    assert MAIN in path.read_text()


def test_a_token_is_sent_and_told_of_and_nobody_else_is_asked(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\n')
    hub.tokens.clear()
    done = run(hub, "pin", str(path), "--dry-run", HF_TOKEN="hf_secret")
    assert hub.tokens == {"Bearer hf_secret"}
    assert "with a token" in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout


def test_a_proxy_is_used(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\n')
    hub.asked.clear()
    done = run(
        hub, "pin", str(path), "--dry-run", "--attempts", "1", HF_ENDPOINT="http://hub.invalid", HTTP_PROXY=hub.address,
        http_proxy=hub.address, NO_PROXY="", no_proxy="",
    )  # fmt: skip
    assert hub.asked, done.stderr
    assert hub.asked[0].startswith("/api/models/org/model")


def test_without_the_client_the_command_to_install_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(IMPORTS + 'AutoModel.from_pretrained("org/model")\n')
    code = (
        "import sys\nsys.modules['huggingface_hub'] = None\nfrom mlsec_lint import cli\n"
        f"sys.exit(cli.main(['pin', {str(path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (
        2, "mlsec-lint: the hub's client is not installed: pip install 'mlsec-lint[hub]'",
    )  # fmt: skip


def test_names_are_asked_about_at_the_same_time(hub: Hub) -> None:
    import threading

    together = threading.Barrier(4, timeout=20)

    def way(question: hubs.Question, manner: hubs.Manner) -> hubs.Answer:
        together.wait()
        return hubs.Answer(MAIN, "main")

    questions = [hubs.Question("hub", f"org/{n}", "model") for n in range(4)]
    assert set(hubs._all(questions, lambda one: way(one, hubs.Manner())).values()) == {hubs.Answer(MAIN, "main")}


def test_notebooks_are_pinned_and_all_else_in_them_stays(hub: Hub, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [],
         "source": ["%matplotlib inline\n", "from transformers import AutoModel\n", "!hf download org/model\n"]},
        {"cell_type": "code", "execution_count": 2, "metadata": {}, "outputs": [],
         "source": ["model = AutoModel.from_pretrained(\n", "    \"org/model\",\n", "    revision=\"v1\",\n", ")"]},
    ]  # fmt: skip
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n")
    before = path.read_text()
    done = run(hub, "pin", "a.ipynb", cwd=str(tmp_path))
    assert done.returncode == 1
    assert "not pinned: it stands in a shell command" in done.stderr
    assert path.read_text() == before.replace('revision=\\"v1\\",\\n', f'revision=\\"{V1}\\",  # v1 on {DATE}\\n')


def test_what_a_comment_or_the_settings_let_move_is_left(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mlsec-lint]\nallow = ["org/data"]\n')
    path = tmp_path / "a.py"
    path.write_text(
        IMPORTS
        + 'AutoModel.from_pretrained("org/model")  # noqa: MLS201 -- we want the newest\nload_dataset("org/data")\n'
    )
    before = path.read_bytes()
    done = run(hub, "pin", "a.py", cwd=str(tmp_path))
    assert (done.returncode, path.read_bytes()) == (1, before)
    assert "a `# noqa` says that it may move" in done.stderr
    assert "the settings allow it to move" in done.stderr


# ---------------------------------------------------------------- prompts


def test_prompts_are_pinned_to_the_commit_that_their_registry_names(hub: Hub, tmp_path: Path) -> None:
    latest, tagged, ours = "a" * 64, "b" * 64, "c" * 64
    hub.prompts = {"org/prompt/latest": latest, "org/prompt/v1": tagged, "-/mine/latest": ours}
    path = tmp_path / "a.py"
    path.write_text(
        'from langchain import hub\na = hub.pull("org/prompt")\nb = hub.pull("org/prompt:v1")\nc = hub.pull("mine")\n'
    )
    hub.tokens.clear()
    done = run(hub, "pin", "a.py", cwd=str(tmp_path), LANGSMITH_ENDPOINT=hub.address, LANGSMITH_API_KEY="key")
    assert done.returncode == 0, done.stderr
    assert f"asking {hub.address} about 3 names, with a key" in done.stderr
    assert hub.tokens == {"key"}
    assert path.read_text() == (
        f'from langchain import hub\na = hub.pull("org/prompt:{latest}")  # latest on {DATE}\n'
        f'b = hub.pull("org/prompt:{tagged}")  # v1 on {DATE}\nc = hub.pull("mine:{ours}")  # latest on {DATE}\n'
    )
    assert run(hub, "pin", "a.py", cwd=str(tmp_path), LANGSMITH_ENDPOINT=hub.address).returncode == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("org/missing", "404: there is no such name, or no such version of it"),
        ("org/secret", "401: it wants a key that may read it (LANGSMITH_API_KEY or LANGCHAIN_API_KEY)"),
        ("org/cut", "the answer was cut off, or is not what a registry says (asked 2 times)"),
        ("org/elsewhere", "302: refused"),
    ],
)
def test_a_prompt_that_cannot_be_looked_up_is_one_line_and_the_file_stays(
    hub: Hub, tmp_path: Path, name: str, said: str
) -> None:
    path = tmp_path / "a.py"
    path.write_text(f'from langchain import hub\nhub.pull("{name}")\n')
    before = path.read_bytes()
    done = run(hub, "pin", "a.py", "--attempts", "2", "-q", cwd=str(tmp_path), LANGSMITH_ENDPOINT=hub.address)
    assert (done.returncode, path.read_bytes()) == (2, before)
    assert f"a.py:2: prompt {name}: not pinned: {said}" in done.stderr


# ---------------------------------------------------------------- git


@pytest.fixture
def repository(tmp_path: Path) -> tuple[str, str, str]:
    """A bare repository: its address, the commit of its branch `trunk`, and that of its annotated tag `v1`."""
    work, bare = tmp_path / "work", tmp_path / "repo.git"

    def git(*arguments: str, cwd: Path = work) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", *arguments],
            cwd=cwd, capture_output=True, text=True, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        )  # fmt: skip
        return done.stdout.strip()

    work.mkdir()
    git("init", "-q", "-b", "trunk")
    git("commit", "-q", "--allow-empty", "-m", "one")
    git("tag", "-a", "v1", "-m", "v1")
    tagged = git("rev-parse", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "two")
    head = git("rev-parse", "HEAD")
    git("clone", "-q", "--bare", str(work), str(bare), cwd=tmp_path)
    return bare.as_uri(), head, tagged


def redirected(address: str) -> dict[str, str]:
    """An environment in which git finds a repository of GitHub on this machine."""
    return {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{address}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/org/repo", "GIT_CONFIG_GLOBAL": os.devnull,
    }  # fmt: skip


def test_code_of_git_repositories_is_pinned_to_branch_and_annotated_tag(
    hub: Hub, tmp_path: Path, repository: tuple[str, str, str]
) -> None:
    address, head, tagged = repository
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text(
        'import torch\na = torch.hub.load("org/repo", "net")\nb = torch.hub.load("org/repo:v1", "net", trust_repo=True)\n'
    )
    (folder / "requirements.txt").write_text(
        "numpy==1.0\npkg @ git+https://github.com/org/repo\r\n-e git+https://github.com/org/repo@v1#egg=pkg  # ours\n"
    )
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "p"\ndependencies = [\n  "pkg[x] @ git+https://github.com/org/repo@trunk",\n]\n'
    )
    done = run(hub, "pin", ".", cwd=str(folder), **redirected(address))
    assert done.returncode == 0, done.stderr
    assert "asking github.com by `git ls-remote` about" in done.stderr
    assert (folder / "a.py").read_text() == (
        f'import torch\na = torch.hub.load("org/repo:{head}", "net", skip_validation=True)  # trunk on {DATE}\n'
        f'b = torch.hub.load("org/repo:{tagged}", "net", trust_repo=True, skip_validation=True)  # v1 on {DATE}\n'
    )
    assert (folder / "requirements.txt").read_bytes().decode() == (
        f"numpy==1.0\npkg @ git+https://github.com/org/repo@{head}  # trunk on {DATE}\r\n"
        f"-e git+https://github.com/org/repo@{tagged}#egg=pkg  # ours\n"
    )
    assert (folder / "pyproject.toml").read_text() == (
        '[project]\nname = "p"\ndependencies = [\n'
        f'  "pkg[x] @ git+https://github.com/org/repo@{head}",  # trunk on {DATE}\n]\n'
    )


@pytest.mark.parametrize(
    ("ref", "said"), [("v9", "it has no branch or tag `v9`"), ("--upload-pack=touch", "is no name of a branch or tag")]
)
def test_a_ref_that_a_repository_does_not_have_is_told(
    hub: Hub, tmp_path: Path, repository: tuple[str, str, str], ref: str, said: str
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "a.py"
    path.write_text(f'import torch\ntorch.hub.load("org/repo:{ref}", "net")\n')
    before = path.read_bytes()
    done = run(hub, "pin", str(path), **redirected(repository[0]))
    assert done.returncode == 2
    assert said in done.stderr
    assert path.read_bytes() == before


def test_a_repository_that_is_not_there_or_wants_a_login_is_told_and_no_password_is_shown(
    hub: Hub, tmp_path: Path
) -> None:
    path = tmp_path / "requirements.txt"
    gone, login = (tmp_path / "gone.git").as_uri(), hub.address.replace("http://", "http://me:secret@")
    path.write_text(f"a @ git+{gone}\nb @ git+{login}/org/repo\n")
    done = run(hub, "pin", str(path), "--attempts", "1", GIT_CONFIG_GLOBAL=os.devnull)
    assert done.returncode == 2
    assert done.stderr.count("there is no such repository") == 2
    assert "secret" not in done.stderr + done.stdout
