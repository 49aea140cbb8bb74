"""When garbage is collected while files are checked; must not know what is checked."""

from __future__ import annotations

import gc

ENOUGH = 4_000_000  # bytes parsed, after which the garbage of their trees is collected
FULL = 4  # collections, after which one looks at all there is: at modules that others imported, too


class RestingCollector:
    """Rests the garbage collector, which would walk every syntax tree again and again, and runs it now and then."""

    def __init__(self) -> None:
        self._was = gc.isenabled()
        self._bytes = 0
        self._times = 0

    def __enter__(self) -> RestingCollector:
        gc.disable()
        return self

    def __exit__(self, *_: object) -> None:
        if self._was:
            gc.enable()

    def count(self, parsed: int) -> None:
        """Take note of so many bytes that were parsed."""
        self._bytes += parsed
        if self._bytes > ENOUGH:
            self._bytes = 0
            self._times += 1
            gc.collect(1 if self._times % FULL else 2)
