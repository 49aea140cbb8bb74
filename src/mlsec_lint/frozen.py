"""Frozen dataclasses as JSON and back, for caches; must not know what they mean.

Any process may have written a cache, so it is JSON: reading it builds nothing but the classes that are asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from mlsec_lint.model import Level


class Codec:
    """Turns values of some dataclasses into JSON; these hold strings, numbers, tuples, mappings, levels and each other.

    A list in the JSON is either a tuple of strings (tag "s"), any other tuple ("t"), a level ("l"), a table whose keys
    are no strings ("m"), or a dataclass (its name): the values of its fields, defaults at the end left out.
    """

    def __init__(self, *classes: type) -> None:
        levels = {level.value: level for level in Level}
        self._makers: dict[str, Callable[[list[Any]], Any]] = {
            "s": lambda value: tuple(value[1:]),
            "t": self._tuple,
            "l": lambda value: levels[value[1]],
            "m": lambda value: {self.thaw(key): self.thaw(one) for key, one in value[1:]},
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
            return ["m", *([self.freeze(key), self.freeze(one)] for key, one in value.items())]
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

    def _maker(self, cls: type) -> Callable[[list[Any]], Any]:
        def make(value: list[Any]) -> Any:
            makers = self._makers
            return cls(*[makers[one[0]](one) if type(one) is list else one for one in value[1:]])

        return make

    def _tuple(self, value: list[Any]) -> tuple[Any, ...]:
        makers = self._makers
        return tuple([makers[one[0]](one) if type(one) is list else one for one in value[1:]])
