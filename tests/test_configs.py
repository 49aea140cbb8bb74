"""Configuration files: places, shapes, and what proves that a key means something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlsec_lint import configs, rules
from mlsec_lint.check import check
from mlsec_lint.holds import UNKNOWN
from mlsec_lint.model import Config, Predicate, Settings, Shape, Source, SourceError

PREVIEW = Settings(preview=True)
RULES = rules.load(keep=False)


def read(name: str, text: str) -> configs.Tree:
    return configs.read(Source(name, text, "config"))


def written(name: str, text: str) -> list[tuple[tuple[str | int, ...], str, object]]:
    return [
        ((*path, key), text[item.start : item.end], item.value)
        for path, items in read(name, text).tables
        for key, item in items.items()
    ]


def found(name: str, text: str) -> list[tuple[str, int, int]]:
    return [(one.code, one.line, one.column) for one in check(Source(name, text, "config"), RULES, PREVIEW)]


def test_yaml_is_read_with_places() -> None:
    text = "é: 1\n😀-x:\n  - a: yes\n    b: ~\n  - {a: 'c'}\nz: ${y}\nw: !t [1]\n"
    assert written("x.yaml", text) == [
        (("é",), "é: 1", "1"),
        (("😀_x",), "😀-x:", []),
        (("z",), "z: ${y}", UNKNOWN),
        (("w",), "w: !t [1]", UNKNOWN),
        (("😀_x", 0, "a"), "a: yes", True),
        (("😀_x", 0, "b"), "b: ~", None),
        (("😀_x", 1, "a"), "a: 'c'", "c"),
    ]


def test_json_is_read_with_places() -> None:
    text = '{"a": "b\\u00e9", "c": [{"d": true}, {"d": null}], "e": {"f": 1.5}}'
    assert written("x.json", text) == [
        (("a",), '"a": "b\\u00e9"', "bé"),
        (("c",), '"c"', []),
        (("e",), '"e"', {}),
        (("c", 0, "d"), '"d"', True),
        (("c", 1, "d"), '"d"', None),
        (("e", "f"), '"f"', "1.5"),
    ]


def test_toml_is_read_with_places() -> None:
    text = 'a = "b" # c\n[d]\ne = [{ f = true }]\n[[g.h]]\ni = "{{ j }}"\n[[g.h]]\ni = "k"\n'
    assert written("x.toml", text) == [
        (("a",), 'a = "b"', "b"),
        (("d",), "[d]", {}),
        (("g",), "a", {}),
        (("d", "e"), "e = [{ f = true }]", []),
        (("d", "e", 0, "f"), "f = true", True),
        (("g", "h"), "a", []),
        (("g", "h", 0, "i"), 'i = "{{ j }}"', UNKNOWN),
        (("g", "h", 1, "i"), 'i = "k"', "k"),
    ]


@pytest.mark.parametrize(
    ("has", "any_of", "expected"),
    [
        (("a",), (), True),
        (("a", "b.c"), (), True),
        (("a", "c"), (), False),
        (("b.*",), (), True),
        (("*.c",), (), True),
        (("l.*.x-y",), (), True),
        (("a",), ("q", "b"), True),
        (("a",), ("q",), False),
    ],
)
def test_the_keys_of_a_file_prove_its_shape(has: tuple[str, ...], any_of: tuple[str, ...], expected: bool) -> None:
    tree = read("x.yaml", "a: 1\nb:\n  c: 2\nl:\n  - x_y: 3\n")
    table = Config(("a",), Predicate("given"), ("s",))
    rule = next(rule for rule in RULES.rules if rule.code == "MLS217")
    spoken = list(configs.ask(tree, [replace(rule, configs=(table,))], {"s": Shape(has, any_of)}))
    assert bool(spoken) is expected


def test_what_stands_beside_an_entry_is_asked_item_by_item() -> None:
    text = "base_model: ./x\nmicro_batch_size: 1\ndatasets:\n  - path: o/a\n  - path: o/b\n    revision: {}\n"
    assert found("a.yml", text.format("main")) == [("MLS218", 4, 5), ("MLS218", 5, 5)]
    assert found("a.yml", text.format("5c38ec7c405ec4b44b94cc5a9bb96e735b38267a")) == [("MLS218", 4, 5)]
    assert found("a.yml", text.format("${rev}")) == [("MLS218", 4, 5)]


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.toml"])
def test_a_broken_file_is_told_only_where_its_words_say_that_rules_would_speak_of_it(name: str) -> None:
    assert found(name, "{ ] =") == []
    with pytest.raises(SourceError):
        found(name, '{ ] "base_model": micro-batch-size = trust_remote_code: ')
    assert found(name, "{ ] = base_model, micro_batch_size, trust_remote_code") == []


def test_a_list_of_records_that_hold_such_keys_is_no_configuration() -> None:
    assert found("data.json", '[{"model_name_or_path": "o/m", "stage": "sft", "template": "x"}]') == []


def test_what_an_alias_repeats_is_told_once() -> None:
    text = "a: &a\n  _target_: transformers.AutoModel.from_pretrained\n  pretrained_model_name_or_path: o/m\nb: *a\n"
    assert found("c.yaml", text) == [("MLS217", 3, 3)]


def test_stable_rules_alone_say_nothing_of_configuration() -> None:
    source = Source("a.yml", "base_model: o/m\nmicro_batch_size: 1\n", "config")
    assert check(source, RULES, Settings()) == []


def test_a_table_without_proof_or_of_an_unknown_shape_is_a_mistake(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "rules/provenance/MLS217-configured-model-unpinned.toml").read_text("utf-8")
    folder = tmp_path / "rules"
    folder.mkdir()
    text = text.replace("MLS217", "MLS291").replace("configured-model-unpinned", "x")
    (folder / "MLS291-x.toml").write_text(
        text.replace('shape = "vllm"', 'shape = "vlm"').replace('shape = "verl"\n', ""), encoding="utf-8"
    )
    with pytest.raises(rules.RuleErrors) as caught:
        rules.load((folder,), keep=False)
    said = "\n".join(map(str, caught.value.errors))
    assert "shape: is missing" in said
    fixed = text.replace('shape = "vllm"', 'shape = "vlm"')
    (folder / "MLS291-x.toml").write_text(fixed, encoding="utf-8")
    with pytest.raises(rules.RuleErrors, match="no `\\[shapes\\]` table is 'vlm'"):
        rules.load((folder,), keep=False)
