"""Notebooks: what is read, where it stands, and that writing back changes nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_lint import commands, rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Edit, Source, SourceError
from mlsec_lint.source import notebook

FOLDER = Path(__file__).parent / "fixtures" / "notebooks"
READABLE = sorted(path.name for path in FOLDER.glob("*.ipynb") if path.name != "broken.ipynb")


def read(name: str) -> Source:
    return source.read(str(FOLDER / name), name)


def of_cells(*cells: str, **metadata: object) -> Source:
    """A notebook of code cells, one line of the file for each line of a cell."""
    made = [{"cell_type": "code", "source": text.splitlines(keepends=True)} for text in cells]
    return notebook.read(json.dumps({"cells": made, "metadata": metadata}, indent=1), "n.ipynb")


@pytest.mark.parametrize("name", READABLE)
def test_without_edits_every_byte_is_written_back(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    assert notebook.write_back(read(name).raw, ()).encode() == data


@pytest.mark.parametrize("name", READABLE)
def test_what_is_read_is_python_and_every_line_has_its_place_in_the_file(name: str) -> None:
    found = read(name)
    ast.parse(found.text)
    lines, file_lines = found.text.split("\n")[:-1], found.raw.split("\n")
    assert len(lines) == len(found.places)
    for line, place in zip(lines, found.places, strict=True):
        if line.strip(" #") not in ("", "pass", "_"):
            words = [word for word in line.replace('"', " ").split() if word.isascii() and word.isidentifier()]
            assert all(word in file_lines[place.line - 1] for word in words if word not in ("pass", "_"))


def test_cells_count_from_one_with_markdown_among_them() -> None:
    found = read("jupyter.ipynb")
    at = found.text.split("\n").index("import torch")
    place = found.places[at]
    assert (place.cell, place.cell_line) == (2, 4)
    assert found.raw.split("\n")[place.line - 1].strip() == '"import torch"'


def test_magics_and_shell_lines_are_blanked_in_place() -> None:
    lines = read("jupyter.ipynb").text.split("\n")
    assert lines[0] == "pass"
    assert lines[1].startswith("pass ")
    assert lines[1].endswith("  # noqa: MLS211 -- our own")
    assert lines[1].index("#") == "!pip install -q git+https://example.org/a/b.git  # noqa".index("#")
    assert "files = _" in lines
    assert "if files:" in lines
    assert "    model = torch.load(path)" in lines
    assert "();   model = torch.load('y.pt')" in lines
    assert "!not a command" in lines, "a text is a text"
    assert "pickle.load(open('z.pkl', 'rb'))" in lines


def test_shell_lines_are_kept_with_their_place_in_the_text() -> None:
    shell = [(entry.text, entry.line, entry.column) for entry in read("jupyter.ipynb").shell]
    assert shell == [
        ("pip install -q git+https://example.org/a/b.git  # noqa: MLS211 -- our own", 2, 2),
        ("pip install c", 3, 2),
        ("ls *.pt", 6, 10),
        ("wget https://example.org/x.pt \\\n        -O x.pt", 9, 6),
        ("curl -L https://example.org/y.pt \\\n  -o y.pt\npip install d", 15, 1),
    ]


def test_a_cell_that_is_no_python_is_said_and_silences_no_other() -> None:
    found = read("jupyter.ipynb")
    assert [line for line, _ in found.troubles] == [12]
    assert found.troubles[0][1].startswith("cell 4 is not Python")
    assert found.text.split("\n")[11:13] == ["#", "#"]
    assert "import pickle" in found.text


def test_values_put_into_a_shell_line_are_holes() -> None:
    entry = read("colab.ipynb").shell[0]
    assert entry.holes == ("{REPO}",)
    assert of_cells("!echo ${HOME} {a.b} {x['y']} {1,2}\n").shell[0].holes == ("{a.b}", "{x['y']}")


def test_old_notebooks_and_one_line_exports_are_read() -> None:
    old = read("version3.ipynb")
    assert old.text.split("\n")[2:4] == ["import pickle", "pickle.loads(b'')"]
    assert [place.cell for place in old.places] == [2, 2, 3, 3]
    kaggle = read("kaggle.ipynb")
    assert {place.line for place in kaggle.places} == {1}
    assert kaggle.places[-1].cell == 3
    assert [entry.text for entry in kaggle.shell] == ["pip install e==1.0"]


def test_saved_output_is_kept_with_its_place() -> None:
    text, place = read("jupyter.ipynb").outputs[1]
    assert text == "token is hf_example\n"
    assert (place.cell, read("jupyter.ipynb").raw.split("\n")[place.line - 1].strip()) == (
        2,
        '"token is hf_example\\n"',
    )
    assert [text for text, _ in read("colab.ipynb").outputs] == ["\x1b[0;31mE\x1b[0m", "no"]


def test_notebooks_without_python_have_no_text() -> None:
    for name in ("no_cells.ipynb", "markdown.ipynb"):
        assert read(name).text == ""
    assert read("julia.ipynb").text.strip() == ""
    assert read("julia.ipynb").troubles == ()


def test_broken_json_is_said_with_its_line() -> None:
    with pytest.raises(SourceError, match="is not JSON") as caught:
        read("broken.ipynb")
    assert caught.value.place == "3"
    for text in ("[1]", '{"a": 1}', '"x"'):
        with pytest.raises(SourceError, match="no notebook"):
            notebook.read(text, "n.ipynb")
    with pytest.raises(SourceError, match="before 3"):
        notebook.read('{"nbformat": 2, "worksheets": []}', "n.ipynb")
    with pytest.raises(SourceError, match="nested too deeply"):
        notebook.read("[" * 100_000, "n.ipynb")


@pytest.mark.parametrize(
    ("line", "blank"),
    [
        ("?torch.load", "pass"),
        ("torch.load??", "pass"),
        ("    !ls", "    pass"),
        ("x, y = %sx ls", "x, y = _"),
        ("d['a'] = !ls", "d['a'] = _"),
        ("%timeit -n 10 f(1)", "();           f(1)"),
        ("%%unknown", ""),
        ("%load_ext x", "pass"),
    ],
)
def test_a_line_for_ipython_becomes_a_statement_of_the_same_place(line: str, blank: str) -> None:
    head = "if 1:\n" if line.startswith(" ") else ""
    found = of_cells(f"{head}{line}\n")
    assert found.text == f"{head}{blank}\n"
    assert found.troubles == ()


def test_python_that_looks_like_magic_is_left_alone() -> None:
    code = "x = (a\n    % b)\ny = x != 3\nz = '''\n%pip install x\n'''\n"
    found = of_cells(code + "!ls\n")
    assert found.text == code + "pass\n"
    assert [entry.text for entry in found.shell] == ["ls"]


def test_cell_magics_are_read_or_left_out_by_what_their_body_is() -> None:
    assert of_cells("%%capture out\n!pip install x\nimport y\n").text == "\npass\nimport y\n"
    assert of_cells("%%html\n<b>x</b>\n").text == "\n\n"
    assert of_cells("%%writefile run.sh\npip install x\n").shell[0].text == "pip install x"
    assert of_cells("%%writefile notes.txt\npip install x\n").shell == ()
    assert of_cells("%%script bash\nls\n").shell[0].line == 2


def test_names_carry_over_and_no_cell_runs_into_the_next() -> None:
    found = of_cells("import torch", "\n# only a comment", "torch.load('x')")
    assert found.text == "import torch\n\n# only a comment\ntorch.load('x')\n"


def test_odd_characters_end_no_line_and_keep_the_columns() -> None:
    found = of_cells("x = '\u2028\x0c' ; y = 1\r\nz = '\ud800'\r\n")
    assert found.text == "x = '  ' ; y = 1\nz = ' '\n"
    found.text.encode()


def replaced(found: Source, old: str, new: str) -> str:
    """Write the notebook back with `old`, which stands on one line of the text, replaced by `new`."""
    for number, line in enumerate(found.text.split("\n"), start=1):
        if old in line:
            column = line.index(old) + 1
            return notebook.write_back(found.raw, [Edit(number, column, number, column + len(old), new)])
    raise AssertionError(f"{old!r} is not in the text")


def cell_source(raw: str, number: int) -> str:
    data = json.loads(raw)
    cells = data["cells"] if "cells" in data else [c for sheet in data["worksheets"] for c in sheet["cells"]]
    cell = cells[number - 1]
    return "".join(cell.get("source", cell.get("input", [])))


def test_an_edit_changes_its_place_and_nothing_else() -> None:
    found = read("jupyter.ipynb")
    changed = replaced(found, "torch.load('y.pt')", "torch.load('y.pt', weights_only=True)")
    assert changed == found.raw.replace("torch.load('y.pt')", "torch.load('y.pt', weights_only=True)")
    assert replaced(found, "path = ", "p = ") == found.raw.replace('"path = ', '"p = ')


def test_an_edit_after_escapes_is_put_in_the_right_place_and_escaped_itself() -> None:
    found = read("jupyter.ipynb")
    changed = replaced(found, '.pt"', '.bin" + "\\n"')
    assert '\\ud83d\\ude00.bin\\" + \\"\\\\n\\"\\n",' in changed
    assert len(changed) == len(found.raw) + len('.bin\\" + \\"\\\\n\\"') - len('.pt\\"')


def test_a_new_line_becomes_a_string_of_its_own_where_the_others_are() -> None:
    found = read("jupyter.ipynb")
    changed = replaced(found, "import torch", "import a\nimport torch")
    assert '    "import a\\n",\n    "import torch"\n' in changed
    one = replaced(read("kaggle.ipynb"), "import pickle", "import json\nimport pickle")
    assert "\\nimport json\\nimport pickle\\n" in one


def test_edits_over_several_lines_and_windows_line_ends() -> None:
    found = read("windows.ipynb")
    at = found.text.split("\n").index("m = pickle.load(") + 1
    changed = notebook.write_back(found.raw, [Edit(at, 5, at + 1, 5, "f(\n")])
    assert cell_source(changed, 2) == "import pickle\r\nm = f(\r\nopen('a.pkl', 'rb'))\r\n"
    assert changed.count("\r\n") == found.raw.count("\r\n")
    gone = notebook.write_back(found.raw, [Edit(at - 1, 1, at, 1, "")])
    assert cell_source(gone, 2) == "m = pickle.load(\r\n    open('a.pkl', 'rb'))\r\n"


def test_an_edit_that_reaches_into_another_cell_is_refused() -> None:
    found = of_cells("a = 1", "b = 2")
    with pytest.raises(ValueError, match="another cell"):
        notebook.write_back(found.raw, [Edit(1, 1, 2, 3, "")])
    with pytest.raises(ValueError, match="no cell"):
        notebook.write_back(found.raw, [Edit(9, 1, 9, 1, "")])
    assert json.loads(notebook.write_back(found.raw, [Edit(1, 1, 2, 1, "")]))["cells"][0]["source"] == [""]


def lines_of(cell: str) -> list[str]:
    lines = cell.split("\n")
    return lines if lines[-1] else lines[:-1]


PIECES = st.sampled_from(["x = 1", "é", "😀", '"', "\\", "\t", "\u2028", "'a'", "\n", "\n", "\r\n", " ", "/"])


@given(
    st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 1, 2]),
    st.data(),
)
def test_writing_back_equals_editing_the_cells(
    cells: list[str], listed: bool, ascii_only: bool, indent: int | None, data: st.DataObject
) -> None:
    made = [
        {"cell_type": "code", "source": [p + "\n" for p in c.split("\n")[:-1]] + [c.split("\n")[-1]] if listed else c}
        for c in cells
    ]
    raw = json.dumps({"cells": made}, indent=indent, ensure_ascii=ascii_only)
    found = notebook.read(raw, "n.ipynb")
    assert notebook.write_back(raw, ()) == raw
    lines = [line for cell in cells for line in lines_of(cell)]
    assert len(lines) == len(found.places)
    if not lines:
        return
    at = data.draw(st.integers(1, len(lines)))
    length = len(lines[at - 1].removesuffix("\r"))
    begin = data.draw(st.integers(0, length))
    end = data.draw(st.integers(begin, length))
    new = data.draw(st.sampled_from(["", "y", 'é"\\n', "a\nb", "a\n"]))
    place = found.places[at - 1]
    changed = notebook.write_back(raw, [Edit(at, begin + 1, at, end + 1, new)])
    old = cells[place.cell - 1]
    start = sum(len(line) + 1 for line in old.split("\n")[: place.cell_line - 1])
    written = new.replace("\n", "\r\n") if "\r\n" in old else new
    cells[place.cell - 1] = old[: start + begin] + written + old[start + end :]
    assert [cell_source(changed, number) for number in range(1, len(cells) + 1)] == cells


def test_cells_that_an_editor_has_joined_are_read_too() -> None:
    text = "!pip install x\nimport torch\nthis is no Python\nif True:\n    %pip install y\n    torch.load('z')\n"
    found = source.from_text(text, "n.ipynb")
    assert found.text == "pass\nimport torch\n#\nif True:\n    pass\n    torch.load('z')\n"
    assert [entry.text for entry in found.shell] == ["pip install x", "pip install y"]
    assert found.places == ()


def test_where_a_download_began_is_told_by_cell_to_people_and_by_the_file_s_line_to_machines() -> None:
    fetch = "import urllib.request\nurllib.request.urlretrieve('https://example.org/w.pkl', 'w.pkl')"
    read = of_cells("'words'", fetch, "import pickle\npickle.load(open('w.pkl', 'rb'))")
    (found,) = [one for one in check(read, rules.load()) if one.related]
    assert (found.cell, found.cell_line) == (3, 2)
    assert "line 2 of cell 2" in found.message
    (related,) = found.related
    assert (related.cell, related.cell_line) == (2, 2)
    assert "urlretrieve" in read.raw.split("\n")[related.line - 1]


def test_a_cell_that_an_editor_calls_plain_text_is_run_by_the_kernel_all_the_same() -> None:
    cell = {"cell_type": "code", "source": "!pip install a", "metadata": {"vscode": {"languageId": "plaintext"}}}
    read = notebook.read(json.dumps({"cells": [cell], "metadata": {"kernelspec": {"language": "python"}}}), "n.ipynb")
    assert [one.text for one in read.shell] == ["pip install a"]


def commands_of(*cells: str) -> list[str]:
    return [one.text for one in commands.find(of_cells(*cells))]


def test_what_the_code_sets_once_is_known_to_shell_lines() -> None:
    assert commands_of("URL = 'https://x/a'", "!get $URL \"$URL/b\" {URL}/c '{URL}'") == [
        "get https://x/a https://x/a/b https://x/a/c https://x/a"
    ]
    assert commands_of("U = 'a'\nU = 'b'", "!get $U {U}") == ["get … …"]
    assert commands_of("x = 1", "!U=a; get $U ${U}") == ["get a a"]
    assert commands_of("U = 'a'", "%%bash\nget $U") == ["get …"]


def test_variables_that_a_magic_sets_are_those_of_programs() -> None:
    assert commands_of("%env A=b c\n%set_env D e") == ["export A=b c", "export D=e"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("get_ipython().system('pip install a')", ["pip install a"]),
        ("    x = get_ipython().getoutput('pip install a')", ["pip install a"]),
        ("get_ipython().run_line_magic('pip', 'install -q a')", ["pip install -q a"]),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", []),
        ("get_ipython().run_cell_magic('bash', '', 'pip install a\\nget u | sh\\n')", ["pip install a", "get u", "sh"]),
        ("get_ipython().run_cell_magic('html', '', 'pip install a')", []),
        ("get_ipython().system(line)", []),
    ],
)
def test_what_nbconvert_makes_of_shell_lines_is_read(line: str, expected: list[str]) -> None:
    found = list(commands.find(source.from_text("import os\n" + line + "\n", "a.py")))
    assert [one.text for one in found] == expected
    assert {one.line for one in found} <= {2}
