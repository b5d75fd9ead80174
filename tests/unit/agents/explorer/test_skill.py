"""The skill over several turns, with the real tools and real queries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from agents.context import Case, Resources
from agents.explorer.skill import SKILL
from agents.skill import Handled
from agents.types import Drawn, Output, ToolReturned, ToolUsed, Turn
from tests.tool_contexts import case, context
from tests.unit.agents.explorer.er_language import read
from tests.unit.agents.tabled import FLEET, ODD, resources, table

FLEET_ONLY = resources(*FLEET)


class Talk:
    """A conversation on the explorer's own wire, where everything is for it."""

    def __init__(self, of: Resources = FLEET_ONLY, *, wished: bool = True, dataset: str | None = None) -> None:
        self.of, self.wished, self.dataset = of, wished, dataset
        self.note: Mapping[str, Any] | None = None
        self.history: list[Turn] = []
        self.outputs: list[Output] = []

    def case(self, text: str) -> Case:
        made = case(text, note=self.note, history=self.history)
        return replace(made, wished=self.wished, dataset=self.dataset)

    async def takes_up(self, text: str) -> bool:
        return await SKILL.takes_up(self.case(text), self.of)

    async def reads(self, text: str) -> bool:
        return await SKILL.read(self.case(text), self.of) is not None

    async def ask(self, text: str) -> Handled:
        request = await SKILL.read(self.case(text), self.of)
        assert request is not None, text
        desk, told = context(self.of, self.case(text))
        handled = await SKILL.act(request, desk)
        self.outputs, self.note = told.outputs, handled.note
        self.history += [Turn("customer", text), Turn("assistant", handled.text)]
        return handled

    @property
    def calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [(one.tool, one.arguments) for one in self.outputs if isinstance(one, ToolUsed)]

    @property
    def diagram(self) -> str | None:
        return next((one.diagram for one in self.outputs if isinstance(one, Drawn)), None)


async def test_all_tables() -> None:
    talk = Talk()
    handled = await talk.ask("Show me all tables")
    assert talk.calls == [("list_tables", {})]
    assert handled.text.startswith(
        "There are 7 tables in `fleet`:\n\n1. `fact_incidents` (FACT), 20,000 rows: Faults that customers reported.\n"
    )
    assert "\n4. `dim_vehicles` (DIMENSION), 5,000 rows\n" in handled.text
    assert "7. `dim_suppliers` (DIMENSION), 1 row\n" in handled.text
    assert talk.diagram is None
    (returned,) = (one for one in talk.outputs if isinstance(one, ToolReturned))
    assert returned.value[0]["name"] == "fact_incidents"
    assert returned.value[0]["type"] == "FACT"


async def test_a_description_with_keys_types_and_what_may_be_empty() -> None:
    talk = Talk()
    text = (await talk.ask("Describe the incidents table")).text
    assert talk.calls == [("describe_table", {"table": "fact_incidents"})]
    assert "| `incident_id` | INTEGER | PK | no |" in text
    assert "| `vehicle_id` | INTEGER | FK → `dim_vehicles.vehicle_id` | no |" in text
    assert "| `part_id` | INTEGER | FK → `dim_parts.part_id` (inferred) | yes |" in text
    assert "Referred to by `fact_incidents.vehicle_id`" in (await talk.ask("and vehicles?")).text


async def test_relationships_of_two_tables_with_a_diagram_and_reasons() -> None:
    talk = Talk()
    text = (await talk.ask("Show relationships between fact_incidents and suppliers")).text
    assert talk.calls == [("find_relationships", {"tables": ["fact_incidents", "dim_suppliers"]})]
    assert text.startswith(
        "`fact_incidents` and `dim_suppliers` are related over `dim_parts` and `fact_purchase_orders`:"
    )
    declared, inferred = text.split("Inferred, not declared in the database:")
    assert "- Each row of `fact_purchase_orders` refers by `supplier_id` to a row of `dim_suppliers`" in declared
    assert (
        "- Each row of `fact_incidents` may refer by `part_id` to a row of `dim_parts` (`part_id`). Reason: "
        in inferred
    )
    assert "`part_id` is named after `dim_parts`" in inferred
    assert talk.diagram is not None
    boxes, ways = read(talk.diagram)
    assert set(boxes) == {"fact_incidents", "dim_parts", "fact_purchase_orders", "dim_suppliers"}
    assert ("dim_parts", "|o..o{", "fact_incidents", "part_id (inferred)") in ways


