"""From the tree of Python's own parser to LibCST's nodes, without whitespace: for what is interpreted and never printed.

LibCST's parser makes about four nodes of layout for one of meaning and takes eight times as long.  What is reported, and
what is mended, is read by LibCST itself.  `Bridge.places` knows where each stands.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)
_new = object.__new__
_set = object.__setattr__

_EMPTY = cst.Parameters()
_BODY = cst.IndentedBlock(body=())
_OPERATORS: dict[type, cst.CSTNode] = {
    ast.Add: cst.Add(), ast.Sub: cst.Subtract(), ast.Mult: cst.Multiply(), ast.Div: cst.Divide(), ast.Mod: cst.Modulo(),
    ast.Pow: cst.Power(), ast.LShift: cst.LeftShift(), ast.RShift: cst.RightShift(), ast.BitOr: cst.BitOr(),
    ast.BitXor: cst.BitXor(), ast.BitAnd: cst.BitAnd(), ast.FloorDiv: cst.FloorDivide(),
    ast.MatMult: cst.MatrixMultiply(), ast.And: cst.And(), ast.Or: cst.Or(), ast.Not: cst.Not(), ast.Invert: cst.BitInvert(),
    ast.UAdd: cst.Plus(), ast.USub: cst.Minus(), ast.Eq: cst.Equal(), ast.NotEq: cst.NotEqual(), ast.Lt: cst.LessThan(),
    ast.LtE: cst.LessThanEqual(), ast.Gt: cst.GreaterThan(), ast.GtE: cst.GreaterThanEqual(), ast.Is: cst.Is(),
    ast.IsNot: cst.IsNot(), ast.In: cst.In(), ast.NotIn: cst.NotIn(),
}  # fmt: skip
_ASSIGNING: dict[type, cst.CSTNode] = {
    ast.Add: cst.AddAssign(), ast.Sub: cst.SubtractAssign(), ast.Mult: cst.MultiplyAssign(), ast.Div: cst.DivideAssign(),
    ast.Mod: cst.ModuloAssign(), ast.Pow: cst.PowerAssign(), ast.LShift: cst.LeftShiftAssign(),
    ast.RShift: cst.RightShiftAssign(), ast.BitOr: cst.BitOrAssign(), ast.BitXor: cst.BitXorAssign(),
    ast.BitAnd: cst.BitAndAssign(), ast.FloorDiv: cst.FloorDivideAssign(), ast.MatMult: cst.MatrixMultiplyAssign(),
}  # fmt: skip

_COMPREHENSIONS: dict[type, type[cst.BaseExpression]] = {
    ast.ListComp: cst.ListComp, ast.SetComp: cst.SetComp, ast.GeneratorExp: cst.GeneratorExp,
}  # fmt: skip

Functions = dict[int, "ast.FunctionDef | ast.AsyncFunctionDef"]


_NEEDS_ESCAPES = re.compile(r'''[\\\r\0\ud800-\udfff]|"""|"\Z''')


def _quoted(value: str | bytes) -> str:
    """Return a literal that has this value, if possible without escapes: reading those costs more than all the rest."""
    if isinstance(value, str) and not _NEEDS_ESCAPES.search(value):
        return f'"""{value}"""'
    return repr(value)


