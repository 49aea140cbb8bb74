"""What the word scan looks for: the words of the rules, of sources of data, of places that data should not reach.

Everything comes out of the rules' tables: a rule that is added is in the scan.  Knows nothing of texts.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from mlsec_lint.model import Match
from mlsec_lint.python.index import Index, Names
from mlsec_lint.python.scan import Scan

_PART = re.compile(r"[\w*]+")
_OUTSIDE = ("remote", "input")


def _for_any_version(build: Callable[[Index], Scan]) -> Callable[[Index], Scan]:
    """Keep what is made of the rules' tables: the versions that a project runs on change nothing of it."""
    made = functools.lru_cache(maxsize=8)(build)
    return functools.wraps(build)(lambda index: made(index.tables))


@_for_any_version
def narrow(index: Index) -> Scan:
    """Return the scan of what the rules speak of."""
    return _Builder(index).rules().scan()


@_for_any_version
def spoken(index: Index) -> Scan:
    """Return the scan of what the rules and their visitors speak of, and of who is given functions to call."""
    return _Builder(index).rules().names(index.digests, index.checks, *index.apis.registrars.values()).scan()


@_for_any_version
def wide(index: Index) -> Scan:
    """Return the scan that also counts sources of data, digests and checks: what other modules may want to know."""
    kinds = tuple(k for k in index.apis.sources if k in _OUTSIDE)
    return _Builder(index).rules().sources(kinds).names(index.digests, index.checks, index.apis.saves).scan()


@_for_any_version
def outside(index: Index) -> Scan:
    """Return the scan of sources and handlers: a file that may hand what comes from outside to the project's functions."""
    kinds = tuple(k for k in index.apis.sources if k in _OUTSIDE)
    fetching = (call for call, (source, _) in index.apis.saves.items() if not source)
    tables = (index.apis.handlers, index.apis.registrars)
    handlers = (name for table in tables for kind in kinds for name in table.get(kind, ()))
    return _Builder(index).sources(kinds).names(fetching, handlers).scan()


@_for_any_version
def fetching(index: Index) -> Scan:
    """Return the scan of what gets data from outside: a function of the project that does this may hand them on."""
    kinds = tuple(k for k in index.apis.sources if k in _OUTSIDE)
    return _Builder(index).sources(kinds).names(index.apis.saves).scan()


@_for_any_version
def sinks(index: Index) -> Scan:
    """Return the scan of what data should not reach unchecked: a function of the project that does this is a wrapper."""
    rules = index.rules.rules
    calls = [call for rule in rules for match in rule.matches if match.data for call in match.calls]
    ends = [end.call for rule in rules if rule.flow is not None for end in rule.flow.to]
    return _Builder(index).names(calls, ends).scan()