async def test_a_name_that_several_tables_have_is_asked_about() -> None:
    talk = Talk()
    asked = await talk.ask("How are orders and vehicles related?")
    assert asked.status == "asked_back"
    assert asked.text == "Which table do you mean: `fact_service_orders` or `fact_purchase_orders`?"
    assert await talk.takes_up("the service ones")
    answered = await talk.ask("the service ones")
    assert answered.text.startswith("`fact_service_orders` and `dim_vehicles` are related:")


async def test_two_names_that_several_tables_have() -> None:
    also = table("dim_parts_prices", "id INTEGER", "id")
    talk = Talk(resources(*FLEET, also))
    assert (await talk.ask("how are orders and prices of the parts related")).status == "asked_back"


async def test_follow_ups() -> None:
    talk = Talk()
    await talk.ask("Describe fact_incidents")
    assert (await talk.ask("how is it related to vehicles?")).text.startswith("`fact_incidents` and `dim_vehicles` are")
    await talk.ask("Describe fact_incidents")
    assert (await talk.ask("which tables refer to it?")).text.startswith("`fact_incidents` is not referred to")
    assert (await talk.ask("and dealers?")).text.startswith("`dim_dealers` has 2 relations:")
    assert (await talk.ask("describe it")).text.startswith("`dim_dealers` (DIMENSION), 40 rows")


WAREHOUSE = (
    table(
        "customers",
        "id INTEGER, email TEXT -- Where we write to., a INTEGER?, b INTEGER?",
        "id",
        rows=7,
        unique=(("email",), ("a", "b")),
    ),
    table(
        "sales.orders",
        "id INTEGER, customer_id INTEGER?",
        "id",
        {"customer_id": "customers.id"},
        rows=3,
        schema="sales",
    ),
    table("sales.events", "day DATE", schema="sales"),
    table("per_day", "day DATE?, orders INTEGER?", view=True, rows=1),
)
ONE_THING = {
    "how many rows does customers have?": "`customers` has 7 rows.",
    "what is the primary key of customers?": "The primary key of `customers` is `id`.",
    "primary key of sales.events": "`sales.events` declares no primary key.",
    "primary key of per_day": "`per_day` is a view: it has no primary key.",
    "which columns of customers may be empty?": "In `customers` these columns may be empty: `a` and `b`.",
    "which columns of sales.events are nullable?": "No column of `sales.events` may be empty.",
    "what is unique in customers?": "The primary key of `customers` is `id`. Besides it, no two rows have the same "
    "`email`; nor the same `a` and `b`.",
    "what does customers.email mean?": "`email` of `customers` is TEXT, never empty, unique: Where we write to.",
    "what type is customer_id in sales.orders": "`customer_id` of `sales.orders` is INTEGER, may be empty, FK → "
    "`customers.id`. Nothing more is said about it.",
    "which tables have no primary key?": "There is 1 table without primary key in `fleet`, schema `sales`:",
    "which tables are not connected to anything?": "There is 1 table without relations in `fleet`, schema `sales`:",
    "list the views": "There is 1 view in `fleet`:",
    "list tables": "There are 4 tables and views in `fleet`, schemas `sales` and the default one:",
    "list the tables of the sales schema": "There are 2 tables in `fleet`, schema `sales`:",
    "draw the sales schema": "No foreign keys are declared here",
    "describe per_day": "`per_day` (VIEW), 1 row",
    "describe sales.shipments": "There is no table “sales.shipments”.",
    "which columns are dates?": "“date” may stand in one of these, best first:\n\n- column `day` of `sales.events`",
}


@pytest.mark.parametrize(("text", "answer"), ONE_THING.items(), ids=list(ONE_THING))
async def test_one_thing_is_answered_in_a_sentence(text: str, answer: str) -> None:
    told = (await Talk(resources(*WAREHOUSE)).ask(text)).text
    assert told.startswith(answer), told


async def test_unique_columns_are_told_in_a_description() -> None:
    text = (await Talk(resources(*WAREHOUSE)).ask("describe customers")).text
    assert "| `email` | TEXT | unique | no |" in text
    assert "No two rows have the same `a` and `b`." in text


async def test_where_something_is_stored() -> None:
    talk = Talk()
    text = (await talk.ask("where is the price of parts stored?")).text
    assert "- column `list_price` of `dim_parts`, REAL: price without tax" in text
    assert (await talk.ask("where is the horoscope stored?")).status == "declined"


