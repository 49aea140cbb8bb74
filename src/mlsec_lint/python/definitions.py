"""Functions, classes and imports: what a definition gives a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Level
from mlsec_lint.python import judging
from mlsec_lint.python.annotations import annotated_value
from mlsec_lint.python.dispatch import interprets
from mlsec_lint.python.functions import ClassInfo, FunctionInfo
from mlsec_lint.python.library import field_default
from mlsec_lint.python.members import library_bases
from mlsec_lint.python.own import decorated
from mlsec_lint.python.state import State
from mlsec_lint.python.targets import assign
from mlsec_lint.python.texts import handed_through
from mlsec_lint.python.values import Local, LocalClass, Value, named, told
from mlsec_lint.source import relative_base

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def define(walker: Walker, node: cst.FunctionDef | cst.Lambda, name: str) -> FunctionInfo:
    """Return what a definition makes: its parameters and their defaults, the body still to be interpreted."""
    info = FunctionInfo(
        name,
        node,
        walker,
        id(node),
        cls=walker.cls,
        scope=".".join((*walker.scope, name)),
        outer={**walker.function.outer, **walker.state.names} if walker.function is not None else {},
        nested=walker.function is not None,
    )
    read_parameters(walker, info, node.params)
    walker.defined(info)
    return info


def read_parameters(walker: Walker, info: FunctionInfo, params: cst.Parameters) -> None:
    """Tell a function its parameters and their defaults."""
    ordinary = (*params.posonly_params, *params.params)
    defaults: dict[str, Value] = {}
    for param in (*ordinary, *params.kwonly_params):
        if param.default is not None:
            value = field_default(walker, walker.value(param.default))
            judging.referred(walker, value, param.default, Level.MEDIUM)
            value = field_default(walker, value)
            if judging.default(walker, param.name.value, value, param) or handed_through(value):
                value = told(value)
            defaults[param.name.value] = value
        elif param.annotation is not None:
            annotated = annotated_value(walker, param.annotation.annotation)
            if annotated is not None:
                defaults.setdefault("\0" + param.name.value, annotated)
    info.parameters = tuple(p.name.value for p in ordinary)
    info.keyword_only = tuple(p.name.value for p in params.kwonly_params)
    info.defaults = defaults
    info.star = params.star_arg.name.value if isinstance(params.star_arg, cst.Param) else ""
    info.stars = params.star_kwarg.name.value if params.star_kwarg is not None else ""


@interprets(cst.FunctionDef)
def _function(walker: Walker, node: cst.FunctionDef) -> None:
    decorators = [(d, walker.value(d.decorator)) for d in node.decorators]
    info = define(walker, node, node.name.value)
    value = Value((Local(info),))
    if walker.cls is not None and walker.function is None:
        info.kind = "method"
    for _, decorator in decorators:
        value = decorated(walker, info, decorator, value)
    walker.bind(node.name.value, value)


@interprets(cst.ClassDef)
def _class(walker: Walker, node: cst.ClassDef) -> None:
    for decorator in node.decorators:
        walker.value(decorator.decorator)
    bases = tuple(walker.value(a.value) for a in node.bases)
    for keyword in node.keywords:
        walker.value(keyword.value)
    info = ClassInfo(node.name.value, walker, id(node), bases)
    walker.classes.append(info)
    saved = (walker.cls, walker.function, walker.scope)
    outer_names = walker.state
    inside = State(dict(outer_names.names), outer_names.files, outer_names.checked, outer_names.facts)
    walker.state, walker.cls = inside, info
    function, walker.function = walker.function, None
    walker.scope = [*walker.scope, node.name.value]
    if function is not None:
        inside.names = {**function.outer, **inside.names}
    first = len(walker.functions)
    before = dict(inside.names)
    walker.suite(node.body)
    own = {k: v for k, v in walker.state.names.items() if before.get(k) is not v}
    info.own = own
    if function is not None:
        for inner in walker.functions[first:]:
            inner.outer = {**function.outer, **outer_names.names}
    walker.state = outer_names
    walker.cls, walker.function, walker.scope = saved
    walker.bind(node.name.value, Value((LocalClass(info),)))
    _call_back(walker, info)
    ordered = sorted(
        walker.functions[first:], key=lambda f: f.name not in ("__init__", "__post_init__", "setup", "__enter__")
    )
    walker.functions[first:] = ordered


def _call_back(walker: Walker, cls: ClassInfo) -> None:
    """Methods by which a library hands over data: the class's own, and those of a mixin beside the library's class."""
    mixins = [a.cls for base in cls.bases for a in base.alts if isinstance(a, LocalClass) and a.cls.walker is walker]
    for one in (cls, *mixins):
        for name in walker.index.overridden & one.own.keys():
            kinds = [k for base in library_bases(cls) for k in walker.index.callbacks.find(f"{base}.{name}")]
            for alt in one.own[name].alts if kinds else ():
                if isinstance(alt, Local):
                    alt.function.input_kind = kinds[0]


@interprets(cst.Import)
def _import(walker: Walker, node: cst.Import) -> None:
    for alias in node.names:
        dotted = dotted_name(alias.name)
        walker.roots.add(dotted.partition(".")[0])
        canonical = walker.index.canonical(dotted)
        if alias.asname is not None:
            assign(walker, alias.asname.name, named(canonical), node)
        else:
            root = dotted.partition(".")[0]
            walker.bind(root, named(walker.index.canonical(root) if canonical == dotted else root))


@interprets(cst.ImportFrom)
def _import_from(walker: Walker, node: cst.ImportFrom) -> None:
    base = dotted_name(node.module) if node.module is not None else ""
    if node.relative:
        base = relative_base(walker.source, len(node.relative), base)
    else:
        walker.roots.add(base.partition(".")[0])
    if isinstance(node.names, cst.ImportStar):
        walker.stars.append(base)
        if walker.project is not None:
            for name, value in walker.project.exports(base, walker.source.path).items():
                walker.bind(name, value)
        return
    for alias in node.names:
        name = dotted_name(alias.name)
        target = alias.asname.name if alias.asname is not None else alias.name
        dotted = walker.index.canonical(f"{base}.{name}" if base else name)
        root = name.partition(".")[0]
        if root in walker.index.modules and not walker.index.speaks_of(dotted):
            dotted = walker.index.canonical(name)  # a module of Python's own, handed on by a library
        assign(walker, target, named(dotted), node)


def dotted_name(node: cst.CSTNode | None) -> str:
    """Return `a.b.c` of a Name or Attribute chain."""
    if type(node) is cst.Attribute:
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return node.value if type(node) is cst.Name else ""
