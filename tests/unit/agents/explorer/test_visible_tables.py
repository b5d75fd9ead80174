"""Which tables a caller can ask about."""

from dataclasses import replace
from typing import Any

import pytest

from agents.dataset import DatasetUnavailable, Reader, Schema
from agents.explorer.visible_tables import NotFound, tables_of
from tests.unit.agents.tabled import FLEET, InMemory, resources


class Gone(InMemory):
    async def schema(self, name: str) -> Schema:
        raise DatasetUnavailable("/srv/private/fleet.csv: No such file. (user 'reader', host db.internal:5432)")


@pytest.mark.parametrize("asked", [None, "fleet", "all", "<img src=x>"])
async def test_why_tables_cannot_be_read_is_not_for_everybody(asked: str | None) -> None:
    gone: Any = Gone(*FLEET)
    with pytest.raises(NotFound) as raised:
        await tables_of(replace(resources(*FLEET), datasets=gone), Reader(), asked)
    named = "The dataset fleet" if asked == "fleet" else "The data"
    assert str(raised.value) == f"{named} cannot be read now: ask again later."
