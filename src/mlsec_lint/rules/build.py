"""Turn the data of one rule file into a `Rule`, collecting every mistake; must not know where files are kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

from mlsec_lint.model import Example, Level, Rule, RuleError
from mlsec_lint.rules.apis import Names
from mlsec_lint.rules.detection import Detection, Table
from mlsec_lint.rules.keys import DETECTIONS, FAMILIES, RULE
from mlsec_lint.rules.predicates import Reader
from mlsec_lint.rules.shape import faults


def build(path: str, data: Table, names: Names, reader: Reader, own: bool) -> tuple[Rule | None, list[RuleError]]:
    """Return the rule that `data` describes, or None and what is wrong with it; `own` files also keep to folders."""
    builder = _Builder(path, data, names, reader)
    builder.check_shape()
    builder.check_file(own)
    builder.check_detection()
    builder.check_examples()
    rule = builder.rule()
    return (None if builder.errors else rule), builder.errors


class _Builder(Detection):
    # -------------------------------------------------- what is wrong

    def check_shape(self) -> None:
        for key, message in faults(dict(self.data), RULE):
            self.tell(key, message)
            self.broken.add(re.split(r"[.\[]", key)[0])

    def check_file(self, own: bool) -> None:
        file = PurePath(self.path)
        if not self.sound("code", "name"):
            return
        wanted = f"{self.data['code']}-{self.data['name']}.toml"
        if file.name != wanted:
            self.tell("name", f"the file should be called {wanted}")
        if own:
            folder = file.parent.name
            family = _family(self.data["code"], "")
            if family != folder:
                self.tell("code", f"belongs into the folder {family}, not {folder}" if family else "is of no family")

    def check_detection(self) -> None:
        if self.data.get("status") == "removed" or str(self.data.get("code", "")).startswith("MLS9"):
            return
        if not any(self.data.get(kind) for kind in DETECTIONS):
            self.tell("match", f"nothing is looked for; one of {', '.join(DETECTIONS)} is needed")

    def check_examples(self) -> None:
        linting = str(self.data.get("code", "")).startswith("MLS9")
        for kind in ("bad", "good"):
            if not self.sound(kind) or linting:
                continue
            for number, example in enumerate(self.data[kind]):
                if example.get("filename", "example.py").endswith(".py"):
                    for key in ("code", "fixed"):
                        self.check_code(f"{kind}[{number}].{key}", example.get(key, ""))

    def check_code(self, key: str, code: str) -> None:
        try:
            compile(code, self.path, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            self.tell(key, f"does not compile: {getattr(error, 'msg', error)}" + (f" (line {line})" if line else ""))

    # -------------------------------------------------- what it means

    def rule(self) -> Rule | None:
        data = self.data
        message = data.get("message", data.get("summary", ""))
        if self.sound("message" if "message" in data else "summary"):
            self.check_message("message" if "message" in data else "summary", message)
        parts = self.detection()
        parts["fix"] = self.rule_fix
        parts["examples"] = tuple(self.examples())
        if self.errors:
            return None
        return Rule(
            code=data["code"],
            name=data["name"],
            family=_family(data["code"], PurePath(self.path).parent.name),
            summary=data["summary"],
            message=message,
            severity=Level.parse(data["severity"]),
            confidence=Level.parse(data["confidence"]),
            status=data["status"],
            since=data["since"],
            guidelines=tuple(data["guidelines"]),
            cwe=tuple(data["cwe"]),
            atlas=tuple(data.get("atlas", ())),
            owasp=tuple(data.get("owasp", ())),
            references=tuple(data["references"]),
            why=data["why"].strip(),
            instead=data["instead"].strip(),
            path=self.path,
            case=data.get("case", "").strip(),
            fine=data.get("fine", "").strip(),
            over=tuple(data.get("over", ())),
            visitor=data.get("visitor", ""),
            **parts,
        )

    def examples(self) -> Iterator[Example]:
        for kind in ("bad", "good"):
            for _, table in self.tables(kind):
                more = {key: table[key] for key in ("note", "fixed", "filename", "lock") if key in table}
                yield Example(table["code"], kind == "bad", **more)


def _family(code: str, otherwise: str) -> str:
    """Return the family whose hundreds `code` has."""
    return next((name for name, hundred in FAMILIES.items() if code[3:4] == str(hundred)), otherwise)