async def test_directions() -> None:
    talk = Talk()
    text = (await talk.ask("what does fact_incidents refer to?")).text
    assert text.startswith("`fact_incidents` has 3 foreign keys:")
    text = (await talk.ask("which tables refer to vehicles?")).text
    assert text.startswith("`dim_vehicles` is referred to by 2 foreign keys:")


async def test_what_it_cannot_read_it_says_with_examples_of_what_there_is() -> None:
    handled = await Talk().ask("How is the weather?")
    assert handled.status == "answered"
    assert "- Describe the `fact_incidents` table" in handled.text


async def test_no_such_table() -> None:
    handled = await Talk().ask("Describe the fact_incidence table")
    assert "`fact_incidents`" in handled.text
    handled = await Talk().ask("describe the unicorns table")
    assert handled.text.startswith("There is no table “unicorns”. The tables are `fact_incidents`,")


async def test_inferred_ones_are_held_against_the_rows() -> None:
    rows = {
        "dim_parts": [(n, "part", 1.0) for n in range(5)],
        "fact_incidents": [(n, 1, 1, n % 5, "2026-01-01", 1.0) for n in range(9)],
        "fact_purchase_orders": [(n, 1, 100 + n) for n in range(9)],
    }
    talk = Talk(resources(*FLEET, rows=rows))
    text = (await talk.ask("what does dim_parts refer to? which tables refer to dim_parts?")).text
    assert "all 5 sampled values are found there" in text
    assert "fact_purchase_orders" not in text


async def test_several_datasets() -> None:
    talk = Talk(resources(*FLEET, *ODD))
    assert "There are 13 tables in 2 datasets" in (await talk.ask("list tables")).text
    assert "There are 6 tables in `odd`" in (await talk.ask("which tables are in the odd dataset?")).text
    assert talk.calls == [("list_tables", {"dataset": "odd"})]
    await talk.ask("describe person")
    assert talk.calls == [("describe_table", {"table": "person", "dataset": "odd"})]
    narrowed = Talk(resources(*FLEET, *ODD), dataset="odd")
    assert "There are 6 tables in `odd`" in (await narrowed.ask("list tables")).text


async def test_no_dataset_at_all() -> None:
    handled = await Talk(resources()).ask("Show me all tables")
    assert handled.status == "declined"
    assert "pitcrew datasets add" in handled.text
    unknown = await Talk(dataset="nowhere").ask("Show me all tables")
    assert unknown.text == "There is no dataset 'nowhere'. There are: fleet."


async def test_elsewhere_it_takes_only_what_is_surely_about_tables() -> None:
    talk = Talk(wished=False)
    for text in (
        "How often is the oil changed?",
        "which dealers are open?",
        "is there a table of tyre pressures?",
        "hi",
    ):
        assert not await talk.reads(text), text
    assert not await Talk(resources(), wished=False).reads("list all tables")
    assert await talk.reads("Show me all tables")
    assert await talk.reads("Show me all tables of the fleet dataset")
    assert await talk.reads("relationships in the fleet dataset")
    await talk.ask("describe the dim_dealers table")
    assert await talk.takes_up("and dim_vehicles?")
    assert not await talk.takes_up("Which dealers in Leeds are open on Saturday morning?")
    assert not await talk.takes_up("thanks")


@pytest.mark.parametrize("text", ["\x00", "`" * 9_000, "describe " * 900, "\ud800", "{}" * 50, "| `a` | b |\n" * 40])
async def test_hostile_texts_are_answered(text: str) -> None:
    talk = Talk(resources(*FLEET, *ODD))
    await talk.ask("describe person")
    assert (await talk.ask(text)).text


def notes() -> Sequence[Mapping[str, Any]]:
    return (
        {"said": ""},
        {"said": "x", "kind": "describe", "tables": [["gone", "away"]], "slots": [], "direction": "both"},
        {"said": "", "kind": "relate", "direction": "in", "tables": [], "slots": [[["fleet", "gone"]], []]},
    )


@pytest.mark.parametrize("note", notes(), ids=range(3))
async def test_a_note_of_tables_that_are_gone(note: Mapping[str, Any]) -> None:
    of = replace(case("describe it", note=note, history=[Turn("assistant", "x")]), wished=True)
    request = await SKILL.read(of, FLEET_ONLY)
    assert request is not None
    assert (await SKILL.act(request, context(FLEET_ONLY, of)[0])).text
