"""What is changed, one thing at a time, to see whether a test notices."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_REVERSED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.RShift: ast.LShift,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one function's body, or of one constant of a module.

    Attributes:
        module: Dotted name.
        where: Function or ``Class.method``, or the constant's name.
        is_constant: Which of the two.
        line: Where the change is.
        what: The line after the change, on one line.
        tree: The whole module after it.
    """

    module: str
    where: str
    is_constant: bool
    line: int
    what: str
    tree: ast.Module


def mutants_of(root: Path, path: Path) -> Iterator[Mutant]:
    """All mutants of a file: bodies of functions and methods, and constants of the module."""
    whole = ast.parse(path.read_text(encoding="utf-8"))
    module = ".".join(path.relative_to(root).with_suffix("").parts)
    for steps, where in _places(whole):
        for spot, change in _changes(_at(whole, steps)):
            tree = copy.deepcopy(whole)
            target = _at(tree, steps)
            node = _swap(target, spot, change)
            ast.fix_missing_locations(tree)
            line = getattr(node, "lineno", target.lineno)
            is_constant = isinstance(target, ast.Assign)
            yield Mutant(module=module, where=where, is_constant=is_constant, line=line, what=_told(node), tree=tree)


def _places(whole: ast.Module) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, node in enumerate(whole.body):
        if isinstance(node, ast.FunctionDef):
            yield (index,), node.name
        elif isinstance(node, ast.ClassDef):
            for inner, method in enumerate(node.body):
                if isinstance(method, ast.FunctionDef):
                    yield (index, inner), f"{node.name}.{method.name}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield (index,), node.targets[0].id


def _at(whole: ast.Module, steps: tuple[int, ...]) -> ast.stmt:
    node: ast.Module | ast.stmt = whole
    for step in steps:
        node = node.body[step]  # type: ignore[union-attr]
    return node  # type: ignore[return-value]


def _nodes(place: ast.stmt) -> list[ast.AST]:
    """What runs at each call, in a fixed order: no docstring, default, decorator, annotation or text of an f-string."""
    body: list[ast.AST] = list(place.body) if isinstance(place, ast.FunctionDef) else [place.value]  # type: ignore[attr-defined]
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    found: list[ast.AST] = []
    while body:
        node = body.pop(0)
        if not isinstance(node, ast.JoinedStr | ast.AnnAssign):
            found.append(node)
            body.extend(ast.iter_child_nodes(node))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            body.append(node.value)
    return found


def _changes(place: ast.stmt) -> Iterator[tuple[int, ast.AST]]:
    """Index into the place's nodes, and what stands there instead."""
    for spot, node in enumerate(_nodes(place)):
        for instead in _instead(node):
            yield spot, ast.copy_location(instead, node)


def _instead(node: ast.AST) -> Iterator[ast.AST]:  # noqa: PLR0912  # one kind of change a branch
    match node:
        case ast.Compare(ops=[op, *_]):
            for table in (_COMPARED, _REVERSED):
                if type(op) in table:
                    yield ast.Compare(node.left, [table[type(op)](), *node.ops[1:]], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in _COUNTED:
            yield ast.BinOp(node.left, _COUNTED[type(node.op)](), node.right)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if value and " " not in value:
            yield ast.Constant(f"{value}!")
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield ast.Pass()
        case ast.If() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.IfExp() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _swap(place: ast.stmt, spot: int, change: ast.AST) -> ast.AST:
    old = _nodes(place)[spot]
    for parent in ast.walk(place):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, change)
            elif isinstance(value, list):
                value[:] = [change if item is old else item for item in value]
    return change


def _told(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:110]
