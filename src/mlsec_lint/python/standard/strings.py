"""Strings, and the callables that give plain values."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python.arguments import Arguments, all_origins, given
from mlsec_lint.python.digests import digest_of, digested, outcome
from mlsec_lint.python.dispatch import meaning
from mlsec_lint.python.texts import LONGEST, NUMBER, hole, is_number_format, merge_parts, text_parts, text_value, texts
from mlsec_lint.python.values import (
    Alternative,
    Const,
    Instance,
    Sequence,
    Symbol,
    Text,
    Value,
    Verdict,
    known,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

SPLIT = "shlex.split"
_MARK = 0xE000  # characters for private use, which stand for unknown parts
_MOST_WORDS = 64  # of a text that is split


@meaning("builtins.str", "builtins.repr", "builtins.bytes", "builtins.bytearray", "builtins.memoryview", "os.fsencode")
def _str(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if len(args.positional) >= 1:
        value = args.positional[0][0]
        if any(isinstance(a, Instance) for a in value.alts):
            return unknown(f"?{id(node)}", all_origins(args))
        return value
    return known("")


@meaning("builtins.str.format")
def _format(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None:
        return None
    alt = args.receiver.alts[0]
    text = alt.value if isinstance(alt, Const) else alt.start if isinstance(alt, Text) else ""
    parts: list[str] = []
    position = 0
    rest = str(text)
    while "{" in rest:
        head, _, rest = rest.partition("{")
        field, _, rest = rest.partition("}")
        field, _, spec = field.partition(":")
        parts.append(head)
        if spec:
            position += field == ""
            parts.append(hole(f"{id(node)}{field}{position}", NUMBER if is_number_format(spec) else ""))
            continue
        value = None
        if field == "" or field.isdigit():
            index = int(field) if field else position
            position += 1
            value = args.positional[index][0] if index < len(args.positional) else None
        elif field in args.keywords:
            value = args.keywords[field][0]
        parts.extend((text_parts(value) or ()) if value is not None else (hole(f"{id(node)}{field}"),))
    return text_value((*parts, rest), all_origins(args))


@meaning("builtins.str.join")
def _join_text(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not args.positional:
        return None
    rows = args.positional[0][0].alts
    glue = texts(args.receiver)
    if len(rows) == 1 and isinstance(rows[0], Sequence) and not rows[0].open and glue:
        parts: list[str] = []
        for number, item in enumerate(rows[0].items):
            if number:
                parts.append(glue[0])
            parts.extend(text_parts(item) or ())
        return text_value(parts, all_origins(args))
    if isinstance(node.args[0].value, (cst.GeneratorExp, cst.ListComp)) and isinstance(rows[0], Sequence):
        return text_value(text_parts(rows[0].items[0]) or (), all_origins(args))  # all words are alike
    return text_value((hole(id(node)),), all_origins(args))


@meaning(
    "builtins.str.strip",
    "builtins.str.lower",
    "builtins.str.upper",
    "builtins.str.rstrip",
    "builtins.str.lstrip",
    "builtins.str.replace",
)
def _text_method(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not isinstance(node.func, cst.Attribute):
        return None
    plain = [a.value for v, _ in args.positional for a in v.alts[:1] if isinstance(a, Const)]
    alts: list[Alternative] = []
    for alt in args.receiver.alts:
        if isinstance(alt, Const) and isinstance(alt.value, str) and len(plain) == len(args.positional):
            try:
                alts.append(Const(_changed(alt.value, node.func.attr.value, plain)))
                continue
            except (TypeError, ValueError):
                pass
        alts.append(Symbol(f"?{id(node)}"))
    return Value(tuple(dict.fromkeys(alts)), all_origins(args))


def _changed(text: str, method: str, plain: list[Any]) -> str:
    """Return what a method makes of a text; raises TypeError, and ValueError where it would be too long."""
    if method == "replace" and len(plain) > 1 and len(text) + text.count(plain[0]) * len(plain[1]) > LONGEST:
        raise ValueError("too long")
    return str(getattr(text, method)(*plain))


@meaning("builtins.str.split", "shlex.split")
def _split(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    plain = [a.value for v, _ in args.positional for a in v.alts[:1] if isinstance(a, Const)]
    if args.receiver is not None:
        known = len(plain) == len(args.positional) and not args.keywords
        rows = [_words(alt, node, plain) for alt in args.receiver.alts] if known else []
    else:
        text = given(args, 0, "s")
        rows = [_words(alt, node, None) for alt in text.alts] if text is not None else []
    found = tuple(row for row in rows if row is not None)
    if found and len(found) == len(rows):
        origins = all_origins(args)
        return Value(tuple(Sequence(tuple(Value((w,), origins) for w in row)) for row in found), origins)
    if args.receiver is None and text is not None:
        return Value((Instance(f"{SPLIT}()", SPLIT, id(node), inputs=text),), all_origins(args))
    return None


def _words(alt: Alternative, node: cst.Call, how: list[object] | None) -> list[Alternative] | None:
    """Return the words of a text, split as `str.split` does or, where `how` is None, as a shell does."""
    if isinstance(alt, Text) and not alt.path and (how is None or how in ([], [" "])):
        parts = alt.parts
    elif isinstance(alt, Const) and isinstance(alt.value, str):
        parts = (alt.value,)
    else:
        return None
    marks = {chr(_MARK + n): part for n, part in enumerate(parts) if part.startswith("\0")}
    text = "".join(chr(_MARK + n) if part.startswith("\0") else part for n, part in enumerate(parts))
    try:
        words = shlex.split(text) if how is None else text.split(*how)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    out: list[Alternative] = []
    for number, word in enumerate(words[:_MOST_WORDS]):
        start = next((at for at, char in enumerate(word) if char in marks), None)
        # what is spliced in may hold blanks itself: only how the word begins is known
        out.append(Const(word) if start is None else Text(merge_parts((word[:start], hole(f"{id(node)}:{number}")))))
    return out if len(words) <= _MOST_WORDS else None


@meaning("builtins.str.encode", "builtins.bytes.decode", "builtins.str.strip()")
def _recode(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return args.receiver


@meaning(
    "builtins.len", "builtins.int", "builtins.float", "builtins.bool", "builtins.isinstance", "builtins.issubclass",
    "builtins.hasattr", "builtins.callable", "builtins.id", "builtins.hash", "builtins.ord", "builtins.abs",
    "builtins.round", "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "pathlib.Path.exists",
    "pathlib.Path.is_file", "pathlib.Path.is_dir", "builtins.str.startswith", "builtins.str.endswith", "builtins.range",
)  # fmt: skip
def _plain(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("startswith", "endswith"):
        of, weak = digested(*args.values())
        if of is not None:
            return Value((Verdict(of, weak, True, digest_of(*args.values())),))
    return (outcome(args.positional[0][0]) if args.positional else None) or unknown(hole(id(node), NUMBER)[1:])
