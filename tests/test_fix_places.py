"""What fixes make of calls in odd places, and where they keep their hands off."""

from __future__ import annotations

import ast

import pytest

from mlsec_lint import fix, rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Settings

RULES = rules.load()


def mended(text: str) -> str:
    for _ in range(3):
        read = source.from_text(text, "a.py", "python")
        new = fix.apply(read, check(read, RULES, Settings(audit=True)), unsafe=True)
        if new == text:
            break
        text = new
    ast.parse(text)
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch\nx = f\"{torch.load('a')}\"\n", "import torch\nx = f\"{torch.load('a', weights_only=True)}\"\n"),
        (
            "import tarfile\nwith tarfile.open(p) as t:\n    x = f\"{t.extractall('x')}\"\n",
            "import tarfile\nwith tarfile.open(p) as t:\n    x = f\"{t.extractall('x', filter='data')}\"\n",
        ),
        (
            "import tarfile\nwith tarfile.open(p) as t:\n    x = f'''{t.extractall()}'''\n",
            "import tarfile\nwith tarfile.open(p) as t:\n    x = f'''{t.extractall(filter=\"data\")}'''\n",
        ),
        (
            "from celery import shared_task\n\n\n@shared_task(bind=True, serializer='pickle')\ndef f(self): ...\n",
            "from celery import shared_task\n\n\n@shared_task(bind=True, serializer='json')\ndef f(self): ...\n",
        ),
        ("import torch; a = torch.load(p); b = 1\n", "import torch; a = torch.load(p, weights_only=True); b = 1\n"),
        (
            "import torch\na = torch.load(torch.load(p), map_location=torch.load(q))\n",
            "import torch\na = torch.load(torch.load(p, weights_only=True), map_location=torch.load(q, weights_only=True), weights_only=True)\n",
        ),
        (
            "import pickle, torch\na = torch.load(p, pickle_module=pickle, weights_only=False)\n",
            "import pickle, torch\na = torch.load(p, weights_only=True)\n",
        ),
        (
            'import torch\na = torch.load(p, "cpu", None)\n',
            'import torch\na = torch.load(p, "cpu", None, weights_only=True)\n',
        ),
        ("import numpy\na = numpy.load(p, None, True)\n", "import numpy\na = numpy.load(p, None, False)\n"),
        (
            "import torch\na = torch.load(p, **{'weights_only': False})\n",
            "import torch\na = torch.load(p, **{'weights_only': True})\n",
        ),
        ("import torch\na = torch.load(*args)\n", "import torch\na = torch.load(*args, weights_only=True)\n"),
        (
            "import torch\nfrom functools import partial\nload = partial(torch.load, map_location='cpu')\n",
            "import torch\nfrom functools import partial\nload = partial(torch.load, map_location='cpu', weights_only=True)\n",
        ),
        (
            "import numpy\nfrom functools import partial\nload = partial(numpy.load, allow_pickle=True)\n",
            "import numpy\nfrom functools import partial\nload = partial(numpy.load, allow_pickle=False)\n",
        ),
        ("import yaml\na = yaml.load(f, yaml.Loader)\n", "import yaml\na = yaml.load(f, yaml.SafeLoader)\n"),
        ("import yaml as y\na = y.load(f)\n", "import yaml as y\na = y.safe_load(f)\n"),
        (
            "def f(p):\n    from yaml import load\n    return load(p)\n",
            "def f(p):\n    from yaml import load, safe_load\n    return safe_load(p)\n",
        ),
        ("import yaml\na = list(map(yaml.unsafe_load, f))\n", "import yaml\na = list(map(yaml.safe_load, f))\n"),
        (
            "import urllib3\nif x:\n    urllib3.disable_warnings()  # quiet\n",
            "import urllib3\nif x:\n    pass  # quiet\n",
        ),
        ("import urllib3; urllib3.disable_warnings(); x = 1\n", "import urllib3; x = 1\n"),
        ("import urllib3; x = 1; urllib3.disable_warnings()  # é\n", "import urllib3; x = 1  # é\n"),
        ("import urllib3\nx = 'é'; urllib3.disable_warnings(\n)\ny = 2\n", "import urllib3\nx = 'é'\ny = 2\n"),
        ("import urllib3\n\nurllib3.disable_warnings()\n", "import urllib3\n"),
        ("import os\nos.environ.setdefault('ALLOW_PICKLE', '1')\nx = 1\n", "import os\nx = 1\n"),
        (
            "import requests\ns = requests.Session()\ns.verify = False\n",
            "import requests\ns = requests.Session()\ns.verify = True\n",
        ),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--allow-pickle', type=bool, default=True)\n",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--allow-pickle', type=bool, default=False)\n",
        ),
        (
            "import urllib.request\nURL = 'http://data.example.org/a.zip'\nurllib.request.urlretrieve(URL, 'a')\n",
            "import urllib.request\nURL = 'https://data.example.org/a.zip'\nurllib.request.urlretrieve(URL, 'a')\n",
        ),
        (
            "import subprocess\nsubprocess.run(['curl', '-kL', 'https://x.org/a', '-o', 'a'])\n",
            "import subprocess\nsubprocess.run(['curl', '-L', 'https://x.org/a', '-o', 'a'])\n",
        ),
        (
            "import os\nos.system('curl -k https://x.org/a -o a')\n",
            "import os\nos.system('curl https://x.org/a -o a')\n",
        ),
        (
            "from vllm import LLM\nm = LLM(\n    'org/m',  # ours\n    trust_remote_code=True,  # so\n    revision=REV,\n)\n",
            "from vllm import LLM\nm = LLM(\n    'org/m',  # ours\n    revision=REV,\n)\n",
        ),
    ],
)
def test_a_fix_fits_its_place(before: str, after: str) -> None:
    assert mended(before) == after
    assert mended(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "import torch\noptions = {'weights_only': False}\na = torch.load(p, **options)\n",
        "import torch\na = torch.load(p, weights_only=flag or False)\n",
        "import torch\n\n\ndef f(weights_only_=False):\n    return torch.load(p, weights_only=weights_only_)\n",
        "import tarfile, zipfile\na = zipfile.ZipFile(p) if x else tarfile.open(p)\na.extractall()\n",
        "import tarfile\n\n\ndef f(archive):\n    archive.extractall()\n",
        "import pickle\na = list(map(pickle.load, files))\n",
        "import torch\na = list(map(torch.load, files))\n",
        "import torch\n\n\ndef f(load=torch.load):\n    return load\n",
        "import yaml\n\n\ndef f(p, safe_load, yaml):\n    return yaml.load(p)\n",
        "import argparse as a\np = a.ArgumentParser()\np.add_argument('--allow-pickle', action='store_false', default=True)\n",
        "import urllib3\nquiet = urllib3.disable_warnings\nx = quiet()\n",
        "import urllib.request\nURL = 'http://data.example.org/a.zip'\nURL = pick(URL)\nurllib.request.urlretrieve(URL, 'a')\n",
        "import subprocess\nsubprocess.run(['curl', flag, url, *more])\n",
    ],
)
def test_where_it_is_not_sure_nothing_is_changed(text: str) -> None:
    assert mended(text) == text
