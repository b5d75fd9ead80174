"""JSON frames. What strangers send is bounded: its size before, depth, numbers and text here. Pure."""

import json
import re
from typing import Any, TypeVar

import msgspec

from api.protocol.forms import mismatch
from orchestrator.commands import STORABLE
from orchestrator.errors import BadJson, BadRequest

T = TypeVar("T")

FRAME_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 64
LARGEST = 2**63
"""Integers are below it, and at least its negative: databases and clients hold no others."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object in `text`. Raises BadJson for what is not JSON or beyond the limits (depth, digits, infinities,
    duplicate keys), BadRequest for JSON that is no object or holds NUL or lone surrogates."""
    try:
        value = json.loads(
            text,
            parse_constant=_reject,
            parse_float=_finite,
            parse_int=_integer,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise BadJson from error
    _walk(value)
    if not isinstance(value, dict):
        raise BadRequest(form="a JSON object")
    return value


def convert(value: dict[str, Any], kind: type[T]) -> T:
    """The object as `kind`; null means absent, unknown fields are ignored. Raises BadRequest that names the field and
    says how it must be."""
    try:
        return msgspec.convert({key: item for key, item in value.items() if item is not None}, kind)
    except msgspec.ValidationError as error:
        raise mismatch(error, kind) from None


def spell(frame: msgspec.Struct) -> str:
    """The frame as text, its `type` first."""
    return msgspec.json.encode(frame).decode()


def _reject(constant: str) -> Any:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    value = float(digits)
    if len(digits) > MAX_DIGITS or value in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return value


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= MAX_DIGITS else LARGEST
    if not -LARGEST <= value < LARGEST:
        raise ValueError("number out of range")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _walk(root: Any) -> None:
    """Depth and text of everything inside, without recursion."""
    pending: list[tuple[Any, int]] = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise BadRequest(form=STORABLE)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise BadJson
            if isinstance(value, dict):
                pending += [(key, depth) for key in value]
            pending += [(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value)]
