"""Find what a dotted name stands for in unpacked releases, by reading their text with griffe; nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import griffe

DEPTH = 24  # of re-exports, base classes and annotations followed for one name
DIRECT, REEXPORT, LAZY = "direct", "re-export", "lazy"
Thing = griffe.Module | griffe.Class | griffe.Function | griffe.Attribute


@dataclass(frozen=True)
class Found:
    """What a name stands for, and how it was reached."""

    thing: Thing
    how: str = DIRECT
    owner: griffe.Class | None = None  # the class it was looked up on


@dataclass(frozen=True)
class Signature:
    """The parameters of a callable, without `self` or `cls`."""

    positional: tuple[str, ...] = ()
    keyword: frozenset[str] = frozenset()  # accepted by name; holds the positional ones too
    defaults: tuple[tuple[str, str], ...] = ()
    more: bool = False  # takes **kwargs
    positional_only: int = 0
    spread: bool = False  # takes *args

    def default(self, name: str) -> str | None:
        return dict(self.defaults).get(name)


class Library:
    """The Python text of packages, read on demand; `places` gives the folders in which an import name may lie."""

    def __init__(self, places: Callable[[str], Iterable[Path]]) -> None:
        self._places = places
        self._roots: dict[str, tuple[Path, ...]] = {}
        self._modules: dict[str, griffe.Module | None] = {}
        self._strings: dict[str, frozenset[str]] = {}
        self._found: dict[str, Found | None] = {}

    # ------------------------------------------------------------ modules

    def module(self, name: str) -> griffe.Module | None:
        """Return a module or package by its dotted name; a folder without __init__ is a module without members."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> griffe.Module | None:
        files = [path for path in self._files(name) if path.is_file()]
        if not files:
            inside = any((root / name.replace(".", "/")).is_dir() for root in self._above(name))
            return griffe.Module(name.rpartition(".")[2], filepath=[]) if inside else None
        module: griffe.Module | None = None
        for path in files:  # the stub, where there is one, adds what the code leaves to a native module
            try:
                read = _visit(name, path)
            except (SyntaxError, ValueError, RecursionError):
                continue
            if module is None:
                module = read
            else:
                for key, member in read.members.items():
                    if key not in module.members or (module.members[key].is_alias and not member.is_alias):
                        module.members[key] = member
                module.overloads.update(read.overloads)
        return module

    def _files(self, name: str) -> Iterator[Path]:
        for root in self._above(name):
            base = root.joinpath(*name.split("."))
            yield from (base / "__init__.py", base / "__init__.pyi", base.with_suffix(".py"), base.with_suffix(".pyi"))

    def _above(self, name: str) -> tuple[Path, ...]:
        top = name.partition(".")[0]
        if top not in self._roots:
            self._roots[top] = tuple(self._places(top))
        return self._roots[top]

    # ------------------------------------------------------------ names

    def find(self, name: str, depth: int = DEPTH) -> Found | None:
        """Return what the dotted name stands for, or None."""
        if name not in self._found:
            self._found[name] = None  # a name that leads back to itself is not found that way
            found = self._search(name, depth)
            if found is None and depth < DEPTH:
                del self._found[name]  # another way may be shorter
                return None
            self._found[name] = found
        return self._found[name]

    def _search(self, name: str, depth: int) -> Found | None:
        first, *rest = name.split(".")
        module = self.module(first)
        reached = [Found(module)] if module is not None else []
        for number, part in enumerate(rest, 1):
            if depth <= 0:
                return None
            inner = [self._member(one, part, depth - 1) for one in reached]
            submodule = self.module(".".join([first, *rest[:number]]))
            if submodule is not None:  # what the package calls so comes first, its file of that name second
                inner.append(Found(submodule))
            reached = [one for one in inner if one is not None]
        return reached[0] if reached else None

    def _member(self, found: Found, part: str, depth: int) -> Found | None:
        thing = found.thing
        if isinstance(thing, griffe.Module):
            return self._of_module(found, thing, part, depth)
        if isinstance(thing, griffe.Class):
            return self._of_class(found, thing, part, depth)
        for target in self._meant(thing, depth):
            inner = self._member(replace(target, how=_worse(found.how, target.how)), part, depth - 1)
            if inner is not None:
                return inner
        return None

    def _of_module(self, found: Found, module: griffe.Module, part: str, depth: int) -> Found | None:
        if depth <= 0:
            return None
        member = module.members.get(part)
        got: Found | None = None
        if isinstance(member, griffe.Alias):
            path = member.target_path
            got = self.find(path, depth - 1) if path != f"{module.path}.{part}" else None
            got = got and replace(got, how=_worse(REEXPORT, got.how))
        elif isinstance(member, griffe.Attribute):
            got = next((one for one in self._meant(member, depth) if not isinstance(one.thing, griffe.Attribute)), None)
            got = replace(got, how=_worse(REEXPORT, got.how)) if got and _renames(member) else Found(member)
        elif isinstance(member, (griffe.Module, griffe.Class, griffe.Function)):
            got = Found(member)
        elif part in module.overloads:
            got = Found(module.overloads[part][-1])
        if got is None:
            submodule = self.module(f"{module.path}.{part}")
            got = Found(submodule) if submodule is not None else None
        if got is None:
            got = self._by_star(module, part, depth)
        if got is None:
            got = self._lazily(module, part, depth)
        return got and replace(got, how=_worse(found.how, got.how))

    def _by_star(self, module: griffe.Module, part: str, depth: int) -> Found | None:
        for member in reversed(module.members.values()):  # the last star wins
            if isinstance(member, griffe.Alias) and member.wildcard:
                source = self.find(member.wildcard, depth - 1)
                if source is not None and isinstance(source.thing, griffe.Module) and source.thing is not module:
                    got = self._of_module(source, source.thing, part, depth - 2)
                    if got is not None:
                        return replace(got, how=_worse(REEXPORT, got.how))
        return None

    def _lazily(self, module: griffe.Module, part: str, depth: int) -> Found | None:
        """Return what a table of names in the module's text promises: it is looked for in the module's own folder."""
        for path in _files_of(module):
            told = _told(part, _text(path))
            for name in told:
                got = self.find(name, depth - 2)
                if got is not None and got.thing is not module:
                    return replace(got, how=LAZY)
        if part not in self._texts(module):
            return None
        for path in _files_of(module):
            for file in sorted(path.parent.rglob("*.py")):
                if not re.search(rf"^(?:class|def|async def) {part}\b|^{part}\s*=", _text(file), re.MULTILINE):
                    continue
                inner = module.path + "".join(f".{one}" for one in _inside(file, path.parent))
                there = self.module(inner)
                if there is not None and there is not module and part in there.members:
                    got = self._of_module(Found(there), there, part, depth - 2)
                    if got is not None:
                        return replace(got, how=LAZY)
        return None

    def _texts(self, module: griffe.Module) -> frozenset[str]:
        """Return the string constants of a module that computes its names, else nothing."""
        if module.path not in self._strings:
            words: set[str] = set()
            for path in _files_of(module):
                if re.search(r"__getattr__|[Ll]azy|import_module|globals\(\)", _text(path)):
                    words |= set(re.findall(r"[\"'](?:[\w.]*[.:])?(\w+)[\"']", _text(path)))
            self._strings[module.path] = frozenset(words)
        return self._strings[module.path]

    def _of_class(self, found: Found, cls: griffe.Class, part: str, depth: int) -> Found | None:
        for one in self.mro(cls, depth):
            member = one.members.get(part)
            if isinstance(member, griffe.Alias):
                target = self.find(member.target_path, depth - 1)
                return target and replace(target, how=_worse(found.how, target.how), owner=cls)
            if member is not None:
                return Found(member, found.how, cls)  # type: ignore[arg-type]
            if part in one.overloads:
                return Found(one.overloads[part][-1], found.how, cls)
        return None

    def mro(self, cls: griffe.Class, depth: int = DEPTH) -> Iterator[griffe.Class]:
        """Yield the class and what it derives from, as far as it can be read."""
        seen: set[int] = set()
        todo = [cls]
        while todo and depth > 0:
            one = todo.pop(0)
            if id(one) in seen:
                continue
            seen.add(id(one))
            yield one
            bases = [self._class(path, depth) for base in one.bases for path in _paths(_bare(base))[:1]]
            todo = [base for base in bases if base is not None] + todo
            depth -= 1

    def _class(self, path: str, depth: int) -> griffe.Class | None:
        found = self.find(path, depth - 1)
        return found.thing if found and isinstance(found.thing, griffe.Class) else None

    def _meant(self, thing: Thing, depth: int) -> Iterator[Found]:
        """Yield what a value, or what a property or function returns, stands for."""
        if depth <= 0:
            return
        if isinstance(thing, griffe.Attribute):
            written = [thing.value, thing.annotation]
        elif isinstance(thing, griffe.Function):
            written = [thing.returns]
        else:
            return
        for expression in written:
            found = [self.find(path, depth - 2) for path in _paths(expression)]
            known = [one for one in found if one is not None and one.thing is not thing]
            if isinstance(expression, griffe.ExprCall) and isinstance(
                known[0].thing if known else None, griffe.Function
            ):
                known = known[1:] or known  # a wrapper says less than what it wraps
            yield from known

    # ------------------------------------------------------------ signatures

    def signatures(self, found: Found) -> list[Signature]:
        """Return the ways in which the thing may be called, as far as they can be read."""
        thing = found.thing
        if isinstance(thing, griffe.Function):
            parent = thing.parent
            several = parent.overloads.get(thing.name, []) if isinstance(parent, (griffe.Module, griffe.Class)) else []
            return [_signature(one) for one in [thing, *several]]
        if isinstance(thing, griffe.Class):
            return self._construction(thing)
        return [one for target in self._meant(thing, DEPTH) for one in self.signatures(target)]

    def _construction(self, cls: griffe.Class) -> list[Signature]:
        fields: list[tuple[str, str]] = []
        told: list[Signature] = []
        for one in self.mro(cls):
            own = [(name, attr) for name, attr in one.members.items() if isinstance(attr, griffe.Attribute)]
            fields = [(name, str(attr.value or "")) for name, attr in own if attr.annotation is not None] + fields
            if not told:
                for method in ("__init__", "__new__"):
                    member = one.members.get(method)
                    if isinstance(member, griffe.Function):
                        told += [_signature(each) for each in (member, *one.overloads.get(method, []))]
                    elif method in one.overloads:
                        told += [_signature(each) for each in one.overloads[method]]
        names = tuple(dict.fromkeys([*(name for name, _ in fields), *_other_names(fields)]))
        if not told:
            return [Signature(names, frozenset(names), tuple(fields))] if names else []
        # fields are keywords as well where a constructor takes them on
        return [replace(one, keyword=one.keyword | set(names)) if one.more else one for one in told]


