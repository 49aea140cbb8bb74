"""Calls that compute or compare digests, verify or scan: by the api tables, or by what an unseen function is called."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.contents import checkable
from mlsec_lint.python.members import resolved
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.values import NONE, Alternative, Const, Digest, Instance, Value, Verdict, known

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

# What functions that verify bytes are called, where the function itself cannot be seen; and the parameters by which a
# download is told the digest it must have.
VERIFIER = re.compile(
    r"(?i).*(?:verif|check|valid|assert|compare|ensure|match|test)\w*(?:hash|sha\d*|sum|digest|md5|signature|integrity|hmac)\w*"
    r"|.*(?:hash|sha\d*|sum|digest|md5|signature|integrity|hmac)\w*(?:verif|check|valid|match|ok)\w*"
)
DIGEST_PARAMETER = re.compile(
    r"(?i)(?!_*(?:allow|skip|ignore|validate|crc)|.*_(?:type|size|bytes|name|algo\w*|func\w*)$)(?:.*_)?"
    r"(?:hash|sha\d*|sha_?\d+|md5|checksum|(?:hex)?digests?|hash_prefix|md5sum|expected)(?:_.*)?"
)


TESTING = re.compile(r"compare|\w+_eq$|is_|check_|scan")  # checks that return what they found; the others raise


DIGEST_TEXT = re.compile(r"(?:sha\d+[:-])?(?:[0-9a-f]{40}|[0-9a-f]{64})")


DIGEST_IN_URL = re.compile(r"/(?:[0-9a-f]{40}|[0-9a-f]{64})(?:/|$)")


def is_digest_given(test: cst.BaseExpression) -> bool:
    """Return whether a test asks if an expected digest was given: `if sha256:`, `if self.md5 is not None:`."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        none = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
        return none and isinstance(target.operator, (cst.IsNot, cst.NotEqual)) and is_digest_given(test.left)
    return DIGEST_PARAMETER.fullmatch(leaf_name(test)) is not None


@functools.lru_cache(maxsize=4096)
def _is_verifier(name: str) -> bool:
    return VERIFIER.fullmatch(name) is not None


def unseen_check(walker: Walker, node: cst.Call, arguments: Arguments) -> Value | None:
    """Return the verdict of a call that is named like a verifier and cannot be seen, or None."""
    if _is_verifier(leaf_name(node.func)):
        of = checkable(walker, *arguments.values())
        if of:
            return Value((Verdict(of, False, raises=True),))
    return None


def digest_told(walker: Walker, arguments: Arguments) -> bool:
    """Return whether a download is told which digest or commit it must give."""
    names = dict(zip(arguments.order, arguments.positional, strict=False))
    for name, (value, _) in (*arguments.keywords.items(), *names.items()):
        if DIGEST_PARAMETER.fullmatch(name) and not all(
            isinstance(a, Const) and a.value in (None, False, "") for a in value.alts
        ):
            return True
        for alt in resolved(walker, value).alts:
            if (
                isinstance(alt, Const)
                and isinstance(alt.value, str)
                and (DIGEST_TEXT.fullmatch(alt.value) or DIGEST_IN_URL.search(alt.value))
            ):
                return True
    for value, _ in arguments.positional:
        for alt in resolved(walker, value).alts:
            if isinstance(alt, Const) and isinstance(alt.value, str) and DIGEST_IN_URL.search(alt.value):
                return True
    return False


def digest_call(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments) -> Value:
    """Return what a callable of `[digests]` gives: a digest, or an object that computes one."""
    weak = walker.index.digests[dotted]
    if arguments.positional and dotted.endswith(".new"):
        names = [a.value for a in arguments.positional[0][0].alts if isinstance(a, Const)]
        weak = any(str(n).lower() in ("md5", "sha1") for n in names)
    of = checkable(walker, *arguments.values())
    if _gives_text(dotted):
        return walker.digests.made(node, Value((Digest(of, weak, id(node)),)))
    instance = Instance(dotted, dotted, id(node))
    walker.state.facts[("fed", id(node))] = Value((Digest(of, weak),))
    return Value((instance,))


def _gives_text(dotted: str) -> bool:
    """Constructors of hash objects take bytes and have `hexdigest`; other digest functions return the digest."""
    return not dotted.startswith(("hashlib.", "hmac.", "_hashlib.")) or dotted == "hmac.digest"


def digest_method(
    walker: Walker, node: cst.Call, owner: str, method: str, receiver: Value, arguments: Arguments
) -> Value:
    """Return what a method of an object that computes digests gives."""
    digests: list[Alternative] = []
    for alt in receiver.alts:
        if isinstance(alt, Instance):
            fed = walker.state.facts.get(("fed", alt.ident))
            held = next((a for a in fed.alts if isinstance(a, Digest)), None) if fed is not None else None
            of = held.of if held is not None else NONE
            weak = held.weak if held is not None else walker.index.digests[owner]
            if method == "update":
                more = of | checkable(walker, *arguments.values())
                walker.state.facts[("fed", alt.ident)] = Value((Digest(more, weak),))
            elif method == "copy":
                return receiver
            else:
                if fed is not None:
                    for other in fed.alts:
                        if isinstance(other, Digest):
                            of |= other.of
                digests.append(Digest(of, weak, id(node)))
    if not digests:
        return known(None)
    return walker.digests.made(node, Value(tuple(digests)))
