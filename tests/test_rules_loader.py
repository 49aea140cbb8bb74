"""Rule files become rules as docs/writing-rules.md says, and each mistake names its file and key."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import jsonschema
import pytest

from mlsec_lint import rules
from mlsec_lint.model import Endpoint, Level, Predicate, Rule
from mlsec_lint.rules import cache

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = """\
code = "MLS101"
name = "bad-load"
summary = "something is loaded"
message = "`{call}` loads {value}"
severity = "high"
confidence = "medium"
status = "stable"
since = "0.1"
guidelines = ["2.1"]
cwe = [502]
references = ["https://example.org/advisory"]
why = "It runs."
instead = "Do not."
"""
MATCH = """
[[match]]
call = "pkg.load"
"""
EXAMPLES = """
[[bad]]
code = "import pkg; pkg.load(1)  # MLS101"

[[good]]
code = "import pkg"
"""
APIS = """
[groups]
load = ["pkg.load", "@more"]
more = ["pkg.read", "pkg.*.parse"]

[predicates]
sha = { regex = "[0-9a-f]{40}" }
pinned = ["sha", { prefix = "v" }]

[params]
"@more" = ["path", "*", "mode"]
"pkg.load" = ["file"]

[defaults."@load".safe]
package = "pkg"
"<2.6" = "False"
">=2.6,<3" = "True"
"""
FILE = "loading/MLS101-bad-load.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of our own rules, and a cache folder of its own."""
    folder = tmp_path / "rules"
    folder.mkdir()
    monkeypatch.setattr(rules, "home", lambda: folder)
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    return folder


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def one(folder: Path, text: str) -> Rule:
    write(folder, FILE, HEAD + text + EXAMPLES)
    (rule,) = rules.load(keep=False).rules
    return rule


def mistakes(extra: tuple[Path, ...] = ()) -> list[str]:
    with pytest.raises(rules.RuleErrors) as raised:
        rules.load(extra, keep=False)
    assert str(raised.value).splitlines() == [str(error) for error in raised.value.errors]
    return [f"{error.path}: {error.place}: {error.message}" for error in raised.value.errors]


# ---------------------------------------------------------------- what files mean


def test_a_rule_file_becomes_a_rule(home: Path) -> None:
    rule = one(home, MATCH)
    assert (rule.code, rule.name, rule.family, rule.path) == ("MLS101", "bad-load", "loading", f"rules/{FILE}")
    assert (rule.severity, rule.confidence, rule.cwe) == (Level.HIGH, Level.MEDIUM, (502,))
    assert [example.bad for example in rule.examples] == [True, False]
    assert rule.matches[0].calls == ("pkg.load",)


def test_the_message_is_the_summary_where_none_is_given(home: Path) -> None:
    write(home, FILE, HEAD.replace("message = ", "# ") + MATCH + EXAMPLES)
    assert rules.load(keep=False).rules[0].message == "something is loaded"


def test_groups_are_expanded_however_deep(home: Path) -> None:
    write(home, "apis.toml", APIS)
    rule = one(home, '[[match]]\ncall = ["@load", "pkg.read", "other.load"]\n')
    assert rule.matches[0].calls == ("pkg.load", "pkg.read", "pkg.*.parse", "other.load")


def test_an_entry_of_a_name_wins_over_the_one_of_its_group(home: Path) -> None:
    write(home, "apis.toml", APIS.replace('"@more" =', '"@load" ='))
    params = rules.load(keep=False).apis.params
    assert params == {"pkg.load": ("file",), "pkg.read": ("path", "*", "mode"), "pkg.*.parse": ("path", "*", "mode")}


def test_defaults_by_version_hold_for_each_name_of_a_group(home: Path) -> None:
    write(home, "apis.toml", APIS)
    defaults = rules.load(keep=False).apis.defaults
    assert set(defaults) == {("pkg.load", "safe"), ("pkg.read", "safe"), ("pkg.*.parse", "safe")}
    default = defaults["pkg.read", "safe"]
    assert default.package == "pkg"
    assert default.ranges == (("", "2.6", Predicate("equals", False)), ("2.6", "3", Predicate("equals", True)))


