"""Questions about tables, read: what they ask and of which tables."""

import time
from collections.abc import Sequence

import pytest

from agents.dataset import Table
from agents.datasets.key_inference import inferred
from agents.explorer.inquiry import Before, asked, dataset_said, surely
from agents.explorer.requests import Description, Help, Listing, Missing, Relationships, Request, Where, Which
from tests.unit.agents.tabled import FLEET, ODD, table

TABLES = inferred(FLEET)


def short(tables: Sequence[Table]) -> str:
    return " ".join(table.name.removeprefix("fact_").removeprefix("dim_") for table in tables)


def told(request: Request) -> str:
    match request:
        case Listing(about, order, only):
            return " ".join(filter(None, ["list", order and f"{order} first", only, about]))
        case Description(tables, aspect, columns):
            return " ".join(filter(None, ["describe", short(tables), aspect if aspect != "all" else "", *columns]))
        case Relationships(tables, direction):
            return f"relate {direction} {short(tables)}".strip()
        case Where(text):
            return f"where {text}"
        case Which(kind, slots, _):
            return f"which to {kind}: {' / '.join(short(slot) for slot in slots)}"
        case Missing(name, _):
            return f"missing {name}"
    return "help"


ASKED = {
    "Show me all tables": "list",
    "List tables": "list",
    "list all the tables, please": "list",
    "Which tables do you have?": "list",
    "how many tables are there?": "list",
    "What data do you have?": "list",
    "show me the schema": "list",
    "What tables are there about service?": "list service",
    "tables with prices": "list prices",
    "show tables about dealers": "list dealers",
    "what is the largest table?": "list largest first",
    "which table has the most rows?": "list largest first",
    "Describe the incidents table": "describe incidents",
    "describe fact_incidents": "describe incidents",
    "DESCRIBE FACT_INCIDENTS": "describe incidents",
    "Which columns does the vehicles table have?": "describe vehicles",
    "What columns are in dim_parts?": "describe parts",
    "what fields does `fact_incidents` have": "describe incidents",
    "give me the structure of fact service orders": "describe service_orders",
    "the FactServiceOrders table": "describe service_orders",
    "what is in the suppliers table?": "describe suppliers",
    "tell me about the suppliers": "describe suppliers",
    "primary key of parts": "describe parts primary key",
    "how many rows does the dealers table have?": "describe dealers rows",
    "which column is the primary key of incidents": "describe incidents primary key",
    "which columns in fact_incidents can be null?": "describe incidents empty",
    "which columns of vehicles are unique?": "describe vehicles unique",
    "what does fact_incidents.cost mean?": "describe incidents column cost",
    "what is the data type of vin in vehicles": "describe vehicles column vin",
    "is order_id of purchase orders unique?": "describe purchase_orders column order_id",
    "what is stored in parts?": "describe parts",
    "is there a table called suppliers?": "describe suppliers",
    "what does vin mean?": "where vin",
    "is the parts table empty?": "describe parts rows",
    "which tables are empty?": "list smallest first",
    "which foreign keys may be null?": "relate both",
    "give me the name of the suppliers table": "describe suppliers",
    "what does dim_parts.name mean?": "describe parts column name",
    "which columns contain dates?": "where date",
    "what columns are numbers?": "where number",
    "what is the smallest table?": "list smallest first",
    "how many rows are in each table?": "list largest first",
    "are there any views?": "list views",
    "list the views": "list views",
    "which tables have no primary key?": "list tables without primary key",
    "which tables are not connected to anything?": "list tables without relations",
    "what columns does shoes have?": "missing shoes",
    "incidents": "describe incidents",
    "vehicels": "describe vehicles",
    "list the columns of orders": "which to describe: service_orders purchase_orders",
    "Describe the foo table": "missing foo",
    "Show relationships between fact_incidents and suppliers": "relate both incidents suppliers",
    "How are service orders and vehicles related?": "relate both service_orders vehicles",
    "How are orders and vehicles related?": "which to relate: service_orders purchase_orders / vehicles",
    "how is incidents connected to parts": "relate both incidents parts",
    "How do I join incidents to parts?": "relate both incidents parts",
    "do incidents link to suppliers?": "relate both incidents suppliers",
    "Show relationships between foo and vehicles": "missing foo",
    "draw an ER diagram": "relate both",
    "ER diagram of everything": "relate both",
    "How do the tables hang together?": "relate both",
    "What is the data model?": "relate both",
    "show foreign keys": "relate both",
    "draw an er diagram of the incidents": "relate both incidents",
    "what are the foreign keys of incidents?": "relate out incidents",
    "what references dealers?": "relate in dealers",
    "which tables have a foreign key to vehicles": "relate in vehicles",
    "how do I get from incidents to suppliers?": "relate both incidents suppliers",
    "what is the path between incidents and suppliers": "relate both incidents suppliers",
    "draw only incidents and its neighbours": "relate both incidents",
    "which tables are related to vehicles": "relate both vehicles",
    "which tables refer to vehicles?": "relate in vehicles",
    "which tables reference dim_vehicles": "relate in vehicles",
    "Which tables use the dealers?": "relate in dealers",
    "What is dim_dealers referenced by?": "relate in dealers",
    "what does the incidents table refer to?": "relate out incidents",
    "where is the price of parts stored?": "where price parts",
    "Which table has a column called vin?": "where vin",
    "which tables contain a dealer_id?": "where dealer id",
    "Where can I find the VIN?": "where vin",
    "What does the column labour_hours mean?": "where labour hours",
    "Which tables have to do with dealers?": "list dealers",
    "hello": "help",
    "How many incidents were there last month?": "help",
    "What is the roof load of the Wren?": "help",
    "": "help",
    "?!": "help",
}


