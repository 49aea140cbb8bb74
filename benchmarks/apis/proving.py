"""Hold every fact of the rules about a library against the library's own text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass

from reading import Library, Signature

from mlsec_lint.holds import holds
from mlsec_lint.model import Apis, Predicate, Rule, RuleFix, RuleSet

# What conditions may ask for that is no parameter: the result, the object a method belongs to, the file it stands in.
PSEUDO = frozenset(("", "return", "self", "__file__"))


FAR = 7  # nobody writes that many positional arguments, and rules need not know the order beyond


@dataclass
class Claim:
    """What the rules say of one callable."""

    name: str
    places: set[str] = field(default_factory=set)  # where they say it
    order: tuple[str, ...] = ()  # as in [params]; "*" starts the keyword-only ones
    needed: set[str] = field(default_factory=set)  # parameters without which a table would not mean anything
    choices: set[frozenset[str]] = field(default_factory=set)  # of each, one parameter at least


@dataclass(frozen=True)
class Use:
    """A parameter that one table asks for; one of the calls must have it."""

    place: str
    parameter: str
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Default:
    """A condition that the default of a parameter must fail (a table requires it, or forbids it), for its table to be right."""

    place: str
    call: str
    parameter: str
    condition: Predicate
    good: bool  # required, rather than forbidden


@dataclass(frozen=True)
class Verdict:
    """How one claim fared against one release."""

    how: str = ""  # direct, re-export, lazy; empty where the name was not found
    wrong: tuple[str, ...] = ()  # sentences about parameters that are not so
    through: tuple[str, ...] = ()  # parameters that arrive in **kwargs
    unread: bool = False  # there is no signature to read
    late: tuple[str, ...] = ()  # positions that the rules do not know


class Claims(dict[str, Claim]):
    """The claims by name, as they are gathered."""

    def say(self, name: str, place: str, needed: Iterable[str] = ()) -> Claim:
        name = re.sub(r"\[[^\]]*\]$", "", name)
        claim = self.setdefault(name, Claim(name))
        claim.places.add(place)
        claim.needed |= set(needed) - PSEUDO
        return claim


def gather(ruleset: RuleSet) -> tuple[Claims, list[Use], list[Default]]:
    """Return all claims by name, the parameters that tables ask for, and what they suppose of defaults."""
    found = Claims()
    uses: list[Use] = []
    defaults: list[Default] = []
    for rule in ruleset.rules:
        uses += _rule(rule, found)
        for match in rule.matches:
            for good, conditions in ((True, match.require), (False, match.forbid)):
                for call in match.calls:
                    known = ruleset.apis.defaults
                    told = [one for one in conditions if (call, one[0]) not in known]
                    defaults += [Default(rule.code, call, name, condition, good) for name, condition in told]
    _facts(ruleset.apis, found)
    return found, uses, defaults


def _rule(rule: Rule, found: Claims) -> Iterator[Use]:
    for name in _named(rule):
        found.say(name, rule.code)
    for match in rule.matches:
        needed = {name for part in (match.require, match.when) for name, _ in part} | {match.data}
        choice = frozenset(name for name, _ in match.forbid) - PSEUDO
        for call in match.calls:
            claim = found.say(call, rule.code, needed)
            if choice:
                claim.choices.add(choice)
        asked = {name for part in (match.forbid, match.unless) for name, _ in part}
        asked |= {match.subject, match.revision, match.file, *match.digests}
        if match.fix is not None and match.fix != rule.fix:  # the rule's own counts where its words mean something
            asked |= {name for name, _ in match.fix.set}
        yield from (Use(rule.code, name, match.calls) for name in sorted(asked - PSEUDO))
    for assign in rule.assigns:
        for target in assign.targets:
            found.say(target, rule.code)
    for end in rule.flow.to if rule.flow is not None else ():
        found.say(end.call, rule.code, [end.parameter])
        yield from (Use(rule.code, name, (end.call,)) for name, _ in end.unless)


def _named(thing: object) -> Iterator[str]:
    """Yield the dotted names that conditions and fixes anywhere inside speak of; `*.predict` speaks of no library's."""
    if isinstance(thing, Predicate) and thing.op in ("is", "made"):
        values = thing.value if isinstance(thing.value, tuple) else (thing.value,)
        yield from (str(value) for value in values if not str(value).startswith("*"))
    if isinstance(thing, RuleFix) and thing.call:
        yield thing.call
    if isinstance(thing, tuple):
        inner: Iterable[object] = thing
    else:
        inner = (getattr(thing, one.name) for one in fields(thing)) if is_dataclass(thing) else ()
    for one in inner:
        yield from _named(one)


