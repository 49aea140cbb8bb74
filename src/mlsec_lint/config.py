"""Settings for one path: from the nearest pyproject.toml with our table, and from options that override it.

Knows TOML and the keys of `[tool.mlsec-lint]`; must not know rule files, sources or options of the command line.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from mlsec_lint.model import ConfigError, Rule, Settings

TABLE = "tool.mlsec-lint"
LEVELS = ("low", "medium", "high")
KINDS = ("python", "notebook", "shell", "dockerfile", "workflow", "requirements", "config")
_DERIVED = {"root", "origin"}
KEYS = tuple(field.name.replace("_", "-") for field in fields(Settings) if field.name not in _DERIVED)
_TABLES = {"per-file-ignores", "assume"}
_FLAGS = {"require-reasons", "preview", "audit"}
_WORDS = {"fail-on": (*LEVELS, "never"), "min-severity": LEVELS}


# ---------------------------------------------------------------- where settings come from


def for_path(path: str, config: str | None = None, isolated: bool = False) -> Settings:
    """Return the settings for the file or folder `path`.

    `config` names a file to use instead of the nearest one; `isolated` ignores every file.
    Raises ConfigError for a file that cannot be read and for unknown keys or values of the wrong kind.
    """
    if isolated:
        return Settings()
    if config is not None:
        return _read(config, required=True)
    place = Path(path).absolute()
    return _nearest(str(place if place.is_dir() else place.parent))


@functools.cache
def _nearest(folder: str) -> Settings:
    """The settings that hold in `folder`; looks upward as far as the folder that has a `.git`."""
    here = Path(folder)
    candidate = here / "pyproject.toml"
    if candidate.is_file():
        settings = _read(str(candidate), required=False)
        if settings.root:
            return settings
    if here.parent == here or (here / ".git").exists():
        return Settings()
    return _nearest(str(here.parent))


@functools.cache
def _read(path: str, required: bool) -> Settings:
    try:
        with open(path, "rb") as file:
            document = _toml(file.read())
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        if not required and not _mentions_us(path):
            return Settings()  # somebody else's broken file; it holds nothing of ours
        raise ConfigError(path, "", f"is not TOML: {error}") from error
    tool = document.get("tool", {})
    table = tool.get("mlsec-lint") if isinstance(tool, dict) else None
    if table is None and isinstance(tool, dict):
        _no_other_spelling(tool, path)
    if table is None and required and Path(path).name != "pyproject.toml":
        raise ConfigError(path, "", f"has no [{TABLE}] table")
    if table is None:
        return Settings()
    if not isinstance(table, dict):
        raise ConfigError(path, TABLE, "must be a table")
    return from_table(table, path)


def _toml(data: bytes) -> dict[str, Any]:
    """Return what TOML says; raises ValueError."""
    if sys.version_info >= (3, 11):  # not every start reads any
        import tomllib
    else:
        import tomli as tomllib
    return dict(tomllib.loads(data.decode("utf-8")))


def _no_other_spelling(tool: Mapping[str, Any], path: str) -> None:
    """Raise ConfigError where a table is meant to be ours: settings that nobody reads protect nobody."""
    for name in tool:
        letters = re.sub("[^a-z]", "", name.lower())
        if letters.startswith("mlsec") or letters.endswith("seclint"):
            raise ConfigError(path, f"tool.{name}", f"unknown table; did you mean `{TABLE}`?")


def _mentions_us(path: str) -> bool:
    return b"mlsec-lint" in Path(path).read_bytes()


def ruff_table_without_us(folder: str) -> str:
    """Return the nearest pyproject.toml whose `[tool.ruff]` does not know our codes, or an empty string.

    Ruff's RUF100 and RUF102 take `# noqa: MLS101` away unless `lint.external` names the prefix.
    """
    here = Path(folder).absolute()
    for place in (here, *here.parents):
        candidate = place / "pyproject.toml"
        if candidate.is_file():
            try:
                table: Any = _toml(candidate.read_bytes()).get("tool", {}).get("ruff")
                lint: Any = {**table, **table.get("lint", {})} if table is not None else {}
                external = [str(prefix) for prefix in lint.get("external", [])]
            except (OSError, ValueError, AttributeError, TypeError):
                return ""  # not ours to complain about
            if table is not None:
                return "" if any(prefix[:3] == "MLS"[: len(prefix)] for prefix in external) else str(candidate)
        if (place / ".git").exists():
            break
    return ""


def forget() -> None:
    """Drop what was read, so that changed files are read again (for long-lived processes)."""
    _nearest.cache_clear()
    _read.cache_clear()


def from_table(table: Mapping[str, Any], path: str) -> Settings:
    """Return the settings that the `[tool.mlsec-lint]` table of the file `path` gives."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(path, f"{TABLE}.{key}", f"unknown key{did_you_mean(key, KEYS)}")
        values[key.replace("-", "_")] = _value(key, value, path)
    origin = tuple((key, path) for key in sorted(table))
    return Settings(**values, root=str(Path(path).absolute().parent), origin=origin)


