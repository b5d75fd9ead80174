"""Values of DuckDB as plain data, and its types as kinds."""

import datetime as dt
import math
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agents.dataset import Kind

_INTEGERS = frozenset(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE"))
_SAFE = 1 << 63
_DEEPEST = 20


def kind_of(type_: str) -> Kind:
    """What a type of DuckDB, as it writes it, amounts to."""
    name = type_.upper()
    if name.endswith("]"):
        return "other"
    word = name.split("(")[0].strip()
    if word in _INTEGERS or word in {"INTEGER", "UINTEGER"}:
        return "integer"
    if word in {"FLOAT", "DOUBLE", "DECIMAL"}:
        return "number"
    if word in {"VARCHAR", "UUID", "ENUM"}:
        return "text"
    if word == "DATE":
        return "date"
    if word.startswith("TIMESTAMP"):
        return "timestamp"
    return "boolean" if word == "BOOLEAN" else "other"


def plain(value: Any, depth: int = 0) -> Any:
    """As JSON can carry it: times as ISO 8601, decimals and integers beyond 64 bits as floats, infinity and NaN as
    None, bytes as hexadecimal, anything else as its text; what lies too deep is left out."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -_SAFE <= value < _SAFE else float(value)
        case float() | Decimal():
            number = float(value)
            return number if math.isfinite(number) else None
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes() | bytearray():
            return value.hex()
        case uuid.UUID() | dt.timedelta():
            return str(value)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(name): plain(member, depth + 1) for name, member in value.items()}
    if isinstance(value, Sequence):
        return [plain(member, depth + 1) for member in value]
    return str(value)


def weight(value: Any) -> int:
    """About how many bytes a plain value takes as sent."""
    match value:
        case str():
            return len(value.encode("utf-8", "replace")) + 5 if not value.isascii() else len(value) + 5
        case list():
            return 5 + sum(weight(member) for member in value)
        case dict():
            return 5 + sum(weight(name) + weight(member) for name, member in value.items())
    return 9
