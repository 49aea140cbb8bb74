"""Bring a released package's Python text to this machine; nothing of it is built, imported or run.

Of a release the pure wheel is taken; otherwise the smallest wheel, or the source archive where every wheel is huge.
Only `.py` and `.pyi` files are kept.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from unearth import Link, PackageFinder

HUGE = 150_000_000  # bytes: beyond this a source archive of the same release is read instead
KEPT = (".py", ".pyi")


class NotServed(Exception):
    """The package index has no such release."""


class Store:
    """A folder with one folder of Python text for each release, `name-version`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._finder = PackageFinder(ignore_compatibility=True)

    def get(self, pin: str) -> Path:
        """Return the folder of the release `name==version`, fetched if need be; raises NotServed."""
        name, _, version = pin.partition("==")
        place = self.folder / f"{name}-{version}"
        if not place.is_dir():
            links = [one.link for one in self._finder.find_matches(pin, allow_yanked=True) if one.link.filename]
            if not links:
                raise NotServed(pin)
            self._unpack(self._choose(links), place)
        return place

    def _choose(self, links: list[Link]) -> Link:
        pure = [link for link in links if link.filename.endswith("-none-any.whl")]
        if pure:
            return pure[0]
        sizes = {link: self._size(link) for link in links}
        wheels = sorted((link for link in links if link.is_wheel), key=lambda link: sizes[link])
        archives = [link for link in links if link.filename.endswith((".tar.gz", ".tar.bz2", ".zip"))]
        if archives and (not wheels or sizes[wheels[0]] > HUGE):
            return archives[0]
        if not wheels:
            raise NotServed(links[0].filename)
        return wheels[0]

    def _size(self, link: Link) -> int:
        return int(self._finder.session.head(link.url_without_fragment).headers.get("content-length", 0))

    def _unpack(self, link: Link, place: Path) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            archive = self._finder.download(link, folder)  # compared with the digest the index gives
            kept = Path(folder, "kept")
            kept.mkdir()
            for inside, text in _texts(archive):
                path = kept / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)
            shutil.move(kept, place)


def _texts(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the path and bytes of each Python file in a wheel or source archive; paths that leave it are refused."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for item in opened.infolist():
                if _wanted(item.filename):
                    yield PurePosixPath(item.filename), opened.read(item)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() and _wanted(member.name) else None
            if file is not None:
                yield PurePosixPath(member.name), file.read()


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix in KEPT and not path.is_absolute() and ".." not in path.parts
