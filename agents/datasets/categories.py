"""Categories that people have typed in several spellings: "Dog", "DOG" and "dog " are one, and are written as most rows
write it. What tells rows apart, or refers to other rows, stays as it is.
"""

from collections.abc import Sequence

import duckdb

from agents.dataset import Table, quoted
from agents.datasets.key_inference import inferred

_REPEATED = 2
"""Rows for each value, at least, where a column holds categories."""
_MOST = 20_000
"""Values of a column that may be categories."""
_CODE = 3
"""Letters up to which capitals may tell values apart: "MW" and "mW"."""
_SPELLINGS = """
    WITH spelt AS (
        SELECT {c} AS said, count(*) AS rows, trim(regexp_replace({c}, '\\s+', ' ', 'g')) AS plain
        FROM {t} WHERE {c} IS NOT NULL GROUP BY {c}
    ), told AS (
        SELECT *, lower(plain) AS folded, plain IN (lower(plain), upper(plain), {sentence}) AS usual FROM spelt
    ), best AS (
        SELECT said, length(plain) AS size, count(DISTINCT plain) FILTER (NOT usual) OVER (PARTITION BY folded) AS odd,
            first_value(plain) OVER (
                PARTITION BY folded ORDER BY rows DESC, plain IN (lower(plain), upper(plain)), plain) AS best
        FROM told
    )
    SELECT said, best FROM best WHERE said <> best AND odd <= CASE WHEN size > {code} THEN 1 ELSE 0 END"""
_SENTENCE = "upper(left(plain, 1)) || lower(substr(plain, 2))"


def unify(snapshot: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """Write each category of the tables in one way. Takes a pass over a table, and one more for each column of
    categories."""
    listed = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND data_type = 'VARCHAR'"
    texts = snapshot.execute(listed).fetchall()
    for table in inferred(tables):
        keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
        keys |= {name for names in table.unique for name in names}
        columns = [name for of, name in texts if of == table.name and name not in keys]
        for column in _repeating(snapshot, table.name, columns):
            _unify(snapshot, table.name, column)


def _repeating(snapshot: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    """The columns whose values stand in several rows each."""
    if not columns:
        return []
    counts = (f"count({quoted(name)}), approx_count_distinct(lower(trim({quoted(name)})))" for name in columns)
    found = snapshot.execute(f"SELECT {', '.join(counts)} FROM {quoted(table)}").fetchone() or ()  # noqa: S608
    pairs = zip(columns, found[::2], found[1::2], strict=True)
    return [name for name, rows, distinct in pairs if distinct <= _MOST and 0 < distinct * _REPEATED <= rows]


def _unify(snapshot: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    query = _SPELLINGS.format(c=quoted(column), t=quoted(table), sentence=_SENTENCE, code=_CODE)
    snapshot.execute(f"CREATE OR REPLACE TEMP TABLE spellings AS {query}")
    if snapshot.execute("SELECT 1 FROM temp.main.spellings LIMIT 1").fetchone():
        snapshot.execute(
            f"UPDATE {quoted(table)} SET {quoted(column)} = best FROM temp.main.spellings "  # noqa: S608
            f"WHERE {quoted(column)} = said"
        )
    snapshot.execute("DROP TABLE temp.main.spellings")
