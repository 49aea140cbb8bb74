"""Which releases tell about a dotted name, and where their text lies."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import mypy
from fetching import Store
from reading import Library

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# The standard library is read in the stubs that mypy brings along, which also tell what native modules hold.
STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]} (typeshed)"
DEEP = 5  # folders above a package in a source archive


class Releases:
    """The table of releases, and a library for each of them."""

    def __init__(self, table: Path, store: Store) -> None:
        data = tomllib.loads(table.read_text(encoding="utf-8"))
        self._pins = {key: [pins] if isinstance(pins, str) else pins for key, pins in data["packages"].items()}
        self.served: dict[str, str] = data["served"]
        self.instances: dict[str, str] = data["instances"]
        self._store = store
        self._places: dict[tuple[str, str], list[Path]] = {}
        self._libraries: dict[str, Library] = {}

    def pins(self, name: str) -> list[str]:
        """Return the releases that tell about a dotted name, `Python` for the standard library; none if unknown."""
        parts = name.split(".")
        if parts[0] in sys.stdlib_module_names:
            return [PYTHON]
        keys = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
        return next((self._pins[key] for key in keys if key in self._pins), [])

    def library(self, pin: str) -> Library:
        """Return the text of one release, beside the first-named release of every other package."""
        if pin not in self._libraries:
            self._libraries[pin] = Library(lambda top: self._roots(top, pin))
        return self._libraries[pin]

    def _roots(self, top: str, pin: str) -> Iterator[Path]:
        """Yield the folders in which the import name `top` may lie."""
        if pin == PYTHON:
            yield from (STUBS, Path(sysconfig.get_path("stdlib")))
            return
        if not top:  # a relative import that leaves the package
            return
        own = [pin] if any(pin in pins and key.split(".")[0] == top for key, pins in self._pins.items()) else []
        mine = [place for one in own for place in self._inside(one, top)]
        yield from mine
        if not any((place / top / "__init__.py").is_file() or (place / f"{top}.py").is_file() for place in mine):
            pins = [pins[0] for key, pins in self._pins.items() if key.split(".")[0] == top]
            for one in pins or [pin]:  # a name that packages share, or what the table does not name
                yield from self._inside(one, top)
        yield STUBS

    def _inside(self, pin: str, top: str) -> list[Path]:
        if (pin, top) not in self._places:
            self._places[pin, top] = list(_places(self._store.get(pin), top))
        return self._places[pin, top]


def _places(folder: Path, top: str) -> Iterator[Path]:
    """Yield the shallowest folders that hold a module or package called `top`."""
    for depth in range(DEEP):
        above = "/".join(["*"] * depth + [top])
        found = [path.parent for suffix in (".py", ".pyi") for path in folder.glob(above + suffix)]
        found += [path.parent for path in folder.glob(above) if path.is_dir() and next(path.rglob("*.py*"), None)]
        if found:
            yield from found
            return
