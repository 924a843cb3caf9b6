"""What can be mutated in a file, the mutants chosen from it, and a mutant as code.

Mutable are comparisons, operators, numbers and flags that compute. Annotations, ``__all__`` and what is read for types
only compute nothing. Which mutants are chosen hangs on the seed and on the words of the line, not on its number: a
change elsewhere leaves the choice as it was.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
SIGNS: dict[type[ast.AST], str] = {
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},  # noqa: PIE800
    **{ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and"},  # noqa: PIE800
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"},  # noqa: PIE800
    **{ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.Or: "or"},  # noqa: PIE800
    **{ast.Not: "not", ast.USub: "-", ast.Invert: "~"},  # noqa: PIE800
}
NOT_COMPUTED = {"annotation", "returns"}  # fields of the syntax tree


class Site(NamedTuple):
    """A place that can be mutated: the node, which of its operators, and what may stand there instead."""

    node: ast.AST
    number: int
    kind: str
    line: int
    column: int
    before: str
    others: tuple[str, ...]


class Mutant(NamedTuple):
    """One change: `text` is the line without its margin, `column` counts in it, `site` is the number in the file."""

    file: str
    line: int
    function: str
    kind: str
    text: str
    column: int
    before: str
    after: str
    site: int

    @property
    def key(self) -> tuple[str, ...]:
        """What stays when lines above it come and go."""
        return (self.file, self.function, self.text, str(self.column), self.before, self.after)


def choose_mutants(root: Path, files: Iterable[Path], seed: int, count: int) -> list[Mutant]:
    """`count` mutants of these files below `root`, one per place at most; more of the same seed hold these too."""
    found = [one for path in files for one in find_mutants(path.relative_to(root).as_posix(), path.read_text("utf-8"))]
    ranked = sorted(found, key=lambda one: (_draw(seed, *one[0].key), one[0].line))
    return [options[_draw(seed, "which", *options[0].key) % len(options)] for options in ranked[:count]]


def _draw(seed: int, *words: str) -> int:
    """A number that hangs on the words alone."""
    return int(hashlib.sha256("\n".join((str(seed), *words)).encode()).hexdigest()[:15], 16)


def find_mutants(file: str, source: str) -> list[list[Mutant]]:
    """Per mutable place, in the order of the file, the mutants that are possible there."""
    tree, lines = ast.parse(source), source.splitlines()
    functions = _functions(tree)
    found = []
    for number, site in enumerate(find_sites(tree, lines)):
        text = lines[site.line - 1]
        column = site.column - (len(text) - len(text.lstrip()))
        known = (file, site.line, functions(site.line), site.kind, text.strip(), column, site.before)
        found.append([Mutant(*known, after, number) for after in site.others])
    return found


def compile_mutant(mutant: Mutant, source: str, path: str) -> CodeType:
    """The file with this one change, as code."""
    tree = ast.parse(source)
    site = list(find_sites(tree, source.splitlines()))[mutant.site]
    _change(site, mutant.after)
    return compile(ast.fix_missing_locations(tree), path, "exec")


def find_sites(tree: ast.AST, lines: list[str]) -> Iterator[Site]:
    """Every mutable place, from the top down."""
    for node in _computing(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for number, operator in enumerate(node.ops):
                others = tuple(SIGNS[other] for other in COMPARISONS[type(operator)])
                sign = SIGNS[type(operator)]
                yield Site(
                    node, number, "comparison", *_between(sides[number], sides[number + 1], sign, lines), sign, others
                )
        elif isinstance(node, ast.BoolOp):
            sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield Site(node, 0, "operator", *_between(node.values[0], node.values[1], sign, lines), sign, (other,))
        elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS and not _joins_text(node):
            sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.target, node.value]
            sign, other = SIGNS[type(node.op)], SIGNS[OPERATORS[type(node.op)]]
            yield Site(node, 0, "operator", *_between(sides[0], sides[1], sign, lines), sign, (other,))
        elif isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
            yield Site(node, 0, "operator", node.lineno, node.col_offset, SIGNS[type(node.op)], ("",))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield Site(node, 0, "flag", node.lineno, node.col_offset, str(node.value), (str(not node.value),))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield Site(node, 0, "constant", node.lineno, node.col_offset, repr(node.value), _other_numbers(node.value))


def _other_numbers(value: int | float) -> tuple[str, ...]:
    if isinstance(value, int):
        return (repr(value + 1), repr(value - 1))
    return (repr(2 * value), repr(value / 2)) if value else ("1.0",)


def _change(site: Site, after: str) -> None:
    """Put `after` where the site is."""
    node = site.node
    types: dict[str, Any] = {sign: kind for kind, sign in SIGNS.items() if not issubclass(kind, ast.unaryop)}
    if isinstance(node, ast.Compare):
        node.ops[site.number] = types[after]()
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign):
        node.op = types[after]()
    elif isinstance(node, ast.UnaryOp):  # said twice it is as if it were not said
        node.operand = ast.copy_location(ast.UnaryOp(type(node.op)(), node.operand), node)
    elif isinstance(node, ast.Constant):
        node.value = ast.literal_eval(after)


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """This node and all below it, without what computes nothing."""
    names = [ast.unparse(target) for target in getattr(node, "targets", ())]
    if "__all__" in names or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field not in NOT_COMPUTED:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _computing(child)


def _joins_text(node: ast.BinOp | ast.AugAssign) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
    return any(isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str) for side in sides)


def _between(left: ast.expr, right: ast.expr, sign: str, lines: list[str]) -> tuple[int, int]:
    """Line and column of the operator that stands between two operands."""
    for line in range(left.end_lineno or left.lineno, right.lineno + 1):
        text = lines[line - 1].encode()
        start = (left.end_col_offset or 0) if line == left.end_lineno else 0
        end = right.col_offset if line == right.lineno else len(text)
        if (at := text.find(sign.encode(), start, end)) >= 0:
            return line, len(text[:at].decode())
    return left.lineno, left.col_offset


def _functions(tree: ast.Module) -> Callable[[int], str]:
    """The name of the innermost function or class around a line; `module` outside of them."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    spans = [(node.lineno, node.end_lineno or 0, node.name) for node in ast.walk(tree) if isinstance(node, kinds)]

    def name(line: int) -> str:
        around = [(last - first, name) for first, last, name in spans if first <= line <= last]
        return min(around)[1] if around else "module"

    return name
