"""What a model is told of the data: always something, never too much."""

import json

import pytest

from agents.analyst.instructions import SCHEMA_CHARACTERS, for_analysis, schema_text
from agents.analyst.reading.lexicon import Lexicon
from agents.dataset import Column, Rows, Schema, Table
from tests.unit.agents.analyst.reading.shop import LEXICON


def table(name: str, columns: int, description: str = "What it says. " * 20) -> Table:
    made = tuple(Column(f"{name}_column_{n}", "text", "VARCHAR", description=description) for n in range(columns))
    return Table("big", name, made, (), (), 10, description)


def told(*tables: Table) -> str:
    text = schema_text(Lexicon(Schema("big", "", tables), {}))
    assert len(text) < SCHEMA_CHARACTERS * 1.1
    return text


def test_a_small_schema_is_told_whole() -> None:
    text = schema_text(LEXICON)
    assert "How many pieces." in text
    assert "refers to orders" in text
    assert "more" not in text


def test_a_wide_table_hides_no_other_one() -> None:
    text = told(table("wide", 200), table("small", 3))
    assert '"wide_column_0"' in text
    assert '"small_column_2"' in text


@pytest.mark.parametrize("number", [40, 100])
def test_of_many_tables_as_many_as_there_is_room_for(number: int) -> None:
    text = told(*(table(f"t{n}", 60) for n in range(number)))
    assert text.count("_column_0") > 20
    assert ("more tables" in text) is (number > 40)


def test_a_result_is_told_in_bounds() -> None:
    rows = Rows(("list",), ("other",), tuple(([number] * 30_000,) for number in range(60)), None, 1.0)
    said = for_analysis("what is it?", "SELECT 1", rows, "canary")[-1].text
    assert len(said) < 10_000
    result = json.loads(said.split("Result:\n")[1].split("\n\nQuestion")[0])
    assert result["rows_in_all"] == "more than 60"
