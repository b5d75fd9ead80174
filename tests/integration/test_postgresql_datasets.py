"""A real PostgreSQL with several schemas as a dataset."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from agents.dataset import DatasetUnavailable, QueryFailed, Schema, Table
from agents.explorer.mermaid import er_diagram
from agents.explorer.relations import relations
from tests.datasets import catalogue_in
from tests.postgres import postgres_url
from tests.serving import environment, pitcrew
from tests.unit.agents.explorer.er_language import read

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
COMMENT ON TABLE customers IS 'Who buys.';
COMMENT ON COLUMN customers.email IS 'Where we write to.';
CREATE TABLE "order" ("from" INTEGER PRIMARY KEY);
CREATE SCHEMA sales;
CREATE TABLE sales.orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), note TEXT);
CREATE TABLE sales.invoices (
  number TEXT PRIMARY KEY, order_id INTEGER NOT NULL UNIQUE REFERENCES sales.orders (id), paid BOOLEAN);
CREATE UNIQUE INDEX unpaid ON sales.invoices (paid) WHERE NOT paid;
CREATE UNIQUE INDEX lowered ON sales.invoices (lower(number));
CREATE VIEW sales.open_orders AS SELECT o.id, c.email FROM sales.orders o JOIN customers c ON c.id = o.customer;
CREATE TABLE sales.events (id INTEGER, day DATE) PARTITION BY RANGE (day);
CREATE TABLE sales.events_2026 PARTITION OF sales.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."The Table" (a INTEGER, b INTEGER, PRIMARY KEY (a, b));
CREATE TABLE "Odd Schema".customers (id INTEGER PRIMARY KEY, twin INTEGER UNIQUE REFERENCES public.customers (id));
CREATE TABLE sales.parts (a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES "Odd Schema"."The Table" (a, b));
CREATE SCHEMA secret;
CREATE TABLE secret.salaries (n INTEGER);
CREATE TABLE hidden (n INTEGER);
INSERT INTO customers VALUES (1, 'a@example.org'), (2, 'b@example.org');
INSERT INTO sales.orders VALUES (10, 1, 'x'), (11, NULL, NULL);
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS orders FROM sales.orders;
INSERT INTO sales.invoices VALUES ('I-1', 10, true);
INSERT INTO sales.events VALUES (1, '2026-02-01');
GRANT USAGE ON SCHEMA sales, "Odd Schema" TO shop_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public, sales, "Odd Schema" TO shop_reader;
REVOKE SELECT ON hidden FROM shop_reader;
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The URL of a database with four schemas, as one who may not read everything."""
    admin = create_engine(postgres_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE shop"))
        connection.execute(text("CREATE ROLE shop_reader LOGIN PASSWORD 's3cr3t-pass'"))
    own = create_engine(make_url(postgres_url()).set(database="shop"))
    with own.begin() as connection:
        connection.exec_driver_sql(SHOP)
    own.dispose()
    url = make_url(postgres_url()).set(database="shop", username="shop_reader", password="s3cr3t-pass")
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE shop WITH (FORCE)"))
        connection.execute(text("DROP ROLE shop_reader"))
    admin.dispose()


@pytest.fixture(scope="module")
def schema(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Schema:
    async def added() -> Schema:
        async with catalogue_in(tmp_path_factory.mktemp("shop")) as catalogue:
            return await catalogue.add("shop", shop)

    return asyncio.run(added())


def named(schema: Schema, name: str) -> Table:
    return next(table for table in schema.tables if table.name == name)


def test_all_schemas_but_the_systems(schema: Schema) -> None:
    assert {(table.name, table.schema, table.view) for table in schema.tables} == {
        ("customers", "", False),
        ("order", "", False),
        ("sales.orders", "sales", False),
        ("sales.invoices", "sales", False),
        ("sales.events", "sales", False),
        ("sales.parts", "sales", False),
        ("Odd Schema.The Table", "Odd Schema", False),
        ("Odd Schema.customers", "Odd Schema", False),
        ("totals", "", True),
        ("sales.open_orders", "sales", True),
    }
    assert named(schema, "sales.events").rows == 1, "its part is no table of its own"
    assert named(schema, "customers").description == "Who buys."
    assert named(schema, "customers").columns[1].description == "Where we write to."


def test_keys_across_schemas(schema: Schema) -> None:
    ways = {
        (one.table.name, one.to.name, one.single, one.optional) for one in relations(schema.tables) if one.key.declared
    }
    assert ways == {
        ("sales.orders", "customers", False, True),
        ("sales.invoices", "sales.orders", True, False),
        ("Odd Schema.customers", "customers", True, True),
        ("sales.parts", "Odd Schema.The Table", False, True),
    }
    assert named(schema, "sales.invoices").unique == (("order_id",),)
    assert named(schema, "customers").unique == (("email",),)


def test_the_diagram_names_schemas(schema: Schema) -> None:
    boxes, ways = read(er_diagram(schema.tables, relations(schema.tables)).source)
    labels = {name: box.label for name, box in boxes.items()}
    assert set(labels.values()) == {f"{one.name} (view)" if one.view else one.name for one in schema.tables}
    drawn = {(labels[to], ends, labels[table]) for to, ends, table, _ in ways}
    assert {
        ("customers", "|o--o{", "sales.orders"),
        ("sales.orders", "||--o|", "sales.invoices"),
        ("customers", "|o--o|", "Odd Schema.customers"),
    } <= drawn


def test_what_may_not_be_read_is_left_out_and_said(schema: Schema) -> None:
    assert sorted(schema.left_out) == [
        "hidden: permission denied for table hidden",
        "secret.salaries: permission denied for schema secret",
    ]


async def test_rows_of_all_of_them_can_be_asked(shop: str, tmp_path: Path) -> None:
    async with catalogue_in(tmp_path) as catalogue:
        await catalogue.add("shop", shop)
        joined = 'SELECT email FROM "sales.orders" o JOIN customers c ON c.id = o.customer'
        assert (await catalogue.query("shop", joined)).rows == (("a@example.org",),)
        assert (await catalogue.query("shop", 'SELECT * FROM shop."sales.open_orders"')).rows == (
            (10, "a@example.org"),
        )
        assert (await catalogue.query("shop", "SELECT orders FROM totals")).rows == ((2,),)
        with pytest.raises(QueryFailed, match=r'Write "sales\.orders" in double quotes'):
            await catalogue.query("shop", "SELECT * FROM sales.orders")


async def test_a_search_path_of_the_url_chooses_schemas(shop: str, tmp_path: Path) -> None:
    for path, names in {
        "sales": {"orders", "invoices", "events", "parts", "open_orders"},
        "sales,public": {
            *("orders", "invoices", "events", "parts", "open_orders"),
            *("public.customers", "public.order", "public.totals"),
        },
    }.items():
        url = make_url(shop).update_query_dict({"options": f"-csearch_path={path}"})
        async with catalogue_in(tmp_path) as catalogue:
            name = f"shop{len(names)}"
            schema = await catalogue.add(name, url.render_as_string(hide_password=False))
            assert {table.name for table in schema.tables} == names
            declared = [one for one in relations(schema.tables) if one.key.declared]
            assert {(one.table.name, one.to.name) for one in declared} >= {("invoices", "orders")}
            assert (("orders", "public.customers") in {(one.table.name, one.to.name) for one in declared}) is (
                "public" in path
            )


@pytest.mark.parametrize(
    "change", [{"database": "gone"}, {"username": "nobody_known"}, {"port": 1}, {"host": "no-such-host.invalid"}]
)
async def test_errors_of_the_driver_hold_no_password(shop: str, tmp_path: Path, change: dict[str, object]) -> None:
    url = make_url(shop).set(**change)  # type: ignore[arg-type]
    async with catalogue_in(tmp_path) as catalogue:
        with pytest.raises(DatasetUnavailable) as raised:
            await catalogue.add("shop", url.render_as_string(hide_password=False))
    assert "s3cr3t" not in str(raised.value)


def test_a_password_stays_in_the_environment(shop: str, tmp_path: Path) -> None:
    env = environment(tmp_path)
    referring = shop.replace("s3cr3t-pass", "${SHOP_PASSWORD}")
    unset = pitcrew("datasets", "add", "shop", referring, env=env, timeout=60)
    assert (unset.returncode, "SHOP_PASSWORD is not set" in unset.stderr) == (1, True), unset.stderr
    added = pitcrew("datasets", "add", "shop", referring, env=env | {"SHOP_PASSWORD": "s3cr3t-pass"}, timeout=60)
    assert added.returncode == 0, added.stderr
    assert "Warning" not in added.stderr
    assert "left out: hidden: permission denied" in added.stderr
    listed = pitcrew("datasets", "list", "--json", env=env, timeout=60)
    assert referring in listed.stdout
    asked = pitcrew("datasets", "query", "shop", "SELECT count(*) AS n FROM customers", env=env, timeout=60)
    assert asked.stdout.split() == ["n", "2"], "the copy needs no password"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    again = pitcrew("datasets", "refresh", "shop", env=env, timeout=60)
    assert (again.returncode, "SHOP_PASSWORD is not set" in again.stderr) == (1, True)


def test_a_password_in_the_url_is_warned_of_and_never_shown(shop: str, tmp_path: Path) -> None:
    env = environment(tmp_path)
    added = pitcrew("datasets", "add", "shop", "-", env=env, timeout=60, input=f"{shop}\n")
    assert added.returncode == 0, added.stderr
    assert "Warning: the password" in added.stderr
    assert "shop_reader:${SHOP_PASSWORD}@" in added.stderr
    listed = pitcrew("datasets", "list", env=env, timeout=60)
    assert "shop_reader:***@" in listed.stdout
    for told in (added, listed):
        assert "s3cr3t" not in told.stdout + told.stderr
