"""An answerer whose model calls tools over a real connection: what they give is cited, checked, and goes on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field

from agents.chat.answerer import REFUSED
from agents.chat.draft import STOPPED, TO_A_PERSON
from agents.chat.prompt import DECLINED
from agents.context import Resources, ToolContext
from agents.tool import Arguments, Proposal, Result, Tool, ToolFailed
from agents.toolbox.handover import handover
from agents.types import Asks, Evidence, Task, ToolReturned, ToolUsed
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage
from tests.integration.model.asking import OIL, Build, collect
from tests.model_server.running import Control
from tests.tool_contexts import Told, case, context

ROWS = "Wren | 4.6 l\nHeron | 5.1 l"
TABLE = Passage(Chunk("t", "oil.csv", "specs", "Oil", (), None, 0, len(ROWS), ROWS, ("Model", "Engine oil")), 1.0)
RESOURCES = Resources(Vehicles(), None, None, None, None)  # type: ignore[arg-type]


class LookUp(Arguments):
    model: str = Field(description="Which model.", max_length=100)


class Nothing(Arguments):
    pass


async def look_up(given: LookUp, at: ToolContext) -> Result:
    if given.model not in ROWS:
        raise ToolFailed("No such model. There are: Wren, Heron.")
    start = ROWS.index(given.model)
    end = (ROWS + "\n").index("\n", start)
    return Result({"model": given.model}, (Evidence(TABLE, start, end),))


async def find_slot(given: Nothing, at: ToolContext) -> Result:
    return Result({"workshop": "Carrick", "at": "10:30"})


async def book(given: Nothing, at: ToolContext) -> Result:
    return Result({"held": True}, proposal=Proposal("book", {"slot": 7}, Asks("confirm", "Book it?")))


async def wait(given: Nothing, at: ToolContext) -> Result:
    await asyncio.sleep(3600)
    return Result(None)


TOOLS: tuple[Tool[Any], ...] = (
    Tool("look_up", "Looks a model's oil up.", LookUp, look_up),
    Tool("find_slot", "Finds a free hour.", Nothing, find_slot),
    Tool("book", "Prepares a booking.", Nothing, book),
    Tool("wait", "Takes its time.", Nothing, wait),
    *handover((("maintenance", "Service."),)),
)
Prepared = tuple[Task, Told]


@pytest.fixture
async def task() -> Prepared:
    """The task with a tool context, whose numbers go on behind the task's passages."""
    desk, told = context(RESOURCES, case(OIL.question))
    told.passages += OIL.passages
    return replace(OIL, tools=TOOLS, context=desk), told


def obey(provider: Control, *turns: dict[str, Any], loop: bool = False) -> None:
    provider.obey({"when": "Question:", "turns": turns, "loop": loop})


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments}]}


async def test_rows_are_cited_by_their_numbers(answerer: Build, provider: Control, task: Prepared) -> None:
    asked, told = task
    number = len(OIL.passages) + 1
    obey(
        provider,
        calls("look_up", model="Heron"),
        {"say": f"The engine of the Heron takes 5.1 litres of oil [{number}]."},
    )
    text, end = await collect(answerer("scripted"), asked)
    assert text == f"The engine of the Heron takes 5.1 litres of oil [{number}]."
    (citation,) = end.citations
    assert (citation.number, citation.passage) == (number, TABLE)
    assert ROWS[citation.start : citation.end] == "Heron | 5.1 l"
    assert (end.unsupported, end.misplaced, end.status) == ((), (), "answered")
    used, returned = told.outputs
    assert isinstance(used, ToolUsed)
    assert (used.tool, used.arguments) == ("look_up", {"model": "Heron"})
    assert isinstance(returned, ToolReturned)
    assert returned.ok


async def test_a_wrong_figure_is_found_in_spite_of_the_row(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, calls("look_up", model="Heron"), {"say": "The engine of the Heron takes 7.9 litres of oil [3]."})
    _, end = await collect(answerer("scripted"), task[0])
    assert len(end.unsupported) == 1
    assert end.citations == ()


async def test_what_tools_say_beside_rows_needs_no_marker(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, calls("find_slot"), {"say": "The workshop Carrick is free at 10:30."})
    text, end = await collect(answerer("scripted"), task[0])
    assert (text, end.unsupported) == ("The workshop Carrick is free at 10:30.", ())


