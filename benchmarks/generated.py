"""Generated modules of about 100,000 lines, in the shapes that real generators write and in worse ones."""

from __future__ import annotations

from collections.abc import Iterator

LINES = 100_000


def shapes() -> Iterator[tuple[str, str]]:
    """Yield (what it is, text)."""
    head = "import pickle\nimport torch\n"
    yield (
        "one dictionary",
        head
        + "TABLE = {\n"
        + "".join(f'    "key{n}": "value {n}",\n' for n in range(LINES))
        + "}\ntorch.load(TABLE['key1'])\n",
    )
    yield "100,000 assignments", head + "".join(f"name{n} = {n}\n" for n in range(LINES)) + "torch.load('m.pt')\n"
    yield "100,000 calls that rules speak of", head + "".join(f"x = torch.load('m{n}.pt')\n" for n in range(LINES))
    functions = "".join(
        f"def f{n}(path):\n    with open(path) as file:\n        return pickle.load(file)\n\n\n" for n in range(20_000)
    )
    yield "20,000 functions", head + functions
    yield "calls nested 90 deep", head + "x = " + "torch.load(" * 90 + "path" + ")" * 90 + "\n"
    yield "calls nested 5,000 deep", head + "x = " + "torch.load(" * 5_000 + "path" + ")" * 5_000 + "\n"
    yield "one line of 4.9 MB", head + "x = [" + "torch.load(a), " * 326_000 + "]\n"
    yield "one string of 4.9 MB", head + "x = torch.load('" + "a" * 4_900_000 + "')\n"
    branches = "".join(f"if name{n}:\n    name{n} = torch.load('m.pt')\n" for n in range(LINES // 5))
    yield "20,000 branches", head + branches
    growing = "def run(path):\n    rows, text = [path], path\n"
    doubled = "".join(f"    if path.x{n}:\n        rows += [rows, *rows]\n        text += text\n" for n in range(1_000))
    yield "1,000 branches that double a list and a text", head + growing + doubled + "    torch.load(rows, text)\n"
    yield "more than 5 MB", head + "x = 1\n" * 900_000
