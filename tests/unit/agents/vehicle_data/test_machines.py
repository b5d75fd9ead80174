"""Comparing products that are no vehicles, of which one has no figure."""

from typing import Any

import pytest

from agents.context import Resources
from agents.skill import Handled
from agents.types import Turn
from agents.vehicle_data.skill import SKILL
from tests import machines
from tests.tool_contexts import case, context


async def answer(question: str, note: dict[str, Any] | None = None) -> Handled | None:
    unused: Any = None
    resources = Resources(machines.VEHICLES, machines.reference(), unused, unused, unused)
    of = case(question, note=note)
    request = await SKILL.read(of, resources)
    return await SKILL.act(request, context(resources, of)[0]) if request is not None else None


async def text(question: str) -> str:
    handled = await answer(question)
    return handled.text if handled else ""


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Which is quieter, the Brava Solo or the Cima 8 Pro?", "Cima 8 Pro. "),
        ("Which is cheaper, the Litro 30 or the Brava Duo?", "Brava Duo. "),
        ("Is the Litro 30 louder than the Brava Duo?", "Yes. "),
        ("Which is heavier, the Cima 8 or the Litro 30?", "Litro. "),
        ("Which runs quieter, the Brava Solo or the Cima 8 Pro?", "Cima 8 Pro. "),
    ],
)
async def test_a_word_of_comparison_finds_the_figure(question: str, begins: str) -> None:
    assert (await text(question)).startswith(begins)


async def test_the_lightest_of_all_is_of_any_trade() -> None:
    assert (await text("which machine is the lightest?")).startswith("Brava Solo: 7.2 kg")
    assert (await text("what's the cheapest machine you sell")).startswith("Brava Solo: 449 euros")
    assert (await text("which one has the largest tank?")).startswith("Litro: 5.0 litres")
    assert (await text("which machine uses the least power?")).startswith("Brava Solo: 1250 W")


@pytest.mark.parametrize(
    "question",
    [
        "Which is quieter, the Brava Duo or the Cima 8?",
        "compare the noise of the Brava Duo, the Cima 8 and the Litro 30",
        "Compare the noise of all three: Brava Duo, Cima 8, Litro 30",
        "Is the Cima 8 quieter than the Brava Duo?",
    ],
)
async def test_of_whom_there_is_no_figure_is_said(question: str) -> None:
    said = await text(question)
    assert "Cima 8: no figure in our documents" in said
    assert "Brava Duo: 62" in said
    assert not said.startswith(("Yes", "No. ", "Brava Duo."))


async def test_a_ranking_says_whom_it_leaves_out() -> None:
    assert "No figure in our documents: Cima 8." in await text("Which machine is the quietest?")


@pytest.mark.parametrize(
    "question",
    [
        "what's the price difference between the Brava Duo and the Cima 8 Pro?",
        "How much more does the Cima 8 Pro cost than the Brava Duo?",
        "how much cheaper is the Brava Duo than the Cima 8 Pro",
    ],
)
async def test_how_far_they_lie_apart_is_told(question: str) -> None:
    assert "The difference is 650 euros" in await text(question)


async def test_what_is_said_of_others_alone_is_named() -> None:
    handled = await answer("How loud is the Cima 8?")
    assert handled is not None
    assert handled.text.startswith("Our documents do not give the noise (dB) of the Cima 8.")
    assert handled.status == "declined"


@pytest.mark.parametrize(
    ("said", "told"), [("and the Cima 8?", "do not give the noise"), ("and the big one?", "68 – noise (dB), Litro")]
)
async def test_so_it_is_in_the_next_question(said: str, told: str) -> None:
    first = await answer("What is the noise of the Brava Solo?")
    assert first is not None
    assert first.note is not None
    unused: Any = None
    resources = Resources(machines.VEHICLES, machines.reference(), unused, unused, unused)
    of = case(
        said,
        note=dict(first.note),
        history=[Turn("customer", "What is the noise of the Brava Solo?"), Turn("assistant", first.text)],
    )
    request = await SKILL.read(of, resources)
    assert request is not None
    assert told in (await SKILL.act(request, context(resources, of)[0])).text


async def test_two_columns_of_a_row_are_two_things() -> None:
    """Though their names differ in nothing but words that others can do without."""
    assert (await text("how heavy is the Brava Duo?")).startswith("9.1 kg")
    assert (await text("what is the total weight of the Brava Duo?")).startswith("14 kg")