class Bridge:
    """Makes LibCST's nodes, and knows where each stands."""

    def __init__(self) -> None:
        self.places: dict[int, ast.AST] = {}  # id of a node -> what it was made of

    def module(self, tree: ast.Module) -> tuple[cst.Module, Functions]:
        """Return a module whose functions have decorators and a name alone, and by their nodes' ids what gives the rest.

        Those are the functions of the module and of its classes.
        """
        functions: Functions = {}
        return self._make(cst.Module, None, body=self._statements(tree.body, functions)), functions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> cst.FunctionDef:
        """Return a function with its parameters and its body."""
        return self._make(
            cst.FunctionDef, node, name=self._name(node.name), params=self._parameters(node.args), body=self._block(node.body),
            decorators=self._decorators(node), returns=None, asynchronous=None,
        )  # fmt: skip

    def _make(self, kind: type[Node], at: ast.AST | None, **fields: object) -> Node:
        """Return a node without LibCST's checks of what Python has accepted."""
        node = _new(kind)
        for name in fields:
            _set(node, name, fields[name])
        if at is not None:
            self.places[id(node)] = at
        return node

    # ------------------------------------------------------------ statements

    def _statements(self, body: Sequence[ast.stmt], functions: Functions | None = None) -> list[cst.CSTNode]:
        out: list[cst.CSTNode] = []
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if functions is None:
                    out.append(self.function(node))
                else:
                    out.append(made := self._head(node))
                    functions[id(made)] = node
            elif isinstance(node, ast.ClassDef):
                out.append(self._class(node, functions))
            elif compound := _COMPOUND.get(type(node)):
                out.append(compound(self, node))
            elif small := _SMALL.get(type(node)):
                if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # nor docstrings
                    out.append(self._make(cst.SimpleStatementLine, node, body=(small(self, node),)))
        return out

    def _block(self, body: Sequence[ast.stmt]) -> cst.IndentedBlock:
        return self._make(cst.IndentedBlock, None, body=self._statements(body))

    def _else(self, body: Sequence[ast.stmt]) -> cst.Else | None:
        return self._make(cst.Else, None, body=self._block(body)) if body else None

    def _head(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> cst.FunctionDef:
        return self._make(
            cst.FunctionDef, node, name=self._name(node.name), params=_EMPTY, body=_BODY, decorators=self._decorators(node), returns=None,
            asynchronous=None,
        )  # fmt: skip

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[cst.Decorator]:
        return [self._make(cst.Decorator, one, decorator=self._of(one)) for one in node.decorator_list]

    def _class(self, node: ast.ClassDef, functions: Functions | None) -> cst.ClassDef:
        return self._make(
            cst.ClassDef, node, name=self._name(node.name), decorators=self._decorators(node), bases=self._arguments(node.bases, ()),
            keywords=self._arguments((), node.keywords),
            body=self._make(cst.IndentedBlock, None, body=self._statements(node.body, functions)),
        )  # fmt: skip

    def _parameters(self, args: ast.arguments) -> cst.Parameters:
        ordinary = [*args.posonlyargs, *args.args]
        defaults = [None] * (len(ordinary) - len(args.defaults)) + list(args.defaults)
        made = [self._parameter(one, default) for one, default in zip(ordinary, defaults, strict=True)]
        return self._make(
            cst.Parameters, None, posonly_params=made[: len(args.posonlyargs)], params=made[len(args.posonlyargs) :],
            star_arg=self._parameter(args.vararg, None) if args.vararg is not None else cst.MaybeSentinel.DEFAULT,
            kwonly_params=[self._parameter(one, default) for one, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)],
            star_kwarg=self._parameter(args.kwarg, None) if args.kwarg is not None else None,
        )  # fmt: skip

    def _parameter(self, node: ast.arg, default: ast.expr | None) -> cst.Param:
        annotation = (
            self._make(cst.Annotation, None, annotation=self._of(node.annotation))
            if node.annotation is not None
            else None
        )
        return self._make(
            cst.Param,
            node,
            name=self._name(node.arg),
            annotation=annotation,
            default=self._of(default) if default is not None else None,
        )

    def _if(self, node: ast.If) -> cst.If:
        other: cst.CSTNode | None = None
        first = node.orelse[0] if node.orelse else None
        if isinstance(first, ast.If) and first.col_offset == node.col_offset:  # `elif`
            other = self._if(first)
        elif node.orelse:
            other = self._else(node.orelse)
        return self._make(cst.If, node, test=self._of(node.test), body=self._block(node.body), orelse=other)

    def _for(self, node: ast.For | ast.AsyncFor) -> cst.For:
        return self._make(
            cst.For,
            node,
            target=self._of(node.target),
            iter=self._of(node.iter),
            body=self._block(node.body),
            orelse=self._else(node.orelse),
        )

    def _while(self, node: ast.While) -> cst.While:
        return self._make(
            cst.While, node, test=self._of(node.test), body=self._block(node.body), orelse=self._else(node.orelse)
        )

    def _try(self, node: Any) -> cst.Try:
        return self._make(
            cst.Try, node, body=self._block(node.body), handlers=[self._handler(one) for one in node.handlers],
            orelse=self._else(node.orelse),
            finalbody=self._make(cst.Finally, None, body=self._block(node.finalbody)) if node.finalbody else None,
        )  # fmt: skip

    def _handler(self, node: ast.ExceptHandler) -> cst.ExceptHandler:
        name = self._make(cst.AsName, None, name=self._name(node.name)) if node.name is not None else None
        kind = self._of(node.type) if node.type is not None else None
        return self._make(cst.ExceptHandler, node, type=kind, name=name, body=self._block(node.body))

    def _with(self, node: ast.With | ast.AsyncWith) -> cst.With:
        items = []
        for item in node.items:
            name = (
                self._make(cst.AsName, None, name=self._of(item.optional_vars))
                if item.optional_vars is not None
                else None
            )
            items.append(self._make(cst.WithItem, item.context_expr, item=self._of(item.context_expr), asname=name))
        return self._make(cst.With, node, items=items, body=self._block(node.body))

    def _match(self, node: ast.Match) -> cst.Match:
        cases = [self._make(cst.MatchCase, None, body=self._block(case.body)) for case in node.cases]
        return self._make(cst.Match, node, subject=self._of(node.subject), cases=cases)

    def _import(self, node: ast.Import) -> cst.Import:
        return self._make(cst.Import, node, names=[self._alias(one) for one in node.names])

    def _import_from(self, node: ast.ImportFrom) -> cst.ImportFrom:
        names = cst.ImportStar() if node.names[0].name == "*" else [self._alias(one) for one in node.names]
        module = self._dotted(node.module) if node.module else None
        return self._make(cst.ImportFrom, node, module=module, names=names, relative=[cst.Dot()] * node.level)

    def _alias(self, node: ast.alias) -> cst.ImportAlias:
        name = self._make(cst.AsName, None, name=self._name(node.asname)) if node.asname is not None else None
        return self._make(cst.ImportAlias, None, name=self._dotted(node.name), asname=name)

    def _dotted(self, name: str) -> cst.Name | cst.Attribute:
        owner, _, leaf = name.rpartition(".")
        return (
            self._make(cst.Attribute, None, value=self._dotted(owner), attr=self._name(leaf))
            if owner
            else self._name(leaf)
        )

    def _assign(self, node: ast.Assign) -> cst.Assign:
        targets = [self._make(cst.AssignTarget, None, target=self._of(one)) for one in node.targets]
        return self._make(cst.Assign, node, targets=targets, value=self._of(node.value))

    def _annotated(self, node: ast.AnnAssign) -> cst.AnnAssign:
        return self._make(
            cst.AnnAssign, node, target=self._of(node.target), annotation=self._make(cst.Annotation, None, annotation=self._of(node.annotation)),
            value=self._of(node.value) if node.value is not None else None,
        )  # fmt: skip

    def _augmented(self, node: ast.AugAssign) -> cst.AugAssign:
        operator = _ASSIGNING[type(node.op)]
        return self._make(
            cst.AugAssign, node, target=self._of(node.target), operator=operator, value=self._of(node.value)
        )

    def _raise(self, node: ast.Raise) -> cst.Raise:
        cause = self._make(cst.From, None, item=self._of(node.cause)) if node.cause is not None else None
        return self._make(cst.Raise, node, exc=self._of(node.exc) if node.exc is not None else None, cause=cause)

    def _delete(self, node: ast.Delete) -> cst.Del:
        elements = [self._make(cst.Element, None, value=self._of(one)) for one in node.targets]
        target = elements[0].value if len(elements) == 1 else self._make(cst.Tuple, None, elements=elements)
        return self._make(cst.Del, node, target=target)

    # ------------------------------------------------------------ expressions

    def _of(self, node: ast.expr) -> cst.BaseExpression:
        make = _EXPRESSIONS.get(type(node))
        return make(self, node) if make is not None else self._make(cst.Ellipsis, node)  # of a Python newer than this

    def _name(self, name: str) -> cst.Name:
        return self._make(cst.Name, None, value=name)

    def _constant(self, node: ast.Constant) -> cst.BaseExpression:
        value = node.value
        if isinstance(value, (str, bytes)):
            return self._make(cst.SimpleString, node, value=_quoted(value))
        if value is None or isinstance(value, bool):
            return self._make(cst.Name, node, value=str(value))
        if isinstance(value, int):
            return self._make(cst.Integer, node, value=str(value) if value < 1 << 64 else hex(value))
        if isinstance(value, float):
            return self._make(cst.Float, node, value=repr(value).replace("inf", "1e999"))
        return self._make(cst.Ellipsis, node) if value is ... else self._make(cst.Imaginary, node, value=repr(value))

    def _boolean(self, node: ast.BoolOp) -> cst.BaseExpression:
        operator, (first, *rest) = _OPERATORS[type(node.op)], node.values
        left = self._of(first)
        for value in rest:
            left = self._make(cst.BooleanOperation, node, left=left, operator=operator, right=self._of(value))
        return left

    def _comparison(self, node: ast.Compare) -> cst.Comparison:
        return self._make(
            cst.Comparison, node, left=self._of(node.left),
            comparisons=[
                self._make(cst.ComparisonTarget, None, operator=_OPERATORS[type(operator)], comparator=self._of(value))
                for operator, value in zip(node.ops, node.comparators, strict=True)
            ],
        )  # fmt: skip

    def _arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[cst.Arg]:
        out = []
        for one in args:
            if isinstance(one, ast.Starred):
                out.append(self._make(cst.Arg, one, value=self._of(one.value), keyword=None, star="*"))
            else:
                out.append(self._make(cst.Arg, one, value=self._of(one), keyword=None, star=""))
        for given in keywords:
            name = self._name(given.arg) if given.arg is not None else None
            out.append(
                self._make(
                    cst.Arg, given, value=self._of(given.value), keyword=name, star="" if name is not None else "**"
                )
            )
        return out

    def _call(self, node: ast.Call) -> cst.Call:
        return self._make(cst.Call, node, func=self._of(node.func), args=self._arguments(node.args, node.keywords))

    def _elements(self, nodes: Sequence[ast.expr]) -> list[cst.BaseElement]:
        return [
            self._make(cst.StarredElement, one, value=self._of(one.value))
            if isinstance(one, ast.Starred)
            else self._make(cst.Element, one, value=self._of(one))
            for one in nodes
        ]

    def _dict(self, node: ast.Dict) -> cst.Dict:
        return self._make(
            cst.Dict, node,
            elements=[
                self._make(cst.StarredDictElement, value, value=self._of(value))
                if key is None
                else self._make(cst.DictElement, key, key=self._of(key), value=self._of(value))
                for key, value in zip(node.keys, node.values, strict=True)
            ],
        )  # fmt: skip

    def _loops(self, loops: Sequence[ast.comprehension]) -> cst.CompFor:
        first, *rest = loops
        return self._make(
            cst.CompFor, first.iter, target=self._of(first.target), iter=self._of(first.iter),
            ifs=[self._make(cst.CompIf, None, test=self._of(test)) for test in first.ifs], inner_for_in=self._loops(rest) if rest else None,
        )  # fmt: skip

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> cst.BaseExpression:
        kind = _COMPREHENSIONS[type(node)]
        return self._make(kind, node, elt=self._of(node.elt), for_in=self._loops(node.generators))

    def _subscript(self, node: ast.Subscript) -> cst.Subscript:
        inside = node.slice
        parts: Sequence[ast.expr] = [inside]
        if (
            isinstance(inside, ast.Tuple) and inside.elts and inside.col_offset == inside.elts[0].col_offset
        ):  # no parentheses
            parts = inside.elts
        return self._make(
            cst.Subscript, node, value=self._of(node.value),
            slice=[self._make(cst.SubscriptElement, None, slice=self._index(part)) for part in parts],
        )  # fmt: skip

    def _index(self, node: ast.expr) -> cst.CSTNode:
        if isinstance(node, ast.Slice):
            ends = [self._of(one) if one is not None else None for one in (node.lower, node.upper, node.step)]
            return self._make(cst.Slice, node, lower=ends[0], upper=ends[1], step=ends[2])
        if isinstance(node, ast.Starred):
            return self._make(cst.Index, node, value=self._of(node.value), star="*")
        return self._make(cst.Index, node, value=self._of(node), star=None)

    def _formatted(self, node: ast.JoinedStr) -> cst.FormattedString:
        return self._make(cst.FormattedString, node, start="rf'", end="'", parts=self._parts(node.values))

    def _parts(self, values: Sequence[ast.expr]) -> list[cst.CSTNode]:
        out: list[cst.CSTNode] = []
        for value in values:
            if isinstance(value, ast.FormattedValue):
                out.append(self._make(
                    cst.FormattedStringExpression, value, expression=self._of(value.value),
                    conversion=chr(value.conversion) if value.conversion > 0 else None,
                    format_spec=self._parts(cast("ast.JoinedStr", value.format_spec).values) if value.format_spec is not None else None,
                ))  # fmt: skip
            elif isinstance(value, ast.Constant):
                out.append(self._make(cst.FormattedStringText, value, value=value.value))
        return out


