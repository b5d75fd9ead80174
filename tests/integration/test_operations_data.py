"""The operations data of the knowledge base: the same bytes from its generator, and figures that hold together."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agents.dataset import Schema
from agents.datasets.collection import DatasetCatalogue
from tests.datasets import catalogue_in
from tests.serving import KNOWLEDGE

OPERATIONS = KNOWLEDGE / "datasets" / "operations"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def catalogue(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatasetCatalogue]:
    async with catalogue_in(tmp_path_factory.mktemp("bundled"), bundled=KNOWLEDGE / "datasets") as opened:
        yield opened


def test_the_generator_writes_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, "-B", str(OPERATIONS / "generate.py"), str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)
    committed = {path.name: path.read_bytes() for path in OPERATIONS.glob("*.csv")}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == committed
    assert sum(map(len, committed.values())) <= 2_500_000


@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_there_without_being_added(catalogue: DatasetCatalogue) -> None:
    (one,) = await catalogue.registered()
    assert (one.name, one.origin, one.added_at) == ("operations", "bundled", "")
    assert one.description
    with pytest.raises(ValueError, match="comes with the knowledge base"):
        await catalogue.remove("operations")
    assert (await catalogue.refresh("operations")).tables


@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_a_star_with_words_for_everything(catalogue: DatasetCatalogue) -> None:
    schema: Schema = await catalogue.schema("operations")
    tables = {table.name: table for table in schema.tables}
    assert sum(table.rows or 0 for table in tables.values()) >= 20_000
    for table in tables.values():
        assert table.description
        assert table.primary_key
        assert all(column.description for column in table.columns)
        assert all(key.declared and key.to_table in tables for key in table.foreign_keys)
    facts = {table.name for table in tables.values() if len(table.foreign_keys) >= 2}
    assert {"incidents", "service_orders", "order_parts", "vehicles"} == facts
    assert tables["order_parts"].primary_key == ("order_id", "line")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "impossible",
    [
        "SELECT * FROM incidents WHERE resolved_on < reported_on",
        "SELECT * FROM incidents WHERE CAST(reported_at AS DATE) <> reported_on",
        "SELECT * FROM incidents WHERE (resolved_on IS NULL) <> (status IN ('open', 'in progress'))",
        "SELECT * FROM incidents WHERE satisfaction NOT BETWEEN 1 AND 5",
        "SELECT * FROM incidents JOIN vehicles USING (vehicle_id) WHERE reported_on < sold_on",
        "SELECT * FROM incidents i JOIN vehicles v USING (vehicle_id) WHERE i.mileage_km > v.mileage_km",
        "SELECT * FROM service_orders WHERE completed_on < opened_on",
        "SELECT * FROM service_orders WHERE (completed_on IS NULL) = (status = 'completed')",
        "SELECT * FROM service_orders WHERE total_cost_eur <> labour_cost_eur + parts_cost_eur",
        "SELECT * FROM service_orders WHERE (incident_id IS NULL) = (kind = 'repair')",
        "SELECT * FROM service_orders s JOIN technicians t USING (technician_id) WHERE s.dealer_id <> t.dealer_id",
        "SELECT order_id FROM service_orders s JOIN order_parts p USING (order_id) "
        "GROUP BY order_id, parts_cost_eur HAVING sum(quantity * p.unit_price_eur) <> parts_cost_eur",
        "SELECT * FROM order_parts JOIN service_orders USING (order_id) JOIN parts USING (part_id) "
        "WHERE discontinued_on < opened_on",
        "SELECT * FROM service_orders JOIN vehicles USING (vehicle_id) JOIN models USING (model_id) "
        "JOIN order_parts USING (order_id) JOIN parts USING (part_id) "
        "WHERE fuel = 'electricity' AND category IN ('engine', 'exhaust')",
    ],
)
async def test_what_cannot_be_is_not_there(catalogue: DatasetCatalogue, impossible: str) -> None:
    assert (await catalogue.query("operations", impossible)).rows == ()


@pytest.mark.asyncio(loop_scope="module")
async def test_it_has_seasons_and_reasons(catalogue: DatasetCatalogue) -> None:
    async def share(category: str, when: str) -> float:
        sql = f"SELECT avg(CASE WHEN category = '{category}' THEN 1 ELSE 0 END) FROM incidents WHERE {when}"
        return float((await catalogue.query("operations", sql)).rows[0][0])

    assert await share("battery", "month(reported_on) IN (12, 1, 2)") > 1.5 * await share(
        "battery", "month(reported_on) IN (6, 7, 8)"
    )
    assert await share("climate", "month(reported_on) IN (6, 7, 8)") > 1.5 * await share(
        "climate", "month(reported_on) IN (12, 1, 2)"
    )
    hybrid = (
        "vehicle_id IN (SELECT vehicle_id FROM vehicles JOIN models USING (model_id) WHERE variant = 'Heron Hybrid')"
    )
    spring = f"{hybrid} AND reported_on BETWEEN DATE '2026-03-10' AND DATE '2026-05-20'"
    assert await share("software", spring) > 2 * await share("software", hybrid)
