"""Hand-written visitors, for what the tables cannot say; each is named by a rule's `visitor` key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from mlsec_lint.model import Rule
from mlsec_lint.python.digests import digest_of, digested
from mlsec_lint.python.flows import by_place
from mlsec_lint.python.members import library_bases
from mlsec_lint.python.raw import Raw
from mlsec_lint.python.refusals import refuses
from mlsec_lint.python.values import Digest, Local, Origin
from mlsec_lint.python.walk import Walker


def run(walker: Walker) -> list[Raw]:
    """Return what the visitors of the rules in force find."""
    out: list[Raw] = []
    for name, rule in walker.index.visitors.items():
        visit = VISITORS.get(name)
        if visit is not None:
            out.extend(visit(walker, rule))
    return out


def undone_by_retry(walker: Walker, rule: Rule) -> Iterator[Raw]:
    """An `except` that repeats the call of its `try` with the unsafe setting: the safe attempt protects nothing."""
    for raw in walker.found:
        if raw.retried and raw.rule.code in rule.over and raw.argument:
            yield Raw(
                rule, raw.node, rule.severity, rule.confidence, rule.message, raw.fields, raw.related, None, raw.subject,
                raw.scope, raw.call, raw.dotted, raw.argument,
            )  # fmt: skip


def hash_unused(walker: Walker, rule: Rule) -> Iterator[Raw]:
    """A digest of something downloaded that stops nothing: printed at most, or compared with no consequence."""
    for node, value, scope in walker.digests.all:
        for alt in value.alts:
            if isinstance(alt, Digest) and alt.ident not in walker.digests.used:
                remote = by_place(walker, (o for o in alt.of if o.kind == "remote"))
                if remote:
                    yield _raw(rule, node, scope, tuple(remote[:1]))


def hash_same_source(walker: Walker, rule: Rule) -> Iterator[Raw]:
    """A digest of something downloaded that is compared with something downloaded too."""
    for node, values, scope in walker.digests.compared:
        of, _ = digested(*values)
        if of is None or not any(o.kind == "remote" for o in of):
            continue
        for value in values:
            remote = by_place(walker, (o for o in value.origins if o.kind == "remote"))
            if remote and not any(isinstance(a, Digest) for a in value.alts):
                yield _raw(rule, node, scope, tuple(remote[:1]))


def weak_check(walker: Walker, rule: Rule) -> Iterator[Raw]:
    """A weak digest of something downloaded that decides whether it is used, with no strong one beside it."""
    strong: set[Origin] = set()
    weak: list[tuple[cst.CSTNode, frozenset[Origin], str]] = []
    for node, value, scope in walker.digests.all:
        for alt in value.alts:
            if isinstance(alt, Digest) and alt.ident in walker.digests.used:
                remote = frozenset(o for o in alt.of if o.kind == "remote")
                if alt.weak and remote and any(alt.ident == digest_of(*v) for _, v, _ in walker.digests.compared):
                    weak.append((node, remote, scope))
                elif not alt.weak:
                    strong |= remote
    for node, remote, scope in weak:
        if not remote & strong:
            yield _raw(rule, node, scope, tuple(by_place(walker, remote)[:1]))


def open_restriction(walker: Walker, rule: Rule) -> Iterator[Raw]:
    """An override that is meant to restrict a library's class and refuses nothing."""
    for cls in walker.classes:
        for base in library_bases(cls):
            for name in walker.index.restricts.get(base, ()):
                for alt in cls.own[name].alts if name in cls.own else ():
                    if isinstance(alt, Local) and isinstance(alt.function.node, cst.FunctionDef):
                        if not refuses(walker.whole(alt.function.node)):
                            yield _raw(rule, alt.function.node, alt.function.scope, ())


def _raw(rule: Rule, node: cst.CSTNode, scope: str, related: tuple[Origin, ...]) -> Raw:
    return Raw(rule, node, rule.severity, rule.confidence, rule.message, (), related, scope=scope)


VISITORS: dict[str, Callable[[Walker, Rule], Iterator[Raw]]] = {
    "undone_by_retry": undone_by_retry,
    "hash_unused": hash_unused,
    "hash_same_source": hash_same_source,
    "weak_check": weak_check,
    "open_find_class": open_restriction,
}
