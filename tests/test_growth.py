"""Programs that double what they hold with each statement are checked in the memory and the time of ordinary ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlsec_lint.python.texts import LONGEST, MOST_PARTS, hole, identity, merge_parts
from mlsec_lint.python.values import HEAVY, Const, Partial, Sequence, Symbol, Table, Text, Value, known, named

TIMES = 40
MEMORY = 2_000_000_000  # bytes; what is not bounded takes all there is
PATIENCE = 120  # CPU seconds for all of them together, where a second is enough for most machines
PROGRAMS = {  # statements of a function with `p`, a path that it is given, each with what is done with the result
    "list_added": ("s = ['pip']", "s = s + s", "torch.load(s)"),
    "list_grown_if": ("s = ['pip', 'install']", "if p.x{i}:\n        s += ['--o{i}', p.y{i}]", "torch.load(s)"),
    "list_nested": ("s = p", "s = [s, s]", "torch.load(s)"),
    "tuples_unpacked": ("s = p", "s, e = (s, s), [s, (s, s)]", "torch.load(s)"),
    "list_starred": ("s = [p]", "s = [*s, *s]", "torch.load(s)"),
    "dict_nested": ("s = {}", "s = {'k{i}': s, **s, 'n': s}", "torch.load(s)"),
    "dict_called": ("s = {}", "s = dict(s, k{i}=s, z=s)", "torch.load(s)"),
    "partials": ("s = torch.load", "s = functools.partial(s, s, k=s)", "torch.load(s)"),
    "text_added": ("s = p", "s = s + '-' + s", "torch.load(s)"),
    "text_known": ("s = 'model'", "s = s + s", "torch.load(s)"),
    "text_of_a_command": ("s = 'pip install '", "s = s + p.x + s", "os.system(s); torch.load(s)"),
    "text_in_text": ("s = p", "s = f'{s}{s}'", "torch.load(s)"),
    "text_formatted": ("s = p", "s = '{} {}'.format(s, s)", "torch.load(s)"),
    "text_percent": ("s = p", "s = '%s %s' % (s, s)", "torch.load(s)"),
    "text_joined": ("s = p", "s = ' '.join([s, s])", "torch.load(s)"),
    "text_replaced": ("s = 'pip'", "s = s.replace('p', 'pppp')", "torch.load(s)"),
    "text_grown_if": ("s = p", "if p.x{i}:\n        s = os.path.join(s, s, p.y{i})", "torch.load(s)"),
    "lambdas": ("g = lambda x: [x, x]", "g = lambda x, g=g: [g(x), g([x])]", "torch.load(g(p))"),
    "own_functions": ("s = p", "s = twice(twice(s))", "torch.load(s)"),
    "own_objects": ("s = p", "s = Pair(s, s)", "torch.load(s.one)"),
}
HEAD = """\
import functools
import os

import torch


def twice(x):
    return [x, x]


class Pair:
    def __init__(self, one, other):
        self.one = [one, other]
        self.other = Pair(one, other)


def run(p):
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is not held to a limit of memory")
def test_each_is_checked_whole_and_found_in(tmp_path: Path) -> None:
    for name, (first, step, use) in PROGRAMS.items():
        steps = [step.replace("{i}", str(number)) for number in range(TIMES)]
        (tmp_path / f"{name}.py").write_text(HEAD + "".join(f"    {one}\n" for one in (first, *steps, use)))
    code = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))\n"
        f"resource.setrlimit(resource.RLIMIT_CPU, ({PATIENCE}, {PATIENCE}))\n"
        "runpy.run_module('mlsec_lint', run_name='__main__')\n"
    )
    options = ["--isolated", "--no-cache", "--audit", "--exit-zero", "--format", "json", "-j", "1"]
    command = [sys.executable, "-c", code, "check", *options, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)["findings"]
    assert not [one for one in found if one["code"] == "MLS901"]
    assert {Path(one["path"]).stem for one in found if one["code"] == "MLS102"} == set(PROGRAMS)


def test_what_is_too_heavy_holds_nothing_that_is_known() -> None:
    many = tuple(known(number) for number in range(HEAVY + 1))
    row = Sequence(many)
    assert (row.items, row.open) == ((), True)
    table = Table(tuple((str(number), value) for number, value in enumerate(many)))
    assert (table.entries, table.open) == ((), True)
    assert Partial(named("torch.load"), many, ()).function != named("torch.load")
    light = Sequence(many[:-2])
    assert (light.items, light.open) == (many[:-2], False)


def test_values_that_are_equal_have_equal_hashes() -> None:
    def nested() -> Value:
        inner = Sequence((known("a"), Value((Const(1), Symbol("x")))))
        return Value((Table((("k", Value((inner,))),)), Partial(named("torch.load"), (Value((inner,)),), ())))

    assert nested() == nested()
    assert hash(nested()) == hash(nested()) == hash(nested())
    assert hash(Sequence(())) != hash(Sequence((), open=True))


def test_of_a_long_text_the_beginning_is_known() -> None:
    unknown = hole("x")
    parts = merge_parts(["https://a.b/", *[unknown, "/"] * MOST_PARTS])
    assert parts[0] == "https://a.b/"
    assert parts[-1].startswith("\0")
    assert len(parts) <= MOST_PARTS + 1
    assert merge_parts(["a", "b" * LONGEST])[0] == "a"
    assert merge_parts(["a", "b"]) == ("ab",)


def test_long_texts_are_told_apart_by_short_identities() -> None:
    one, other = (Value((Text(("a" * LONGEST, hole(name))),)) for name in "xy")
    assert len(identity(one)) < LONGEST
    assert identity(one) != identity(other)
    assert identity(one) == identity(Value((Text(("a" * LONGEST, hole("x"))),)))
