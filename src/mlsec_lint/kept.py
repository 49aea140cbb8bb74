"""What a function gave, kept up to a weight of answers; must not know what is asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A function that remembers what it gave, up to `most` answers, or to answers of this weight where `weigh` tells it.

    Where it would hold too much, it forgets an answer by chance, the same in each run.  Modules are asked for in rounds,
    one import after the other: forgetting the one that was asked for longest ago, as `functools.lru_cache` does, would
    forget each just before its turn.
    """

    __slots__ = ("_chance", "_function", "_held", "_keys", "_most", "_weigh", "_weight")

    def __init__(self, function: Callable[..., T], most: int, weigh: Callable[[T], int] = lambda given: 1) -> None:
        self._function, self._most, self._weigh = function, most, weigh
        self._held: dict[tuple[Hashable, ...], T] = {}
        self._keys: list[tuple[Hashable, ...]] = []
        self._weight = 0
        self._chance = 1

    def __call__(self, *key: Hashable) -> T:
        """Return what the function gives for this."""
        if key in self._held:
            return self._held[key]
        given = self._function(*key)  # it may ask for more of the same
        if key not in self._held:
            self._weight += self._weigh(given)
            while self._keys and self._weight > self._most:
                self._forget_one()
            self._keys.append(key)
        self._held[key] = given
        return given

    def _forget_one(self) -> None:
        self._chance = (self._chance * 1_103_515_245 + 12_345) % 2**31
        place = (self._chance >> 8) % len(self._keys)
        self._keys[place], self._keys[-1] = self._keys[-1], self._keys[place]
        self._weight -= self._weigh(self._held.pop(self._keys.pop()))

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._keys.clear()
        self._weight = 0
