"""Values of DuckDB as JSON can carry them."""

import duckdb
import pytest

from agents.dataset import Kind
from agents.datasets.plain_values import kind_of, plain, weight


@pytest.mark.parametrize(
    ("sql", "kind", "value"),
    [
        ("1::TINYINT", "integer", 1),
        ("sum(x)", "integer", 3),
        ("170141183460469231731687303715884105727::HUGEINT", "integer", 1.7014118346046923e38),
        ("18446744073709551615::UBIGINT", "integer", 1.8446744073709552e19),
        ("1.50::DECIMAL(10, 2)", "number", 1.5),
        ("0.1::DOUBLE", "number", 0.1),
        ("'nan'::DOUBLE", "number", None),
        ("'-inf'::FLOAT", "number", None),
        ("'ü'", "text", "ü"),
        ("uuid '6b29fc40-ca47-1067-b31d-00dd010662da'", "text", "6b29fc40-ca47-1067-b31d-00dd010662da"),
        ("'a'::ENUM('a', 'b')", "text", "a"),
        ("DATE '2026-02-28'", "date", "2026-02-28"),
        ("TIMESTAMP '2026-02-28 07:30:00'", "timestamp", "2026-02-28T07:30:00"),
        ("TIMESTAMP_MS '2026-02-28 07:30:00'", "timestamp", "2026-02-28T07:30:00"),
        ("TIMESTAMPTZ '2026-02-28 07:30:00Z'", "timestamp", "2026-02-28T07:30:00+00:00"),
        ("date_trunc('month', DATE '2026-02-28')", "timestamp", "2026-02-01T00:00:00"),
        ("TIME '07:30:00'", "other", "07:30:00"),
        ("true", "boolean", True),
        ("NULL::INTEGER", "integer", None),
        ("INTERVAL 3 DAY", "other", "3 days, 0:00:00"),
        ("[1, NULL]", "other", [1, None]),
        ("{'a': DATE '2026-02-28'}", "other", {"a": "2026-02-28"}),
        ("MAP {1: 'x'}", "other", {"1": "x"}),
        ("'\\xFF'::BLOB", "other", "ff"),
    ],
)
def test_kinds_and_values(sql: str, kind: Kind, value: object) -> None:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.execute(
        f"SELECT {sql} FROM range(3) t(x) GROUP BY ALL LIMIT 1" if "sum" in sql else f"SELECT {sql}"
    )
    assert kind_of(str(found.description[0][1])) == kind
    assert plain(found.fetchall()[0][0]) == value
    connection.close()


def test_values_in_values_end_somewhere() -> None:
    nested: list[object] = []
    for _ in range(2_000):
        nested = [nested]
    assert weight(plain(nested)) > 0


def test_weights_are_about_right() -> None:
    assert weight("ü" * 100) >= 200
    assert weight({"a": ["b" * 50, 1, None]}) >= 60