def test_the_tables_of_several_files_are_joined(home: Path) -> None:
    write(home, "apis.toml", '[sources]\nremote = ["a.get"]\n[aliases]\n"x.y" = "x"\n')
    write(home, "apis/more.toml", 'checks = ["h.check"]\n[sources]\nremote = ["b.get"]\n[aliases]\n"x.y" = "x"\n')
    apis = rules.load(keep=False).apis
    assert apis.sources == {"remote": ("a.get", "b.get")}
    assert apis.checks == ("h.check",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"True"', Predicate("equals", True)),
        ('"None"', Predicate("equals", None)),
        ('"-1"', Predicate("equals", -1)),
        ("\"'wb'\"", Predicate("equals", "wb")),
        ('"..."', Predicate("given")),
        ('"yaml.Loader"', Predicate("is", "yaml.Loader")),
        ('"sha"', Predicate("regex", "[0-9a-f]{40}")),
        (
            '["0", "pinned"]',
            Predicate(
                "any",
                parts=(
                    Predicate("equals", 0),
                    Predicate("any", parts=(Predicate("regex", "[0-9a-f]{40}"), Predicate("prefix", "v"))),
                ),
            ),
        ),
        ('{ kind = "path" }', Predicate("kind", ("path",))),
        ('{ origin = ["remote", "input"] }', Predicate("origin", ("remote", "input"))),
        ('{ made = "@more" }', Predicate("made", ("pkg.read", "pkg.*.parse"))),
        ("{ has = \"'pickle'\" }", Predicate("has", Predicate("equals", "pickle"))),
        ('{ not = "sha" }', Predicate("not", parts=(Predicate("regex", "[0-9a-f]{40}"),))),
        ('{ any = ["None"] }', Predicate("equals", None)),
    ],
)
def test_a_predicate_means_what_it_says(home: Path, written: str, meant: Predicate) -> None:
    write(home, "apis.toml", APIS)
    rule = one(home, MATCH + f"require = {{ x = {written} }}\n")
    assert rule.matches[0].require == (("x", meant),)


def test_unresolved_methods_are_the_last_parts_of_the_names(home: Path) -> None:
    rule = one(home, '[[match]]\ncall = ["a.*.from_x", "b.from_x", "c.load"]\nunresolved = true\n')
    assert rule.matches[0].methods == ("from_x", "load")


def test_endpoints_of_a_flow_name_call_and_argument(home: Path) -> None:
    write(home, "apis.toml", APIS)
    to = '["builtins.exec(0)", { at = "@more(path)", unless = { mode = "\'r\'" } }]'
    flow = one(home, f'[flow]\nfrom = "remote"\nto = {to}\nchecks = false\n').flow
    unless = (("mode", Predicate("equals", "r")),)
    assert flow is not None
    assert (flow.kinds, flow.checks) == (("remote",), False)
    assert flow.to == (
        Endpoint("builtins.exec", "0"),
        Endpoint("pkg.read", "path", unless),
        Endpoint("pkg.*.parse", "path", unless),
    )


