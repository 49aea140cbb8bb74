"""Write a file whole or not at all.

The new content goes into a file beside the old one and is moved over it, so that a reader, a crash or a full disk never
meets half of it.  Must not know what is written.
"""

from __future__ import annotations

import contextlib
import errno
import os


def write(path: str, data: bytes) -> None:
    """Give the file at `path` the content `data`; raises OSError, and then the file is what it was.

    A link stays a link, an existing file keeps its mode, and one that may not be written is refused.
    """
    import shutil  # both are slow to import, and most runs write nothing
    import tempfile

    target = os.path.realpath(path)
    there = os.path.exists(target)
    if there and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if there:
            shutil.copymode(target, temporary)
        else:
            os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
        temporary = ""
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
