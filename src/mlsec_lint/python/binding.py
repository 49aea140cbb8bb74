"""Substitution: what a value of a function's summary is at one call of it.

Knows values alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mlsec_lint.python.texts import BEGINNING, hole, identity, merge_parts, text_parts
from mlsec_lint.python.values import (
    MOST,
    Alternative,
    Const,
    Digest,
    Instance,
    Key,
    Origin,
    Origins,
    Sequence,
    Site,
    Symbol,
    Table,
    Text,
    Value,
    Verdict,
)


@dataclass(slots=True)
class Binding:
    """What the parameters of the function `owner` are at one call.

    `files` tells what a file's key holds there, `methods` the origins that a method's result has by itself.
    """

    owner: int
    values: Mapping[str, Value]
    files: Callable[[Key], Origins]
    methods: Callable[[Value, str, Origin], Origins]
    made: Binding | None = None  # of what the receiver was built with
    needed: Mapping[int, frozenset[str]] = field(default_factory=dict)  # places -> parameters that are true there

    def key(self, key: Key) -> Key:
        """Return the caller's key for a callee's."""
        prefix = f"\0p{self.owner}:"
        out: list[str] = []
        for part in key:
            if part.startswith(prefix):
                name, dot, rest = part[len(prefix) :].partition(".")
                value = self.values.get(name)
                if value is not None:
                    if dot:
                        out.append("\0" + identity(value) + "." + rest)
                    else:
                        out.extend(text_parts(value) or (part,))
                    continue
            out.append(part)
        merged = merge_parts(out)
        return self.made.key(merged) if self.made is not None else merged

    def keys(self, key: Key) -> tuple[Key, ...]:
        """Return the caller's keys for a callee's: one for the whole, and one for each path that a parameter may be."""
        whole = self.key(key)
        prefix = f"\0p{self.owner}:"
        value = self.values.get(key[0][len(prefix) :]) if key and key[0].startswith(prefix) else None
        if value is None or len(value.alts) < 2 or self.made is not None:
            return (whole,)
        rest = self.key(key[1:])
        each = (text_parts(Value((alt,))) for alt in value.alts if isinstance(alt, (Const, Symbol, Text)))
        return (whole, *(merge_parts((*parts, *rest)) for parts in each if parts))

    def origins(self, origins: Origins) -> Origins:
        """Return the caller's origins for a callee's."""
        out: set[Origin] = set()
        for origin in origins:
            if origin.kind == "parameter" and origin.owner == self.owner:
                value = self.values.get(origin.name)
                if value is not None:
                    out |= value.origins
            elif origin.kind == "result" and origin.owner == self.owner:
                value = self.values.get(origin.key[0])
                if value is not None:
                    out |= self.methods(value, origin.name, origin)
            elif origin.kind == "file":
                for key in self.keys(origin.key):
                    out |= self.files(key)
                    if any(p.startswith("\0") for p in key) or key == origin.key:
                        out.add(Origin("file", key=key))
            elif not self._impossible(origin):
                out.add(origin)
        return self.made.origins(frozenset(out)) if self.made is not None else frozenset(out)

    def _impossible(self, origin: Origin) -> bool:
        """Return whether the data can only come in where a parameter is true that this call leaves off."""
        return origin.site is not None and self.is_off(origin.site)

    def is_off(self, site: Site, consent: Iterable[str] = ()) -> bool:
        """Return whether a place is only reached where a parameter is true that this call leaves off.

        One of `consent` is off, too, where it is left to the caller's own callers.
        """
        for name in self.needed.get(site.ident, ()):
            value = self.values.get(name)
            if value is not None and all(
                (isinstance(alt, Const) and not alt.value)
                or (isinstance(alt, Symbol) and alt.is_parameter and name in consent)
                for alt in value.alts
            ):
                return True
        return False

    def value(self, value: Value, depth: int = 0) -> Value:
        """Return the caller's value for a callee's."""
        if depth > 4:
            return value
        alts: list[Alternative] = []
        origins = self.origins(value.origins)
        prefix = f"p{self.owner}:"
        for alt in value.alts:
            if isinstance(alt, Symbol) and alt.ident.startswith(prefix):
                name, dot, rest = alt.ident[len(prefix) :].partition(".")
                actual = self.values.get(name)
                if actual is None:
                    alts.append(alt)
                elif dot and dot + rest == BEGINNING and all(isinstance(a, Text) and a.start for a in actual.alts):
                    alts.extend(Text((a.start, hole(identity(actual)))) for a in actual.alts if isinstance(a, Text))
                elif dot:
                    alts.append(Symbol(identity(actual) + "." + rest))
                else:
                    alts.extend(actual.alts)
            elif isinstance(alt, Text):
                alts.append(Text(self.key(alt.parts), alt.path))
            elif isinstance(alt, Digest):
                alts.append(Digest(self.origins(alt.of), alt.weak, alt.ident))
            elif isinstance(alt, Verdict):
                alts.append(Verdict(self.origins(alt.of), alt.weak, alt.positive, alt.ident, alt.raises))
            elif isinstance(alt, Instance) and alt.key:
                alts.append(Instance(alt.of, alt.made, alt.ident, self.key(alt.key), alt.inputs))
            elif isinstance(alt, Sequence):
                alts.append(Sequence(tuple(self.value(v, depth + 1) for v in alt.items), alt.open))
            elif isinstance(alt, Table):
                alts.append(Table(tuple((k, self.value(v, depth + 1)) for k, v in alt.entries), alt.open, alt.of))
            else:
                alts.append(alt)
        kept = tuple(dict.fromkeys(alts))
        if self.made is not None and depth == 0:
            return self.made.value(Value(kept, origins))
        return Value(kept if len(kept) <= MOST else (Symbol("many"),), origins)
