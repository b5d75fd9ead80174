"""Which type a column of texts becomes, and that no value is lost to one."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from agents.datasets.column_types import SEEN, WRITTEN, Rule
from agents.datasets.driver_values import rules_for
from agents.datasets.staging import settle, stage


def column(texts: Sequence[str | None], rules: Sequence[Rule] = SEEN) -> tuple[str, list[Any]]:
    """The type that the texts become, and their values."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    stage(connection, 1, [[text] for text in texts])
    settle(connection, "t", ["a"], [rules])
    type_ = str(connection.execute("DESCRIBE t").fetchall()[0][1])
    values = [row[0] for row in connection.execute("SELECT CAST(a AS VARCHAR) FROM t").fetchall()]
    connection.close()
    return type_, values


@pytest.mark.parametrize(
    ("texts", "type_"),
    [
        (["1", "-20", None], "BIGINT"),
        (["999999999999999999"], "BIGINT"),
        (["007", "12"], "VARCHAR"),  # a name made of digits
        (["0700 555 101"], "VARCHAR"),
        (["+1"], "VARCHAR"),
        (["1.5", "20", None], "DECIMAL(18,2)"),
        (["1.505"], "DECIMAL(18,4)"),
        (["0.123456"], "DECIMAL(18,6)"),
        (["1.5", "1e-9"], "DOUBLE"),
        (["0.1234567"], "DOUBLE"),
        (["1,234.5"], "VARCHAR"),
        (["12345678901234567890123"], "DOUBLE"),
        (["nan"], "VARCHAR"),
        (["inf"], "VARCHAR"),
        (["true", "False", None], "BOOLEAN"),
        (["yes", "no"], "VARCHAR"),
        (["2026-02-28", None], "DATE"),
        (["2026-02-30"], "VARCHAR"),
        (["2026-02-28", "soon"], "VARCHAR"),
        (["2026-02-28 07:30", "2026-02-28T07:30:01.25"], "TIMESTAMP"),
        (["2026-02-28T07:30:00Z", "2026-02-28T07:30:00+02:00"], "TIMESTAMP"),
        (["31/12/2025", "01/02/2025"], "DATE"),
        (["12/31/2025", "02/01/2025"], "DATE"),
        (["01/02/2025", "03/04/2025"], "VARCHAR"),  # nobody knows which is the month
        (["28.02.2026"], "DATE"),
        ([None, None], "VARCHAR"),
        ([], "VARCHAR"),
        (["", " "], "VARCHAR"),
        (["1", ""], "VARCHAR"),
    ],
)
def test_what_is_seen_in_texts(texts: list[str | None], type_: str) -> None:
    assert column(texts)[0] == type_


def test_times_with_a_zone_become_utc() -> None:
    assert column(["2026-02-28T07:30:00+02:00"])[1] == ["2026-02-28 05:30:00"]


@pytest.mark.parametrize(
    ("declared", "texts", "type_"),
    [
        (sa.Integer(), ["1", None], "BIGINT"),
        (sa.Integer(), ["1", "1.5"], "DOUBLE"),
        (sa.Integer(), ["1", "many"], "VARCHAR"),  # SQLite keeps to no type
        (sa.Integer(), ["12345678901234567890123"], "HUGEINT"),
        (sa.Numeric(10, 2), ["1.5", "20"], "DECIMAL(10,2)"),
        (sa.Numeric(10, 2), ["1.239"], "DOUBLE"),  # nothing is rounded
        (sa.Numeric(10, 2), ["123456789012.5"], "DOUBLE"),
        (sa.Numeric(), ["1.239"], "DOUBLE"),
        (sa.Numeric(200, 100), ["1.5"], "DOUBLE"),
        (sa.Float(), ["1e5", "nan"], "VARCHAR"),
        (sa.Boolean(), ["1", "0", None], "BOOLEAN"),
        (sa.Boolean(), ["true", "f"], "BOOLEAN"),
        (sa.Boolean(), ["1", "2"], "BIGINT"),
        (sa.Date(), ["2026-02-28"], "DATE"),
        (sa.Date(), ["2026-02-28 00:00:00"], "DATE"),
        (sa.Date(), ["2026-02-28 07:30:00"], "TIMESTAMP"),
        (sa.DateTime(), ["2026-02-28 07:30:00.5"], "TIMESTAMP"),
        (sa.DateTime(), ["never"], "VARCHAR"),
        (sa.Time(), ["07:30:00"], "TIME"),
        (sa.LargeBinary(), ["00ff"], "BLOB"),
        (sa.String(5), ["007"], "VARCHAR"),
        (sa.types.NullType(), ["1"], "BIGINT"),
    ],
)
def test_a_declared_type_holds_where_all_values_keep_to_it(declared: Any, texts: list[str | None], type_: str) -> None:
    found, values = column(texts, rules_for(declared))
    assert found == type_
    assert sum(value is None for value in values) == sum(text is None for text in texts)


