"""The word scan: can this file have a finding at all?  Exact in one direction: what it passes over has none.

Knows nothing of LibCST; most files go no further than this.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_lint.python.index import Index, Names
from mlsec_lint.python.words import holds, without_docstrings, without_prose, words

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
    telling: dict[bytes, tuple[str, ...]]  # leaf -> plain texts, one of which is enough for that, too
    owners: dict[bytes, frozenset[str]]  # leaf -> modules whose function it is
    spoken: Names[bool]  # the dotted names themselves
    index: Index
    options: re.Pattern[str] | None  # where one of the command-line options stands

    def passes(self, text: str, module: str = "") -> bool:
        """Return whether the file may have a finding."""
        read = _read(text, module)
        if self.options is not None and self.options.search(text):
            return True
        if not self._hits(read.words | read.own, read):
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
        for asked in (self.beside, self.telling):
            hits += [leaf for leaf, texts in asked.items() if leaf in found and read.whole.holds(texts)]
        return [*hits, *(found & self.bare)]

    def _stands(self, leaf: bytes, read: _Read, found: frozenset[bytes]) -> bool:
        """Return whether a word stands where code can mean the thing: a variable of that name means nothing."""
        if leaf in self.bare and _called(leaf).search(read.code):
            return True
        if leaf in self.keys and _keyed(leaf).search(read.code):
            return True
        if leaf not in self.leaves and leaf not in self.telling:
            return False
        if read.open or leaf in read.imported:
            return True
        if read.dynamic and self._means(leaf, "", read, found) and _quoted(leaf).search(read.code):
            return True
        return any(self._means(leaf, chain, read, found) for chain in read.receivers(leaf))

    def speaks(self, dotted: str) -> bool:
        """Return whether a dotted name is one that this is the scan of."""
        return bool(self.spoken.find(dotted) or self.spoken.find(self.index.canonical(dotted)))

    def _speaks(self, target: str, rest: str, leaf: bytes, read: _Read) -> bool:
        """Return whether rules may speak of something in what an import names."""
        library, last = target.partition(".")[0], target.rpartition(".")[2]
        if library not in self.index.roots or library.encode() in read.own:
            return True  # it may hand on anything
        if last in self.index.modules:
            target = last  # a module of Python's own, handed on by a library
        return self.speaks(".".join(filter(None, (target, rest, leaf.decode()))))

    def _means(self, leaf: bytes, chain: str, read: _Read, found: frozenset[bytes]) -> bool:
        """Return whether a word behind `chain.` may be what a rule speaks of."""
        root, _, rest = chain.partition(".")
        targets = read.aliases.get(root, ())
        if targets and not read.rebinds(root):
            return any(self._speaks(target, rest, leaf, read) for target in targets)
        if any(need <= found for need in self.methods.get(leaf, ())):
            return True
        if leaf in self.telling and read.whole.holds(self.telling[leaf]):
            return True
        owners = self.owners.get(leaf, frozenset())
        roots = read.roots
        return any((name.partition(".")[0] in roots and read.hands_on(name)) or read.quotes(name) for name in owners)


class _Read:
    """A text, and its words, read as far as they are asked for."""

    def __init__(self, text: str, module: str = "", whole: _Read | None = None) -> None:
        self.text = text
        self.own = frozenset({module.partition(".")[0].encode()} if module else ())  # what the module itself belongs to
        self._whole = whole  # the file, where this is a part of one
        self._held: dict[tuple[str, ...], bool] = {}
        self._rebound: dict[str, bool] = {}
        self._quoted: dict[str, bool] = {}
        self._handed: dict[str, bool] = {}

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

    def quotes(self, name: str) -> bool:
        """Return whether a module may be had by its name in a string."""
        if self._whole is not None:
            return self.whole.quotes(name)
        held = self._quoted.get(name)
        if held is None:
            held = self._quoted[name] = self.dynamic and name in self.code and _stands_quoted(name, self.code)
        return held

    @functools.cached_property
    def roots(self) -> frozenset[str]:
        """The libraries of which imports bring anything."""
        if self._whole is not None:
            return self.whole.roots
        return frozenset(target.partition(".")[0] for targets in self.aliases.values() for target in targets)

    def rebinds(self, name: str) -> bool:
        """Return whether the name of an import is given another value, too."""
        held = self.whole._rebound
        if name not in held:
            held[name] = _bound_again(name).search(self.whole.code) is not None
        return held[name]

    def hands_on(self, name: str) -> bool:
        """Return whether a module is used as a value: what its functions are called on may be anything."""
        if self._whole is not None:
            return self.whole.hands_on(name)
        held = self._handed.get(name)
        if held is None:
            held = self._handed[name] = any(
                _as_value(root + name[len(target) :]).search(self._used) is not None
                for root, targets in self.aliases.items()
                for target in targets
                if f"{name}.".startswith(f"{target}.")
            )
        return held

    @functools.cached_property
    def _used(self) -> str:
        """The code without its imports."""
        return _IMPORT.sub("", self.code)

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
_OPENED = re.compile(r"[\"'][^\"'\n]*\Z")
_FROM = re.compile(r"\bfrom\s*([\w.]+)\s*\Z")
_BEFORE = re.compile(r"(?:[^\W\d]\w*\s*\.\s*)*[^\W\d]\w*\s*\Z")
_DYNAMIC = frozenset(
    b"getattr attrgetter methodcaller __dict__ vars globals __getattribute__ import_module __import__ modules _target_".split()
)


@functools.lru_cache(maxsize=4096)
def _as_value(chain: str) -> re.Pattern[str]:
    """Return where names are used, and neither called nor asked for what they hold."""
    name = re.escape(chain)
    return re.compile(rf"{name}(?<![\w.]{name})\b(?![ \t]*[.(])")


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


def _stands_quoted(name: str, text: str) -> bool:
    """Return whether a name stands in a string, as `_quoted` tells it: each place where it stands is looked at."""
    for match in re.finditer(rf"{re.escape(name)}\b", text):
        start = match.start()
        line = text[text.rfind("\n", 0, start) + 1 : start]
        if _OPENED.search(line) and not (line[-1:].isalnum() or line[-1:] == "_"):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def _keyed(leaf: bytes) -> re.Pattern[str]:
    """Return where a word names a parameter or an entry that is given a value."""
    name = re.escape(leaf.decode())
    return re.compile(rf"{name}(?<!\w{name})[\"']?\s*\]?\s*(?::|=(?!=))|" + f"{_NAMED}|{_QUOTED}".format(name=name))
