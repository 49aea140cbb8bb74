"""Other linters, each in a virtual environment of its own with pinned versions, and how each is run over a folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PINNED = {
    "ruff": ("ruff==0.17.6",),
    "bandit": ("bandit==1.9.4",),
    "flake8": ("flake8==7.5.0",),
    "flake8-plugin": ("flake8==7.5.0", "-e", str(Path(__file__).resolve().parent.parent)),
    "torchfix": ("torchfix==0.7.0", "flake8==7.5.0"),
    "fixit": ("fixit==2.2.1",),
}
# A handful of Fixit's own rules, about the size of its documentation's first example.
FIXIT_RULES = ("NoNamedTuple", "UseAssertIn", "NoRedundantLambda", "CompareSingletonPrimitivesByIs", "UseFstring")
SKIPPED = {"semgrep": "installs from the package index, but its rules come from a registry of its own over the network"}


@dataclass(frozen=True, slots=True)
class Run:
    """One command, and where the peer's own cache has to be empty or full."""

    name: str
    command: tuple[str, ...]


def environment(name: str, folder: Path) -> Path:
    """Return the folder of programs of a peer's environment, made the first time."""
    place = folder / "venvs" / f"{name}-{PINNED[name][0].rpartition('=')[2]}"
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    if not (place / "ready").exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [str(programs / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, *PINNED[name]], check=True)
        (place / "ready").touch()
    return programs


def command(name: str, folder: Path, paths: Sequence[str], cache: str = "") -> Run:
    """Return how a peer checks `paths`; `cache` is the folder of ruff's cache, without one it keeps none."""
    tool = str(environment(name, folder) / name.partition("-")[0])
    if name == "ruff":
        keep = ("--cache-dir", cache) if cache else ("--no-cache",)
        return Run(name, (tool, "check", "--isolated", "-q", "--exit-zero", "--select", "S", *keep, *paths))
    if name == "bandit":
        return Run(name, (tool, "-r", "-q", "--exit-zero", "-f", "json", *paths))
    if name == "torchfix":
        return Run(name, (tool, "--select=ALL", *paths))
    if name == "fixit":
        rules = ",".join(f"fixit.rules:{rule}" for rule in FIXIT_RULES)
        return Run(name, (tool, "--rules", rules, "lint", *paths))
    return Run(name, (tool, "--isolated", "--exit-zero", "-q", "-j", "1", *paths))
