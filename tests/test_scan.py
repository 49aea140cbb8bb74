from __future__ import annotations

from pathlib import Path

import pytest

from mlsec_lint import rules, source
from mlsec_lint.check import check, index_for, passes
from mlsec_lint.model import Settings, SourceError
from mlsec_lint.project import Project
from mlsec_lint.python import scans, words

AUDIT = Settings(audit=True, preview=True)
FIXTURES = Path(__file__).parent / "fixtures"


def test_what_the_scan_skips_has_no_finding_in_any_example_or_fixture() -> None:
    ruleset = rules.load()
    index = index_for(ruleset, AUDIT)
    texts = [
        source.from_text(example.code, example.filename, "python")
        for rule in ruleset.rules
        for example in rule.examples
        if example.filename.endswith(".py")
    ]
    files = sorted(FIXTURES.rglob("*.py"))
    texts += [source.read(str(file), root=str(FIXTURES)) for file in files]
    project = Project((str(file), str(file)) for file in files)
    skipped = 0
    for text in texts:
        known = project if text.path in project.folder_of else None
        if passes(text, index, known):
            continue
        skipped += 1
        try:
            missed = check(text, ruleset, AUDIT, known, passed=True)
        except SourceError:
            continue
        assert missed == check(text, ruleset, AUDIT, known, passed=False), text.text
    assert skipped > 10


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('x = 1\n"""load"""\ny = 2\n', "x = 1\n\ny = 2\n"),
        ('def f():\n    """a\n    load()\n    """\n    return 1\n', "def f():\n    \n    return 1\n"),
        ('x = f"""{load()}"""\n', None),
        ('x = rf"""{load()}"""\n', None),
        ('x = \'"""\'; load(); y = \'"""\'\n', None),
        ('# """\nload()\n# """\n', None),
        ("x = '''\"\"\"'''\nload()\n", None),
        ('x = """a\\"""b"""\nload()\n', None),
        ('x = \'a\\\n"""\'\nload()\n', None),
        ('x = """a\n', None),
    ],
)
def test_docstrings_are_split_off_only_where_that_is_certain(text: str, rest: str | None) -> None:
    assert words.without_docstrings(text) == (text if rest is None else rest)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("f(x)  # load it\ny\n", "f(x)  \ny\n"),
        ("f('a # b')  # 'c\ny\n", "f()  \ny\n"),
        ("f('load', \"torch.load\", 'load it', 'it\\'s')\n", "f('load', \"torch.load\", , )\n"),
        ("x = '''it's \\''' # load\n''' + ''\n", "x =  + \n"),
        ('x = f"{load(y)} # a" + rf"a b" + r"a b" + Fr\'a b\'\n', 'x = f"{load(y)} # a" + rf"a b" + r + Fr\'a b\'\n'),
        ('x = f"""a "b" {load(y)}""" + b"a b"\n', 'x = f"""a "b" {load(y)}""" + b\n'),
        ("x = 'a b\nload\n", "x = 'a b\nload\n"),
        ('x = """a "" b\nload\n', 'x = " b\nload\n'),
    ],
)
def test_comments_and_prose_go_and_what_may_be_code_or_a_name_stays(text: str, rest: str) -> None:
    assert words.without_prose(text) == rest


@pytest.mark.parametrize(
    ("code", "passing"),
    [
        ("import torch\nx = torch.load(p)\n", True),
        ("from torch import load as l\nx = l(p)\n", True),
        ("from torch import (\n    save,  # writes\n    load,\n)\nload(p)\n", True),
        ("from torch import *\nload(p)\n", True),
        ("import torch\nx = getattr(torch, 'load')(p)\n", True),
        ("import torch\nx = (torch.\n     load)(p)\n", True),
        ("import torch\nload = 1\nprint(load)\n", False),
        ("import torch\n# torch.load\n", False),
        ('import torch\n"""torch.load"""\n', False),
        ("def f(trust_remote_code=True): ...\n", True),
        ("trust_remote_code\n", False),
        ("def f(name):\n    return __import__(name)\n", True),
        ("parser.add_argument('--trust-remote-code')\n", True),
        ("import re\nx = re.compile(p)\n", False),
        ("import torch, json\nx = json.load(f)\n", False),
        ("import torch as t\nx = t.load(p)\n", True),
        ("import torch\nx = other.load(p)\n", False),
        ("import torch\nlibrary = torch\nx = library.load(p)\n", True),
        ("import torch\ndef f(library=torch):\n    return library.load(p)\n", True),
        ("import torch\ntorch = instrumented(torch)\nx = torch.load(p)\n", True),
        ("from importlib import import_module\nx = import_module('torch').load(p)\n", True),
        ("from compat import torch\nx = torch.load(p)\n", True),
        ("from vllm.utils import pickle\nx = pickle.load(f)\n", True),
        ("import requests\nx = config.get('a')\n", False),
        ("import requests\ndef f(session: requests.Session):\n    return session.get(u, verify=False)\n", True),
        ("import requests as r\nx = r.get(u)\n", True),
        ('import torch\nx = f"{torch.load(p)}"\n', True),
        ("import torch; import os\nx = torch.load(p)\n", True),
    ],
)
def test_a_word_counts_where_code_can_mean_the_thing(code: str, passing: bool) -> None:
    index = index_for(rules.load(prose=False), Settings())
    assert scans.narrow(index).passes(code) is passing


@pytest.mark.parametrize(
    "text",
    ["", "hf_abc", "x = 'sk-1'", "task-1 “hf_é”", "a://b", "c.ServerApp.token = 1", "PRIVATE KEY", "\r\nó-model"],
)
def test_what_stands_in_a_text_is_told_as_by_looking_through_it(text: str) -> None:
    for part in (
        "hf_",
        "sk-",
        "://",
        "tcp://",
        "ServerApp.token",
        "PRIVATE KEY",
        "KEY PRIVATE",
        "ó-",
        "-",
        " ",
        "k-1",
        "_a",
    ):
        assert words.holds(text, (part,)) == (part in text), part