def _value(key: str, value: Any, path: str) -> Any:
    """The value of `key` as Settings holds it."""

    def wrong(wanted: str, hint: str = "") -> ConfigError:
        return ConfigError(path, f"{TABLE}.{key}", f"must be {wanted}, not {value!r}{hint}")

    if key in _FLAGS:
        if not isinstance(value, bool):
            raise wrong("true or false")
        return value
    if key in _WORDS:
        if value not in _WORDS[key]:
            hint = did_you_mean(value, _WORDS[key]) if isinstance(value, str) else ""
            raise wrong("one of " + ", ".join(f'"{word}"' for word in _WORDS[key]), hint)
        return value
    if key == "baseline":
        if not isinstance(value, str):
            raise wrong("the name of a file")
        return value
    if key == "assume":
        if not isinstance(value, dict) or not all(isinstance(version, str) for version in value.values()):
            raise wrong("a table of distributions and versions, each a string")
        return tuple(sorted(value.items()))
    if key == "per-file-ignores":
        if not isinstance(value, dict):
            raise wrong("a table of globs and lists of codes")
        if not all(_is_list_of_text(codes) for codes in value.values()):
            raise wrong("a table whose values are lists of codes")
        return tuple((glob, tuple(codes)) for glob, codes in value.items())
    if not _is_list_of_text(value):
        raise wrong("a list of strings")
    if key == "only":
        for kind in value:
            if kind not in KINDS:
                raise ConfigError(path, f"{TABLE}.only", f'unknown kind "{kind}"{did_you_mean(kind, KINDS)}')
    return tuple(value)


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def override(settings: Settings, changes: Mapping[str, tuple[Any, str]]) -> Settings:
    """Return `settings` with `changes`: field name -> (value, where it was set, such as "--select")."""
    origin = dict(settings.origin)
    origin.update({name.replace("_", "-"): where for name, (_, where) in changes.items()})
    values: dict[str, Any] = {name: value for name, (value, _) in changes.items()}
    return replace(settings, **values, origin=tuple(sorted(origin.items())))


