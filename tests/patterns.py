"""The regular expressions of the product, and texts that make each of them work as hard as it can.

A pattern is found wherever it lies: a module's value, one in a tuple or table of it, or the argument of a call. The
texts are long repetitions: of common characters, and of what the pattern itself repeats.
"""

import ast
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("rag", "agents", "orchestrator", "api")
_CALLS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
_ANCHORED = {"match", "fullmatch"}
_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_LONG = 20
"""Repeats that may go on for longer than this are attacked."""
_MOST_SHAPES = 60
"""Texts that are made of a pattern itself."""
_DEPTH = 3
_SAMPLES = " a1.,-'(/A_\n:;\"%]b9é["
UNITS = (
    *(" ", "\t", "\n", ".", ",", "(", ")", "[", "]", '"', "'", "1", "a", "A", "-", "/", ":", "*", "_", "é", "?"),
    *(
        "a ",
        ". ",
        "1 ",
        "( ",
        "- ",
        ", ",
        " ,",
        "| ",
        "a.",
        "1,",
        "1.",
        "a-",
        "a,",
        "a'",
        "1/",
        "a/",
        "a\n",
        "[1",
        "a1",
    ),
    *("the ", "and ", "what ", "is it ", "my ", "in ", "1 km ", "every ", "not "),
)
"""What a text consists of when it is nothing but a repetition."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression where it stands. `anchored`: it is only ever matched from a text's beginning."""

    place: str
    compiled: "re.Pattern[str]" = field(compare=False)
    anchored: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A text: `body` over and over between `before` and `after`."""

    before: str
    body: str
    after: str

    def text(self, length: int) -> str:
        return self.before + (self.body * (length // len(self.body) + 1))[:length] + self.after


@cache
def modules() -> Mapping[str, ModuleType]:
    """Every module of the product."""
    found = {}
    for package in PACKAGES:
        for info in walk_packages([package], f"{package}."):
            if not info.name.endswith("__main__"):
                found[info.name] = import_module(info.name)
    return found


@cache
def patterns() -> tuple[tuple[Pattern, ...], tuple[str, ...]]:
    """The patterns, each once, and the calls in functions whose pattern depends on what the function is given."""
    loaded = modules()
    trees = {name: ast.parse(Path(str(module.__file__)).read_text()) for name, module in loaded.items()}
    uses = _uses(trees)
    found: dict[tuple[str, int], Pattern] = {}
    unknown: list[str] = []

    def add(place: str, compiled: Any, anchored: bool) -> None:
        if isinstance(compiled, re.Pattern) and isinstance(compiled.pattern, str):
            key = compiled.pattern, compiled.flags
            if key not in found or found[key].anchored:
                found[key] = Pattern(place, compiled, anchored)

    for name, module in loaded.items():
        for variable, value in vars(module).items():
            owner = name if f"{name}.{variable}" in uses["assigned"] else ""
            if owner:
                used = uses.get(f"{name}.{variable}", set())
                anchored = isinstance(value, re.Pattern) and bool(used) and used <= _ANCHORED
                for compiled in _within(value, _DEPTH):
                    add(f"{name}.{variable}", compiled, anchored)
        for call, inside in _calls(trees[name]):
            try:
                compiled = eval(_built(call), {**vars(module), "re": re})
            except NameError:
                if inside:
                    unknown.append(f"{name}: {ast.unparse(call.args[0])}")
                continue
            verb = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if inside or verb != "compile":
                add(f"{name}:{call.lineno}", compiled, verb in _ANCHORED)
    return tuple(sorted(found.values(), key=lambda pattern: pattern.place)), tuple(sorted(unknown))


def shapes(pattern: "re.Pattern[str]") -> frozenset[Shape]:
    """Texts that a pattern may find hard: plain repetitions, and what the pattern repeats, with and without what it
    wants before that, and with an end that it does not want."""
    chance = random.Random(1)
    tree = parser.parse(pattern.pattern, pattern.flags)
    found = {Shape("", unit, "") for unit in UNITS} | {Shape("a", blank, "a") for blank in " \t\n.1"}
    pumped: set[Shape] = set()
    for before, body in _pumps(tree, chance, ""):
        for unit in filter(None, (body, before + body, before)):
            pumped |= {Shape(before, unit, "\x01"), Shape("", unit, "a"), Shape("", f"{unit} ", "\x01")}
    drawn = sorted(pumped, key=lambda shape: (shape.before, shape.body, shape.after))
    return frozenset(found) | frozenset(chance.sample(drawn, min(_MOST_SHAPES, len(drawn))))


def _uses(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """By a variable's full name the methods that are called on it anywhere; under `assigned` what a module makes."""
    found: dict[str, set[str]] = {"assigned": set()}
    for name, tree in trees.items():
        homes = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                homes |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for statement in tree.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            for target in targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                found["assigned"] |= {f"{name}.{one.id}" for one in names if isinstance(one, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                home = homes.get(node.value.id, f"{name}.{node.value.id}")
                found.setdefault(home, set()).add(node.attr)
    return found


def _within(value: object, depth: int) -> Iterator[object]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        for inner in value.values():
            yield from _within(inner, depth - 1)
    elif depth and isinstance(value, tuple | list | frozenset | set):
        for inner in value:
            yield from _within(inner, depth - 1)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """The calls of `re`, and whether each stands in a function."""
    inner = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=verb)) if verb in _CALLS:
                yield node, id(node) in inner


