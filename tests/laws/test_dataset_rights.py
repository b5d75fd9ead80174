"""Who may read which dataset, and which of its rows: whatever the query, on every database that keeps the list."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from agents.dataset import ALL, OPERATOR, DatasetUnavailable, DatasetUnknown, QueryFailed, Reader
from agents.datasets.collection import DatasetCatalogue
from agents.datasets.registry import Registry
from agents.tables import metadata
from tests.databases import DATABASES
from tests.datasets import places

ANNA = Reader("customer", "anna", "Anna@example.org")
BEN = Reader("customer", "ben", "ben@example.org")
GUEST = Reader("customer", "guest:1")
STAFF, ADMIN = Reader("staff", "sue"), Reader("admin", "ada")
ORDERS = """id,email,"whose ""it"" is",price
1,anna@example.org,anna,10
2,ben@example.org,ben,20
3,anna@example.org,anna,30
4,,,40
"""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def catalogue(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatasetCatalogue]:
    """For all tests: whoever changes a right puts it back."""
    folder = tmp_path_factory.mktemp("rights")
    shop = folder / "shop"
    shop.mkdir()
    (shop / "orders.csv").write_text(ORDERS)
    (shop / "suppliers.csv").write_text("id,name\n1,Hidden Ltd\n")
    for name in ("pay", "plans"):
        (folder / f"{name}.csv").write_text(f"id,{name}_figure\n1,77\n")
    engine = create_engine(f"sqlite:///{folder / 'list.db'}")
    metadata.create_all(engine)
    made = DatasetCatalogue(engine, folder / "snapshots", audience="staff")
    try:
        await made.add("pay", str(folder / "pay.csv"))
        await made.add("plans", str(folder / "plans.csv"), audience="admin")
        await made.add("shop", str(shop), audience="customers", own_rows="email=email")
        yield made
    finally:
        await made.close()
        engine.dispose()


@pytest.mark.parametrize("name", DATABASES)
async def test_the_list(tmp_path: Path, name: str) -> None:
    """What is registered before there were rights, or without any, has the usual audience of the day."""
    with DATABASES[name](tmp_path) as url:
        engine = create_engine(url)
        metadata.create_all(engine)
        careful, open_ = Registry(engine, None, "staff"), Registry(engine, None, "customers")
        careful.add(careful.new("usual", str(tmp_path), ""))
        careful.add(careful.new("named", str(tmp_path), "", "customers", "email=email"), "customers")
        assert [*careful.entries(ANNA)] == ["named"]
        assert [*open_.entries(ANNA)] == ["named", "usual"]
        assert careful.entry("named", ANNA).own_rows == "email=email"
        careful.open(careful.opened("named", "admin", None))
        assert (careful.entries(STAFF).keys(), careful.entry("named").own_rows) == ({"usual"}, "email=email")
        with pytest.raises(DatasetUnknown, match="There is none for you"):
            careful.entry("named", ANNA)
        engine.dispose()


@pytest.mark.parametrize(
    ("reader", "names"),
    [(ANNA, ["shop"]), (GUEST, ["shop"]), (STAFF, ["pay", "shop"]), (ADMIN, ["pay", "plans", "shop"])],
)
async def test_who_sees_which(catalogue: DatasetCatalogue, reader: Reader, names: list[str]) -> None:
    """Who may not read a dataset is told the same as where there is none."""
    seen = catalogue.seen_by(reader)
    assert [one.name for one in await seen.registered()] == names
    assert {table.dataset for table in (await seen.schema(ALL)).tables} == set(names)
    for hidden in {"pay", "plans", "shop"} - set(names):
        for asked in (seen.schema(hidden), seen.query(hidden, f"SELECT * FROM {hidden}")):
            with pytest.raises(DatasetUnknown) as told:
                await asked
            assert str(told.value) == f'There is no dataset "{hidden}". There are: {", ".join(names)}.'
        with pytest.raises(QueryFailed):
            await seen.query(ALL, f'SELECT * FROM "{hidden}"."{hidden}"')


async def test_nobody_sees_anything_of_nothing(catalogue: DatasetCatalogue) -> None:
    await catalogue.open("shop", audience="staff")
    seen = catalogue.seen_by(ANNA)
    assert await seen.registered() == ()
    with pytest.raises(DatasetUnavailable) as told:
        await seen.schema(ALL)
    with pytest.raises(DatasetUnknown) as unknown:
        await seen.schema("shop")
    await catalogue.open("shop", audience="customers")
    assert "pay" not in f"{told.value}{unknown.value}"


@pytest.mark.parametrize(("reader", "prices"), [(ANNA, [10, 30]), (BEN, [20]), (GUEST, []), (STAFF, [10, 20, 30, 40])])
@pytest.mark.parametrize("name", ["shop", ALL])
async def test_own_rows(catalogue: DatasetCatalogue, name: str, reader: Reader, prices: list[int]) -> None:
    """Capitals of an address make no difference; who has none owns no row, not even one without an owner."""
    rows = await catalogue.seen_by(reader).query(name, 'SELECT price FROM "shop"."orders" ORDER BY 1')
    assert [row[0] for row in rows.rows] == prices


HOSTILE = (
    "SELECT price FROM orders WHERE true OR email = 'ben@example.org'",
    "SELECT price FROM _whole.orders",
    'SELECT price FROM "_whole"."main"."orders"',
    "SELECT price FROM shop.main.orders UNION ALL SELECT price FROM orders",
    "WITH _whole AS (SELECT * FROM orders) SELECT price FROM _whole",
    "SELECT max(price) FROM orders",
    "SELECT (SELECT price FROM orders ORDER BY price DESC LIMIT 1)",
    "SELECT estimated_size FROM duckdb_tables()",
    "SELECT name FROM suppliers",
    'SELECT name FROM "shop"."suppliers"',
)


@pytest.mark.parametrize("sql", HOSTILE)
async def test_no_query_reaches_the_others_rows(catalogue: DatasetCatalogue, sql: str) -> None:
    told: set[Any] = {20}
    with suppress(QueryFailed):
        told = {cell for row in (await catalogue.seen_by(BEN).query("shop", sql)).rows for cell in row}
    assert told == {20}
    assert {row[0] for row in (await catalogue.query("shop", "SELECT price FROM orders")).rows} == {10, 20, 30, 40}


async def test_what_is_told_of_a_dataset_is_of_ones_own_rows(catalogue: DatasetCatalogue) -> None:
    """Neither the tables without an owner, nor how many rows others have, nor their values."""
    anna, ben = catalogue.seen_by(ANNA), catalogue.seen_by(BEN)
    schema, others = await anna.schema("shop"), await ben.schema("shop")
    assert [(table.name, table.rows) for table in schema.tables] == [("orders", None)]
    assert schema.version != others.version, "what was learnt of the one's values is not the other's"
    assert "anna" not in schema.version
    assert await anna.values("shop", schema.tables[0], "email") == ("anna@example.org",)
    assert await ben.values("shop", schema.tables[0], "email") == ("ben@example.org",)


async def test_rights_change_at_once(catalogue: DatasetCatalogue) -> None:
    changed = await catalogue.open("shop", own_rows='whose "it" is=sub')
    assert (changed.audience, changed.own_rows) == ("customers", 'whose "it" is=sub')
    rows = await catalogue.seen_by(Reader("customer", "Anna")).query("shop", "SELECT price FROM orders")
    assert rows.rows == (), "a subject is compared as it stands"
    rows = await catalogue.seen_by(Reader("customer", "anna")).query("shop", "SELECT price FROM orders")
    assert len(rows.rows) == 2
    await catalogue.open("shop", own_rows="")
    assert len((await catalogue.seen_by(GUEST).query("shop", "SELECT price FROM orders")).rows) == 4
    await catalogue.open("shop", audience="admin")
    assert [one.name for one in await catalogue.seen_by(STAFF).registered()] == ["pay"]
    await catalogue.open("shop", audience="customers", own_rows="email=email")


@pytest.mark.parametrize(
    ("rights", "says"),
    [
        ({"audience": "everybody"}, "is no audience: say customers, staff or admin"),
        ({"own_rows": "email"}, "write COLUMN=email or COLUMN=sub"),
        ({"own_rows": "=email"}, "write COLUMN=email or COLUMN=sub"),
        ({"own_rows": "email=phone"}, "write COLUMN=email or COLUMN=sub"),
        ({"own_rows": "e'mail\"; DROP=email"}, "has a column"),
    ],
)
async def test_rights_that_cannot_be(
    catalogue: DatasetCatalogue, tmp_path: Path, rights: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        await catalogue.open("shop", **rights)
    with pytest.raises(ValueError, match=says):
        await catalogue.add("new", str(places(tmp_path)), **rights)
    assert [one.name for one in await catalogue.registered()] == ["pay", "plans", "shop"]


async def test_bundled_ones(tmp_path: Path) -> None:
    """Their list names their rights; what cannot be read opens nothing."""
    for name in ("open", "usual"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.csv").write_text("id\n1\n")
    listed = tmp_path / "datasets.toml"
    listed.write_text('[open]\ndescription = "a"\naudience = "customers"\n[usual]\ndescription = "b"\n')
    engine = create_engine(f"sqlite:///{tmp_path / 'list.db'}")
    metadata.create_all(engine)
    catalogue = DatasetCatalogue(engine, tmp_path / "snapshots", tmp_path, audience="staff")
    try:
        assert [one.name for one in await catalogue.seen_by(ANNA).registered()] == ["open"]
        with pytest.raises(ValueError, match=r"write `audience` and `own_rows` in datasets\.toml"):
            await catalogue.open("usual", audience="customers")
        listed.write_text('[open]\ndescription = "a"\naudience = "world"\n')
        with pytest.raises(DatasetUnavailable, match="is no audience"):
            await catalogue.seen_by(OPERATOR).registered()
    finally:
        await catalogue.close()
        engine.dispose()
