"""A real HTTP server of the hub's protocol on 127.0.0.1, as far as looking up revisions goes; it misbehaves by name."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


def sha(*parts: str) -> str:
    """A commit hash that depends on what it is of."""
    return hashlib.sha1("/".join(parts).encode()).hexdigest()


@dataclass
class Repository:
    """One repository: its branches and tags, and what it holds."""

    refs: dict[str, str]
    files: list[dict[str, Any]] = field(default_factory=list)
    license: str = "apache-2.0"
    tags: list[str] = field(default_factory=list)


@dataclass
class Hub:
    """What the server has, and what it has been asked."""

    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)  # (models, org/name) -> …
    prompts: dict[str, str] = field(default_factory=dict)  # path below `commits` -> commit
    address: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    busy: dict[str, int] = field(default_factory=dict)  # name -> how often it is too busy to answer
    retry_after: str = "0"

    def add(self, name: str, kind: str = "models", **refs: str) -> Repository:
        """Add a repository with a branch `main`, and return it."""
        one = self.repositories[kind, name] = Repository({"main": sha(kind, name, "main"), **refs})
        return one


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        parts = path.strip("/").split("/")
        self.hub.asked.append(path)
        self.hub.tokens.add(self.headers.get("Authorization", "") or self.headers.get("x-api-key", ""))
        if parts[0] == "commits":
            return self.prompt("/".join(parts[1:]))
        if len(parts) < 3 or parts[0] != "api":
            return self.refuse(404, "EntryNotFound")
        kind, rest = parts[1], parts[2:]
        name, _, ref = "/".join(rest).partition("/revision/")
        if name == "org/slow":
            time.sleep(5)
        if name == "org/dripping":
            return self.drip()
        if self.hub.busy.get(name, 0):
            self.hub.busy[name] -= 1
            return self.refuse(429, "", {"Retry-After": self.hub.retry_after})
        for word, status, code in (
            ("gated", 403, "GatedRepo"), ("private", 401, "RepoNotFound"), ("broken", 500, ""), ("forbidden", 403, ""),
        ):  # fmt: skip
            if name == f"org/{word}":
                return self.refuse(status, code)
        if name == "org/wrong-token":
            return self.refuse(401, "", {"X-Error-Message": "Invalid credentials in Authorization header"})
        if name == "org/cut":
            return self.cut()
        one = self.hub.repositories.get((kind, name))
        if one is None:
            return self.refuse(404, "RepoNotFound")
        commit = one.refs.get(ref or "main") or (ref if ref in one.refs.values() else "")
        if not commit:
            return self.refuse(404, "RevisionNotFound")
        return self.answer(name, one, commit)

    def prompt(self, path: str) -> None:
        """Answer as a registry of prompts does."""
        if path.startswith("org/elsewhere"):
            return self.send(302, b"", {"Location": self.hub.address + "/commits/org/prompt/latest"})
        if path.startswith("org/cut"):
            return self.cut()
        if path.startswith("org/secret"):
            return self.refuse(401, "")
        if path not in self.hub.prompts:
            return self.refuse(404, "")
        return self.send(200, json.dumps({"commit_hash": self.hub.prompts[path], "manifest": {}}).encode())

    def answer(self, name: str, one: Repository, commit: str) -> None:
        data = {
            "_id": "1", "id": name, "modelId": name, "sha": "no commit" if name == "org/nonsense" else commit, "private": False,
            "gated": False, "disabled": False, "downloads": 1, "likes": 0, "tags": one.tags, "author": "org",
            "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "cardData": {"license": one.license} if one.license else {}, "siblings": one.files,
        }  # fmt: skip
        self.send(200, json.dumps(data).encode())

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        more = {"X-Error-Code": code, "X-Error-Message": code} if code else {}
        self.send(status, b'{"error": "refused"}', {**more, **(headers or {})})

    def cut(self) -> None:
        """Promise more than is sent, and hang up."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "4000")
        self.end_headers()
        self.wfile.write(b'{"_id": "1", "id": "org/cut", "sha": "')
        self.wfile.flush()
        self.close_connection = True

    def drip(self) -> None:
        """Send the head, and then nothing more."""
        self.send_response(200)
        self.send_header("Content-Length", "4000")
        self.end_headers()
        self.wfile.flush()
        time.sleep(5)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[Hub]:
    """Run a hub as long as the context is open."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    server.block_on_close = False
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Serve on a port until it is stopped, to try things by hand."""
    with serve() as hub:
        hub.add("org/model", v1=sha("v1"))
        hub.add("org/data", "datasets")
        hub.add("org/demo", "spaces")
        print(hub.address, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