def test_every_other_kind_of_table_is_read(home: Path) -> None:
    rule = one(
        home,
        """
visitor = "look"
[[assign]]
target = ["requests.Session.verify", "os.environ['X']"]
value = "False"
[[default]]
name = "trust"
value = "True"
[[entry]]
key = ["trust"]
value = "True"
confidence = "low"
[[text]]
regex = "tok_[a-z]+"
entropy = 3
words = "tok_"
[[command]]
program = "pip install"
option = { "--trusted-host" = "..." }
absent = ["--require-hashes"]
operand = { prefix = "http:" }
before = ["sh"]
severity = "low"
[[requirement]]
fault = "vulnerable"
name = ["torch"]
below = "2.6"
[fix]
safety = "unsafe"
set = { weights_only = "True" }
remove = "trust"
call = "pkg.safe"
replace = { "^http:" = "https:" }
""",
    )
    assert rule.assigns[0].targets == ("requests.Session.verify", "os.environ['X']")
    assert rule.defaults[0].names == ("trust",)
    assert (rule.entries[0].keys, rule.entries[0].confidence) == (("trust",), Level.LOW)
    assert (rule.texts[0].regex, rule.texts[0].entropy, rule.texts[0].words) == ("tok_[a-z]+", 3.0, ("tok_",))
    assert rule.commands[0].options == (("--trusted-host", Predicate("given")),)
    assert (rule.commands[0].operand, rule.commands[0].severity) == (Predicate("prefix", "http:"), Level.LOW)
    assert (rule.requirements[0].names, rule.requirements[0].below) == (("torch",), "2.6")
    assert rule.visitor == "look"
    assert rule.fix is not None
    assert (rule.fix.set, rule.fix.remove, rule.fix.call) == ((("weights_only", "True"),), ("trust",), "pkg.safe")
    assert rule.fix.replace == (("^http:", "https:"),)


def test_rules_come_in_the_order_of_their_codes(home: Path) -> None:
    for code, folder in (("MLS402", "execution"), ("MLS101", "loading")):
        text = HEAD.replace("MLS101", code).replace("bad-load", f"x{code[3:]}") + MATCH + EXAMPLES
        write(home, f"{folder}/{code}-x{code[3:]}.toml", text)
    assert [rule.code for rule in rules.load(keep=False).rules] == ["MLS101", "MLS402"]


def test_rules_of_others_may_stand_in_any_folder(home: Path, tmp_path: Path) -> None:
    one(home, MATCH)
    text = HEAD.replace("MLS101", "MLS801").replace("bad-load", "own") + '[[match]]\ncall = "@mine"\n' + EXAMPLES
    write(tmp_path / "theirs", "deep/down/MLS801-own.toml", text)
    write(tmp_path / "theirs", "apis.toml", '[groups]\nmine = ["own.load"]\n')
    loaded = rules.load((tmp_path / "theirs",), keep=False).rules
    assert [(rule.code, rule.matches[0].calls) for rule in loaded] == [
        ("MLS101", ("pkg.load",)),
        ("MLS801", ("own.load",)),
    ]


def test_a_removed_rule_needs_nothing_to_look_for(home: Path) -> None:
    write(home, FILE, HEAD.replace("stable", "removed") + EXAMPLES)
    assert rules.load(keep=False).rules[0].status == "removed"


def test_the_digest_follows_the_contents(home: Path) -> None:
    one(home, MATCH)
    before = rules.load(keep=False).digest
    assert rules.load(keep=False).digest == before
    write(home, "apis.toml", APIS)
    assert rules.load(keep=False).digest != before


# ---------------------------------------------------------------- mistakes


def in_head(old: str, new: str) -> str:
    assert old in HEAD
    return HEAD.replace(old, new) + MATCH + EXAMPLES


