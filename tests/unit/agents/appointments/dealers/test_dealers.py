"""Dealers who are asked for by name, whether their row can be read or not."""

from typing import Any

import pytest

from agents.appointments.dealers.skill import LOOK_UP_DEALER, SKILL, Request, claims
from agents.context import Resources
from agents.dataset import ANYBODY
from tests import machines
from tests.tool_contexts import case, context


def resources() -> Resources:
    unused: Any = None
    return Resources(machines.VEHICLES, machines.reference(), unused, unused, unused)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("where is Bohne und Bar", True),
        ("tell me about the Espresso Klinik", True),
        ("Is Espresso Klinik open on Saturday?", True),
        ("can Bohne und Bar replace the pump of my Brava under warranty", False),
        ("is there anybody in Lindau", False),
        ("which coffee do you serve", False),
    ],
)
async def test_a_name_and_little_else_is_for_whoever_knows_dealers(text: str, claimed: bool) -> None:
    assert await claims(text, ANYBODY, resources()) == claimed


async def test_one_whose_row_cannot_be_read_is_told_as_it_is_written() -> None:
    made, told = context(resources(), case("where is the Espresso Klinik?"))
    handled = await SKILL.act(Request((), "Espresso Klinik"), made)
    assert handled.text == "Espresso Klinik, Donaustrasse 77, Ulm: 0700 310 433; Monday to Friday by arrangement [1]."
    assert [citation.passage for citation in handled.citations] == told.passages


async def test_the_tool_gives_nobody_else_for_it() -> None:
    made, _ = context(resources(), case("where is the Espresso Klinik?"))
    outcome = await made.call(LOOK_UP_DEALER, {"dealer": "Espresso Klinik"})
    assert outcome.result is not None
    assert [row["dealer"] for row in outcome.result.value["dealers"]] == ["Espresso Klinik"]
