"""Hand-written visitors, for what the tables cannot say; each is named by a rule's `visitor` key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlsec_lint.model import Rule
from mlsec_lint.python.walk import Raw, Walker


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


VISITORS: dict[str, Callable[[Walker, Rule], Iterator[Raw]]] = {
    "weights_only_ladder": undone_by_retry,
    "undone_by_retry": undone_by_retry,
}
