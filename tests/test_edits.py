"""A fix at a call changes the arguments it is meant to change, in whatever layout, and nothing else."""

from __future__ import annotations

import ast
import itertools

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_lint.model import RuleFix
from mlsec_lint.python.edits import edits_for, replacements
from mlsec_lint.python.layout import Change
from mlsec_lint.python.positions import spans

PARAMETERS = {"file": 0, "mode": 1, "strict": None, "loader": 2}


def changes(fix: RuleFix, text: str, name: str = "", callee: str = "pkg.load") -> list[Change]:
    """The edits at the first call of `name`."""
    module = cst.parse_module(text)
    nodes: list[cst.CSTNode] = []

    def collect(node: cst.CSTNode) -> None:
        nodes.append(node)
        for child in node.children:
            collect(child)

    collect(module)
    places = spans(module, nodes)
    calls = [node for node in nodes if isinstance(node, cst.Call) and _name(node.func) in (name or "load", name or "é")]
    return edits_for(fix, calls[0], PARAMETERS, lambda node: places[id(node)], text, callee=callee)


def _name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def mended(fix: RuleFix, text: str, name: str = "", callee: str = "pkg.load") -> str:
    for start, end, new in reversed(changes(fix, text, name, callee)):
        text = text[:start] + new + text[end:]
    return text


def setting(**values: str) -> RuleFix:
    return RuleFix("safe", set=tuple(values.items()))


def removing(*names: str) -> RuleFix:
    return RuleFix("safe", remove=names)


STRICT = setting(strict="True")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("load()", "load(strict=True)"),
        ("load(a)", "load(a, strict=True)"),
        ("load(a,)", "load(a, strict=True,)"),
        ("load( a )", "load( a, strict=True )"),
        ("load(a, mode=1)", "load(a, mode=1, strict=True)"),
        ("load(a, **more)", "load(a, strict=True, **more)"),
        ("load(**more)", "load(strict=True, **more)"),
        ("load(*a)", "load(*a, strict=True)"),
        ("load(a, strict=False)", "load(a, strict=True)"),
        ("load(a, strict = (False), mode=1)", "load(a, strict = (True), mode=1)"),
        ("load(a, **{'strict': False, 'b': 1})", "load(a, **{'strict': True, 'b': 1})"),
        ("load(a, **dict(strict=False))", "load(a, **dict(strict=True))"),
        ("load(x for x in y)", "load((x for x in y), strict=True)"),
        ("load((x) for x in y)", "load(((x) for x in y), strict=True)"),
        ("load((x for x in y))", "load((x for x in y), strict=True)"),
        ("load({\n  'a': 1,\n})", "load({\n  'a': 1,\n}, strict=True)"),
        ("load(\n    a, mode=1\n)", "load(\n    a, mode=1, strict=True\n)"),
        ("load(\n    a,\n)", "load(\n    a,\n    strict=True,\n)"),
        ("load(\n    a,\n    mode=1\n)", "load(\n    a,\n    mode=1,\n    strict=True\n)"),
        ("load(\n    a,\n    mode=1,  # why\n)", "load(\n    a,\n    mode=1,  # why\n    strict=True,\n)"),
        ("load(\n    a,\n    mode=1  # why\n)", "load(\n    a,\n    mode=1,  # why\n    strict=True\n)"),
        ("load(a,\n     mode=1)", "load(a,\n     mode=1,\n     strict=True)"),
        ("load(\n    a,\n    # rest\n    **more,\n)", "load(\n    a,\n    strict=True,\n    # rest\n    **more,\n)"),
        ("load(\n\ta,\n\tmode=1,\n)", "load(\n\ta,\n\tmode=1,\n\tstrict=True,\n)"),
        ("load(\r\n  a,\r\n  b,\r\n)", "load(\r\n  a,\r\n  b,\r\n  strict=True,\r\n)"),
        ("load(a  # first\n)", "load(a, strict=True  # first\n)"),
        ("(load)(a)", "(load)(a, strict=True)"),
        ("load (a)", "load (a, strict=True)"),
        ("(load(a))", "(load(a, strict=True))"),
    ],
)
def test_a_keyword_is_set_in_the_layout_of_the_call(before: str, after: str) -> None:
    assert mended(STRICT, before) == after
    assert mended(STRICT, after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("load(strict=1)", "load()"),
        ("load(\n    strict=1,\n)", "load()"),
        ("load(a, strict=1)", "load(a)"),
        ("load(a, strict=1,)", "load(a,)"),
        ("load(strict=1, mode=2)", "load(mode=2)"),
        ("load(a, strict=1, mode=2)", "load(a, mode=2)"),
        ("load(strict=1,\n     mode=2)", "load(mode=2)"),
        ("load(a,\n     strict=1,\n     mode=2)", "load(a,\n     mode=2)"),
        ("load(a,\n     strict=1)", "load(a)"),
        ("load(a,  # file\n     strict=1)", "load(a,  # file\n     )"),
        ("load(\n    a,  # file\n    strict=1,  # so\n)", "load(\n    a,  # file\n)"),
        ("load(\n    a,\n    strict=1,  # so\n    mode=2,\n)", "load(\n    a,\n    mode=2,\n)"),
        ("load(a, b, strict=1, **more)", "load(a, b, **more)"),
    ],
)
def test_an_argument_is_removed_with_its_comma_and_its_line(before: str, after: str) -> None:
    assert mended(removing("strict"), before) == after
    assert mended(removing("strict"), after) == after