def _built(call: ast.Call) -> str:
    """An expression for the pattern of a call."""
    flags = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "flags"]
    flags += [ast.unparse(argument) for argument in call.args[1:] if ast.unparse(argument).startswith("re.")]
    return f"re.compile({', '.join([ast.unparse(call.args[0]), *flags])})"


def _pumps(tree: Any, chance: random.Random, before: str) -> Iterator[tuple[str, str]]:
    """For each long repeat a text that leads to it, and one that it repeats."""
    for at, (code, value) in enumerate(tree):
        lead = before + _sample(tree[:at], chance)
        if code in _REPEATS:
            _, most, body = value
            if most > _LONG:
                yield lead, _sample(body, chance) or _sample(body, chance)
            yield from _pumps(body, chance, lead)
        elif code is codes.SUBPATTERN:
            yield from _pumps(value[3], chance, lead)
        elif code is codes.ATOMIC_GROUP:
            yield from _pumps(value, chance, lead)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _pumps(branch, chance, lead)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _pumps(value[1], chance, lead)


def _sample(tree: Any, chance: random.Random) -> str:
    """A text that the pattern takes, but for what it looks at before and behind."""
    text = ""
    for code, value in tree:
        if code is codes.LITERAL:
            text += chr(value)
        elif code is codes.NOT_LITERAL:
            text += chance.choice([character for character in "a 1." if ord(character) != value])
        elif code is codes.ANY:
            text += chance.choice("a 1")
        elif code is codes.IN:
            text += chance.choice(_members(value))
        elif code is codes.BRANCH:
            text += _sample(chance.choice(value[1]), chance)
        elif code is codes.SUBPATTERN:
            text += _sample(value[3], chance)
        elif code is codes.ATOMIC_GROUP:
            text += _sample(value, chance)
        elif code in _REPEATS:
            least, most, body = value
            text += "".join(_sample(body, chance) for _ in range(max(least, min(most, chance.choice((0, 1, 1))))))
    return text


def _members(value: Any) -> list[str]:
    """Characters of a class."""
    fits = re.compile("".join(("[", *map(_spelt, value), "]")))
    literal = [chr(inner[0] if isinstance(inner, tuple) else inner) for code, inner in value if code in _ONE]
    return [character for character in (*_SAMPLES, *literal) if fits.match(character)] or ["a"]


_ONE = {codes.LITERAL, codes.RANGE}
_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}


def _spelt(item: tuple[Any, Any]) -> str:
    code, value = item
    if code is codes.NEGATE:
        return "^"
    if code is codes.CATEGORY:
        return _CATEGORIES[value]
    if code is codes.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return re.escape(chr(value))
