"""Sessions for developers: the tests on every Python that is installed, the checks, the site."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "lint", "types", "docs"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    session.install("-e", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    session.install("-e", ".[dev]")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("lint-imports")
    session.run("mlsec-lint", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    session.install("-e", ".[dev]")
    session.run("mkdocs", "build", "--strict")


@nox.session
def speed(session: nox.Session) -> None:
    """Time a run beside other linters and write docs/benchmarks.md; about ten minutes on a quiet machine."""
    session.install("-e", ".[dev,apis]")
    session.run("python", "benchmarks/speed.py", "--write", *session.posargs)


@nox.session
def apis(session: nox.Session) -> None:
    """Prove what the rules say of libraries against their releases; `-- --store FOLDER` keeps the text elsewhere."""
    session.install("-e", ".[apis]")
    store = () if "--store" in session.posargs else ("--store", str(session.cache_dir / "apis"))
    session.run("python", "benchmarks/apis", *store, "--report", "docs/apis.md", *session.posargs)