def show(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (key, value as TOML would write it, where it was set) for every setting."""
    origin = dict(settings.origin)
    rows = []
    for key in KEYS:
        value = getattr(settings, key.replace("-", "_"))
        written = "{}" if key in _TABLES and not value else _written(value)
        rows.append((key, written, origin.get(key, "default")))
    return rows


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f'"{name}" = {_written(item)}' for name, item in value) + " }"
    return "[" + ", ".join(f'"{item}"' for item in value) + "]"


def baseline_path(settings: Settings) -> str:
    """Return where the baseline of `settings` is, or an empty string."""
    return os.path.join(settings.root, settings.baseline) if settings.baseline else ""


# ---------------------------------------------------------------- which rules


def selects(settings: Settings, rule: Rule, path: str) -> bool:
    """Tell whether findings of `rule` in the file `path` are wanted; the more exact of two selectors wins."""
    return chosen(settings, rule) and not ignored_for(settings, rule, path)


def chosen(settings: Settings, rule: Rule) -> bool:
    """Tell whether `select` and `ignore` leave `rule` in, whatever the file."""
    wanted = max((_exactness(selector, rule) for selector in settings.select), default=0)
    unwanted = max((_exactness(selector, rule) for selector in settings.ignore), default=0)
    return wanted > unwanted


def ignored_for(settings: Settings, rule: Rule, path: str) -> str:
    """Return the glob of `per-file-ignores` that hides `rule` in the file `path`, or an empty string."""
    for glob, selectors in settings.per_file_ignores:
        if any(_exactness(selector, rule) for selector in selectors) and matches(glob, path, settings.root):
            return glob
    return ""


def _exactness(selector: str, rule: Rule) -> int:
    """How exactly `selector` (code, prefix, family or rule name) names `rule`; 0: not at all."""
    if selector == rule.name:
        return len(rule.code)
    if selector == rule.family:
        return len(rule.code) - 2
    return len(selector) if rule.code.startswith(selector) and selector else 0


def unknown_selectors(settings: Settings, rules: Iterable[Rule]) -> list[ConfigError]:
    """Return one error for each selector of `settings` that names no rule, with the nearest name."""
    rules = tuple(rules)
    origin = dict(settings.origin)
    named = [("select", name) for name in settings.select] + [("ignore", name) for name in settings.ignore]
    named += [("per-file-ignores", name) for _, names in settings.per_file_ignores for name in names]
    errors = []
    for key, name in named:
        if not any(_exactness(name, rule) for rule in rules):
            where = origin.get(key, "")
            place = "" if where.startswith("-") else f"{TABLE}.{key}"
            errors.append(ConfigError(where, place, f"unknown rule `{name}`{nearest_rule(name, rules)}"))
    return errors


def doubtful_assumptions(settings: Settings, packages: Iterable[str]) -> list[str]:
    """Return a remark for each `assume` that no rule asks about, and that is spelled much like one of `packages`."""
    if not settings.assume:
        return []
    import difflib  # only where there is something to compare

    known = set(packages)
    remarks = []
    for name, _ in settings.assume:
        close = [] if name in known else difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        if close:
            remarks.append(f"{TABLE}.assume: no rule asks about `{name}`; did you mean `{close[0]}`?")
    return remarks


def nearest_rule(name: str, rules: Iterable[Rule]) -> str:
    """Return "; did you mean …?" with the code, name or family most like `name`, or an empty string."""
    rules = tuple(rules)
    known = {"MLS"} | {name for rule in rules for name in (rule.code, rule.code[:4], rule.name, rule.family)}
    return did_you_mean(name, sorted(known))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the one of `known` most like `word`, or an empty string."""
    by_lower = {name.lower(): name for name in known}
    lower = word.lower()

    def likeness(name: str) -> tuple[float, int]:
        # many codes are equally alike: the one that differs in the fewest places is meant
        same = sum(one == other for one, other in zip(name, lower, strict=False))
        import difflib  # only where there is a mistake to explain

        return round(difflib.SequenceMatcher(None, name, lower).ratio(), 2), same

    nearest = max(by_lower, key=likeness, default="")
    return f"; did you mean `{by_lower[nearest]}`?" if nearest and likeness(nearest)[0] >= 0.5 else ""


# ---------------------------------------------------------------- globs


def matches(glob: str, path: str, root: str) -> bool:
    """Tell whether `path` is named by `glob`, which is relative to the folder `root`.

    `*` and `?` stay within a folder, `**` crosses folders, a glob without a slash counts at any depth, and one that
    names a folder counts for everything in it.
    """
    place = Path(path).absolute()
    try:
        relative = place.relative_to(root or Path.cwd()).as_posix()
    except ValueError:
        relative = place.as_posix()
    return _pattern(glob).fullmatch(relative) is not None


@functools.cache
def _pattern(glob: str) -> re.Pattern[str]:
    body = glob.removeprefix("./").rstrip("/")
    start = "" if "/" in body else "(?:.*/)?"
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", body.removeprefix("/"))
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = ""
    for part in parts:
        if part in special:
            text += special[part]
        elif part.startswith("[") and part.endswith("]"):
            text += "[" + part[1:-1].replace("!", "^", 1 if part[1] == "!" else 0) + "]"
        else:
            text += re.escape(part)
    return re.compile(f"{start}{text}(?:/.*)?", re.DOTALL)
