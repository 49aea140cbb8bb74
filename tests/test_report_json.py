"""JSON, and the schema that is published for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mlsec_lint.report import View, render

SCHEMA = Path(__file__).parents[1] / "docs" / "schemas" / "json-v1.json"


def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_json_is_as_agreed(view: View, is_golden: Callable[[str, str], None]) -> None:
    is_golden("report.json", render("json", view))


@pytest.mark.parametrize("name", ["view", "empty_view"])
def test_json_is_valid_by_the_published_schema(name: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(render("json", request.getfixturevalue(name)))
    jsonschema.Draft202012Validator(_schema()).validate(document)


def test_the_schema_is_a_schema_and_knows_every_key(view: View) -> None:
    schema = _schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(render("json", view))
    document["findings"][0]["more"] = 1
    assert not jsonschema.Draft202012Validator(schema).is_valid(document)


def test_every_place_of_a_folded_group_is_there_with_an_equal_group(view: View) -> None:
    findings = json.loads(render("json", view))["findings"]
    assert [one["line"] for one in findings if one["group"] == "g1"] == [12, 14]


def test_cells_are_null_outside_of_notebooks(view: View) -> None:
    findings = json.loads(render("json", view))["findings"]
    assert {(one["cell"], one["cell_line"]) for one in findings} == {(None, None), (3, 2)}