class _Builder:
    """Collects the words of dotted names."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.leaves: dict[bytes, set[frozenset[bytes]]] = defaultdict(set)
        self.done: set[tuple[str, str]] = set()
        self.bare: list[str] = []
        self.keys: set[bytes] = set()
        self.methods: dict[bytes, set[frozenset[bytes]]] = defaultdict(set)
        self.telling: dict[bytes, tuple[str, ...]] = {}
        self.owners: dict[bytes, set[str]] = defaultdict(set)
        self.spoken: Names[bool] = Names()
        self.makers: dict[str, set[tuple[bytes, bytes]]] = defaultdict(
            set
        )  # class -> library and word of what returns one
        for made, of in index.apis.returns.items():
            root, *rest = (part.encode() for part in _PART.findall(made))
            self.makers[of].add((root, (rest or [root])[-1]))
        self.dashed: tuple[str, ...] = ()
        self.beside: dict[bytes, tuple[str, ...]] = {}
        self.kin: dict[str, set[str]] = defaultdict(
            set
        )  # roots of the callables that return a class of another library
        for made, of in index.apis.returns.items():
            self.kin[of.partition(".")[0]].add(made.partition(".")[0])
        self.made = frozenset(index.apis.returns.values())
        self.spelled: dict[str, list[str]] = defaultdict(list)  # canonical prefix -> other prefixes
        for alias, canonical in index.apis.aliases.items():
            self.spelled[canonical].append(alias)

    def names(self, *lists: Iterable[str], beside: Iterable[str] = ()) -> _Builder:
        """Count dotted names, in every spelling that the aliases allow, where one of the words `beside` stands, too."""
        for names in lists:
            for dotted in names:
                for word in beside or ("",):
                    if (dotted, word) in self.done:  # rules share groups of names
                        continue
                    self.done.add((dotted, word))
                    self._add(dotted, word)
                    prefix = dotted
                    while prefix:
                        for alias in self.spelled.get(prefix, ()):
                            self._add(alias + dotted[len(prefix) :], word)
                        prefix = prefix.rpartition(".")[0]
        return self

    def _add(self, dotted: str, beside: str = "") -> None:
        self.spoken.add(dotted, True)
        also = frozenset({beside.encode()}) if beside else frozenset()
        parts = _PART.findall(dotted)
        if not parts:
            return
        leaf = next(
            (p for p in reversed(parts) if p != "*" and not (p.startswith("__") and p.endswith("__"))), parts[0]
        )
        if parts[0] == "builtins" and len(parts) == 2:
            leaf = parts[1]  # `__import__` too
            self.bare.append(leaf)
            self.leaves[leaf.encode()].add(frozenset({b"builtins"}))
            self.leaves[leaf.encode()].add(frozenset({b"__builtins__"}))
            return
        if parts[0] == "builtins" or leaf == parts[0]:
            self.leaves[leaf.encode()].add(also)
            self.methods[leaf.encode()].add(also)
            return
        returned = not self.made.isdisjoint(self._prefixes(dotted))
        modules = [] if returned or "*" in parts else [p for p in parts[1 : parts.index(leaf)] if _module_like(p)]
        word = leaf.encode()
        need = frozenset(p.encode() for p in (parts[0], *modules)) | also
        self.leaves[word].add(need)
        for root in self.kin[parts[0]] if returned else ():
            self.leaves[word].add(frozenset({root.encode()}) | also)
        owner = parts[: parts.index(leaf)]
        classes = [part for part in owner[1:] if not _module_like(part) and part != "*"]
        if "*" in parts:
            self.methods[word].add(need)
        elif classes or returned:
            makers = {maker for of in self._prefixes(dotted) for maker in self.makers.get(of, ())}
            for maker in classes[-1:]:
                self.methods[word].add(frozenset({maker.encode()}) | also)
            for library, maker in makers:  # which may have the method's own name
                self.methods[word].add(frozenset({maker} if maker != word else {library, maker}) | also)
        else:
            self.owners[word].update(".".join(owner[: n + 1]) for n in range(len(owner)))

    def _prefixes(self, dotted: str) -> list[str]:
        parts = dotted.split(".")
        return [".".join(parts[:n]) for n in range(1, len(parts))]

    def sources(self, kinds: tuple[str, ...]) -> _Builder:
        for kind in kinds:
            self.names(self.index.apis.sources[kind])
        return self

    def rules(self) -> _Builder:
        index = self.index
        for rule in index.rules.rules:
            for match in rule.matches:
                for call in match.calls:
                    self.names([call], beside=self._beside(match, call))
                for method in match.methods:
                    if match.words:
                        self.telling[method.encode()] = (*self.telling.get(method.encode(), ()), *match.words)
                        continue
                    for word in self._beside(match) or ("",):
                        need = frozenset({word.encode()}) if word else frozenset()
                        self.leaves[method.encode()].add(need)
                        self.methods[method.encode()].add(need)
            for assign in rule.assigns:
                self.names(assign.targets)
                self.keys.update(re.split(r"\W+", target.rstrip("']"))[-1].encode() for target in assign.targets)
            if rule.flow is not None:
                self.names(e.call for e in rule.flow.to)
            for default in rule.defaults:
                self._keys(default.names, default.words)
            for entry in rule.entries:
                self._keys(entry.keys, entry.words)
        if index.commands:
            self.names(index.shells)
        return self

    def _beside(self, match: Match, *calls: str) -> list[str]:
        """Return the keywords without one of which a table says nothing of these calls, or of its methods.

        Where a keyword comes in with a mapping, the entry is what is told of.
        """
        index = self.index
        if not match.forbid or match.require or match.data or (index.recording and match.artefacts):
            return []
        words = [parameter for parameter, _ in match.forbid]
        for call in calls or match.calls:
            order = index.parameters(call)
            positional = order[: order.index("*") if "*" in order else None]
            if any(w not in index.entries or (call, w) in index.apis.defaults or w in positional for w in words):
                return []
        return words

    def _keys(self, keys: tuple[str, ...], beside: tuple[str, ...]) -> None:
        for key in keys:
            self.keys.add(key.encode())
            if beside:
                self.beside[key.encode()] = (*self.beside.get(key.encode(), ()), *beside)
                continue
            self.leaves[key.encode()].add(frozenset())
            if "_" in key:
                self.dashed = (*self.dashed, key.replace("_", "-"))

    def scan(self) -> Scan:
        leaves = {leaf: tuple(needs) for leaf, needs in self.leaves.items()}
        dashed: dict[bytes, tuple[str, ...]] = {}
        for option in dict.fromkeys(self.dashed):
            first = option.partition("-")[0].encode()
            dashed[first] = (*dashed.get(first, ()), option)
        beside = {leaf: tuple(dict.fromkeys(texts)) for leaf, texts in self.beside.items()}
        return Scan(
            leaves,
            frozenset(name.encode() for name in self.bare),
            dashed,
            beside,
            frozenset(self.keys),
            {leaf: tuple(needs) for leaf, needs in self.methods.items()},
            {leaf: tuple(dict.fromkeys(texts)) for leaf, texts in self.telling.items()},
            {leaf: frozenset(names) for leaf, names in self.owners.items()},
            self.spoken,
            self.index,
            _standing(dict.fromkeys(self.dashed)),
        )


def _standing(options: Iterable[str]) -> re.Pattern[str] | None:
    """Return where one of these command-line options stands: looked for by its first dash, which is rare."""
    parts = [option.partition("-") for option in options]
    texts = "|".join(f"(?<={first}-){re.escape(rest)}" for first, _, rest in parts)
    return re.compile(f"-(?:{texts})") if parts else None


def _module_like(part: str) -> bool:
    """A class may be reached through an instance without being named; a module's name stands in the file."""
    return part.islower()