@pytest.mark.parametrize(("text", "expected"), ASKED.items(), ids=list(ASKED))
def test_what_is_asked(text: str, expected: str) -> None:
    assert told(asked(text, TABLES)) == expected


SCHEMAS = (
    table("customers", "id INTEGER, email TEXT", "id"),
    table("sales.orders", "id INTEGER, customer_id INTEGER", "id", schema="sales"),
    table("sales.order_lines", "order_id INTEGER, line INTEGER", "order_id line", schema="sales"),
    table("archive.orders", "id INTEGER", "id", schema="archive"),
    table("archive.customers", "id INTEGER", "id", schema="archive"),
    table("v_customers", "id INTEGER", view=True),
)
IN_SCHEMAS = {
    "describe sales.orders": "describe sales.orders",
    'describe "sales"."orders"': "describe sales.orders",
    "describe sales orders": "describe sales.orders",
    "describe orders": "which to describe: sales.orders archive.orders",
    "describe customers": "describe customers",
    "describe archive.customers": "describe archive.customers",
    "describe order lines": "describe sales.order_lines",
    "describe sales.shipments": "missing sales.shipments",
    "how are sales.orders and customers related?": "relate both sales.orders customers",
    "is order_id in sales.order_lines unique?": "describe sales.order_lines column order_id",
    "describe v_customers": "describe v_customers",
}


@pytest.mark.parametrize(("text", "expected"), IN_SCHEMAS.items(), ids=list(IN_SCHEMAS))
def test_names_with_schemas(text: str, expected: str) -> None:
    assert told(asked(text, SCHEMAS)) == expected


def test_a_schema_that_is_named() -> None:
    for text in ("list the tables in the sales schema", "tables in sales", "draw the schema sales"):
        assert dataset_said(text, ["sales", "archive"], SCHEMAS)[0] == "sales"
    assert dataset_said("describe sales.orders", ["sales", "archive"], SCHEMAS)[0] is None


def test_a_table_with_the_name_of_a_word() -> None:
    one, other = table("a", "id INTEGER", "id"), table("b", "id INTEGER", "id")
    assert told(asked("how are a and b related?", (one, other))) == "relate both a b"
    assert told(asked("how is a b related?", (one, other))) == "relate both b"


AFTERWARDS = {
    "how is it related to vehicles?": "relate both incidents vehicles",
    "draw it": "relate both incidents",
    "which tables refer to it?": "relate in incidents",
    "what does it refer to?": "relate out incidents",
    "its relationships": "relate both incidents",
    "relationships?": "relate both incidents",
    "what columns does it have?": "describe incidents",
    "columns?": "describe incidents",
    "and dealers?": "describe dealers",
    "what about parts?": "describe parts",
    "draw an ER diagram of all tables": "relate both",
    "show me all tables": "list",
}


@pytest.mark.parametrize(("text", "expected"), AFTERWARDS.items(), ids=list(AFTERWARDS))
def test_what_is_asked_after_a_description(text: str, expected: str) -> None:
    assert told(asked(text, TABLES, Before("describe", TABLES[:1]))) == expected


def test_what_is_asked_after_relationships() -> None:
    before = Before("relate", TABLES[:1])
    assert told(asked("and dealers?", TABLES, before)) == "relate both dealers"
    assert told(asked("describe it", TABLES, before)) == "describe incidents"


SURE = [
    "Show me all tables",
    "list tables",
    "describe the incidents table",
    "describe fact_incidents",
    "how are service orders and vehicles related?",
    "draw an ER diagram",
    "which tables refer to vehicles?",
]
UNSURE = [
    "Is there a table of tyre pressures?",
    "show me the vehicles",
    "which dealers are open on Saturday?",
    "where are the parts?",
    "how are you related to the dealers?",
    "what do the parts cost?",
    "incidents",
    "the schedule table in the handbook",
    "hello",
    "Is there a table in the Osprey?",
]


@pytest.mark.parametrize("text", SURE)
def test_what_is_surely_about_tables(text: str) -> None:
    assert surely(text, asked(text, TABLES), TABLES)


@pytest.mark.parametrize("text", UNSURE)
def test_what_may_be_about_something_else(text: str) -> None:
    assert not surely(text, asked(text, TABLES), TABLES)


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("all tables in fleet", "fleet"),
        ("list the tables of the Fleet dataset", "fleet"),
        ("database `odd`: which tables are there?", "odd"),
        ("which tables are about the fleet?", None),
        ("in odds and ends", None),
        ("the vehicles dataset", None),
    ],
)
def test_a_dataset_that_is_named(text: str, dataset: str | None) -> None:
    found, rest = dataset_said(text, ["fleet", "odd"], TABLES)
    assert found == dataset
    assert (rest == text) is (dataset is None)


HOSTILE = [
    "\x00",
    "`" * 5_000,
    "describe " * 2_000,
    "which tables " * 800,
    "a_" * 9_000,
    "ﷺ" * 3_000,
    "\ud800",
    "((((" * 900,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_read_quickly(text: str) -> None:
    begun = time.process_time()
    tables = (*TABLES, *ODD)
    surely(text, asked(text, tables), tables)
    dataset_said(text, ["fleet", "odd", "a.*b(", ""], tables)
    assert time.process_time() - begun < 2


def test_nothing_to_ask_about() -> None:
    assert isinstance(asked("describe incidents", ()), Missing | Help)