def in_match(text: str) -> str:
    return HEAD + MATCH + text + EXAMPLES


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (in_head("severity = ", "severty = "), "severty", "unknown key (did you mean 'severity'?)"),
        (in_head('why = "It runs."\n', ""), "why", "is missing"),
        (in_head("cwe = [502]", 'cwe = ["502"]'), "cwe[0]", "must be a whole number, not a string"),
        (in_head("cwe = [502]", "cwe = [true]"), "cwe[0]", "must be a whole number, not a truth value"),
        (in_head("cwe = [502]", "cwe = []"), "cwe", "must not be empty"),
        (in_head('severity = "high"', 'severity = "hihg"'), "severity", "did you mean 'high'?"),
        (in_head('status = "stable"', 'status = "ready"'), "status", "'ready' is not one of"),
        (in_head('"2.1"', '"2.9"'), "guidelines[0]", "'2.9' is not one of"),
        (in_head('since = "0.1"', 'since = "soon"'), "since", "a version such as '0.1'"),
        (in_head("something is loaded", "Something is loaded"), "summary", "lower case"),
        (in_head("something is loaded", "something is loaded."), "summary", "full stop"),
        (in_head("{value}", "{valu}"), "message", "{valu} (did you mean 'value'?)"),
        (in_head("{value}", "{"), "message", "brace"),
        (in_head("{value}", "x" * 120), "message", "characters long; at most 120 fit"),
        (in_head("https://example.org", "example.org"), "references[0]", "a URL"),
        (in_head('why = "It runs."', 'why = " "'), "why", "must not be empty"),
        (in_head('"MLS101"', '"ML101"'), "code", "a code such as 'MLS101'"),
        (in_head('"MLS101"', '"MLS102"'), "name", "the file should be called MLS102-bad-load.toml"),
        (in_head('"bad-load"', '"worse-load"'), "name", "the file should be called MLS101-worse-load.toml"),
        (HEAD + EXAMPLES, "match", "nothing is looked for"),
        (HEAD + MATCH, "bad", "is missing"),
        (HEAD + "over = ['MLS999']\n" + MATCH + EXAMPLES, "over", "no rule has 'MLS999'"),
        (HEAD + "over = ['MLS101']\n" + MATCH + EXAMPLES, "over", "cannot stand over itself"),
        (HEAD + "[match]\ncall = 'a.b'\n" + EXAMPLES, "match", "must be a list, not a table"),
        (in_match("requires = { x = 'True' }\n"), "match[0].requires", "did you mean 'require'?"),
        (in_match("reference = 1\n"), "match[0].reference", "must be true or false, not a whole number"),
        (in_match("severity = 'worst'\n"), "match[0].severity", "'worst' is not one of"),
        (in_match("message = '{no}'\n"), "match[0].message", "unknown placeholder {no}"),
        (in_match("unresolved = ['a.b']\n"), "match[0].unresolved[0]", "a method name"),
        (in_match("require = { x = true }\n"), "match[0].require.x", "must be a string or a list or a table"),
        (in_match("require = { x = 'sah' }\n"), "match[0].require.x", "'sah' is not a named predicate"),
        (in_match("require = { x = 'pin' }\n"), "match[0].require.x", "did you mean 'pinned'?"),
        (in_match("require = { x = 'a b' }\n"), "match[0].require.x", "neither a Python expression nor"),
        (in_match("require = { x = 'f(x)' }\n"), "match[0].require.x", "'f(x)'"),
        (in_match("require = { x = [] }\n"), "match[0].require.x", "must not be empty"),
        (in_match("require = { x = { regx = 'a' } }\n"), "match[0].require.x", "did you mean 'regex'?"),
        (in_match("require = { x = { regex = '(' } }\n"), "match[0].require.x", "not a regular expression"),
        (in_match("require = { x = { kind = 'txt' } }\n"), "match[0].require.x", "unknown kind 'txt'"),
        (in_match("require = { x = { origin = 'far' } }\n"), "match[0].require.x", "unknown origin 'far'"),
        (in_match("require = { x = { not = 'True', has = 'None' } }\n"), "match[0].require.x", "exactly one key"),
        (in_match("unless = { x = { made = '@mroe' } }\n"), "match[0].unless.x", "did you mean 'more'?"),
        (
            HEAD + "[[match]]\ncall = '@laod'\n" + EXAMPLES,
            "match[0].call",
            "unknown group '@laod' (did you mean 'load'?)",
        ),
        (HEAD + "[[match]]\ncall = 'a b'\n" + EXAMPLES, "match[0].call", "a dotted name"),
        (HEAD + "[[match]]\ncall = 'a.*'\nunresolved = true\n" + EXAMPLES, "match[0].unresolved", "no method name"),
        (HEAD + "[flow]\nfrom = 'far'\nto = 'f(x)'\n" + EXAMPLES, "flow.from", "'far' is not one of"),
        (HEAD + "[flow]\nfrom = 'own'\nto = 'f'\n" + EXAMPLES, "flow.to", "an argument of a call"),
        (HEAD + "[flow]\nfrom = 'own'\nto = ['@x(0)']\n" + EXAMPLES, "flow.to[0]", "unknown group '@x'"),
        (
            HEAD + "[[assign]]\ntarget = 'a-b'\nvalue = 'True'\n" + EXAMPLES,
            "assign[0].target",
            "'a-b' is not an attribute",
        ),
        (HEAD + "[[entry]]\nkey = 'x'\n" + EXAMPLES, "entry[0].value", "is missing"),
        (HEAD + "[[text]]\nregex = '['\n" + EXAMPLES, "text[0].regex", "not a regular expression"),
        (
            HEAD + "[[command]]\nprogram = 'pip'\noption = { '-i' = 'x y' }\n" + EXAMPLES,
            "command[0].option.-i",
            "'x y'",
        ),
        (HEAD + "[[requirement]]\nfault = 'old'\n" + EXAMPLES, "requirement[0].fault", "'old' is not one of"),
        (HEAD + "[[requirement]]\nfault = 'vulnerable'\n" + EXAMPLES, "requirement[0].below", "is missing"),
        (in_match("[fix]\nsafety = 'maybe'\nremove = ['x']\n"), "fix.safety", "'maybe' is not one of"),
        (in_match("[fix]\nsafety = 'safe'\nsets = { x = 'True' }\n"), "fix.sets", "did you mean 'set'?"),
        (in_match("[fix]\nsafety = 'safe'\n"), "fix", "changes nothing"),
        (in_match("[fix]\nsafety = 'safe'\nset = { x = 'a b' }\n"), "fix.set.x", "not a Python expression"),
        (in_match("[fix]\nsafety = 'safe'\nreplace = { '(' = '' }\n"), "fix.replace", "not a regular expression"),
        (in_match("") + "[[bad]]\ncode = 'def ('\n", "bad[1].code", "does not compile"),
        (in_match("") + "[[good]]\ncode = 'x'\nfixed = 'x ='\n", "good[1].fixed", "does not compile"),
        (in_match("") + "[[good]]\ncodes = 'x'\n", "good[1].code", "is missing"),
        ("code = ", "", "is not TOML"),
    ],
)
def test_a_mistake_in_a_rule_names_file_and_key(home: Path, text: str, key: str, words: str) -> None:
    write(home, "apis.toml", APIS)
    write(home, FILE, text)
    said = mistakes()
    assert any(one.startswith(f"rules/{FILE}: {key}: ") and words in one for one in said), said


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[group]\nx = ['a.b']\n", "group", "did you mean 'groups'?"),
        ("[groups]\nx = ['@y']\n", "groups.x", "unknown group '@y'"),
        ("[groups]\nx = ['@y']\ny = ['@x']\n", "groups.x", "contains itself"),
        ("[groups]\nx = 'a.b'\n", "groups.x", "must be a list, not a string"),
        ("[predicates]\nx = 'y'\n", "predicates.x", "'y' is not a named predicate"),
        ("[predicates]\nx = ['x']\n", "predicates.x", "contains itself"),
        ("[params]\n'@no' = ['x']\n", "params.@no", "unknown group '@no'"),
        ("[params]\n'f' = ['x y']\n", "params.f[0]", "a parameter name"),
        ("[defaults.'f'.x]\n'<2' = 'True'\n", "defaults.f", "x.package is missing"),
        ("[defaults.'f'.x]\npackage = 'f'\n", "defaults.f", "names no range"),
        ("[defaults.'f'.x]\npackage = 'f'\n'2' = 'True'\n", "defaults.f", "'2' is not a range"),
        ("[saves]\nf = ['a']\n", "saves.f", "must hold 2 items, not 1"),
        ("[sources]\nfar = ['a']\n", "sources.far", "unknown key"),
        ("[digests]\nstrong = ['@no']\n", "digests.strong", "unknown group '@no'"),
        ("checks = ['@no']\n", "checks", "unknown group '@no'"),
    ],
)
def test_a_mistake_in_an_api_table_names_file_and_key(home: Path, text: str, key: str, words: str) -> None:
    write(home, "apis/topic.toml", text)
    said = mistakes()
    assert any(one.startswith(f"rules/apis/topic.toml: {key}: ") and words in one for one in said), said


