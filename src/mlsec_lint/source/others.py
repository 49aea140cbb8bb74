"""Scripts, Dockerfiles, workflows, manifests and configuration files -> Source: their text, decoded.

Must not know what such files say.
"""

from __future__ import annotations

import codecs

from mlsec_lint.model import Source, SourceError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode_text(data: bytes, shown: str) -> str:
    """Return the text of a file that is no Python: UTF-8, or as its byte-order mark says (PowerShell writes UTF-16)."""
    encoding = "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(shown, str(data.count(b"\n", 0, error.start) + 1), f"is not {encoding} text") from None
    if "\0" in text:
        raise SourceError(shown, "", "holds a NUL byte: this is no text")
    return text


def text_source(data: bytes, shown: str, kind: str) -> Source:
    """Return the Source of a file of `kind` that holds `data`."""
    return Source(shown, decode_text(data, shown), kind)
