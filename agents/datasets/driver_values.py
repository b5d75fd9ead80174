"""Values as a database's driver gives them, on their way into typed tables."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa

from agents.datasets import rules

_MOST_DIGITS = 38  # of DuckDB's decimals


def rules_for(type_: Any) -> Sequence[rules.Rule]:
    """What a declared type asks for, where the values keep to it."""
    match type_:
        case sa.Boolean():
            return rules.FLAG, rules.INTEGER, rules.TEXT
        case sa.Integer():
            return rules.INTEGER, rules.LONG, rules.NUMBER, rules.TEXT
        case sa.Float():
            return rules.NUMBER, rules.TEXT
        case sa.Numeric():
            digits = type_.precision or 0
            exact = [rules.decimal(digits, type_.scale or 0)] if 0 < digits <= _MOST_DIGITS else []
            return *exact, rules.NUMBER, rules.TEXT
        case sa.DateTime():
            return rules.TIMESTAMP, rules.UTC, rules.DATE, rules.TEXT
        case sa.Date():
            return rules.DATE, rules.MIDNIGHT, rules.TIMESTAMP, rules.TEXT
        case sa.Time():
            return rules.TIME, rules.TEXT
        case sa.LargeBinary():
            return rules.BLOB, rules.TEXT
        case sa.types.NullType():
            return rules.SEEN
    return (rules.TEXT,)


def text_of(value: Any) -> str | None:
    """A driver's value as a text that the rules can read."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case dt.datetime():
            aware = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return aware.isoformat(" ")
        case Decimal():
            return format(value, "f")
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | dict():
            return orjson.dumps(value, default=str).decode()
    return str(value)
