from __future__ import annotations

import json

import pytest

from mlsec_lint.frozen import Codec
from mlsec_lint.model import Conditions, Level, Predicate, Shape

CODEC = Codec(Predicate, Shape)
ALIKE = Predicate("equals", "a text that is long enough to be worth it")
VALUES = (
    ALIKE,
    (ALIKE, Predicate("any", parts=(ALIKE, Predicate("not", parts=(ALIKE,))))),
    {("a", 1): (ALIKE, None), "b": {"c": (1.5, True, 1, Level.HIGH)}},
    (("name", ALIKE), ("name", Predicate("any", parts=(ALIKE, ALIKE)))),
    (Shape(("a.b", "c.*")), Shape(("a.b", "c.*"), ("d",))),
    (),
    "text",
)


@pytest.mark.parametrize("value", VALUES)
def test_what_was_packed_is_the_same_again(value: object) -> None:
    again = CODEC.unpack(json.loads(json.dumps(CODEC.pack(value))))
    assert again == value
    assert repr(again) == repr(value)  # 1 is not True
    assert CODEC.thaw(json.loads(json.dumps(CODEC.freeze(value)))) == value


def test_a_part_that_stands_several_times_is_written_once() -> None:
    conditions: Conditions = (("x", ALIKE), ("y", ALIKE))
    packed = json.dumps(CODEC.pack(conditions))
    assert packed.count("worth it") == 1
    (_, first), (_, second) = CODEC.unpack(json.loads(packed))
    assert first is second
