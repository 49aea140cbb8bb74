"""What may stand in a rule file and in an api table, as JSON Schema; the loader validates with the same tables."""

from __future__ import annotations

from typing import Any

from mlsec_lint.model import GUIDELINES
from mlsec_lint.rules.predicates import ASKED, FORMS, KINDS, ORIGINS

Schema = dict[str, Any]

FAMILIES = {
    "loading": 1,
    "provenance": 2,
    "integrity": 3,
    "execution": 4,
    "transport": 5,
    "exposure": 6,
    "documentation": 7,
    "linting": 9,
}
PLACEHOLDERS = ("call", "argument", "value", "subject", "source", "source_line")
MESSAGE_LENGTH = 120
FAULTS = ("unpinned", "vcs", "url", "extra-index", "look-alike", "vulnerable", "no-hash", "option")
DRIFTS = ("new", "gone", "moved")
COMPONENTS = ("machine-learning-model", "data", "library", "application", "file")
DETECTIONS = (
    "match",
    "assign",
    "default",
    "entry",
    "flow",
    "text",
    "command",
    "requirement",
    "config",
    "lock",
    "visitor",
)


def _text(**more: Any) -> Schema:
    return {"type": "string", "minLength": 1, **more}


def _form(pattern: str, description: str) -> Schema:
    return {"type": "string", "pattern": pattern, "description": description}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _list(items: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


def _one_or_more(items: Schema) -> Schema:
    return {"anyOf": [items, _list(items)]}


def _table(required: tuple[str, ...] = (), **keys: Schema) -> Schema:
    table: Schema = {"type": "object", "properties": keys, "additionalProperties": False}
    return {**table, "required": list(required)} if required else table


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


STRING: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
REGEX = _text(format="regex")
MESSAGE = _text(maxLength=MESSAGE_LENGTH)
LEVEL = _words("high", "medium", "low")
CODE = _form(r"^MLS[0-9]{3}$", "a code such as 'MLS101'")
KEBAB = _form(r"^[a-z0-9]+(-[a-z0-9]+)*$", "kebab case, such as 'torch-load-pickle'")
NAME = _form(
    r"^(@[a-z0-9]+(-[a-z0-9]+)*|([A-Za-z_]\w*|\*)(\.([A-Za-z_]\w*|\*))*)$",
    "a dotted name ('torch.load', 'pkg.*.load') or a group ('@download')",
)
PLACE = _form(r"^[^()\s]+\([A-Za-z_0-9*]+\)$", "an argument of a call, such as 'subprocess.run(args)' or 'f(0)'")
PREDICATE: Schema = {"anyOf": [_text(), _list({}), {"type": "object"}]}  # its meaning: predicates.py
CONDITIONS = _map(PREDICATE)

SAFETY = _words("safe", "unsafe", "display")
FIX: Schema = _table(
    ("safety",),
    safety=SAFETY,
    set=_map(_text()),
    remove=_one_or_more(_text()),
    call=NAME,
    value=_text(),
    delete=FLAG,
    replace=_map(STRING),
)
OWN_FIX: Schema = {"anyOf": [FIX, FLAG]}  # of one table; false: there is none, whatever the rule's is
CONSENT = _one_or_more(
    _form(
        r"^(!?[A-Za-z_]\w*|[A-Za-z_]\w*\(\))$",
        "the last part of a name, with '()' a function's, with '!' a missing one",
    )
)

MATCH = _table(
    ("call",),
    call=_one_or_more(NAME),
    unresolved={"anyOf": [FLAG, _list(_form(r"^[A-Za-z_]\w*$", "a method name"))]},
    when=CONDITIONS,
    require=CONDITIONS,
    forbid=CONDITIONS,
    unless=CONDITIONS,
    subject=_text(),
    data=_text(),
    reference=FLAG,
    callers=FLAG,
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    artefact=_one_or_more(KEBAB),
    revision=_text(),
    digest=_one_or_more(_text()),
    file=_text(),
    consent=CONSENT,
    words=_list(_text()),
    harmless=_text(),
    fix=OWN_FIX,
)
ASSIGN = _table(
    ("target", "value"),
    target=_one_or_more(_text()),
    value=PREDICATE,
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    fix=OWN_FIX,
)
DEFAULT = _table(
    ("name", "value"),
    name=_one_or_more(_text()),
    value=PREDICATE,
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    words=_list(_text()),
    fix=OWN_FIX,
)
ENTRY = _table(
    ("key", "value"),
    key=_one_or_more(_text()),
    value=PREDICATE,
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    words=_list(_text()),
    beside=_list(_text()),
    unless=CONDITIONS,
    consent=CONSENT,
    fix=OWN_FIX,
)
FLOW: Schema = _table(
    ("from", "to"),
    to=_one_or_more({"anyOf": [PLACE, _table(("at",), at=_one_or_more(PLACE), unless=CONDITIONS, fix=OWN_FIX)]}),
    checks=FLAG,
    message=MESSAGE,
    consent=CONSENT,
)
FLOW["properties"]["from"] = _one_or_more(_words(*ORIGINS))
TEXT = _table(
    ("regex",),
    regex=REGEX,
    unless=PREDICATE,
    entropy={"type": "number"},
    words=_one_or_more(_text()),
    message=MESSAGE,
    confidence=LEVEL,
    fix=OWN_FIX,
)
COMMAND = _table(
    ("program",),
    program=_one_or_more(_text()),
    option=CONDITIONS,
    absent=_one_or_more(_text()),
    operand=PREDICATE,
    first=PREDICATE,
    checks=FLAG,
    before=_one_or_more(_text()),
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    artefact=_one_or_more(KEBAB),
    subject=_text(),
    revision=_text(),
    fix=OWN_FIX,
)
REQUIREMENT = _table(
    ("fault",),
    name=_one_or_more(_text()),
    fault=_words(*FAULTS),
    introduced=_text(),
    below=_text(),
    option=CONDITIONS,
    advisory=_text(),
    message=MESSAGE,
    severity=LEVEL,
    artefact=_one_or_more(KEBAB),
    fix=OWN_FIX,
)
LOCK = _table(("fault",), fault=_words(*DRIFTS), message=MESSAGE)
CONFIG = _table(
    ("key", "value"),
    key=_one_or_more(_text()),
    value=PREDICATE,
    shape=_one_or_more(KEBAB),
    when=CONDITIONS,
    require=CONDITIONS,
    unless=CONDITIONS,
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    fix=OWN_FIX,
)
EXAMPLE = _table(("code",), code=_text(), note=_text(), fixed=_text(), filename=_text(), lock=_text())

RULE = _table(
    (
        *("code", "name", "summary", "severity", "confidence", "status", "since", "guidelines", "cwe"),
        *("references", "why", "instead", "bad", "good"),
    ),
    code=CODE,
    name=KEBAB,
    summary=_form(r"^[^A-Z\n](.*[^.\n])?$|^[A-Z]{2}.*[^.\n]$", "one line in lower case without a full stop"),
    message=MESSAGE,
    severity=LEVEL,
    confidence=LEVEL,
    status=_words("preview", "stable", "deprecated", "removed"),
    since=_form(r"^[0-9]+\.[0-9]+(\.[0-9]+)?$", "a version such as '0.1'"),
    guidelines=_list(_words(*GUIDELINES)),
    cwe=_list({"type": "integer"}),
    atlas=_list(_form(r"^AML\.T[0-9]{4}(\.[0-9]{3})?$", "a technique such as 'AML.T0010'"), 0),
    owasp=_list(_form(r"^(LLM|ML)[0-9]{2}$", "an item such as 'LLM03' or 'ML06'"), 0),
    references=_list(_form(r"^https?://\S+$", "a URL")),
    why=_text(),
    case=_text(),
    instead=_text(),
    fine=_text(),
    over=_list(CODE, 0),
    match=_list(MATCH),
    assign=_list(ASSIGN),
    default=_list(DEFAULT),
    entry=_list(ENTRY),
    flow=FLOW,
    text=_list(TEXT),
    command=_list(COMMAND),
    requirement=_list(REQUIREMENT),
    config=_list(CONFIG),
    lock=_list(LOCK),
    visitor=_form(r"^[a-z_][a-z0-9_]*$", "the name of a function"),
    fix=FIX,
    bad=_list(EXAMPLE),
    good=_list(EXAMPLE),
)

NAMES = _one_or_more(NAME)
ORIGIN_MAP = _table((), **dict.fromkeys(ORIGINS, NAMES))
APIS = _table(
    params=_map(_list(_form(r"^(\*|[A-Za-z_]\w*)$", "a parameter name or '*'"), 0)),
    groups=_map(_list(NAME)),
    predicates=_map(PREDICATE),
    defaults=_map(_map(_map(_text()))),
    aliases=_map(NAME),
    returns=_map(NAME),
    sources=ORIGIN_MAP,
    handlers=ORIGIN_MAP,
    registrars=ORIGIN_MAP,
    callbacks=ORIGIN_MAP,
    saves=_map({"type": "array", "items": STRING, "minItems": 2, "maxItems": 2}),
    options=_map({"type": "array", "items": STRING, "minItems": 2, "maxItems": 2}),
    digests=_table(strong=NAMES, weak=NAMES),
    checks=NAMES,
    members=_table(("lists", "paths", "links"), lists=NAMES, paths=REGEX, links=REGEX),
    artefacts=_map(
        _table(
            ("form", "component"),
            kind=KEBAB,
            form=REGEX,
            component=_words(*COMPONENTS),
            source=_words("hub", "git", "api"),
            api=_table(
                ("address", "path", "answer"),
                address=_form(r"^https?://[^/]+$", "scheme and host"),
                path=_text(),
                answer=_text(),
                default=_text(),
                endpoint=_one_or_more(_text()),
                token=_one_or_more(_text()),
                header=_text(),
            ),
            type=_text(),
            url=_text(),
            name=_text(),
            purl=_text(),
            page=_text(),
            pinned=_text(),
            also=_map(_text()),
        )
    ),
    files=_map(REGEX),
    shapes=_map(_table(("has",), has=_one_or_more(_text()), any=_one_or_more(_text()))),
    restricts=_map(_list(_form(r"^[A-Za-z_]\w*$", "a method name"))),
    phrases=_map(_text()),
)


def document() -> Schema:
    """Return the JSON Schema (2020-12) of a rule file, for editors."""
    single = {"type": "string", "description": "a Python expression, '...' or a named predicate"}
    form: Schema = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    form["properties"] = {key: _form_of(key) for key in FORMS}
    predicate = {"anyOf": [single, {"type": "array", "items": {"$ref": "#/$defs/predicate"}, "minItems": 1}, form]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlsec-lint rule",
        **_with_references(RULE),
        "$defs": {"predicate": predicate},
    }


def _form_of(key: str) -> Schema:
    match key:
        case "regex" | "prefix" | "suffix":
            return REGEX
        case "entropy":
            return {"type": "number", "exclusiveMinimum": 0}
        case "kind":
            return _one_or_more(_words(*KINDS))
        case "origin":
            return _one_or_more(_words(*ASKED))
        case "made":
            return NAMES
        case "any":
            return _list({"$ref": "#/$defs/predicate"})
    return {"$ref": "#/$defs/predicate"}


def _with_references(schema: Any) -> Any:
    """Return `schema` with each predicate, which the loader reads by itself, replaced by a reference to its form."""
    if schema is PREDICATE:
        return {"$ref": "#/$defs/predicate"}
    if isinstance(schema, dict):
        return {key: _with_references(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_references(value) for value in schema]
    return schema