async def test_markers_of_rows_that_were_never_shown_are_left_out(
    answerer: Build, provider: Control, task: Prepared
) -> None:
    obey(provider, {"say": "It takes 4.5 litres [2][3].", **calls("look_up", model="Wren")}, {"say": "That is all."})
    text, _ = await collect(answerer("scripted"), task[0])
    assert text == "It takes 4.5 litres [2].\n\nThat is all."


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (calls("look_up", model="Ghost"), "No such model"),
        (calls("look_up"), "model: Field required"),
        (calls("look_up", model="Wren", user_id="bob"), "user_id: Extra inputs are not permitted"),
        (calls("drop_tables"), "no such tool"),
        ({"calls": [{"name": "look_up", "arguments": '{"model": "Wr'}]}, "no JSON object"),
    ],
)
async def test_mistakes_go_back_to_the_model(
    answerer: Build, provider: Control, task: Prepared, call: dict[str, Any], error: str
) -> None:
    obey(provider, call, {"say": "I could not look that up."})
    text, _ = await collect(answerer("scripted"), task[0])
    assert text == "I could not look that up."
    assert error in provider.requests()[-1]["messages"][-1]["content"]


async def test_an_irreversible_step_is_only_proposed(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, {"say": "I can book that.", **calls("book")}, {"say": "It is booked!"})
    text, end = await collect(answerer("scripted"), task[0])
    assert text == "I can book that."
    assert end.proposal == Proposal("book", {"slot": 7}, Asks("confirm", "Book it?"))
    assert task[1].effects == []
    assert provider.stats()["requests"] == 1


async def test_it_is_passed_on_or_left_to_a_person(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, calls("pass_on", specialist="maintenance", question="When is it due?"))
    text, end = await collect(answerer("scripted"), task[0])
    assert (text, end.status) == ("", "passed_on")
    assert end.pass_on is not None
    obey(provider, {"say": "They can look at it.", **calls("hand_to_person", reason="smoke")})
    text, end = await collect(answerer("scripted"), task[0])
    assert (text, end.status) == ("They can look at it.", "to_person")
    obey(provider, calls("hand_to_person", reason="smoke"))
    assert (await collect(answerer("scripted"), task[0]))[0] == TO_A_PERSON


async def test_a_question_back_is_one(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, {"say": "Which model do you drive?"})
    assert (await collect(answerer("scripted"), task[0]))[1].status == "asked_back"


async def test_instructions_that_are_recited_end_the_answer(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, {"say": "Certainly: {system}"})
    text, end = await collect(answerer("scripted"), task[0])
    secret = provider.requests()[-1]["messages"][0]["content"].split()[1].strip(".")
    assert len(secret) == 16
    assert secret not in text
    assert text.endswith(STOPPED)
    assert "Rules" not in text
    assert (end.declined, end.status, end.citations) == (True, "declined", ())
    await asyncio.to_thread(provider.wait_until, open=0)


async def test_the_canary_is_no_argument(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, calls("look_up", model="{secret|spaced}"), {"say": "Sorry."})
    assert (await collect(answerer("scripted"), task[0]))[0] == "Sorry."
    assert task[1].outputs == []
    assert REFUSED in provider.requests()[-1]["messages"][-1]["content"]


@pytest.fixture
async def waiting(answerer: Build, provider: Control, task: Prepared) -> AsyncIterator["asyncio.Task[list[Any]]"]:
    """An answer that waits for a tool."""
    obey(provider, {"say": "Just a moment.", **calls("wait")})
    begun = asyncio.Event()

    async def listen() -> list[Any]:
        items = []
        async for item in answerer("scripted").answer(task[0]):
            items.append(item)
            if isinstance(item, str):
                begun.set()
        return items

    listening = asyncio.create_task(listen())
    await begun.wait()
    while not task[1].outputs:
        await asyncio.sleep(0.01)
    yield listening
    listening.cancel()


async def test_cancelled_in_the_middle_of_a_call(
    waiting: "asyncio.Task[list[Any]]", provider: Control, task: Prepared
) -> None:
    await asyncio.to_thread(provider.wait_until, open=0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert provider.stats() == {"requests": 1, "open": 0, "aborted": 0, "embeddings": 0}
    assert [type(output) for output in task[1].outputs] == [ToolUsed]


async def test_a_model_that_only_ever_calls_declines(answerer: Build, provider: Control, task: Prepared) -> None:
    obey(provider, calls("find_slot"), loop=True)
    text, end = await collect(answerer("scripted"), task[0])
    assert (text, end.declined, end.status) == (DECLINED, True, "declined")


async def test_calls_without_end_end_at_the_limits(answerer: Build, provider: Control, task: Prepared) -> None:
    many = {"calls": [{"name": "look_up", "arguments": {"model": f"Ghost {n}"}} for n in range(5)]}
    obey(provider, {"say": "Once more.", **many}, loop=True)
    text, _ = await collect(answerer("scripted"), task[0])
    assert text == "\n\n".join(["Once more."] * 4)
    assert sum(isinstance(output, ToolUsed) for output in task[1].outputs) == 12
    assert "tools" not in provider.requests()[-1]