def test_a_positional_argument_is_replaced_where_it_stands() -> None:
    assert mended(setting(loader="None"), "load(a, b, Unsafe, strict=1)") == "load(a, b, None, strict=1)"


def test_the_last_positional_argument_can_go_and_one_before_others_cannot() -> None:
    assert mended(removing("mode"), "load(a, b, strict=1)") == "load(a, strict=1)"
    assert mended(removing("mode"), "load(a, b, c)") == "load(a, b, c)"


def test_a_parameter_that_unpacked_arguments_may_fill_is_not_set() -> None:
    assert changes(setting(mode="1"), "load(*a)") == []


def test_a_parameter_that_the_callee_does_not_have_is_not_set() -> None:
    assert changes(setting(other="1"), "load(a)") == []


def test_what_is_set_takes_the_place_of_all_that_is_removed() -> None:
    fix = RuleFix("safe", set=(("strict", "True"),), remove=("mode",))
    assert mended(fix, "load(mode=1)") == "load(strict=True)"
    assert mended(fix, "load(a, mode=1)") == "load(a, strict=True)"
    assert mended(fix, "load(a,\n     mode=1)") == "load(a,\n     strict=True)"
    assert mended(fix, "load(\n    a,\n    mode=1,\n)") == "load(\n    a,\n    strict=True,\n)"


def test_several_arguments_go_together() -> None:
    assert mended(removing("strict", "mode"), "load(a, mode=1, strict=2)") == "load(a)"
    assert mended(removing("strict", "mode"), "load(mode=1, strict=2, other=3)") == "load(other=3)"
    assert mended(removing("strict", "mode"), "load(mode=1, other=3, strict=2)") == "load(other=3)"


# ---------------------------------------------------------------- other functions, and imports


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import pkg\npkg.load(a)\n", "import pkg\npkg.safe_load(a)\n"),
        ("import pkg as p\np.load(a)\n", "import pkg as p\np.safe_load(a)\n"),
        ("def f():\n    import pkg\n    pkg.load(a)\n", "def f():\n    import pkg\n    pkg.safe_load(a)\n"),
        ("from pkg import load, safe_load\nload(a)\n", "from pkg import load, safe_load\nsafe_load(a)\n"),
        ("from pkg import load\nload(a)\n", "from pkg import load, safe_load\nsafe_load(a)\n"),
        (
            "from pkg import (\n    load,\n)\nload(a)\n",
            "from pkg import (\n    load,\n    safe_load,\n)\nsafe_load(a)\n",
        ),
        ("from pkg import (load as é)  # x\né(a)\n", "from pkg import (load as é, safe_load)  # x\nsafe_load(a)\n"),
        (
            "from pkg import load\npkg = safe_load = 1\nload(a)\n",
            "from pkg import load\npkg = safe_load = 1\nload(a)\n",
        ),
        (
            "try:\n    from pkg import load\nexcept ImportError:\n    load = None\nload(a)\n",
            "try:\n    from pkg import load, safe_load\nexcept ImportError:\n    load = None\nsafe_load(a)\n",
        ),
        (
            "try:\n    import pkg\nexcept ImportError:\n    pkg = None\npkg.load(a)\n",
            "try:\n    import pkg\nexcept ImportError:\n    pkg = None\npkg.safe_load(a)\n",
        ),
        (
            '"""Doc."""\nfrom __future__ import annotations\n\nfrom pkg.sub import load\nload(a)\n',
            '"""Doc."""\nfrom __future__ import annotations\n\nimport pkg\nfrom pkg.sub import load\npkg.safe_load(a)\n',
        ),
        ("from pkg.sub import load\npkg = 1\nload(a)\n", "from pkg.sub import load\npkg = 1\nload(a)\n"),
    ],
)
def test_another_function_is_called_by_a_name_that_the_module_has(before: str, after: str) -> None:
    fix = RuleFix("safe", call="pkg.safe_load")
    assert mended(fix, before) == after


