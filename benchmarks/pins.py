"""Pin everything that real packages fetch to made-up commits, without asking anybody, and see that nothing else changes.

usage: python benchmarks/pins.py FOLDER ...

For each Python file and notebook: what it fetches is pinned, the result is parsed, its syntax tree is compared with the
old one (only string constants and new keywords may differ), and a second run has to change nothing.
"""

from __future__ import annotations

import ast
import collections
import hashlib
import sys
import time
import warnings

from mlsec_lint.hub import Answer, Question
from mlsec_lint.inventory import pins
from mlsec_lint.model import Source, SourceError
from mlsec_lint.python import pinning
from mlsec_lint.run import Options, gather
from mlsec_lint.source import notebook


def answers(questions: list[Question]) -> dict[Question, Answer]:
    return {
        one: Answer(hashlib.sha1(f"{one.name}\0{one.ref}".encode()).hexdigest(), one.ref or "main") for one in questions
    }


def pinned(file: pins.PinFile) -> str:
    questions = pins.prepare([file], lambda _: pins.Wish(), lambda *_: "")
    pins.answer([file], answers(questions), "2026-11-27")
    return pins.changed(file)


def differs(old: ast.AST, new: ast.AST) -> bool:
    """Tell whether two trees differ in more than strings and keywords that were added."""
    if type(old) is not type(new):
        return not (isinstance(old, ast.Constant) and isinstance(new, ast.Constant))
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return not (old.value is None or isinstance(old.value, str)) and old.value != new.value
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        names = {one.arg for one in old.keywords}
        kept = [one for one in new.keywords if one.arg in names]
        if differs(old.func, new.func) or len(old.args) != len(new.args) or len(kept) != len(old.keywords):
            return True
        return any(differs(a, b) for a, b in zip([*old.args, *old.keywords], [*new.args, *kept], strict=True))
    for name in old._fields:
        one, other = getattr(old, name, None), getattr(new, name, None)
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other) or any(
                isinstance(a, ast.AST) and differs(a, b) for a, b in zip(one, other, strict=True)
            ):
                return True
        elif isinstance(one, ast.AST):
            if not isinstance(other, ast.AST) or differs(one, other):
                return True
        elif one != other:
            return True
    return False


def main(folders: list[str]) -> int:
    warnings.simplefilter("ignore")
    count: collections.Counter[str] = collections.Counter()
    refusals: collections.Counter[str] = collections.Counter()
    begin = time.monotonic()
    work = gather.reader(folders, Options(isolated=True, gitignore=False))
    for task in work.tasks:
        count["files"] += 1
        try:
            source = work.source(task)
            if source.kind not in ("python", "notebook") or not work.parses(source, task):
                continue
            index = work.index(task)
            file = pins.PinFile(source, task.file.path, index.apis.artefacts, pinning.read(source, index, work.project))
        except SourceError:
            count["unread"] += 1
            continue
        if not file.aims():
            continue
        count["files that fetch something by a known name"] += 1
        old, new = source.text, pinned(file)
        count["places"] += len(file.results)
        for one in file.results:
            if one.pin is not None:
                count["pinned"] += 1
            elif one.said != "-":
                count["not pinned"] += 1
                refusals[one.said.split(" (")[0].split("`")[0]] += 1
        if source.kind == "notebook":
            count["notebooks changed"] += new != source.raw
            new = notebook.read(new, source.path).text
        if new == old:
            continue
        count["files changed"] += 1
        try:
            count["changed in more than names and revisions"] += differs(ast.parse(old), ast.parse(new))
        except SyntaxError as error:
            print(f"{source.path}: does not parse any more: {error}")
            count["broken"] += 1
            continue
        again = pinning.read(Source(source.path, new, "python", source.module, source.is_package), index, None)
        second = pins.PinFile(again.source, task.file.path, index.apis.artefacts, again)
        if pinned(second) != new:
            print(f"{source.path}: a second run changes it again")
            count["changed again"] += 1
    for name, number in count.items():
        print(f"{number:7} {name}")
    for reason, number in refusals.most_common():
        print(f"{number:7} not pinned: {reason}")
    print(f"{time.monotonic() - begin:7.1f} s")
    return 1 if count["broken"] or count["changed again"] or count["changed in more than names and revisions"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
