"""The word scan: can this file have a finding at all?  Exact in one direction: what it passes over has none.

Knows nothing of LibCST; most files go no further than this.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlsec_lint.model import Match
from mlsec_lint.python.index import Index, Names
from mlsec_lint.python.words import holds, without_docstrings, without_prose, words

_PART = re.compile(r"[\w*]+")
_OUTSIDE = ("remote", "input")
Needs = tuple[frozenset[bytes], ...]  # sets of words, one of which must stand in the file as a whole


@dataclass(frozen=True, slots=True)
class Scan:
    """The words of the rules: a leaf counts together with the modules above it."""

    leaves: dict[bytes, Needs]
    bare: frozenset[bytes]  # builtins, called by their own names
    dashed: dict[bytes, tuple[str, ...]]  # a word -> command-line options that it begins
    beside: dict[bytes, tuple[str, ...]]  # leaf -> plain texts, one of which has to stand in the file

    keys: frozenset[bytes]  # leaves that name a parameter or an entry
    methods: dict[bytes, Needs]  # leaf -> what has to stand in the file for a method of who knows what
    owners: dict[bytes, frozenset[str]]  # leaf -> modules whose function it is
    spoken: Names[bool]  # the dotted names themselves
    index: Index

    def passes(self, text: str, module: str = "") -> bool:
        """Return whether the file may have a finding."""
        read = _read(text, module)
        found = read.words | read.own
        if any(word in found and read.holds(options) for word, options in self.dashed.items()):
            return True
        if not self._hits(found, read):
            return False
        if read.shorter is not text and not self._hits(read.shorter_words | read.own, read):
            return False
        found = read.found
        return any(self._stands(leaf, read, found) for leaf in self._hits(found, read))

    def hits(self, text: str, module: str = "") -> frozenset[bytes]:
        """Return the words for which a file passes."""
        read = _read(text, module)
        found = read.found
        stand = (leaf for leaf in self._hits(found, read) if self._stands(leaf, read, found))
        return frozenset((*stand, *(found & self.dashed.keys())))

    def names(self, part: str, leaves: frozenset[bytes], whole: str, module: str = "") -> bool:
        """Return whether a part of a text names one of the `leaves` for which the whole passes."""
        if not leaves:
            return False
        read = _Read(part, module, _read(whole, module))
        found = read.whole.found
        for leaf in leaves & read.code_words:
            if leaf in self.dashed and any(option in part for option in self.dashed[leaf]):
                return True
            if self._stands(leaf, read, found):
                return True
        return False

    def _hits(self, found: frozenset[bytes], read: _Read) -> list[bytes]:
        """Return the words of the rules that these words hold, together with what they need."""
        hits = [leaf for leaf in found & self.leaves.keys() if any(need <= found for need in self.leaves[leaf])]
        hits += [leaf for leaf, texts in self.beside.items() if leaf in found and read.holds(texts)]
        return [*hits, *(found & self.bare)]

    def _stands(self, leaf: bytes, read: _Read, found: frozenset[bytes]) -> bool:
        """Return whether a word stands where code can mean the thing: a variable of that name means nothing."""
        if leaf in self.bare and _called(leaf).search(read.code):
            return True
        if leaf in self.keys and _keyed(leaf).search(read.code):
            return True
        if leaf not in self.leaves:
            return False
        if read.open or leaf in read.imported:
            return True
        if read.dynamic and _quoted(leaf).search(read.code):
            return True
        return any(self._means(leaf, chain, read, found) for chain in read.receivers(leaf))

    def _speaks(self, target: str, rest: str, leaf: bytes, read: _Read) -> bool:
        """Return whether rules may speak of something in what an import names."""
        library, last = target.partition(".")[0], target.rpartition(".")[2]
        if library not in self.index.roots or library.encode() in read.own:
            return True  # it may hand on anything
        if last in self.index.modules:
            target = last  # a module of Python's own, handed on by a library
        dotted = ".".join(filter(None, (target, rest, leaf.decode())))
        return bool(self.spoken.find(dotted) or self.spoken.find(self.index.canonical(dotted)))

    def _means(self, leaf: bytes, chain: str, read: _Read, found: frozenset[bytes]) -> bool:
        """Return whether a word behind `chain.` may be what a rule speaks of."""
        root, _, rest = chain.partition(".")
        targets = read.aliases.get(root, ())
        if targets and not read.rebinds(root):
            return any(self._speaks(target, rest, leaf, read) for target in targets)
        if any(need <= found for need in self.methods.get(leaf, ())):
            return True
        owners = self.owners.get(leaf)
        return owners is not None and (read.dynamic or any(name in owners for name in read.handed))


class _Read:
    """A text, and its words, read as far as they are asked for."""

    def __init__(self, text: str, module: str = "", whole: _Read | None = None) -> None:
        self.text = text
        self.own = frozenset({module.partition(".")[0].encode()} if module else ())  # what the module itself belongs to
        self._whole = whole  # the file, where this is a part of one
        self._held: dict[tuple[str, ...], bool] = {}
        self._rebound: dict[str, bool] = {}

    def holds(self, texts: tuple[str, ...]) -> bool:
        """Return whether one of these stands in the text; many words ask for the same."""
        held = self._held.get(texts)
        if held is None:
            held = self._held[texts] = holds(self.text, texts)
        return held

    @functools.cached_property
    def words(self) -> frozenset[bytes]:
        return words(self.text)

    @property
    def whole(self) -> _Read:
        return self._whole or self

    @functools.cached_property
    def shorter(self) -> str:
        return without_docstrings(self.text)

    @functools.cached_property
    def shorter_words(self) -> frozenset[bytes]:
        return words(self.shorter)

    @functools.cached_property
    def code(self) -> str:
        return without_prose(self.shorter)

    @functools.cached_property
    def code_words(self) -> frozenset[bytes]:
        return words(self.code)

    @functools.cached_property
    def imported(self) -> frozenset[bytes]:
        """The words behind `import`."""
        return words("\n".join(_IMPORT.findall(self.code)))

    @functools.cached_property
    def open(self) -> bool:
        """Whether names may come from a module without being written."""
        return self.whole.open if self._whole is not None else _STAR.search(self.code) is not None

    @functools.cached_property
    def dynamic(self) -> bool:
        """Whether modules and what they hold may be had by names in strings."""
        return (
            self.whole.dynamic
            if self._whole is not None
            else (not _DYNAMIC.isdisjoint(self.code_words) or _BY_NAME.search(self.code) is not None)
        )

    @functools.cached_property
    def found(self) -> frozenset[bytes]:
        """The words of the code, and what the module belongs to."""
        return self.code_words | self.own

    @functools.cached_property
    def aliases(self) -> dict[str, set[str]]:
        """What the names that imports bind stand for."""
        if self._whole is not None:
            return self.whole.aliases
        out: dict[str, set[str]] = defaultdict(set)
        for found in _IMPORT.finditer(self.code):
            line = self.code.rfind("\n", 0, found.start()) + 1
            module = _FROM.search(self.code, line, found.start())
            base, names = module.group(1) if module is not None else "", found.group(1)
            for name in names.strip("() \t\n").replace("\\", " ").split(","):
                dotted, _, alias = (part.strip() for part in name.partition(" as "))
                if not dotted:
                    continue
                if base:
                    out[alias or dotted].add(f"{base}{'' if base.endswith('.') else '.'}{dotted}")
                else:
                    out[alias or dotted.partition(".")[0]].add(dotted if alias else dotted.partition(".")[0])
        return out

    def rebinds(self, name: str) -> bool:
        """Return whether the name of an import is given another value, too."""
        held = self.whole._rebound
        if name not in held:
            held[name] = _bound_again(name).search(self.whole.code) is not None
        return held[name]

    @functools.cached_property
    def handed(self) -> frozenset[str]:
        """The modules, by their own names, that are used as values: what their functions are called on may be anything."""
        if self._whole is not None:
            return self.whole.handed
        code = _IMPORT.sub("", self.code)
        out: set[str] = set()
        for chain in _CHAIN.findall(code):
            root, dot, rest = chain.partition(".")
            out.update(f"{target}{dot}{rest}" for target in self.aliases.get(root, ()))
        return frozenset(out)

    def receivers(self, leaf: bytes) -> Iterator[str]:
        """Yield what stands before a word and its dot wherever it names an attribute."""
        code = self.code
        for match in _named(leaf).finditer(code):
            before = _BEFORE.search(code, max(0, match.start() - 100), match.start())
            yield re.sub(r"\s", "", before.group()) if before is not None else ""


_read = functools.lru_cache(maxsize=2)(_Read)  # several scans look at one text
# These begin with plain characters, which are found quickly; that no word goes before is asked afterwards.
_IMPORT = re.compile(r"import(?<!\wimport)\b(\s*\([^)]*\)|(?:[^\n\\;]|\\.)*)", re.DOTALL)
_BY_NAME = re.compile(r"import\w*\(\s*[\"']", re.IGNORECASE)  # `optional_import("name")`
_STAR = re.compile(r"import(?<!\wimport)\s*\(?\s*\*")
_NAMED = r"\.\s*(?:\\\s*)?{name}\b"
_QUOTED = r"""\"[^"'\n]*\b{name}\b|'[^"'\n]*\b{name}\b"""
_FROM = re.compile(r"\bfrom\s*([\w.]+)\s*\Z")
_CHAIN = re.compile(r"(?<![\w.])([^\W\d]\w*(?:\.\w+)*)\b(?![ \t]*[.(])")
_BEFORE = re.compile(r"(?:[^\W\d]\w*\s*\.\s*)*[^\W\d]\w*\s*\Z")
_DYNAMIC = frozenset(
    b"getattr attrgetter methodcaller __dict__ vars globals __getattribute__ import_module __import__ modules _target_".split()
)


@functools.lru_cache(maxsize=4096)
def _named(leaf: bytes) -> re.Pattern[str]:
    """Return where a word names an attribute."""
    return re.compile(_NAMED.format(name=re.escape(leaf.decode())))


@functools.lru_cache(maxsize=64)
def _called(leaf: bytes) -> re.Pattern[str]:
    """Return where a word may be the builtin of that name."""
    name = re.escape(leaf.decode())
    return re.compile(rf"{name}(?<![\w.]{name})(?<!def {name})\b(?!\s*=[^=])")


@functools.lru_cache(maxsize=4096)
def _bound_again(name: str) -> re.Pattern[str]:
    """Return where a name is given a value."""
    return re.compile(rf"{name}(?<![\w.]{name})\s*(?::[^=\n]*)?=(?!=)")


@functools.lru_cache(maxsize=4096)
def _quoted(leaf: bytes) -> re.Pattern[str]:
    """Return where a word stands in a string."""
    return re.compile(_QUOTED.format(name=re.escape(leaf.decode())))


@functools.lru_cache(maxsize=4096)
def _keyed(leaf: bytes) -> re.Pattern[str]:
    """Return where a word names a parameter or an entry that is given a value."""
    name = re.escape(leaf.decode())
    return re.compile(rf"{name}(?<!\w{name})[\"']?\s*\]?\s*(?::|=(?!=))|" + f"{_NAMED}|{_QUOTED}".format(name=name))


@functools.lru_cache(maxsize=8)
def narrow(index: Index) -> Scan:
    """Return the scan of what the rules speak of."""
    return _Builder(index).rules().scan()


@functools.lru_cache(maxsize=8)
def spoken(index: Index) -> Scan:
    """Return the scan of what the rules and their visitors speak of."""
    return _Builder(index).rules().names(index.digests, index.checks).scan()


@functools.lru_cache(maxsize=8)
def wide(index: Index) -> Scan:
    """Return the scan that also counts sources of data, digests and checks: what other modules may want to know."""
    kinds = tuple(k for k in index.apis.sources if k in _OUTSIDE)
    return _Builder(index).rules().sources(kinds).names(index.digests, index.checks, index.apis.saves).scan()


@functools.lru_cache(maxsize=8)
def outside(index: Index) -> Scan:
    """Return the scan of sources alone: a file that may hand what comes from outside to the project's functions."""
    kinds = tuple(k for k in index.apis.sources if k in _OUTSIDE)
    return _Builder(index).sources(kinds).names(index.apis.saves).scan()


@functools.lru_cache(maxsize=8)
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
        elif len(owner) == 1:
            self.owners[word].add(owner[0])
        else:
            self.methods[word].add(need)

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
            {leaf: frozenset(names) for leaf, names in self.owners.items()},
            self.spoken,
            self.index,
        )


def _module_like(part: str) -> bool:
    """A class may be reached through an instance without being named; a module's name stands in the file."""
    return part.islower()