def test_two_api_tables_that_contradict_each_other_are_a_mistake(home: Path) -> None:
    write(home, "apis.toml", APIS)
    write(home, "apis/more.toml", '[params]\n"pkg.load" = ["path"]\n[defaults."@load".safe]\npackage = "other"\n')
    assert mistakes() == [
        "rules/apis/more.toml: params.pkg.load: says something else than rules/apis.toml",
        "rules/apis/more.toml: defaults.@load.safe: says something else than rules/apis.toml",
    ]


def test_two_groups_that_say_different_things_of_one_name_are_a_mistake(home: Path) -> None:
    write(home, "apis.toml", '[groups]\na = ["f"]\nb = ["f"]\n[params]\n"@a" = ["x"]\n"@b" = ["y"]\n')
    assert mistakes() == ["rules/apis.toml: params.@b: f is in @a too, which says something else"]


def test_all_mistakes_of_all_files_are_told_at_once_and_sound_rules_are_kept(home: Path) -> None:
    write(home, FILE, in_head("severity", "severty").replace("since", "sinze"))
    write(home, "execution/MLS401-x.toml", in_head('"MLS101"', '"MLS401"').replace('"bad-load"', '"x"'))
    write(home, "apis.toml", "[oops]\n")
    with pytest.raises(rules.RuleErrors) as raised:
        rules.load(keep=False)
    assert {error.path for error in raised.value.errors} == {f"rules/{FILE}", "rules/apis.toml"}
    places = [error.place for error in raised.value.errors if error.path == f"rules/{FILE}"]
    assert places == ["severty", "sinze", "severity", "since"]
    assert [rule.code for rule in raised.value.rules.rules] == ["MLS401"]


