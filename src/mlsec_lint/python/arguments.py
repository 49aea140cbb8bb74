"""The arguments of one call, positional and keyword ones as one thing.

Must not know what is called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.members import resolved
from mlsec_lint.python.values import ABSENT, NONE, Origins, Sequence, Table, Value, join, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def all_origins(arguments: Arguments) -> Origins:
    """Return the origins of everything that is given to a call."""
    out = NONE.union(*(v.origins for v in arguments.values())) if arguments.values() else NONE
    return out | arguments.receiver.origins if arguments.receiver is not None else out


def given(arguments: Arguments, position: int, *names: str) -> Value | None:
    """Return an argument by position, or by the first of these names that is given."""
    if position < len(arguments.positional):
        return arguments.positional[position][0]
    for name in names:
        if name in arguments.keywords:
            return arguments.keywords[name][0]
    return None


@dataclass(slots=True)
class Arguments:
    """The arguments of one call, positional and keyword ones as one thing."""

    positional: list[tuple[Value, cst.CSTNode | None]] = field(default_factory=list)
    keywords: dict[str, tuple[Value, cst.CSTNode | None]] = field(default_factory=dict)
    open_positional: bool = False
    open_keywords: bool = False
    receiver: Value | None = None
    order: tuple[str, ...] = ()
    rest: list[Value] = field(default_factory=list)  # what is given in a way that cannot be seen: `*values`
    options: list[Value] = field(default_factory=list)  # the same by name: `**values`

    def get(self, parameter: str) -> tuple[Value, cst.CSTNode | None] | None:
        """Return an argument by name, position ("0") or "self"; None where it is not given."""
        if parameter in self.keywords:
            return self.keywords[parameter]
        if parameter.isdigit():
            position = int(parameter)
            if position < len(self.positional):
                return self.positional[position]
            if position < len(self.order):
                return self.keywords.get(self.order[position])
            if position == 0 and not self.order and len(self.keywords) == 1 and not self.open_positional:
                return next(iter(self.keywords.values()))  # what a call needs comes first, if it is all that is given
            return None
        if parameter == "self":
            return (self.receiver, None) if self.receiver is not None else None
        place = self.position(parameter)
        if place is not None and place < len(self.positional):
            return self.positional[place]
        return None

    def position(self, parameter: str) -> int | None:
        """Return the position of a parameter that may be given by position."""
        ordinary = self.order[: self.order.index("*")] if "*" in self.order else self.order
        return ordinary.index(parameter) if parameter in ordinary else None

    def maybe(self, parameter: str) -> bool:
        """Return whether the parameter may have been given in a way that cannot be seen."""
        if self.open_keywords:
            return True
        return self.open_positional and (parameter.isdigit() or self.position(parameter) is not None or not self.order)

    def values(self) -> list[Value]:
        return [v for v, _ in self.positional] + [v for v, _ in self.keywords.values()] + self.rest

    def with_order(self, order: tuple[str, ...], receiver: Value | None) -> Arguments:
        return Arguments(
            self.positional, self.keywords, self.open_positional, self.open_keywords, receiver, order, self.rest,
            self.options,
        )  # fmt: skip


def read_arguments(walker: Walker, args: tuple[cst.Arg, ...] | list[cst.Arg]) -> Arguments:
    """Evaluate the arguments of a call."""
    out = Arguments()
    for arg in args:
        value = evaluate(walker, arg.value)
        if arg.star == "*":
            rows = [a for a in value.alts if isinstance(a, Sequence)]
            if len(rows) == len(value.alts) == 1 and not rows[0].open:
                out.positional.extend((v, arg) for v in rows[0].items)
            else:
                out.open_positional = True
                out.rest.append(value)
        elif arg.star == "**":
            value = resolved(walker, value)
            tables = [a for a in value.alts if isinstance(a, Table)]
            for table in tables:
                for key, inner in table.entries:
                    if key in out.keywords and len(tables) > 1:
                        out.keywords[key] = (join(out.keywords[key][0], inner), arg)
                    else:
                        out.keywords.setdefault(key, (inner, arg))
            for table in tables:  # an entry that only some alternatives have
                for key in [k for k, (_, a) in out.keywords.items() if a is arg]:
                    if table.get(key) is None and len(tables) > 1:
                        out.keywords[key] = (join(out.keywords[key][0], unknown(ABSENT)), arg)
            if not tables or len(tables) < len(value.alts) or any(t.open for t in tables):
                out.open_keywords = True
                out.options.append(value)
        elif arg.keyword is not None:
            out.keywords[arg.keyword.value] = (value, arg)
        else:
            out.positional.append((value, arg))
    return out
