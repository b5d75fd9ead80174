"""What is got ready after a start, and that nothing waits for it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.exc import OperationalError

from agents.context import Resources
from agents.service import schedules
from agents.vehicle_data import fact_table
from api.compose.warming import warming


@dataclass
class Reading:
    """Notes what is read; `broken`: as a database that cannot be read."""

    broken: bool = False
    read: list[Any] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def reference(self) -> "Reading":
        return self

    async def derived(self, parse: Any) -> None:
        self.read.append(parse)
        self.ended.set()
        if self.broken:
            raise OperationalError("", None, OSError())


async def test_what_skills_read_is_read_once_a_server_has_started() -> None:
    reading = Reading()
    async with warming(cast(Resources, reading), after_s=0):
        await asyncio.wait_for(reading.ended.wait(), 10)
        while len(reading.read) < 7:
            await asyncio.sleep(0)
    assert {fact_table.parse, schedules.parse} < set(reading.read)


async def test_what_cannot_be_read_is_left_to_who_asks() -> None:
    reading = Reading(broken=True)
    async with warming(cast(Resources, reading), after_s=0):
        await asyncio.wait_for(reading.ended.wait(), 10)
    assert len(reading.read) == 1


async def test_a_server_that_ends_does_not_wait_for_it() -> None:
    reading = Reading()
    async with warming(cast(Resources, reading), after_s=60):
        await asyncio.sleep(0)
    assert reading.read == []
