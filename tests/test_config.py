"""Settings: where they come from, what is wrong with them, which rules they choose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsec_lint import config
from mlsec_lint.model import ConfigError, Level, Rule, Settings

TABLE = "[tool.mlsec-lint]\n"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    config.forget()
    yield
    config.forget()


def _rule(code: str, name: str, family: str) -> Rule:
    return Rule(
        code,
        name,
        family,
        "s",
        "m",
        Level.HIGH,
        Level.HIGH,
        "stable",
        "0.1",
        ("2.1",),
        (502,),
        (),
        (),
        (),
        "w",
        "i",
        "p",
    )


PICKLE = _rule("MLS101", "unsafe-read", "loading")
HUB = _rule("MLS201", "moving-name", "provenance")
RULES = (PICKLE, HUB)


def _write(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        TABLE
        + """
select = ["MLS1"]
ignore = ["MLS204"]
per-file-ignores = { "tests/**" = ["MLS2"], "notebooks/**" = ["provenance"] }
exclude = ["third_party/**"]
fail-on = "high"
min-severity = "medium"
require-reasons = true
baseline = "mlsec-baseline.json"
allow = ["my-org/*"]
rules = ["security/rules"]
assume = { torch = "2.6" }
preview = true
audit = true
only = ["python"]
""",
    )
    settings = config.for_path(str(tmp_path / "a.py"))
    assert settings == Settings(
        select=("MLS1",),
        ignore=("MLS204",),
        per_file_ignores=(("tests/**", ("MLS2",)), ("notebooks/**", ("provenance",))),
        exclude=("third_party/**",),
        fail_on="high",
        min_severity="medium",
        require_reasons=True,
        baseline="mlsec-baseline.json",
        allow=("my-org/*",),
        rules=("security/rules",),
        assume=(("torch", "2.6"),),
        preview=True,
        audit=True,
        only=("python",),
        root=str(tmp_path),
        origin=tuple((key, str(file)) for key in sorted(config.KEYS)),
    )


def test_the_nearest_file_with_our_table_wins_and_nothing_is_merged(tmp_path: Path) -> None:
    _write(tmp_path, TABLE + 'ignore = ["MLS1"]\n')
    _write(tmp_path / "sub", "[tool.other]\nx = 1\n")
    _write(tmp_path / "sub" / "deep", TABLE + "audit = true\n")
    assert config.for_path(str(tmp_path / "sub" / "a.py")).ignore == ("MLS1",)
    deep = config.for_path(str(tmp_path / "sub" / "deep" / "a.py"))
    assert (deep.ignore, deep.audit) == ((), True)


def test_the_search_stops_at_the_repository(tmp_path: Path) -> None:
    _write(tmp_path, TABLE + "audit = true\n")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "src").mkdir()
    assert config.for_path(str(tmp_path / "repo" / "src" / "a.py")) == Settings()


def test_a_file_in_the_repository_s_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    _write(tmp_path, TABLE + "audit = true\n")
    (tmp_path / "src").mkdir()
    assert config.for_path(str(tmp_path / "src" / "a.py")).audit


def test_a_named_file_replaces_the_nearest_and_isolated_forgets_it(tmp_path: Path) -> None:
    _write(tmp_path, TABLE + "audit = true\n")
    other = _write(tmp_path, TABLE + "preview = true\n", "other.toml")
    settings = config.for_path(str(tmp_path / "a.py"), config=str(other))
    assert (settings.audit, settings.preview) == (False, True)
    assert config.for_path(str(tmp_path / "a.py"), isolated=True) == Settings()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("selct = []", "tool.mlsec-lint.selct", "unknown key; did you mean `select`?"),
        ("require_reasons = true", "tool.mlsec-lint.require_reasons", "unknown key; did you mean `require-reasons`?"),
        ("zzz = 1", "tool.mlsec-lint.zzz", "unknown key"),
        ('select = "MLS1"', "tool.mlsec-lint.select", "must be a list of strings, not 'MLS1'"),
        ("select = [1]", "tool.mlsec-lint.select", "must be a list of strings, not [1]"),
        ("audit = 1", "tool.mlsec-lint.audit", "must be true or false, not 1"),
        ("baseline = true", "tool.mlsec-lint.baseline", "must be the name of a file, not True"),
        ("assume = { torch = 2.6 }", "tool.mlsec-lint.assume", "must be a table of distributions and versions"),
        ("per-file-ignores = []", "tool.mlsec-lint.per-file-ignores", "must be a table of globs and lists of codes"),
        ('per-file-ignores = { "a" = "MLS1" }', "tool.mlsec-lint.per-file-ignores", "values are lists of codes"),
        ('only = ["pyton"]', "tool.mlsec-lint.only", 'unknown kind "pyton"; did you mean `python`?'),
        ('fail-on = "hihg"', "tool.mlsec-lint.fail-on", "did you mean `high`?"),
        ('min-severity = "never"', "tool.mlsec-lint.min-severity", "must be one of"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_was_meant(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    file = _write(tmp_path, TABLE + text + "\n")
    with pytest.raises(ConfigError) as caught:
        config.for_path(str(tmp_path / "a.py"))
    assert (caught.value.path, caught.value.place) == (str(file), place)
    assert message in caught.value.message


def test_a_table_that_is_no_table_is_a_mistake(tmp_path: Path) -> None:
    _write(tmp_path, "[tool]\nmlsec-lint = 1\n")
    with pytest.raises(ConfigError, match="must be a table"):
        config.for_path(str(tmp_path / "a.py"))


def test_a_broken_file_counts_only_where_it_may_hold_our_table(tmp_path: Path) -> None:
    _write(tmp_path, "[broken\n")
    assert config.for_path(str(tmp_path / "a.py")) == Settings()
    config.forget()
    _write(tmp_path, TABLE + "[broken\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        config.for_path(str(tmp_path / "a.py"))


def test_a_named_file_must_be_there_and_hold_our_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.for_path("a.py", config=str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"has no \[tool.mlsec-lint\] table"):
        config.for_path("a.py", config=str(_write(tmp_path, "x = 1\n", "x.toml")))


def test_an_override_notes_where_it_was_set() -> None:
    settings = config.override(Settings(), {"fail_on": ("low", "--fail-on")})
    assert settings.fail_on == "low"
    assert ("fail-on", '"low"', "--fail-on") in config.show(settings)
    assert ("audit", "false", "default") in config.show(settings)


def test_settings_are_shown_as_toml_writes_them(tmp_path: Path) -> None:
    text = 'per-file-ignores = { "a/**" = ["MLS1"] }\nassume = { torch = "2.6" }\nignore = ["MLS1", "MLS2"]\n'
    _write(tmp_path, TABLE + text)
    settings = config.for_path(str(tmp_path / "a.py"))
    again = TABLE + "".join(f"{key} = {value}\n" for key, value, _ in config.show(settings))
    _write(tmp_path, again)
    config.forget()
    second = config.for_path(str(tmp_path / "a.py"))
    assert (second.per_file_ignores, second.assume, second.ignore) == (
        settings.per_file_ignores,
        settings.assume,
        settings.ignore,
    )


@pytest.mark.parametrize(
    ("select", "ignore", "chosen"),
    [
        (("MLS",), (), {"MLS101", "MLS201"}),
        (("MLS1",), (), {"MLS101"}),
        (("loading",), (), {"MLS101"}),
        (("moving-name",), (), {"MLS201"}),
        (("MLS",), ("MLS101",), {"MLS201"}),
        (("MLS",), ("provenance",), {"MLS101"}),
        (("MLS101",), ("MLS1",), {"MLS101"}),
        (("MLS1",), ("MLS1",), set()),
        (("MLS201",), ("moving-name",), set()),
        ((), (), set()),
        (("mls1",), (), set()),
    ],
)
def test_the_more_exact_selector_wins(select: tuple[str, ...], ignore: tuple[str, ...], chosen: set[str]) -> None:
    settings = Settings(select=select, ignore=ignore)
    assert {rule.code for rule in RULES if config.chosen(settings, rule)} == chosen


@pytest.mark.parametrize("selector", ["MLS101", "MLS1", "unsafe-read", "loading", "MLS"])
def test_per_file_ignores_take_codes_their_beginnings_names_and_families(tmp_path: Path, selector: str) -> None:
    _write(tmp_path, TABLE + f'per-file-ignores = {{ "tests/**" = ["{selector}"] }}\n')
    settings = config.for_path(str(tmp_path / "a.py"))
    assert config.unknown_selectors(settings, RULES) == []
    assert config.ignored_for(settings, PICKLE, str(tmp_path / "tests" / "a.py")) == "tests/**"
    assert not config.ignored_for(settings, PICKLE, str(tmp_path / "a.py"))
    assert bool(config.ignored_for(settings, HUB, str(tmp_path / "tests" / "a.py"))) is (selector == "MLS")


def test_per_file_ignores_are_relative_to_the_file_that_sets_them(tmp_path: Path) -> None:
    _write(tmp_path, TABLE + 'per-file-ignores = { "tests/**" = ["MLS1"] }\n')
    settings = config.for_path(str(tmp_path / "a.py"))
    assert not config.selects(settings, PICKLE, str(tmp_path / "tests" / "deep" / "a.py"))
    assert config.selects(settings, HUB, str(tmp_path / "tests" / "a.py"))
    assert config.selects(settings, PICKLE, str(tmp_path / "src" / "tests" / "a.py"))
    assert config.ignored_for(settings, PICKLE, str(tmp_path / "tests" / "a.py")) == "tests/**"


@pytest.mark.parametrize(
    ("glob", "path", "named"),
    [
        ("tests/**", "tests/a.py", True),
        ("tests/**", "tests/b/a.py", True),
        ("tests", "tests/b/a.py", True),
        ("tests", "src/tests/a.py", True),
        ("tests/", "src/tests/a.py", True),
        ("/tests", "src/tests/a.py", False),
        ("tests/*", "tests/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/b/a.py", False),
        ("src/**/a.py", "src/a.py", True),
        ("src/**/a.py", "src/b/c/a.py", True),
        ("**/a.py", "a.py", True),
        ("*.ipynb", "deep/er/x.ipynb", True),
        ("a?.py", "ab.py", True),
        ("a[!b].py", "ab.py", False),
        ("a[!b].py", "ac.py", True),
        ("a.py", "aXpy", False),
        ("./src/a.py", "src/a.py", True),
    ],
)
def test_globs(tmp_path: Path, glob: str, path: str, named: bool) -> None:
    assert config.matches(glob, str(tmp_path / path), str(tmp_path)) is named


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.ruff]\n", True),
        ("[tool.ruff.lint]\nexternal = ['V']\n", True),
        ("[tool.ruff.lint]\nexternal = ['V', 'MLS']\n", False),
        ("[tool.ruff.lint]\nexternal = ['MLS1']\n", False),
        ("[tool.ruff]\nexternal = ['MLS']\n", False),
        ("[tool.other]\n", False),
        ("[tool.ruff\n", False),
        ("tool = 1\n", False),
    ],
)
def test_a_ruff_that_would_take_our_comments_away_is_found(tmp_path: Path, text: str, told: bool) -> None:
    file = _write(tmp_path, text)
    (tmp_path / ".git").mkdir()
    assert config.ruff_table_without_us(str(tmp_path)) == (str(file) if told else "")


def test_unknown_selectors_are_named_with_the_nearest_rule(tmp_path: Path) -> None:
    text = 'select = ["MLS11"]\nignore = ["unsafe-reed"]\nper-file-ignores = { "a" = ["lodaing"] }\n'
    file = _write(tmp_path, TABLE + text)
    settings = config.for_path(str(tmp_path / "a.py"))
    settings = config.override(settings, {"ignore": (("unsafe-reed",), "--ignore")})
    assert [str(error) for error in config.unknown_selectors(settings, RULES)] == [
        f"{file}: tool.mlsec-lint.select: unknown rule `MLS11`; did you mean `MLS101`?",
        "--ignore: unknown rule `unsafe-reed`; did you mean `unsafe-read`?",
        f"{file}: tool.mlsec-lint.per-file-ignores: unknown rule `lodaing`; did you mean `loading`?",
    ]
