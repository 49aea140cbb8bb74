"""What one line of a dependency file says, and the reading of a single requirement (PEP 508, and pip's own forms).

Must not know the formats of whole files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMED = re.compile(
    r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:@\s*(\S+)|\(?\s*((?:[<>=!~][^;()@#]*?)?)\s*\)?)\s*(?:;\s*(.*))?"
)
_URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+[\w+]+:|https?:|ftp:|file:|git@)\S+", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([\w.-]+)")
_WHEEL = re.compile(r"/([A-Za-z0-9][\w.]*)-(\d[^/-]*)(?:-[^/]*)?\.(?:whl|tar\.gz|zip)(?:[?#]|$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a dependency file asks for.  Lines and columns count from 1; the end column is exclusive.

    Either a package (`name` is canonical; `specifier` as in PEP 440, or `url`), or an option of pip (`option`, its
    value in `url`).  `in_package` tells the metadata of a distribution, where ranges are right, from a list to
    install.  `others_hashed`: some packages in the file have a hash.
    """

    name: str
    specifier: str = ""
    url: str = ""
    line: int = 1
    column: int = 1
    end_column: int = 1
    has_hash: bool = False
    others_hashed: bool = False
    marker: str = ""
    option: str = ""
    group: str = ""  # "", or the extra or group that it belongs to
    in_package: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the project that a dependency file belongs to."""

    application: bool = True
    locked: bool = False


def canonical(name: str) -> str:
    """Return the name by which indexes know a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str) -> tuple[str, str, str, str] | None:
    """Return (name, specifier, url, marker) of one requirement, or None where it is none; a local path has no name."""
    text = text.strip()
    url = _URL.match(text)
    if url:
        named = _EGG.search(text) or _WHEEL.search(text)
        marker = text[url.end() :].strip().removeprefix(";").strip()
        return (canonical(named[1]) if named else "", "", url[0].rstrip(";"), marker)
    if text.startswith((".", "/", "~")) or re.match(r"[A-Za-z]:[\\/]", text):
        return "", "", "file:" + text, ""
    found = _NAMED.fullmatch(text)
    if found is None:
        return None
    return canonical(found[1]), (found[3] or "").strip(), found[2] or "", (found[4] or "").strip()
