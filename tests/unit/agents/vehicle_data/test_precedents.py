from datetime import UTC, datetime

import pytest

from agents.context import Case
from agents.passages.spans import spans
from agents.types import StandaloneQuestion
from agents.vehicle_data import precedents
from agents.vehicle_data.fact_table import VehicleData, parse
from agents.vehicle_data.lookups import Comparison, Lookup, Request
from rag.types import Chunk, Place
from tests import bundled

TEXT = "max weight on top of a heron"


@pytest.fixture(scope="module")
def data() -> VehicleData:
    return parse(bundled.chunks(), bundled.vehicles())


def row(data: VehicleData, name: str) -> tuple[Chunk, int]:
    """A row that states this attribute and no other."""
    return next(
        (chunk, span.start)
        for chunk in bundled.chunks()
        for span in spans(chunk, 0)
        if data.stated(chunk.id, span.start) == {name}
    )


def settled(request: Request | None, data: VehicleData, *places: Place) -> Request | None:
    case = Case(StandaloneQuestion(TEXT), TEXT, datetime(2026, 3, 2, tzinfo=UTC))
    return precedents.settled(request, places, case, data, bundled.vehicles())


def asked(*names: str, data: VehicleData) -> Lookup:
    return Lookup(names, data.fitment.everything)


def test_nothing_like_it_changes_nothing(data: VehicleData) -> None:
    request = asked("Gross vehicle weight", data=data)
    assert settled(request, data) is request
    assert settled(request, data, Place(*row(data, "Payload"), 0.5)) is request


def test_what_others_meant_by_it_is_looked_up(data: VehicleData) -> None:
    told = settled(asked("Gross vehicle weight", data=data), data, Place(*row(data, "Payload"), 0.9))
    assert isinstance(told, Lookup)
    assert told.attributes == ("Payload",)
    assert not told.likely
    assert settled(None, data, Place(*row(data, "Payload"), 0.72)) == Lookup(told.attributes, told.cars, likely=True)


def test_where_others_meant_no_table_the_documents_answer(data: VehicleData) -> None:
    prose = next(chunk for chunk in bundled.chunks() if not data.stated(chunk.id, chunk.start))
    assert settled(asked("Length", data=data), data, Place(prose, prose.start, 0.8)) is None


def test_what_several_tables_state_is_agreed_on(data: VehicleData) -> None:
    places = (Place(*row(data, "Payload"), 0.8), Place(*row(data, "Ground clearance"), 0.75))
    kept = settled(asked("Ground clearance", data=data), data, *places)
    assert isinstance(kept, Lookup)
    assert kept.attributes == ("Ground clearance",)


def test_a_name_in_full_stands(data: VehicleData) -> None:
    case = Case(StandaloneQuestion("roof load of the Plover"), "", datetime(2026, 3, 2, tzinfo=UTC))
    request = asked("Roof load", data=data)
    places = [Place(*row(data, "Payload"), 0.9)]
    assert precedents.settled(request, places, case, data, bundled.vehicles()) is request


def test_a_comparison_stays(data: VehicleData) -> None:
    request = Comparison("Length", "highest")
    assert settled(request, data, Place(*row(data, "Payload"), 0.9)) is request