def test_a_library_object_is_written_as_the_module_imports_it() -> None:
    fix = setting(loader="pkg.Safe")
    assert mended(fix, "import pkg as p\np.load(a, loader=p.Bad)\n") == "import pkg as p\np.load(a, loader=p.Safe)\n"
    text = "from pkg import load, Bad\nload(a, loader=Bad)\n"
    assert mended(fix, text) == "from pkg import load, Bad, Safe\nload(a, loader=Safe)\n"
    text = "import pkg\ndef f(pkg):\n    load(a)\n"
    assert mended(fix, text) == text


@pytest.mark.parametrize(
    ("pattern", "before", "after"),
    [
        ("^http:", "'http://a/http:'", "'https://a/http:'"),
        ("^http:", 'rb"""http://a"""', 'rb"""https://a"""'),
        ("/a$", "f'{x}/a'", "f'{x}https:'"),
    ],
)
def test_a_literal_is_rewritten_inside_its_quotation_marks(pattern: str, before: str, after: str) -> None:
    fix = RuleFix("safe", replace=((pattern, "https:"),))
    assert replacements(fix, (2, 2 + len(before)), f"f({before})") == [(2, 2 + len(before), after)]


# ---------------------------------------------------------------- any layout

GAPS = st.sampled_from(["", " ", "  ", "\n", "\n    ", "\n\n  ", " # note\n", "  # a, b = (c)\n    ", "\\\n"])
VALUES = st.sampled_from(
    ["x", "1", "'#, )'", "[1,\n2]", "(3)", "f(a, b=1)", "lambda p, q: p", "{'a': 'b'}", '"""a\n)"""']
)


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call of `load` with arguments in any legal order, spread over lines in any way."""
    names = draw(st.permutations(["strict", "mode", "loader", "other"]))
    keywords = names[: draw(st.integers(0, 4))]
    arguments = [draw(VALUES) for _ in range(draw(st.integers(0, 1)))]
    arguments += [f"{name}{draw(st.sampled_from(['=', ' = ']))}{draw(VALUES)}" for name in keywords]
    if draw(st.booleans()):
        arguments.append("**more")
    pieces = [piece for argument in arguments for piece in (draw(GAPS), argument, draw(GAPS), ",")]
    if pieces and not draw(st.booleans()):
        pieces.pop()
    return "load(" + "".join(pieces) + draw(GAPS) + ")"


def shape(text: str) -> tuple[list[str], dict[str | None, str]]:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    return [ast.dump(one) for one in call.args], {one.arg: ast.dump(one.value) for one in call.keywords}


def comments(text: str) -> int:
    return text.count("# note") + text.count("# a, b")


@settings(deadline=None)
@given(calls())
def test_setting_changes_one_argument_in_any_layout(text: str) -> None:
    after = mended(STRICT, text)
    arguments, keywords = shape(text)
    keywords["strict"] = ast.dump(ast.Constant(True))
    assert shape(after) == (arguments, keywords)
    assert comments(after) == comments(text)
    assert mended(STRICT, after) == after


@settings(deadline=None)
@given(calls(), st.sets(st.sampled_from(["strict", "mode", "loader"]), min_size=1))
def test_removing_leaves_the_other_arguments_in_any_layout(text: str, names: set[str]) -> None:
    fix = removing(*sorted(names))
    after = mended(fix, text)
    arguments, keywords = shape(text)
    assert shape(after) == (arguments, {name: value for name, value in keywords.items() if name not in names})
    assert mended(fix, after) == after


@settings(deadline=None)
@given(calls(), st.sets(st.sampled_from(["mode", "loader", "other"])))
def test_setting_and_removing_go_together_in_any_layout(text: str, names: set[str]) -> None:
    fix = RuleFix("safe", set=(("strict", "True"),), remove=tuple(sorted(names)))
    after = mended(fix, text)
    arguments, keywords = shape(text)
    keywords = {name: value for name, value in keywords.items() if name not in names}
    assert shape(after) == (arguments, {**keywords, "strict": ast.dump(ast.Constant(True))})
    assert mended(fix, after) == after


@settings(deadline=None)
@given(calls(), st.sampled_from(["{}", "if a:\n    b = {}\n", "def f():\n\treturn [\n  {}]\n", "x = g({}, load)\n"]))
def test_edits_never_overlap_and_stay_in_the_call(text: str, around: str) -> None:
    whole = around.replace("{}", text)
    fix = RuleFix("safe", set=(("strict", "True"),), remove=("mode",))
    found = changes(fix, whole)
    start = whole.index("load(")
    assert all(start <= first <= last <= start + len(text) for first, last, _ in found)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))
