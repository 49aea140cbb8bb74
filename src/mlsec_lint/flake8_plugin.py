"""Door: flake8.  The same findings as `mlsec-lint check`, handed over before suppression: flake8 reads `# noqa` itself.

Must not know formats or the command line.  Importing it loads nothing: flake8 does so on every start.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from mlsec_lint import __version__

if TYPE_CHECKING:
    import argparse
    import ast

    from flake8.options.manager import OptionManager

    from mlsec_lint.lockfile import Lock
    from mlsec_lint.model import Finding, RuleSet, Settings

Result = tuple[int, int, str, type["Plugin"]]  # 1-based line, 0-based column, one line of text


class Plugin:
    """Checks one file; what goes wrong on the way is told as MLS901, for an exception would end the whole run."""

    name = "mlsec-lint"
    version = __version__
    config: ClassVar[str | None] = None

    def __init__(self, tree: ast.AST, lines: Sequence[str], filename: str = "stdin") -> None:
        # `lines` are what is checked; editors send text that the file of this name does not hold
        self.lines, self.filename = lines, filename

    @classmethod
    def add_options(cls, parser: OptionManager) -> None:
        """Tell flake8 of our only option; all other settings are those of `[tool.mlsec-lint]`."""
        parser.add_option(
            "--mlsec-config",
            metavar="FILE",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="Settings of mlsec-lint, in place of the nearest pyproject.toml.",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take the option's value from flake8."""
        cls.config = options.mlsec_config

    def run(self) -> Iterator[Result]:
        """Yield what flake8 is to report."""
        from mlsec_lint.collector import RestingCollector

        try:
            with RestingCollector():
                found = self._findings()
            results = [(one.line, one.column - 1, f"{one.code} {_one_line(one.message)}") for one in found]
        except Exception as error:
            results = [(1, 0, f"MLS901 this file was not checked: {_reason(error)}")]
        for line, column, text in results:
            yield line, column, text, type(self)

    def _findings(self) -> list[Finding]:
        from mlsec_lint import config
        from mlsec_lint.check import check
        from mlsec_lint.model import Level, Source
        from mlsec_lint.source import module_of

        settings = config.for_path(self.filename, self.config)
        path = os.path.abspath(self.filename)
        if (settings.exclude or config.for_path(".", self.config).exclude) and _excluded(path, self.config):
            return []
        rules = _rules(settings)
        module, is_package = module_of(path, settings.root)
        text = "".join(self.lines).removeprefix("\ufeff")
        source = Source(self.filename, text, "python", module, is_package)
        found = check(source, rules, settings, lock=_lock(path, settings))
        by_code = {rule.code: rule for rule in rules.rules} if found else {}
        least = Level.parse(settings.min_severity)
        return [one for one in found if one.severity >= least and config.selects(settings, by_code[one.code], path)]


def _excluded(path: str, file: str | None) -> bool:
    """Tell whether settings exclude the file, wherever it was named: its own, or those of a folder it lies in."""
    from mlsec_lint import config, source

    return not list(
        source.files([path], lambda folder: config.for_path(folder, file), force_exclude=True, gitignore=False)
    )


def _lock(path: str, settings: Settings) -> Lock | None:
    if not _asks_lock(settings):
        return None
    from mlsec_lint import lockfile

    return lockfile.for_folder(os.path.dirname(path))


@functools.lru_cache(maxsize=16)
def _asks_lock(settings: Settings) -> bool:
    from mlsec_lint import config
    from mlsec_lint.check import in_force

    return any(
        rule.drifts and in_force(rule, settings) and config.chosen(settings, rule) for rule in _rules(settings).rules
    )


@functools.lru_cache(maxsize=16)
def _rules(settings: Settings) -> RuleSet:
    """Return the rules that the settings ask for; raises ConfigError for a selector that names none of them."""
    from pathlib import Path

    from mlsec_lint import config, rules

    found = rules.load(tuple(Path(settings.root, folder) for folder in settings.rules), prose=False)
    for error in config.unknown_selectors(settings, found.rules):
        raise error
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _reason(error: Exception) -> str:
    from mlsec_lint.model import Problem

    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    known = isinstance(error, Problem) or hasattr(error, "errors")  # rules.RuleErrors carries all mistakes
    return _one_line(str(error) if known else f"an error inside the linter ({type(error).__name__}: {error})")
