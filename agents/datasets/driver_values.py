"""Values as a database's driver gives them, on their way into typed tables."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa

from agents.datasets import column_types

_MOST_DIGITS = 38  # of DuckDB's decimals


def rules_for(type_: Any) -> Sequence[column_types.Rule]:
    """What a declared type asks for, where the values keep to it."""
    match type_:
        case sa.Boolean():
            return column_types.FLAG, column_types.INTEGER, column_types.TEXT
        case sa.Integer():
            return column_types.INTEGER, column_types.LONG, column_types.NUMBER, column_types.TEXT
        case sa.Float():
            return column_types.NUMBER, column_types.TEXT
        case sa.Numeric():
            digits = type_.precision or 0
            exact = [column_types.decimal(digits, type_.scale or 0)] if 0 < digits <= _MOST_DIGITS else []
            return *exact, column_types.NUMBER, column_types.TEXT
        case sa.DateTime():
            return column_types.TIMESTAMP, column_types.UTC, column_types.DATE, column_types.TEXT
        case sa.Date():
            return column_types.DATE, column_types.MIDNIGHT, column_types.TIMESTAMP, column_types.TEXT
        case sa.Time():
            return column_types.TIME, column_types.TEXT
        case sa.LargeBinary():
            return column_types.BLOB, column_types.TEXT
        case sa.types.NullType():
            return column_types.SEEN
    return (column_types.TEXT,)


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
