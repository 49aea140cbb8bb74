"""Frozen dataclasses as JSON and back, for caches; must not know what they mean.

Any process may have written a cache, so it is JSON: reading it builds nothing but the classes that are asked for.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlsec_lint.model import Level

WORTH = 24  # characters; a shorter part is written as often as it stands


class Codec:
    """Turns values of some dataclasses into JSON; these hold strings, numbers, tuples, mappings, levels and each other.

    A list in the JSON is either a tuple of strings (tag "s"), any other tuple ("t"), a level ("l"), a mapping ("m": key,
    value, key …), a dataclass (its name): the values of its fields, defaults at the end left out; or, where it was
    packed, the number of a part that is written once ("p").
    """

    def __init__(self, *classes: type) -> None:
        levels = {level.value: level for level in Level}
        self._parts: list[Any] = []
        self._makers: dict[str, Callable[[list[Any]], Any]] = {
            "s": lambda value: tuple(value[1:]),
            "t": self._tuple,
            "l": lambda value: levels[value[1]],
            "m": lambda value: dict(zip(map(self.thaw, value[1::2]), map(self.thaw, value[2::2]), strict=True)),
            "p": lambda value: self._parts[value[1]],
            **{cls.__name__: self._maker(cls) for cls in classes},
        }

    def freeze(self, value: object) -> Any:
        """Return what json can write."""
        if isinstance(value, Level):
            return ["l", int(value)]
        if isinstance(value, tuple):
            if all(isinstance(one, str) for one in value):
                return ["s", *value]
            return ["t", *map(self.freeze, value)]
        if isinstance(value, Mapping):
            return ["m", *(self.freeze(one) for pair in value.items() for one in pair)]
        if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            values = [getattr(value, field.name) for field in fields]
            while values and values[-1] == fields[len(values) - 1].default:
                values.pop()
            return [type(value).__name__, *map(self.freeze, values)]
        return value

    def thaw(self, value: Any) -> Any:
        """Return what was frozen; raises LookupError or TypeError for what never was."""
        return self._makers[value[0]](value) if type(value) is list else value

    def pack(self, value: object) -> list[Any]:
        """Return what json can write, so that parts which stand several times in the value are written and read once."""
        frozen = self.freeze(value)
        counts = Counter(_lists(frozen))
        parts: list[Any] = []
        numbers: dict[str, int] = {}

        def shared(one: Any) -> Any:
            if type(one) is not list:
                return one
            text = repr(one)
            if text not in numbers:
                part = [one[0], *map(shared, one[1:])]
                if counts[text] == 1 or len(text) < WORTH:
                    return part
                numbers[text] = len(parts)
                parts.append(part)
            return ["p", numbers[text]]

        return [parts, shared(frozen)]

    def unpack(self, packed: Any) -> Any:
        """Return what was packed; raises LookupError or TypeError or ValueError for what never was."""
        parts, value = packed
        self._parts = []
        for part in parts:  # it may speak of those before it
            self._parts.append(self.thaw(part))
        return self.thaw(value)

    def _maker(self, cls: type) -> Callable[[list[Any]], Any]:
        def make(value: list[Any]) -> Any:
            makers = self._makers
            return cls(*[makers[one[0]](one) if type(one) is list else one for one in value[1:]])

        return make

    def _tuple(self, value: list[Any]) -> tuple[Any, ...]:
        makers = self._makers
        return tuple([makers[one[0]](one) if type(one) is list else one for one in value[1:]])


def _lists(frozen: Any) -> Iterator[str]:
    """Yield every list in it, as text."""
    if type(frozen) is list:
        yield repr(frozen)
        for one in frozen[1:]:
            yield from _lists(one)
