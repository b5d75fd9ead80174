"""The form that a field must have, in plain words, made from the types that frames and bodies are decoded to, by
msgspec or by pydantic.

A refusal says what is expected and repeats nothing of what was sent. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import inspect

from orchestrator.commands import FORMS
from orchestrator.errors import BadRequest

_PLACE = re.compile(r" - at `\$\.?([^`]*+)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")
_STEP = re.compile(r"\[(?:\d+|\.\.\.)\]|\w+")
_SAME: Mapping[str, str] = MappingProxyType({"question": "message", "content": "message"})
"""What dialects call fields of commands."""
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "int_": "a whole number", "float_": "a number", "bool_": "true or false", "string_type": "a string",
        "list_type": "a list", "dict_type": "an object", "model_": "an object",
    }
)  # fmt: skip
"""What pydantic's checks of these types, or of names that begin so, ask for."""
_ANY = "any JSON value but null"


def mismatch(error: msgspec.ValidationError, kind: type) -> BadRequest:
    """The refusal of what could not be converted to `kind`: its `field` is the outermost one, or the one that is
    missing, and its text names the innermost."""
    message = str(error)
    place, absent = _PLACE.search(message), _MISSING.search(message)
    steps = _STEP.findall(place[1]) if place else []
    steps += [absent[1]] if absent else []
    field = absent[1] if absent else next(iter(steps), None)
    form = expected(kind, steps)
    return BadRequest(field=field, form=form, path=_path(steps), missing=absent is not None)


def expected(kind: type, steps: Sequence[str]) -> str:
    """The form of the field of `kind` to which the steps lead: names of fields, and `[…]` for items."""
    types = [_type(kind)]
    for step in steps:
        types = [inner for outer in types for inner in _inside(outer, step)]
    words = either(_words(inner) for inner in types)
    name = steps[-1] if steps else ""
    narrower = FORMS.get(_SAME.get(name, name), "")
    return narrower if narrower and (words == _ANY or narrower.startswith(words)) else words


@cache
def _type(kind: type) -> inspect.Type:
    return inspect.type_info(kind)


def demanded(error: Mapping[str, Any]) -> str:
    """The form that a check of pydantic's asks for, of which `error` is one of the `errors()`; "" for a check that is
    not known to say nothing of what was sent."""
    kind, limits = str(error["type"]), error.get("ctx") or {}
    for start, words in _KINDS.items():
        if kind.startswith(start):
            return words
    match kind:
        case "greater_than_equal":
            return within("a number", limits["ge"])
        case "less_than_equal":
            return within("a number", None, limits["le"])
        case "string_too_short":
            return sized("a string", limits["min_length"])
        case "string_too_long":
            return sized("a string", None, limits["max_length"])
        case "literal_error" | "enum":
            return str(limits["expected"]).replace("'", '"')
        case "union_tag_invalid":
            tags = choice(tag.strip("'") for tag in limits["expected_tags"].split(", "))
            return f"an object whose {_marked(limits)} is {tags}"
        case "union_tag_not_found":
            return f"an object with {_marked(limits)}"
        case _:
            return ""


def _marked(limits: Mapping[str, Any]) -> str:
    """The field that tells the members of a union apart."""
    return f"`{limits['discriminator']}`".replace("'", "")


def choice(values: Iterable[object]) -> str:
    """One of the values: `"up" or "down"`."""
    return either(msgspec.json.encode(value).decode() for value in values)


def within(kind: str, least: object = None, most: object = None) -> str:
    """A number between two bounds, each of which may be none: `a whole number of at least 0`."""
    if least is not None and most is not None:
        return f"{kind} from {least} to {most}"
    if least is not None:
        return f"{kind} of at least {least}"
    return kind if most is None else f"{kind} of at most {most}"


def sized(kind: str, least: int | None = None, most: int | None = None, of: str = "characters") -> str:
    """Something of a bounded size: `a string of 1 to 128 characters`."""
    if least and most is not None:
        return f"{kind} of {least} to {most} {of}"
    if most is not None:
        return f"{kind} of at most {most} {of}"
    return f"{kind} of at least {least} {of}" if least else kind


def _path(steps: Sequence[str]) -> str:
    """`messages[0].role`; the names of an object's own entries are the client's, and left out."""
    return "".join(step if step[0] == "[" else f".{step}" for step in steps).removeprefix(".").replace("[...]", "")


def _inside(outer: inspect.Type, step: str) -> list[inspect.Type]:
    match outer:
        case inspect.UnionType(types=types):
            return [inner for member in types for inner in _inside(member, step)]
        case inspect.StructType(fields=fields) if step[0] != "[":
            named = [field.type for field in fields if field.encode_name == step]
            tagged = outer.tag is not None and step == outer.tag_field
            return [*named, *([inspect.LiteralType((outer.tag,))] if tagged else [])]
        case inspect.ListType(item_type=item) if step[0] == "[":
            return [item]
        case inspect.DictType(value_type=value) if step == "[...]":
            return [value]
        case _:
            return []


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.UnionType(types=types):
            return either(_words(member) for member in types)
        case inspect.StrType(min_length=least, max_length=most):
            return sized("a string", least, most)
        case inspect.IntType(ge=least, le=most):
            return within("a whole number", least, most)
        case inspect.FloatType(ge=least, le=most):
            return within("a number", least, most)
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return choice(values)
        case inspect.ListType(item_type=item):
            return f"a list of {_plural(item)}"
        case inspect.StructType(fields=fields):
            needed = [f"`{field.encode_name}`" for field in fields if field.required]
            return f"an object with {' and '.join(needed)}" if needed else "an object"
        case inspect.DictType():
            return "an object"
        case inspect.AnyType():
            return _ANY
        case _:
            return ""


def _plural(kind: inspect.Type) -> str:
    plurals: dict[type[Any], str] = {
        inspect.StrType: "strings", inspect.IntType: "whole numbers", inspect.FloatType: "numbers",
        inspect.StructType: "objects", inspect.DictType: "objects", inspect.ListType: "lists",
    }  # fmt: skip
    return plurals.get(type(kind), "values")


def either(words: Iterable[str]) -> str:
    """`a, b or c`, each once."""
    *others, last = [*dict.fromkeys(filter(None, words))] or [""]
    return f"{', '.join(others)} or {last}" if others else last
