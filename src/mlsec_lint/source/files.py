"""Which files are ours to read, and of what kind each is, by name; and those that a requirements file names with `-r`.

Must not know what else stands in a file.  Patterns of `.gitignore` and of `exclude` are those of git, read by pathspec.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mlsec_lint.model import Settings, SourceError

# Folders that hold no code of the project.  `build` and `dist` are read where they are packages (an `__init__.py`).
SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", ".direnv", "node_modules", "__pycache__", "site-packages", "dist-packages"}
    | {".eggs", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints"}
    | {".mlsec-lint-cache", "__pypackages__", "_build", "buck-out"}
)
OUTPUT = frozenset({"build", "dist"})
MANIFESTS = {
    "pyproject.toml": "requirements",
    "setup.cfg": "requirements",
    "Pipfile": "requirements",
    "environment.yml": "requirements",
    "environment.yaml": "requirements",
    ".gitlab-ci.yml": "workflow",
    ".gitlab-ci.yaml": "workflow",
    "action.yml": "workflow",
    "action.yaml": "workflow",
    "Dockerfile": "dockerfile",
    "Containerfile": "dockerfile",
}
SUFFIXES = {
    ".py": "python",
    ".pyw": "python",
    ".ipynb": "notebook",
    ".sh": "shell",
    ".bash": "shell",
    ".dockerfile": "dockerfile",
}
CONFIGS = (".yml", ".yaml", ".json", ".toml")
CONFIG_LIMIT = 200_000  # bytes; a larger YAML or JSON file that nobody named is data
_INCLUDE = re.compile(r"^\s*(?:-[rc]|--requirement|--constraint)(?:\s*=\s*|\s*)(?!\w+://)([^\s#]+)", re.MULTILINE)
_GROUP_NAME = re.compile(r"\(\?P<\w+>")


@dataclass(frozen=True, slots=True)
class File:
    """One file to read: where it is, how it is shown (relative, forward slashes) and its kind (as `Source.kind`)."""

    path: str
    shown: str
    kind: str


def kind_of(path: str, configs: bool = False) -> str:
    """Return the kind of the file called `path` (as `Source.kind`), or "" where it is none of ours.

    With `configs`, YAML, JSON and TOML files of no other kind are "config".
    """
    name = os.path.basename(path)
    suffix = os.path.splitext(name)[1]
    kind = SUFFIXES.get(suffix) or MANIFESTS.get(name)
    if kind:
        return kind
    if suffix == ".txt":
        lower = name.lower()
        folder = os.path.basename(os.path.dirname(path)).lower()
        named = "requirements" in lower or lower.startswith(("constraints", "constraint-")) or folder == "requirements"
        return "requirements" if named else ""
    if suffix in CONFIGS:
        above = path.replace("\\", "/").split("/")[-3:-1]
        if suffix in (".yml", ".yaml"):
            if above == [".github", "workflows"] or name.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")):
                return "workflow"
            if name.startswith("environment"):
                return "requirements"
        return "config" if configs else ""
    if name.startswith(("Dockerfile.", "Dockerfile-", "Containerfile.")) and suffix != ".md":
        return "dockerfile"
    return ""


def files(
    paths: Iterable[str],
    settings_for: Callable[[str], Settings],
    *,
    force_exclude: bool = False,
    gitignore: bool = True,
    cwd: str = "",
) -> Iterator[File | SourceError]:
    """Yield the files to read under `paths`, each once, folders in sorted order; what cannot be read is yielded too.

    `settings_for(folder)` gives the settings in force in a folder; `exclude`, `only`, `preview` and `root` are used.
    A file named in `paths` is read though it is ignored or excluded, unless `force_exclude`.  Links to folders are
    not followed.  `cwd` is what paths are shown relative to (default: the working directory).
    """
    walk = _Walk(settings_for, gitignore, os.path.abspath(cwd or os.getcwd()))
    for given in paths:
        path = os.path.join(walk.cwd, given)
        if os.path.isdir(path):
            folder = os.path.abspath(path)
            if force_exclude and walk.excluded(folder + "/"):
                continue
            yield from walk.folder(folder, walk.above(folder))
        else:
            yield from walk.named(os.path.abspath(path), force_exclude)


class Ignore:
    """The patterns of one file (or of `exclude`), which hold for paths below `base`."""

    __slots__ = ("_cut", "_maybe", "_spec")

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self._cut = len(base.rstrip("/\\")) + 1
        import pathspec  # a third of the start, and most runs on single files ask for no pattern

        self._spec = pathspec.GitIgnoreSpec.from_lines(lines)
        # One expression for all patterns tells most files apart at once; asking each pattern is four times slower.
        regexes = [pattern.regex.pattern for pattern in self._spec.patterns if pattern.regex is not None]
        self._maybe = re.compile("|".join(f"(?:{_GROUP_NAME.sub('(?:', regex)})" for regex in regexes))

    def verdict(self, path: str) -> bool | None:
        """Return True where `path` is ignored, False where it is wanted back, None where nothing is said of it."""
        path = path[self._cut :]
        return self._spec.check_file(path).include if self._maybe.match(path) else None


class _Walk:
    def __init__(self, settings_for: Callable[[str], Settings], gitignore: bool, cwd: str) -> None:
        self.settings_for, self.gitignore, self.cwd = settings_for, gitignore, cwd
        self._prefix = cwd.rstrip("/\\") + os.sep
        self._seen: set[str] = set()
        self._excludes: dict[tuple[str, tuple[str, ...]], Ignore] = {}

    def shown(self, path: str) -> str:
        path = path[len(self._prefix) :] if path.startswith(self._prefix) else path
        return path.replace(os.sep, "/") if os.sep != "/" else path

    def named(self, path: str, force_exclude: bool) -> Iterator[File | SourceError]:
        settings = self.settings_for(os.path.dirname(path))
        if path in self._seen or (force_exclude and self.excluded(path)):
            return
        self._seen.add(path)
        shown = self.shown(path)
        try:
            kind = kind_of(path, configs=True) or _kind_inside(path)
        except OSError as error:
            yield SourceError(shown, "", _reason(error))
            return
        if not kind:
            yield SourceError(shown, "", "is neither Python nor a notebook, script or manifest")
        elif not settings.only or kind in settings.only:
            yield File(path, shown, kind)
            yield from self.included(path, kind)

    def excluded(self, path: str) -> bool:
        """Whether an absolute path (a folder's ends in a slash) lies in what is skipped, excluded or ignored by git."""
        folder = os.path.dirname(path.rstrip("/\\"))
        if not SKIPPED.isdisjoint(self.shown(path).split("/")[:-1]):
            return True
        own, ignores = self.exclude_of(folder), self.above(folder)
        parts = path[len(self._prefix) :].split(os.sep) if path.startswith(self._prefix) else []
        ladder = [self._prefix + os.sep.join(parts[:n]) + os.sep for n in range(1, len(parts))] + [path]
        for step in ladder:  # as a walk from here would meet it: a folder is judged by the settings it lies in
            outer = self.exclude_of(os.path.dirname(step.rstrip("/\\")))
            if any(exclude and exclude.verdict(step) for exclude in (own, outer)) or _ignored(step, ignores):
                return True
        return False

    def exclude_of(self, folder: str) -> Ignore | None:
        settings = self.settings_for(folder)
        if not settings.exclude:
            return None
        key = (settings.root or self.cwd, settings.exclude)
        if key not in self._excludes:
            self._excludes[key] = Ignore(os.path.join(self.cwd, key[0]), key[1])
        return self._excludes[key]

    def above(self, folder: str) -> tuple[Ignore, ...]:
        """Return the patterns in force just above `folder`, outermost first: those of its repository only."""
        found: list[Ignore] = []
        while self.gitignore and not os.path.exists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return ()  # no repository: `.gitignore` files above say nothing of us
            found[:0] = _read_ignore(parent)
            folder = parent
        return tuple(found)

    def folder(self, folder: str, ignores: tuple[Ignore, ...]) -> Iterator[File | SourceError]:
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield SourceError(self.shown(folder), "", _reason(error))
            return
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names or (os.path.basename(folder) in OUTPUT and "__init__.py" not in names):
            return
        if self.gitignore and (".gitignore" in names or ".git" in names):
            ignores += tuple(_read_ignore(folder))
        settings, exclude = self.settings_for(folder), self.exclude_of(folder)
        for entry in entries:
            name = entry.name
            path = os.path.join(folder, name)
            if entry.is_dir(follow_symlinks=False):
                if name in SKIPPED or name.endswith(".egg-info"):
                    continue
                step = path + "/"
                if not (ignores and _ignored(step, ignores)) and not (exclude and exclude.verdict(step)):
                    yield from self.folder(path, ignores)
                continue
            kind = "python" if name.endswith(".py") else kind_of(path, settings.preview)
            if not kind or name.startswith(".#") or path in self._seen or (settings.only and kind not in settings.only):
                continue
            if (ignores and _ignored(path, ignores)) or (exclude and exclude.verdict(path)):
                continue
            if entry.is_symlink() and os.path.isdir(path):
                continue
            if kind == "config" and _size(entry) > CONFIG_LIMIT:
                continue
            self._seen.add(path)
            yield File(path, self.shown(path), kind)
            yield from self.included(path, kind)

    def included(self, path: str, kind: str) -> Iterator[File]:
        """Yield the files that a requirements file includes, whatever they are called, where they are there."""
        if kind != "requirements" or os.path.basename(path) in MANIFESTS or path.endswith((".yml", ".yaml")):
            return
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read(CONFIG_LIMIT)
        except OSError:
            return
        for name in _INCLUDE.findall(text):
            other = os.path.normpath(os.path.join(os.path.dirname(path), name.strip("'\"")))
            if other not in self._seen and os.path.isfile(other) and not self.excluded(other):
                self._seen.add(other)
                yield File(other, self.shown(other), kind)
                yield from self.included(other, kind)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return 0


def _ignored(path: str, ignores: tuple[Ignore, ...]) -> bool:
    for ignore in reversed(ignores):
        verdict = ignore.verdict(path)
        if verdict is not None:
            return verdict
    return False


def _read_ignore(folder: str) -> Iterator[Ignore]:
    for name in (".git/info/exclude", ".gitignore"):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        if any(line.strip() and not line.startswith("#") for line in lines):
            yield Ignore(folder, lines)


def _kind_inside(path: str) -> str:
    """Return the kind that a file's first line gives it; a file without a suffix is Python if it does not say."""
    if not os.path.isfile(path):
        os.stat(path)  # says why: missing, no permission
        return "python"  # a socket or a pipe: `read` refuses it, with the reason
    with open(path, "rb") as file:
        first = file.readline(200)
    if first.startswith(b"#!"):
        if b"python" in first:
            return "python"
        return "shell" if first.split()[0].endswith(b"sh") or first.rstrip().endswith(b"sh") else ""
    return "python" if os.path.splitext(path)[1] in ("", ".pyi") else ""


def _reason(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