_COMPOUND: dict[type, Callable[[Bridge, Any], cst.CSTNode]] = {
    ast.If: Bridge._if, ast.For: Bridge._for, ast.AsyncFor: Bridge._for, ast.While: Bridge._while, ast.Try: Bridge._try, ast.With: Bridge._with,
    ast.AsyncWith: Bridge._with, ast.Match: Bridge._match,
}  # fmt: skip
if hasattr(ast, "TryStar"):  # from Python 3.11 on
    _COMPOUND[ast.TryStar] = Bridge._try
_SMALL: dict[type, Callable[[Bridge, Any], cst.CSTNode]] = {
    ast.Expr: lambda b, n: b._make(cst.Expr, n, value=b._of(n.value)),
    ast.Assign: Bridge._assign,
    ast.AnnAssign: Bridge._annotated,
    ast.AugAssign: Bridge._augmented,
    ast.Return: lambda b, n: b._make(cst.Return, n, value=b._of(n.value) if n.value is not None else None),
    ast.Raise: Bridge._raise,
    ast.Assert: lambda b, n: b._make(
        cst.Assert, n, test=b._of(n.test), msg=b._of(n.msg) if n.msg is not None else None
    ),
    ast.Delete: Bridge._delete,
    ast.Import: Bridge._import,
    ast.ImportFrom: Bridge._import_from,
    ast.Global: lambda b, n: b._make(
        cst.Global, n, names=[b._make(cst.NameItem, None, name=b._name(x)) for x in n.names]
    ),
    ast.Nonlocal: lambda b, n: b._make(
        cst.Nonlocal, n, names=[b._make(cst.NameItem, None, name=b._name(x)) for x in n.names]
    ),
    ast.Pass: lambda b, n: b._make(cst.Pass, n),
    ast.Break: lambda b, n: b._make(cst.Break, n),
    ast.Continue: lambda b, n: b._make(cst.Continue, n),
}
_EXPRESSIONS: dict[type, Callable[[Bridge, Any], cst.BaseExpression]] = {
    ast.Name: lambda b, n: b._make(cst.Name, n, value=n.id),
    ast.Attribute: lambda b, n: b._make(cst.Attribute, n, value=b._of(n.value), attr=b._name(n.attr)),
    ast.Call: Bridge._call,
    ast.Constant: Bridge._constant,
    ast.Subscript: Bridge._subscript,
    ast.BinOp: lambda b, n: b._make(
        cst.BinaryOperation, n, left=b._of(n.left), operator=_OPERATORS[type(n.op)], right=b._of(n.right)
    ),
    ast.BoolOp: Bridge._boolean,
    ast.Compare: Bridge._comparison,
    ast.UnaryOp: lambda b, n: b._make(
        cst.UnaryOperation, n, operator=_OPERATORS[type(n.op)], expression=b._of(n.operand)
    ),
    ast.IfExp: lambda b, n: b._make(cst.IfExp, n, test=b._of(n.test), body=b._of(n.body), orelse=b._of(n.orelse)),
    ast.Lambda: lambda b, n: b._make(cst.Lambda, n, params=b._parameters(n.args), body=b._of(n.body)),
    ast.NamedExpr: lambda b, n: b._make(cst.NamedExpr, n, target=b._of(n.target), value=b._of(n.value)),
    ast.Tuple: lambda b, n: b._make(cst.Tuple, n, elements=b._elements(n.elts)),
    ast.List: lambda b, n: b._make(cst.List, n, elements=b._elements(n.elts)),
    ast.Set: lambda b, n: b._make(cst.Set, n, elements=b._elements(n.elts)),
    ast.Dict: Bridge._dict,
    ast.ListComp: Bridge._comprehension,
    ast.SetComp: Bridge._comprehension,
    ast.GeneratorExp: Bridge._comprehension,
    ast.DictComp: lambda b, n: b._make(
        cst.DictComp, n, key=b._of(n.key), value=b._of(n.value), for_in=b._loops(n.generators)
    ),
    ast.Await: lambda b, n: b._make(cst.Await, n, expression=b._of(n.value)),
    ast.Yield: lambda b, n: b._make(cst.Yield, n, value=b._of(n.value) if n.value is not None else None),
    ast.YieldFrom: lambda b, n: b._make(cst.Yield, n, value=b._make(cst.From, None, item=b._of(n.value))),
    ast.JoinedStr: Bridge._formatted,
    ast.Starred: lambda b, n: b._make(cst.StarredElement, n, value=b._of(n.value)),
}