def _facts(apis: Apis, found: Claims) -> None:
    for name, order in apis.params.items():
        found.say(name, "params").order = order
    for table, label in (
        (apis.sources, "sources"),
        (apis.handlers, "handlers"),
        (apis.callbacks, "callbacks"),
        (apis.digests, "digests"),
    ):
        for name in (one for names in table.values() for one in names):
            found.say(name, label)
    for name in apis.checks:
        found.say(name, "checks")
    for name, ends in apis.saves.items():
        found.say(name, "saves", [end for end in ends if end != "own"])  # that is no parameter
    for name, ends in apis.options.items():
        found.say(name, "options", ends)
    for label, pairs in (("returns", apis.returns), ("aliases", apis.aliases)):
        for name, other in pairs.items():
            found.say(name, label)
            found.say(other, label)
    for name, methods in apis.restricts.items():
        for method in methods:
            found.say(f"{name}.{method}", "restricts")
    for name, parameter in apis.defaults:
        found.say(name, "defaults", [parameter])


def judge(claim: Claim, library: Library, name: str) -> tuple[Verdict, list[Signature]]:
    """Return how the claim, made of `name`, fares against what a library's text says, and the signatures found."""
    found = library.find(name)
    if found is None:
        return Verdict(), []
    if not claim.order and not claim.needed and not claim.choices:
        return Verdict(found.how), []
    signatures = library.signatures(found)
    if not signatures:
        return Verdict(found.how, unread=True), []
    said = [_against(claim, one) for one in signatures]
    best = min(said, key=lambda one: (len(one.wrong), len(one.through)))
    return Verdict(found.how, best.wrong, best.through, late=best.late), signatures


def _against(claim: Claim, signature: Signature) -> Verdict:
    wrong: list[str] = []
    through: list[str] = []
    late: list[str] = []
    order, _, keywords = _split(claim.order)
    for number, name in enumerate(order):
        if number < len(signature.positional):
            if signature.positional[number] != name:
                wrong.append(f"argument {number} is `{signature.positional[number]}`, not `{name}`")
        elif not signature.spread:
            wrong.append(f"there is no positional argument {number} (`{name}`)")
    for name in [*keywords, *sorted(claim.needed - set(claim.order))]:
        if takes(signature, name):
            if name in signature.positional and len(order) <= signature.positional.index(name) < FAR:
                late.append(f"`{name}` may be given as argument {signature.positional.index(name)}")
        elif signature.more:
            through.append(name)
        else:
            wrong.append(f"there is no parameter `{name}`")
    for choice in claim.choices:
        if not signature.more and not any(takes(signature, name) for name in choice):
            wrong.append(f"there is none of the parameters {', '.join(f'`{one}`' for one in sorted(choice))}")
    return Verdict("", tuple(wrong), tuple(through), late=tuple(late))


def takes(signature: Signature, name: str) -> bool:
    """Return whether a call may give the parameter `name`, which may be a position."""
    if name.isdigit():
        return int(name) < len(signature.positional) or signature.spread
    return name in signature.keyword


def meets(condition: Predicate, text: str) -> bool | None:
    """Return whether a default, given as source text, satisfies a condition; None where that cannot be told."""
    if condition.op in ("given", "kind"):  # a default is what stands there when nothing is given
        return None
    try:
        return holds(condition, ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return None


def _split(order: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    if "*" not in order:
        return list(order), False, []
    at = list(order).index("*")
    return list(order[:at]), True, list(order[at + 1 :])
