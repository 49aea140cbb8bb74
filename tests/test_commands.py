"""Shell commands: splitting, matching, and finding them in files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_lint import commands, source
from mlsec_lint.commands import Command
from mlsec_lint.model import Predicate, Words

FOLDER = Path(__file__).parent / "fixtures" / "commands"
GIVEN = Predicate("given")


def texts(script: str, *holes: str) -> list[str]:
    return [command.text for command in commands.split(script, holes)]


def found(name: str) -> list[Command]:
    return list(commands.find(source.read(str(FOLDER / name), name)))


def places(name: str) -> list[tuple[int, int, str]]:
    return [(one.line, one.column, one.text) for one in found(name)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a 'b c' \"d e\" f\\ g", ["a b c d e f g"]),
        ("a; b && c || d & e | f", ["a", "b", "c", "d", "e", "f"]),
        ("a # b\nc#d", ["a", "c#d"]),
        ("a \\\n  b\nc", ["a b", "c"]),
        ("a \\\r\n  b\r\nc", ["a b", "c"]),
        ("a > x 2>&1 < y >>z", ["a"]),
        ("a>x", ["a"]),
        ("cat <<E\nno\nE\nyes", ["cat", "yes"]),
        ("cat <<-'E' | sort\n\tno\n\tE\nyes", ["cat", "sort", "yes"]),
        ("bash <<E\ninner\nE", ["bash", "inner"]),
        ("a $(b c) `d` $((1 + 2)) ${x:-$(no)}", ["b c", "d", "a … … … …"]),
        ("X=1 Y=$(b) a", ["b", "a"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("for x in y z; do a $x; done", ["a y"]),
        ("for x in $(b) z; do a $x; done", ["b", "a …"]),
        ("for x; do a $x; done", ["a …"]),
        ("while ! a; do b; done", ["a", "b"]),
        ("(a; b) && { c; }", ["a", "b", "c"]),
        ("A=(x y); a", ["a"]),
        ("bash -c 'a; b'", ["bash -c a; b", "a", "b"]),
        ("sudo -u me -E env X=1 nice -n 5 timeout -k 1 30 a -b", ["a -b"]),
        ("conda run -n e a; uv run --with x a; poetry run a", ["a", "a", "a"]),
        ("ls | xargs -n 1 a", ["ls", "a"]),
        ("export X=1; a $X", ["export X=1", "a 1"]),
        ("X=1\nX=2\na $X", ["a …"]),
        ("a $UNKNOWN/b c$1", ["a … c…"]),
        ("a ${{ matrix.x }}/b", ["a …"]),
        ("", []),
        ("# only words", []),
    ],
)
def test_scripts_are_split_into_commands(script: str, expected: list[str]) -> None:
    assert texts(script) == expected


def test_holes_make_their_words_unknown_and_leave_the_beginning_known() -> None:
    (command,) = commands.split("get HOLE git+https://x/HOLE@1 'a HOLE b'", ["HOLE"])
    assert [(word.text, word.known) for word in command.words] == [
        ("get", "get"),
        (None, ""),
        (None, "git+https://x/"),
        (None, "a "),
    ]


def test_words_have_the_line_and_column_at_which_they_begin() -> None:
    (command,) = commands.split("sudo a \\\n  'b' c", line=5, column=3)
    assert [(word.line, word.column) for word in command.words] == [(5, 8), (6, 3), (6, 7)]
    assert (command.line, command.column, command.end_line, command.end_column) == (5, 8, 6, 8)


@pytest.mark.parametrize(
    ("script", "into"),
    [
        ("get u | sh", ("sh",)),
        ("get u | sudo -E bash -", ("bash",)),
        ("get u | bash -s -- --yes", ("bash",)),
        ("get u | tee f | python3 -", ("tee", "python")),
        ("get u | python -m json.tool", ()),
        ("get u | python -c 'import sys'", ()),
        ("get u | bash script.sh", ()),
        ("bash <(get u)", ("bash",)),
        ('sh -c "$(get u)"', ("sh",)),
        ('eval "$(get u)"', ("eval",)),
        ("(cd x && get u) | bash", ("bash",)),
        ("get u && bash", ()),
        ('python script.py -s "$(get u)"', ()),
        ("train.sh $(get u)", ()),
    ],
)
def test_output_goes_into_an_interpreter_only_where_that_runs_it(script: str, into: tuple[str, ...]) -> None:
    (fetch,) = [one for one in commands.split(script) if one.words[0].text == "get"]
    assert fetch.into == into


@pytest.mark.parametrize(
    ("script", "checked"),
    [
        ("get u; sha256sum -c sums", True),
        ("get u && echo 'abc f' | sha256sum --check --status", True),
        ('get u; [ "$(sha256sum f)" = abc ]', True),
        ("get u; gpg --verify f.asc f", True),
        ("get u; sha256sum f", False),
        ("sha256sum -c sums; get u", False),
    ],
)
def test_a_later_check_is_told_from_a_digest_that_is_only_printed(script: str, checked: bool) -> None:
    (fetch,) = [one for one in commands.split(script) if one.words[0].text == "get"]
    assert fetch.checked is checked


def test_argument_lists_are_commands_too() -> None:
    assert [one.text for one in commands.from_words(["sudo", "pip3", "install", None])] == ["pip3 install …"]
    assert [one.text for one in commands.from_words(["sh", "-c", "a | b"])] == ["sh -c a | b", "a", "b"]
    assert commands.from_words([]) == ()


def table(*program: str, operand: Predicate | None = None, absent: tuple[str, ...] = (), **options: Predicate) -> Words:
    given_options = tuple((name.replace("_", "-"), predicate) for name, predicate in options.items())
    return Words(program, given_options, absent, operand)


def matches(script: str, words: Words, *holes: str) -> bool:
    return any(commands.match(one, words) for one in commands.split(script, holes))


@pytest.mark.parametrize(
    "script",
    [
        "pip install x",
        "pip3.11 -q install x",
        "/opt/venv/bin/pip install x",
        "python3 -u -m pip install x",
        "H -m pip install x",
    ],
)
@pytest.mark.parametrize("program", ["pip install", "pip3 install", "python -m pip install", "python3 -m pip install"])
def test_one_program_has_many_spellings(script: str, program: str) -> None:
    assert matches(script, Words((program,)), "H")


@pytest.mark.parametrize(
    "script", ["pip download x", "pipx install x", "install pip x", "echo pip install x", "pip list install"]
)
def test_another_program_is_not_taken_for_it(script: str) -> None:
    assert not matches(script, Words(("pip install",)))


def test_a_module_is_reached_by_python_as_well() -> None:
    words = Words(("python",), (("--unsafe", GIVEN),))
    assert matches("python -m server.main --unsafe", words)
    assert matches("server.main --unsafe", Words(("python -m server.main",)))


@pytest.mark.parametrize(
    ("script", "option", "predicate", "expected"),
    [
        ("get -k u", "-k", GIVEN, True),
        ("get -sSLk u", "-k", GIVEN, True),
        ("get --kind u", "-k", GIVEN, False),
        ("get u", "-k", GIVEN, False),
        ("get --host=0.0.0.0", "--host", Predicate("equals", "0.0.0.0"), True),
        ("get --host 0.0.0.0", "--host", Predicate("equals", "0.0.0.0"), True),
        ("get --host $H", "--host", Predicate("equals", "0.0.0.0"), False),
        ("get --hostname 0.0.0.0", "--host", GIVEN, False),
        ("get --token=''", "--token", Predicate("equals", ""), True),
        ("get --code", "--code", Predicate("not", None, (Predicate("regex", "(?i)false"),)), True),
        ("get --code False", "--code", Predicate("not", None, (Predicate("regex", "(?i)false"),)), False),
        ("get -o A=no -o B=no", "-o", Predicate("regex", "B=.*"), True),
    ],
)
def test_options_are_found_in_every_form(script: str, option: str, predicate: Predicate, expected: bool) -> None:
    assert matches(script, Words(("get",), ((option, predicate),))) is expected


def test_an_excuse_silences() -> None:
    words = Words(("get",), absent=("--checksum", "-I"))
    assert matches("get u", words)
    assert not matches("get --checksum=sha-256=ab u", words)
    assert not matches("get -sI u", words)


def test_the_value_of_an_option_is_no_operand() -> None:
    name = Predicate("regex", "[a-z.]+")
    assert not matches("pip install -r requirements.txt --index-url=x", table("pip install", operand=name))
    assert matches("pip install -r requirements.txt other", table("pip install", operand=name))
    assert matches("pip install -e git+https://x/y", table("pip install", operand=Predicate("prefix", r"git\+")))
    assert not matches("curl -sSLo a.zip", table("curl", operand=Predicate("regex", r".*\.zip")))


def test_what_is_unknown_matches_nothing_but_its_known_beginning() -> None:
    assert not matches("get $X", Words(("get",), operand=Predicate("regex", ".*")))
    assert matches("get http://x/$X", Words(("get",), operand=Predicate("prefix", "http:")))
    assert not matches("get $X", Words(("get",), operand=Predicate("not", None, (Predicate("equals", "a"),))))
    assert matches("get $X b", Words(("get",), operand=Predicate("any", None, (Predicate("equals", "b"), GIVEN))))


def test_piped_into_is_asked_with_every_spelling() -> None:
    assert matches("get u | python3 -", Words(("get",), before=("python",)))
    assert not matches("get u | tee", Words(("get",), before=("sh",)))


@given(st.text(alphabet="ab '\"\\$`(){}|&;<>#\n=-~*[]!", max_size=60))
def test_no_text_makes_the_reader_fail_and_every_place_is_inside_it(text: str) -> None:
    lines = text.split("\n")
    for command in commands.split(text):
        assert command.words
        assert 1 <= command.line <= len(lines)
        assert 1 <= command.column <= len(lines[command.line - 1]) + 1


@pytest.mark.parametrize(
    ("script", "checked"),
    [
        ("wget u://h/f; echo '0123456789abcdef0123456789abcdef  f' | md5sum -c", True),
        ("wget u://h/g; echo '0123456789abcdef0123456789abcdef  f' | md5sum -c", False),
        ("curl -Lo dir/f u://h/x; echo '0123456789abcdef0123456789abcdef *dir/f' | md5sum -c", True),
        ("curl u://h/x; sha256sum -c sums.txt", True),
        ("wget $U; echo '0123456789abcdef0123456789abcdef  f' | md5sum -c", True),
        ("wget u://h/f; sha256sum f | grep 0123456789abcdef0123456789abcdef", True),
        ("wget u://h/g; sha256sum f | grep 0123456789abcdef0123456789abcdef", False),
        ("wget u://h/f; sha256sum f | tee sums", False),
        ("git clone u; git -C d checkout 0123456", True),
        ("git clone u; cd d && git reset --hard $COMMIT", True),
        ("git clone u; git checkout main", False),
        ("git clone u; sha256sum -c sums.txt", False),
    ],
)
def test_a_check_counts_for_the_file_that_it_names(script: str, checked: bool) -> None:
    assert commands.split(script)[0].checked is checked


@pytest.mark.parametrize(
    ("script", "into"),
    [
        ("curl -o i.sh u://h/x; sh i.sh", ("sh",)),
        ("wget u://h/i.sh?v=1; chmod +x i.sh; ./i.sh", ("sh",)),
        ("wget -O /tmp/i.py u://h/x && python3 /tmp/i.py", ("python",)),
        ("wget u://h/i.sh; sh other.sh", ()),
        ("wget u://h/i.sh; cat i.sh", ()),
        ("sh i.sh; wget u://h/i.sh", ()),
        ("wget u://h/i.sh; sha256sum -c sums; sh i.sh", ()),
    ],
)
def test_a_file_that_is_fetched_and_run_goes_into_an_interpreter(script: str, into: tuple[str, ...]) -> None:
    (fetch,) = [one for one in commands.split(script) if "u://h" in one.text]
    assert fetch.into == into


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("export X=1 Y='a b'", (("X", "1"), ("Y", "a b"))),
        ("X=1 a", (("X", "1"),)),
        ("env X=$Y a", (("X", None),)),
    ],
)
def test_variables_set_for_programs_are_kept(script: str, expected: tuple[tuple[str, str | None], ...]) -> None:
    assert commands.split(script)[-1].environment == expected


def test_a_script_is_read_with_places() -> None:
    assert places("setup.sh") == [
        (5, 6, "command -v pip"),
        (5, 27, "curl -fsSL https://example.org/get.sh"),
        (5, 72, "bash -s -- -y"),
        (6, 1, "wget -q https://example.org/w.pt -O w.pt"),
        (7, 9, "python3 -m pip install pkg[extra]>=1.0 git+https://example.org/a/b.git"),
        (10, 1, "cat"),
        (13, 1, "pip install -r requirements.txt"),
    ]
    assert [one.checked for one in found("checked.sh")] == [True, True, False, False]


def test_a_dockerfile_is_read_with_places() -> None:
    assert places("Dockerfile") == [
        (3, 1, "FROM python:3.11"),
        (4, 1, "ENV MODEL=org/model"),
        (5, 44, "pip install --no-cache-dir a b==1.0"),
        (9, 5, "pip install c"),
        (11, 1, "pip install d"),
        (12, 1, "curl https://example.org/x"),
        (12, 30, "sh"),
        (15, 1, "ADD https://example.org/w.pt /w.pt"),
        (17, 12, "serve --model org/model"),
    ]


def test_a_github_workflow_is_read_with_places() -> None:
    assert places(".github/workflows/test.yml") == [
        (18, 11, "X"),
        (11, 14, "pip install a"),
        (14, 11, "python -m pip install b c"),
        (16, 11, "curl https://example.org/i.sh"),
        (16, 43, "sh"),
        (20, 11, "pip install … d"),
        (28, 15, "pip install e f"),
    ]


def test_a_gitlab_pipeline_is_read_with_places() -> None:
    assert places(".gitlab-ci.yml") == [
        (3, 5, "pip install a"),
        (7, 7, "wget https://example.org/w.pt"),
        (8, 7, "echo 0123  w.pt"),
        (8, 27, "sha256sum -c"),
        (10, 7, "pip install b"),
        (11, 7, "pip install c"),
        (13, 8, "pip install d"),
        (18, 11, "pip install e"),
    ]
    assert [one.checked for one in found(".gitlab-ci.yml")][1] is True


def test_the_shell_lines_of_a_notebook_are_one_script() -> None:
    name = "jupyter.ipynb"
    read = source.read(str(FOLDER.parent / "notebooks" / name), name)
    said = [(one.line, one.column, one.text) for one in commands.find(read)]
    lines = read.raw.split("\n")
    assert said[0] == (2, 2, "pip install -q git+https://example.org/a/b.git")
    assert said[-1] == (17, 1, "pip install d")
    for line, _, text in said:
        assert text.split()[0] in lines[read.places[line - 1].line - 1]


def test_a_pipeline_of_thousands_of_stages_is_read_in_time_and_its_end_is_told() -> None:
    found = commands.split("curl https://a.b/x | " * 3_000 + "bash")
    assert len(found) == 3_001
    assert found[-2].into == ("bash",)
    assert sum(len(one.into) for one in found) < 20 * len(found)  # each would be told of all that follow