def _visit(name: str, path: Path) -> griffe.Module:
    *above, own = name.split(".")
    parent: griffe.Module | None = None
    folder = (
        path.parents[len(above)] if path.stem == "__init__" else path.parents[len(above) - 1] if above else path.parent
    )
    for part in above:
        folder = folder / part
        parent = griffe.Module(part, filepath=folder / "__init__.py", parent=parent)
    code = _WRAPPED.sub("", _PAIRS.sub(_unpaired, _text(path)))
    return griffe.visit(own, filepath=path, code=code, parent=parent)


# `AutoModel = auto_class_update(AutoModel)`: what stood there before is what is called
_WRAPPED = re.compile(r"^(\w+) = [\w.]+\(\1\b.*\)$", re.MULTILINE)
# `load, loads = pickle.load, pickle.loads` at the top of a module, which griffe passes over
_PAIRS = re.compile(r"^(\w+), (\w+) = ([\w.]+), ([\w.]+)$", re.MULTILINE)


def _unpaired(match: re.Match[str]) -> str:
    return f"{match[1]} = {match[3]}; {match[2]} = {match[4]}"


def _signature(function: griffe.Function) -> Signature:
    kind = griffe.ParameterKind
    listed = list(function.parameters)
    if isinstance(function.parent, griffe.Class) and "staticmethod" not in function.labels and listed:
        if listed[0].kind in (kind.positional_only, kind.positional_or_keyword):
            listed = listed[1:]
    positional = [one.name for one in listed if one.kind in (kind.positional_only, kind.positional_or_keyword)]
    return Signature(
        positional=tuple(positional),
        keyword=frozenset(one.name for one in listed if one.kind not in (kind.var_keyword, kind.var_positional)),
        defaults=tuple((one.name, str(one.default)) for one in listed if one.default is not None),
        more=any(one.kind is kind.var_keyword for one in listed),
        positional_only=sum(one.kind is kind.positional_only for one in listed),
        spread=any(one.kind is kind.var_positional for one in listed),
    )


