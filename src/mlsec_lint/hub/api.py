"""The commit of a name in a registry that answers in JSON; address, key and answer are what the rules say of it.

Must not know which registries there are.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from email.message import Message
from typing import IO
from urllib.parse import quote, urlsplit

from mlsec_lint import __version__
from mlsec_lint.hub import Answer, Failure, Manner, Question, retry_after
from mlsec_lint.model import Api

MOST = 10_000_000  # bytes of an answer


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows nobody to another address: the key is for the one that was asked."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def connect(questions: Sequence[Question], say: Callable[[str], None]) -> Callable[[Question, Manner], Answer]:
    """Return what answers questions; says who will be asked, and whether with a key."""
    by_host: dict[tuple[str, bool], int] = {}
    for one in questions:
        assert one.api is not None
        key = (_endpoint(one.api), bool(_first(one.api.token)))
        by_host[key] = by_host.get(key, 0) + 1
    for (endpoint, with_key), count in sorted(by_host.items()):
        say(f"asking {endpoint} about {count} name{'' if count == 1 else 's'}{', with a key' if with_key else ''}")
    return answer


def _first(variables: Sequence[str]) -> str:
    return next((value for name in variables if (value := os.environ.get(name))), "")


def _endpoint(api: Api) -> str:
    return (_first(api.endpoint) or api.address).rstrip("/")


def answer(question: Question, manner: Manner) -> Answer:
    """Return the commit that a registry names; raises Failure."""
    api = question.api
    assert api is not None
    ref = question.ref or api.default
    path = api.path.format(name=quote(question.name), revision=quote(ref, safe=""))
    address = _endpoint(api) + path
    if urlsplit(address).scheme not in ("https", "http"):
        raise Failure(f"`{_endpoint(api)}` is no address of a web server")
    headers = {"Accept": "application/json", "User-Agent": f"mlsec-lint/{__version__}"}
    key = _first(api.token)
    if key:
        headers[api.header] = key
    try:
        opener = urllib.request.build_opener(_Staying)
        with opener.open(urllib.request.Request(address, headers=headers), timeout=manner.timeout) as response:
            commit = json.loads(response.read(MOST)).get(api.answer)
    except urllib.error.HTTPError as error:
        raise _by_status(error, api) from None
    except (TimeoutError, urllib.error.URLError) as error:
        if "timed out" in str(error):
            raise Failure(f"no answer within {manner.timeout:g} seconds", 0.0) from None
        raise Failure(f"no connection ({str(getattr(error, 'reason', error))[:120]})", 0.0) from None
    except (http.client.HTTPException, OSError, ValueError, AttributeError):
        raise Failure("the answer was cut off, or is not what a registry says", 0.0) from None
    return Answer(str(commit or ""), ref)


def _by_status(error: urllib.error.HTTPError, api: Api) -> Failure:
    status = error.code
    wait = retry_after(error.headers.get("Retry-After"))
    error.close()
    if status == 429:
        return Failure("429: it is asked too often; try again later", wait)
    if status >= 500:
        return Failure(f"{status}: the registry has an error of its own", wait)
    if status in (401, 403):
        return Failure(f"{status}: it wants a key that may read it ({' or '.join(api.token)})")
    if status == 404:
        return Failure("404: there is no such name, or no such version of it")
    return Failure(f"{status}: refused")
