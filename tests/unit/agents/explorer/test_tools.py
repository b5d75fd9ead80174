"""The tools over the structure of datasets, as a model calls them: typed, frugal, and plain about what is wrong."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from agents.context import Outcome
from agents.explorer.tools import DESCRIBE_TABLE, FIND_COLUMNS, FIND_RELATIONSHIPS, LIST_TABLES
from agents.tool import MOST_BYTES, Tool
from agents.types import Drawn, ToolReturned
from tests.tool_contexts import Told, case, context
from tests.unit.agents.explorer.er_language import read
from tests.unit.agents.explorer.test_mermaid import many
from tests.unit.agents.tabled import FLEET, ODD, resources, table

TOOLS = (LIST_TABLES, DESCRIBE_TABLE, FIND_RELATIONSHIPS, FIND_COLUMNS)


async def call(tool: Tool[Any], *tables: Any, **arguments: Any) -> tuple[Outcome, Told]:
    desk, told = context(resources(*(tables or FLEET + ODD)), case("?"))
    return await desk.call(tool, arguments), told


async def value(tool: Tool[Any], *tables: Any, **arguments: Any) -> Any:
    outcome, _ = await call(tool, *tables, **arguments)
    assert outcome.result is not None, outcome.error
    return outcome.result.value


async def test_a_description() -> None:
    found = await value(DESCRIBE_TABLE, table='item "x"')
    assert found["primary_key"] == ["year", "number", "pos"]
    assert found["columns"][0] == {
        "name": "year", "type": "INTEGER", "nullable": False, "key": "PK, FK", "refers_to": "order.year",
        "description": "",
    }  # fmt: skip
    assert (await value(DESCRIBE_TABLE, table="order"))["referred_to_by"] == [
        'item "x".year, number', "shipment.year, number",
    ]  # fmt: skip


async def test_relations_say_whether_they_are_declared() -> None:
    outcome, told = await call(FIND_RELATIONSHIPS, tables=["shipment"])
    assert outcome.result is not None
    (one,) = outcome.result.value["relations"]
    assert (one["refers_to"], one["to_columns"], one["declared"]) == ("order", ["year", "number"], False)
    assert one["reason"].startswith("the columns have the names and types of the key of `order`")
    (drawn,) = (one for one in told.outputs if isinstance(one, Drawn))
    assert len(read(drawn.diagram)[0]) == 2


async def test_no_diagram_of_nothing() -> None:
    outcome, told = await call(FIND_RELATIONSHIPS, tables=["__empty__"])
    assert outcome.result is not None
    assert outcome.result.value["relations"] == []
    assert not any(isinstance(one, Drawn) for one in told.outputs)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("fact_incidents", "fact_incidents"),
        ("FACT_INCIDENTS", "fact_incidents"),
        ("fleet.fact_incidents", "fact_incidents"),
        ("incidents", "fact_incidents"),
        ("incident", "fact_incidents"),
        ("Incidints", "fact_incidents"),
        ("service orders", "fact_service_orders"),
        ("serviceOrders", "fact_service_orders"),
        ('item "x"', 'item "x"'),
        ("order", "order"),
    ],
)
async def test_names_are_taken_loosely(name: str, table: str) -> None:
    assert (await value(DESCRIBE_TABLE, table=name))["name"] == table


WRONG: Mapping[str, tuple[Tool[Any], Mapping[str, Any], str]] = {
    "no such table": (DESCRIBE_TABLE, {"table": "unicorns"}, "There is no table 'unicorns'."),
    "nearly": (DESCRIBE_TABLE, {"table": "fct_incdnts"}, "What comes closest: 'fact_incidents'"),
    "two": (DESCRIBE_TABLE, {"table": "suppliers and parts"}, "There is no table 'suppliers and parts'."),
    "no such dataset": (LIST_TABLES, {"dataset": "nowhere"}, "There are: fleet, odd."),
    "about nothing": (LIST_TABLES, {"about": "horoscopes"}, "No table has to do with 'horoscopes'."),
    "no column": (FIND_COLUMNS, {"text": "horoscope"}, "No column seems to hold 'horoscope'."),
    "empty": (DESCRIBE_TABLE, {"table": ""}, "table: String should have at least 1 character"),
    "long": (DESCRIBE_TABLE, {"table": "x" * 300}, "at most 200 characters"),
    "many": (FIND_RELATIONSHIPS, {"tables": ["a"] * 13}, "at most 12 items"),
    "another": (LIST_TABLES, {"owner": "me"}, "Extra inputs are not permitted"),
    "no such schema": (LIST_TABLES, {"schema_name": "nowhere"}, "There are: only the default one."),
    "no such list": (LIST_TABLES, {"only": "indexes"}, "only: Input should be"),
    "no text": (DESCRIBE_TABLE, {"table": 5}, "should be a valid string"),
}


@pytest.mark.parametrize(("tool", "arguments", "error"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_said(tool: Tool[Any], arguments: Mapping[str, Any], error: str) -> None:
    outcome, _ = await call(tool, **arguments)
    assert outcome.result is None
    assert error in str(outcome.error)


async def test_a_name_that_means_several_is_not_guessed() -> None:
    outcome, _ = await call(DESCRIBE_TABLE, *FLEET, table="orders")
    assert outcome.error == "'orders' can mean 'fact_service_orders', 'fact_purchase_orders'. Name one of them."
    twice = [table("a", "id INTEGER", "id", dataset=name) for name in ("one", "two")]
    outcome, _ = await call(DESCRIBE_TABLE, *twice, table="a")
    assert outcome.error == "'a' can mean 'one.a', 'two.a'. Name one of them."
    assert (await value(DESCRIBE_TABLE, *twice, table="two.a"))["dataset"] == "two"


async def test_without_datasets() -> None:
    for tool, arguments in ((LIST_TABLES, {}), (FIND_RELATIONSHIPS, {}), (FIND_COLUMNS, {"text": "x"})):
        desk, _ = context(resources(), case("?"))
        assert "pitcrew datasets add" in str((await desk.call(tool, arguments)).error)


async def test_results_are_never_cut_in_the_middle() -> None:
    tables = many(300, 60)
    for tool, arguments in (
        (LIST_TABLES, {}),
        (DESCRIBE_TABLE, {"table": "table_number_7"}),
        (FIND_RELATIONSHIPS, {}),
        (FIND_COLUMNS, {"text": "column number 3"}),
    ):
        desk, told = context(resources(*tables), case("?"))
        outcome = await desk.call(tool, arguments)
        assert outcome.result is not None
        assert len(msgspec.json.encode(outcome.result.value)) <= MOST_BYTES, tool.name
        returned = next(one for one in told.outputs if isinstance(one, ToolReturned))
        assert not isinstance(returned.value, dict) or "cut_after_bytes" not in returned.value
    listed = await value(LIST_TABLES, *tables)
    assert listed[-1] == {"more_tables": 300 - (len(listed) - 1)}


def test_every_argument_is_described() -> None:
    for tool in TOOLS:
        for name, field in tool.arguments.model_json_schema()["properties"].items():
            assert field.get("description"), f"{tool.name}.{name}"
