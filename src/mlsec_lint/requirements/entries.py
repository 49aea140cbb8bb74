"""What one line of a dependency file says, and the reading of a single requirement.

Must not know the formats of whole files.  PEP 508 is read by `packaging`; URLs and paths alone are pip's own forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+[\w+]+:|https?:|ftp:|s3:|file:|git@)\S+", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([\w.-]+)")
_WHEEL = re.compile(r"/([A-Za-z0-9][\w.]*)-(\d[^/-]*)(?:-[^/]*)?\.(?:whl|tar\.gz|zip)(?:[?#]|$)")
_HASHED = re.compile(r"#(?:.*&)?(?:sha256|sha384|sha512)=")
_PATH = re.compile(r"(?:[./~]|[A-Za-z]:[\\/])|[^\s;@]*(?:[/\\]|\.(?:whl|zip|tar\.gz|tgz)$)[^\s;]*$")
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|%\(")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a dependency file asks for.  Lines and columns count from 1; the end column is exclusive.

    Either a package (`name` is canonical; `specifier` as in PEP 440, or `url`), or an option of the installer (`option`,
    its value in `url`), or a line that is none of these (`trouble` says why).  `in_package` tells the metadata of a
    distribution, where ranges are right, from a list to install.  `others_hashed`: some packages in the file have a hash.
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
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the project that a dependency file belongs to.

    `pinned` holds the names for which a constraints file or a compiled list beside it gives the exact version.
    """

    application: bool = True
    locked: bool = False
    pinned: frozenset[str] = frozenset()


def canonical(name: str) -> str:
    """Return the name by which indexes know a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entry(text: str, line: int, column: int, group: str = "", in_package: bool = False) -> Entry:
    """Return what one requirement, written at `line` and `column`, asks for; a local path has no name."""
    name, specifier, url, marker, trouble = _parts(text.strip())
    end = column + len(text.rstrip())
    hashed = bool(_HASHED.search(url))
    return Entry(name, specifier, url, line, column, end, hashed, False, marker, "", group, in_package, trouble)


def _parts(text: str) -> tuple[str, str, str, str, str]:
    """Return (name, specifier, url, marker, trouble) of one requirement."""
    if url := _URL.match(text):
        named = _EGG.search(url[0]) or _WHEEL.search(url[0])
        marker = text[url.end() :].strip().removeprefix(";").strip()
        return canonical(named[1]) if named else "", "", url[0].rstrip(";"), marker, ""
    if _PATH.match(text):
        return "", "", "file:" + text, "", ""
    from packaging.requirements import InvalidRequirement, Requirement  # only where there is something to read

    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        # A template is filled in before it is a list of requirements, and not before.
        trouble = "" if _TEMPLATE.search(text) else f"is no requirement: {reason[:1].lower()}{reason[1:]}"
        return "", "", "", "", trouble
    return canonical(found.name), str(found.specifier), found.url or "", str(found.marker or ""), ""
