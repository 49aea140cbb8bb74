"""A dependency file of any format -> its entries, with the lines on which they stand.

Must not know what is wrong with an entry, nor any file beside the one that is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint.model import Source
from mlsec_lint.requirements import conda, lists, manifests, setups
from mlsec_lint.requirements.entries import Entry


def read(source: Source) -> tuple[Entry, ...]:
    """Return the entries of a dependency file, in the order of its lines; raises SourceError where it is malformed.

    A line that is neither a requirement nor an option is an entry as well, and says so in `trouble`.
    """
    found = [entry for entry in _read(source) if entry.name or entry.url or entry.option or entry.trouble]
    hashed = any(entry.has_hash and not entry.url for entry in found)  # a URL's own digest asks nothing of others
    return tuple(sorted((replace(e, others_hashed=hashed) for e in found), key=lambda e: (e.line, e.column)))


def _read(source: Source) -> Iterator[Entry]:
    name, text = source.path.rpartition("/")[2], source.text
    if name == "setup.py":
        return setups.setup_py(text)
    if name == "setup.cfg":
        return setups.setup_cfg(text)
    if name == "Pipfile":
        return manifests.pipfile(text, source.path)
    if name.endswith(".toml"):
        return manifests.pyproject(text, source.path)
    if name.endswith((".yml", ".yaml")):
        return conda.read(text, source.path)
    return lists.read(text)
