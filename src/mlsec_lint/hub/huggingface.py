"""The commit, files, digests and licence of a repository on a hub, through the hub's own client (extra `hub`).

Must not know which libraries fetch from hubs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlsec_lint.hub import Answer, Failure, Manner, Question, Unavailable, retry_after
from mlsec_lint.lockfile import File

if TYPE_CHECKING:
    from huggingface_hub import HfApi

MISSING = "the hub's client is not installed: pip install 'mlsec-lint[hub]'"


def offline() -> bool:
    """Tell whether this machine is told not to ask the hub."""
    return any(
        os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


def connect(count: int, say: Callable[[str], None]) -> Callable[[Question, Manner], Answer]:
    """Return what answers questions, for `HF_ENDPOINT` and `HF_TOKEN`; says who will be asked.  Raises Unavailable."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi, get_token
    except ImportError as error:
        raise Unavailable(MISSING) from error
    from mlsec_lint import __version__

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="mlsec-lint", library_version=__version__)
    token = ", with a token" if get_token() else ""
    say(f"asking {api.endpoint} about {count} name{'' if count == 1 else 's'}{token}")
    return lambda question, manner: _answer(api, question, manner)


def _answer(api: HfApi, question: Question, manner: Manner) -> Answer:
    """Return what the hub says of a repository; raises Failure."""
    try:
        info: Any = api.repo_info(
            question.name, repo_type=question.type, revision=question.ref or None, timeout=manner.timeout,
            files_metadata=True,
        )  # fmt: skip
    except Exception as error:
        raise failure(error, question, manner) from error
    return Answer(str(info.sha or ""), question.ref or "main", _license(info), tuple(map(_file, info.siblings or ())))


def _file(sibling: Any) -> File:
    lfs = sibling.lfs
    digest = (lfs.get("sha256") if isinstance(lfs, dict) else getattr(lfs, "sha256", None)) if lfs else None
    return File(
        str(sibling.rfilename), sibling.size if isinstance(sibling.size, int) else None, str(digest or ""),
        "" if digest else str(sibling.blob_id or ""),
    )  # fmt: skip


def _license(info: Any) -> str:
    card = getattr(info, "card_data", None)
    found = (card.get("license") if hasattr(card, "get") else getattr(card, "license", None)) if card else None
    if isinstance(found, list):
        found = " OR ".join(map(str, found))
    if not found:
        found = next((tag.partition(":")[2] for tag in info.tags or () if str(tag).startswith("license:")), "")
    return str(found or "")


def failure(error: Exception, question: Question, manner: Manner) -> Failure:
    """Return what went wrong as one sentence, and whether another attempt may help.

    The client builds on one HTTP library or another, by its version: what it raises is told by status and by name.
    """
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    names = " ".join(cls.__name__ for cls in type(error).__mro__)
    if "HFValidationError" in names:
        return Failure("this is no name that a repository can have")
    if "OfflineModeIsEnabled" in names:
        return Failure("the hub's client is told to stay offline")
    if status is not None and status >= 400:
        return _by_status(names, status, response, question)
    if "Timeout" in names or "timed out" in str(error):
        return Failure(f"no answer within {manner.timeout:g} seconds", 0.0)
    if isinstance(error, ValueError) or any(
        word in names
        for word in ("RemoteProtocolError", "ReadError", "ChunkedEncoding", "DecodingError", "ContentDecoding")
    ):
        return Failure("the answer was cut off, or is not what a hub says", 0.0)
    if isinstance(error, OSError) or any(word in names for word in ("TransportError", "ConnectionError", "HTTPError")):
        return Failure(
            f"no connection ({type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''})", 0.0
        )
    return Failure(f"{type(error).__name__}: {' '.join(str(error).split())[:120]}")


def _by_status(names: str, status: int, response: Any, question: Question) -> Failure:
    if status == 429:
        return Failure("429: it is asked too often; try again later", retry_after(response.headers.get("Retry-After")))
    if status >= 500:
        return Failure(f"{status}: the hub has an error of its own", retry_after(response.headers.get("Retry-After")))
    if "GatedRepoError" in names or status == 403:
        return Failure("403: access is gated; ask for it on the repository's page, and set HF_TOKEN")
    if "RevisionNotFoundError" in names:
        return Failure(f"404: it has no branch, tag or commit `{question.ref}`")
    if status == 401:
        if "invalid" in (response.headers.get("X-Error-Message") or "").lower():
            return Failure("401: the token is not valid; look at HF_TOKEN")
        return Failure("401: there is no such repository, or it is private; set HF_TOKEN to a token that may read it")
    if status == 404:
        return Failure("404: there is no such repository")
    return Failure(f"{status}: {' '.join((response.headers.get('X-Error-Message') or 'refused').split())[:120]}")