def _paths(expression: str | griffe.Expr | None) -> list[str]:
    """Return the dotted paths an expression may stand for: itself, a constructor's class, the parts of a union."""
    if expression is None or isinstance(expression, str):
        return []
    match expression:
        case griffe.ExprName() | griffe.ExprAttribute():
            return [expression.canonical_path]
        case griffe.ExprCall() if all(isinstance(one, str) for one in expression.arguments):
            # LazyImport("package.module", "Name")
            return [".".join(str(one).strip("\"'") for one in expression.arguments), *_paths(expression.function)]
        case griffe.ExprCall():
            inner = [path for one in expression.arguments for path in _paths(one)]
            return [*_paths(expression.function), *inner]
        case griffe.ExprSubscript():
            return [*_paths(expression.slice), *_paths(expression.left)]
        case griffe.ExprBinOp():
            return [*_paths(expression.left), *_paths(expression.right)]
        case griffe.ExprTuple():
            return [path for one in expression.elements for path in _paths(one)]
    return []


def _other_names(fields: list[tuple[str, str]]) -> list[str]:
    """Return the names that `Field(alias="…")` lets a constructor take as well."""
    return [name for _, value in fields for name in re.findall(r"\balias=[\"'](\w+)[\"']", value)]


def _told(part: str, text: str) -> list[str]:
    """Return the dotted names that a module's text gives for `part` inside a function or a table of lazy imports."""
    names = re.findall(rf"[\"']{part}[\"']\s*:\s*[\"']([\w.]+):(\w+)[\"']", text)
    names += [
        (where, part) for where in re.findall(rf"^\s+from ([\w.]+) import (?:[^\n]*\W)?{part}\b", text, re.MULTILINE)
    ]
    return [".".join(pair) for pair in names if not pair[0].startswith(".")]


def _bare(base: str | griffe.Expr) -> str | griffe.Expr:
    """Return a base class without its type arguments."""
    return base.left if isinstance(base, griffe.ExprSubscript) else base


def _renames(attribute: griffe.Attribute) -> bool:
    return isinstance(attribute.value, (griffe.ExprName, griffe.ExprAttribute))


def _worse(one: str, other: str) -> str:
    order = (DIRECT, REEXPORT, LAZY)
    return order[max(order.index(one), order.index(other))]


def _files_of(module: griffe.Module) -> list[Path]:
    path = module.filepath
    return [path] if isinstance(path, Path) and path.stem == "__init__" and path.is_file() else []


def _inside(file: Path, folder: Path) -> list[str]:
    parts = list(file.relative_to(folder).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


_TEXTS: dict[Path, str] = {}


def _text(path: Path) -> str:
    if path not in _TEXTS:
        _TEXTS[path] = path.read_text(encoding="utf-8", errors="replace")
    return _TEXTS[path]