@pytest.mark.parametrize(
    ("texts", "type_", "values"),
    [
        (["1,234", "56", "N/A"], "BIGINT", ["1234", "56", None]),
        (["$1,234.50", "-$3", "?"], "DECIMAL(18,2)", ["1234.50", "-3.00", None]),
        (["€ 12", "7 €"], "BIGINT", ["12", "7"]),
        (["1.234,50", "3,5", "-"], "DECIMAL(18,2)", ["1234.50", "3.50", None]),
        (["45%", "7.5 %"], "DECIMAL(18,2)", ["45.00", "7.50"]),
        (["(123)", "4"], "BIGINT", ["-123", "4"]),
        (["50,000 EUR", "1 EUR"], "BIGINT", ["50000", "1"]),
        (["007", "12"], "VARCHAR", ["007", "12"]),
        (["3-door", "5-door"], "VARCHAR", ["3-door", "5-door"]),
        (["555-1234", "1"], "VARCHAR", ["555-1234", "1"]),
        (["yes", " no ", "NA"], "VARCHAR", ["yes", "no", None]),
        (["NA", "US", "DE", "FR"], "VARCHAR", ["NA", "US", "DE", "FR"]),  # a country among countries
        (["03/14/2021", "01/02/2021"], "DATE", ["2021-03-14", "2021-01-02"]),
        (["14/03/21", "01/02/21"], "DATE", ["2021-03-14", "2021-02-01"]),
        (["3 March 2021", "May 12, 2020"], "DATE", ["2021-03-03", "2020-05-12"]),
        (["3-Mar-21"], "DATE", ["2021-03-03"]),
        (["2021/03/04"], "DATE", ["2021-03-04"]),
        (["Mar 2021"], "DATE", ["2021-03-01"]),
        (["01/28/21 10:30", "01/02/21 09:00"], "TIMESTAMP", ["2021-01-28 10:30:00", "2021-01-02 09:00:00"]),
        (["1/28/2021 3:05 PM"], "TIMESTAMP", ["2021-01-28 15:05:00"]),
        (["01/02/2025", "03/04/2025"], "VARCHAR", ["01/02/2025", "03/04/2025"]),  # nobody knows which is the month
        (["01/01/2025", "01/02/2025", "02/01/2025"], "DATE", ["2025-01-01", "2025-01-02", "2025-02-01"]),  # in order
    ],
)
def test_what_people_write_into_files(texts: list[str | None], type_: str, values: list[str | None]) -> None:
    assert column(texts, WRITTEN) == (type_, values)


def test_a_table_with_decimal_commas_has_points_between_thousands() -> None:
    """Where another column says how numbers are written, "2.961" is read as there."""
    rows = [("€ 12,50", "2.961", "1.15"), ("€ 3,00", "770", "2.5")]
    for at, wanted in ((0, ["BIGINT", "DECIMAL(18,2)"]), (1, ["DECIMAL(18,4)", "DECIMAL(18,2)"])):
        connection = duckdb.connect(":memory:")
        stage(connection, 3 - at, [row[at:] for row in rows])
        settle(connection, "t", ["price", "area", "factor"][at:], [WRITTEN] * (3 - at))
        types = [str(row[1]) for row in connection.execute("DESCRIBE t").fetchall()]
        connection.close()
        assert types[-2:] == wanted
