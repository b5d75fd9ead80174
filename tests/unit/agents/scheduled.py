"""The service schedules of the bundled knowledge base, as tests ask them."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from agents.context import Resources
from agents.service.schedules import Schedules, parse
from agents.vehicles.range import Vehicles
from rag.types import Chunk
from tests.unit.agents.stated_passages import KNOWLEDGE, chunks

T = TypeVar("T")
VEHICLES = Vehicles.parse((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8"))


class Documents:
    """See `agents.context.Reference`: what is made of some chunks, once."""

    def __init__(self, chunks: Callable[[], Sequence[Chunk]], vehicles: Vehicles) -> None:
        self._chunks, self._vehicles = chunks, vehicles
        self._made: dict[Any, Any] = {}

    async def derived(self, parse: Callable[[Sequence[Chunk], Vehicles], T]) -> T:
        if parse not in self._made:
            self._made[parse] = parse(self._chunks(), self._vehicles)
        made: T = self._made[parse]
        return made


RESOURCES = Resources(VEHICLES, Documents(chunks, VEHICLES), None, None, None)  # type: ignore[arg-type]


@cache
def schedules() -> Schedules:
    return parse(chunks(), VEHICLES)