def test_a_code_and_a_name_belong_to_one_file(home: Path, tmp_path: Path) -> None:
    one(home, MATCH)
    path = write(tmp_path / "theirs", "MLS101-bad-load.toml", HEAD + MATCH + EXAMPLES)
    assert mistakes((tmp_path / "theirs",)) == [
        f"{path.as_posix()}: code: 'MLS101' is taken by rules/{FILE}",
        f"{path.as_posix()}: name: 'bad-load' is taken by rules/{FILE}",
    ]


def test_a_rule_of_ours_in_the_wrong_folder_is_a_mistake(home: Path) -> None:
    write(home, "transport/MLS101-bad-load.toml", HEAD + MATCH + EXAMPLES)
    assert mistakes() == ["rules/transport/MLS101-bad-load.toml: code: belongs into the folder loading, not transport"]


def test_a_folder_that_is_not_there_is_a_mistake(home: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert mistakes((missing,)) == [f"{missing.as_posix()}: : there is no such folder of rules"]


def test_a_file_that_is_not_utf8_is_a_mistake(home: Path) -> None:
    (home / "apis.toml").write_bytes(b"# caf\xe9\n")
    assert mistakes() == ["rules/apis.toml: : is not UTF-8"]


# ---------------------------------------------------------------- the cache


def stored(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cache").glob("rules-*-full.json")
    return path


def test_rules_are_the_same_from_the_cache(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "apis.toml", APIS)
    match = (
        '[[match]]\ncall = "@load"\nunless = { x = ["pinned", { not = "None" }, { has = "1" }] }\nseverity = "low"\n'
    )
    one(home, match + '[flow]\nfrom = "remote"\nto = "f(x)"\n[fix]\nsafety = "safe"\nset = { x = "1" }\n')
    first = rules.load()
    monkeypatch.setattr(rules, "_parse", lambda roots: pytest.fail("the files were read again"))
    assert rules.load() == first
    assert repr(rules.load()) == repr(first)


def test_all_that_our_own_rules_hold_comes_out_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    first = rules.load()
    monkeypatch.setattr(rules, "_parse", lambda roots: pytest.fail("the files were read again"))
    assert rules.load() == first


def test_without_prose_only_the_prose_is_missing(home: Path) -> None:
    whole = one(home, MATCH)
    for _ in ("read", "from the cache"):
        (short,) = rules.load(prose=False).rules
        assert (short.why, short.instead, short.references, short.examples) == ("", "", (), ())
        assert (short.code, short.matches, short.message) == (whole.code, whole.matches, whole.message)
    assert rules.catalogue() == (whole,)


def test_a_changed_file_is_read_again(home: Path) -> None:
    one(home, MATCH)
    rules.load()
    write(home, FILE, in_head("It runs.", "It runs code."))
    assert rules.load().rules[0].why == "It runs code."


def test_a_file_that_came_later_is_read_too(home: Path) -> None:
    one(home, MATCH)
    before = rules.load()
    write(home, "apis.toml", APIS)
    assert (before.apis.groups, set(rules.load().apis.groups)) == ({}, {"load", "more"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"key": "another"}',
        b'{"key": KEY, "rules": 1}',
        b'{"key": KEY, "rules": ["RuleSet"]}',
        b'{"key": KEY, "rules": ["Nonsense", 1, 2]}',
        b'{"key": KEY, "rules": []}',
        b'{"key": KEY, "rules": ["s", "x"]}',
        b"[" * 100_000,
    ],
)
def test_a_cache_that_makes_no_sense_is_ignored(home: Path, tmp_path: Path, content: bytes) -> None:
    one(home, MATCH)
    first = rules.load()
    path = stored(tmp_path)
    key = json.dumps(json.loads(path.read_text(encoding="utf-8"))["key"]).encode()
    path.write_bytes(content.replace(b"KEY", key))
    assert rules.load() == first
    assert rules.load() == first


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner number on this system")
def test_a_cache_of_somebody_else_is_ignored(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one(home, MATCH)
    rules.load()
    path = stored(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("It runs.", "It is fine."), encoding="utf-8")
    assert rules.load().rules[0].why == "It is fine."
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    assert rules.load().rules[0].why == "It runs."


def test_a_cache_folder_that_cannot_be_made_is_no_mistake(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = write(tmp_path, "file", "")
    monkeypatch.setattr(cache, "folder", lambda: blocked / "cache")
    assert one(home, MATCH) == rules.load().rules[0]
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert rules.load().rules[0].code == "MLS101"


def test_rules_that_hold_a_mistake_are_not_kept(home: Path, tmp_path: Path) -> None:
    write(home, FILE, HEAD)
    with pytest.raises(rules.RuleErrors):
        rules.load()
    assert not (tmp_path / "cache").exists()


# ---------------------------------------------------------------- the schema


def test_the_schema_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(rules.schema())


def test_the_schema_and_the_loader_agree(home: Path) -> None:
    validator = jsonschema.Draft202012Validator(rules.schema())
    write(home, "apis.toml", APIS)
    good = HEAD + MATCH + 'require = { x = ["sha", { not = { has = "1" } }] }\n' + EXAMPLES
    assert list(validator.iter_errors(tomllib.loads(good))) == []
    for text in (
        in_head("severity", "severty"),
        in_head("[502]", "502"),
        in_match("requires = { x = 'True' }\n"),
        in_match("require = { x = { regx = 'a' } }\n"),
        in_match("require = { x = 1 }\n"),
    ):
        write(home, FILE, text)
        assert mistakes()
        assert list(validator.iter_errors(tomllib.loads(text)))


def test_our_own_rule_files_keep_to_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(rules.schema())
    wrong = [
        f"{path.name}: {error.json_path}: {error.message}"
        for path, api in rules.files(rules.home())
        if not api
        for error in validator.iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []
