"""The loop of a model and its tools: what is sent back, and where it ends."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from agents.chat.tool_loop import ENOUGH, NO_OBJECT, REPEATED, converse
from agents.context import Outcome
from agents.model import CallPiece, Finish, Message, ModelFailed, ToolCall, ToolCalls
from agents.models.failover import Budget
from agents.models.metering import Meter, count_with
from agents.tool import MOST_BYTES, Arguments, PassOn, Proposal, Result, Tool
from agents.types import Asks, Usage
from tests.unit.agents.scripted_model import ScriptedModel

QUICK = Budget(first_token=0.2, gap=0.05, max_tokens=50, backoff=0.001, rounds=3, calls=4)
ASKED = (Message("user", "How much oil?"),)


class LookUp(Arguments):
    fluid: str = ""


async def _run(given: Any, context: Any) -> Result:
    raise AssertionError("the loop runs no tool by itself: it asks the tool context to")


LOOK_UP: Tool[Any] = Tool("look_up", "Looks a fluid up.", LookUp, _run)


def wants(*calls: tuple[str, Mapping[str, Any] | str]) -> ToolCalls:
    return ToolCalls(tuple(ToolCall(f"call_{n}", name, given) for n, (name, given) in enumerate(calls)))


def look_up(fluid: str = "oil") -> ToolCalls:
    return wants(("look_up", {"fluid": fluid}))


class Talk:
    """A loop that has come to its end: what was said, what was called, how it ended."""

    def __init__(self, *models: ScriptedModel, outcome: Outcome | None = None, budget: Budget = QUICK) -> None:
        self.models = models
        self.budget = budget
        self.outcome = outcome or Outcome(Result({"litres": 4.6}))
        self.called: list[Mapping[str, Any]] = []
        self.said: list[str] = []
        self.outcomes: list[Outcome] = []
        self.finish: Finish | None = None

    async def _call(self, tool: Tool[Any], arguments: Mapping[str, Any]) -> Outcome:
        assert tool is LOOK_UP
        assert self.models[-1].open == 0, "the model's connection stays open while a tool is at work"
        self.called.append(arguments)
        return self.outcome

    async def __call__(self) -> "Talk":
        async for item in converse(self.models, ASKED, (LOOK_UP,), self._call, self.budget):
            assert self.finish is None
            if isinstance(item, str):
                self.said.append(item)
            elif isinstance(item, Outcome):
                self.outcomes.append(item)
            else:
                self.finish = item
        assert all(model.open == 0 for model in self.models)
        return self

    @property
    def text(self) -> str:
        return "".join(self.said)

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What the last model was told by tools when it was asked for the last time."""
        return [msgspec.json.decode(one.text) for one in self.models[-1].heard[-1] if one.role == "tool"]


async def test_without_calls_it_is_a_stream() -> None:
    talk = await Talk(ScriptedModel(["4.6 ", "litres"]))()
    assert (talk.said, talk.called) == (["4.6 ", "litres"], [])
    assert talk.finish == Finish(False, Usage(1, 1, "test:one"))


async def test_results_go_back_and_the_answer_goes_on_in_a_new_paragraph() -> None:
    model = ScriptedModel(["Let me see.", look_up()], [" It takes", " 4.6 litres."])
    talk = await Talk(model)()
    assert talk.text == "Let me see.\n\nIt takes 4.6 litres."
    assert talk.called == [{"fluid": "oil"}]
    said, told = model.heard[1][len(ASKED) :]
    assert (said.role, said.text, said.calls) == ("assistant", "Let me see.", look_up().calls)
    assert (told.role, told.call_id) == ("tool", "call_0")
    assert talk.answers[0]["result"] == {"litres": 4.6}
    assert talk.finish is not None
    assert (talk.finish.usage.input_tokens, talk.finish.usage.output_tokens) == (2, 2)


async def test_several_calls_are_made_one_after_the_other() -> None:
    talk = await Talk(ScriptedModel([wants(("look_up", {"fluid": "a"}), ("look_up", {"fluid": "b"}))], ["Done."]))()
    assert talk.called == [{"fluid": "a"}, {"fluid": "b"}]
    assert len(talk.answers) == 2


@pytest.mark.parametrize(
    ("name", "given", "error"),
    [
        ("delete_everything", {}, "There is no such tool. There are: look_up."),
        ("look_up\n../etc", {}, "There is no such tool. There are: look_up."),
        ("look_up", '{"fluid": "oi', NO_OBJECT),
        ("look_up", {"fluid": "x" * 100_000}, NO_OBJECT),
    ],
)
async def test_what_is_no_call_is_told_and_never_made(name: str, given: Mapping[str, Any] | str, error: str) -> None:
    model = ScriptedModel([wants((name, given))], ["Sorry."])
    talk = await Talk(model)()
    assert (talk.called, talk.answers, talk.text) == ([], [{"error": error}], "Sorry.")
    (kept,) = next(message.calls for message in model.heard[-1] if message.calls)
    assert kept.name in {"look_up", "unknown_tool"}
    assert kept.arguments == {}


async def test_errors_of_a_call_go_back_to_the_model() -> None:
    talk = await Talk(ScriptedModel([look_up()], ["Sorry."]), outcome=Outcome(None, error="fluid: which one?"))()
    assert talk.answers == [{"error": "fluid: which one?"}]


async def test_the_same_call_twice_in_a_row_is_made_once() -> None:
    talk = await Talk(ScriptedModel([look_up()], [look_up()], [look_up("coolant")], ["Done."]))()
    assert talk.called == [{"fluid": "oil"}, {"fluid": "coolant"}]
    assert [one.get("error") for one in talk.answers] == [None, REPEATED, None]


async def test_rounds_are_limited_and_the_last_has_no_tools() -> None:
    model = ScriptedModel(*([look_up(str(n))] for n in range(QUICK.rounds)), ["Enough."])
    talk = await Talk(model)()
    assert model.offered == [("look_up",)] * QUICK.rounds + [()]
    assert (len(talk.called), talk.text) == (QUICK.rounds, "Enough.")


async def test_calls_are_limited() -> None:
    model = ScriptedModel([wants(*(("look_up", {"fluid": str(n)}) for n in range(200)))], ["Enough."])
    talk = await Talk(model)()
    assert len(talk.called) == QUICK.calls
    assert [one for one in talk.answers[QUICK.calls :] if one != {"error": ENOUGH}] == []
    assert model.offered == [("look_up",), ()]


async def test_one_that_only_calls_has_said_nothing() -> None:
    talk = await Talk(ScriptedModel([look_up(), look_up("coolant")]))()
    assert talk.said == []
    assert talk.finish is not None
    assert len(talk.called) <= QUICK.calls


async def test_calls_in_a_round_without_tools_are_left_alone() -> None:
    model = ScriptedModel(*([look_up(str(n))] for n in range(QUICK.rounds)), ["Enough.", look_up("late")])
    talk = await Talk(model)()
    assert (talk.text, {"fluid": "late"} in talk.called) == ("Enough.", False)


async def test_a_flood_of_arguments_is_answered_without_tools() -> None:
    model = ScriptedModel([CallPiece(1)] * 10_000, ["Sorry."])
    talk = await Talk(model)()
    assert (talk.text, talk.called, model.offered) == ("Sorry.", [], [("look_up",), ()])


@pytest.mark.parametrize(
    "result",
    [
        Result(None, proposal=Proposal("book", {}, Asks("confirm", "Book it?"))),
        Result(None, pass_on=PassOn("maintenance", "When?")),
        Result(None, person="asked for one"),
    ],
)
async def test_what_somebody_else_has_to_go_on_with_is_the_end(result: Result) -> None:
    model = ScriptedModel(["I will ask.", wants(("look_up", {"fluid": "a"}), ("look_up", {"fluid": "b"}))], ["More."])
    talk = await Talk(model, outcome=Outcome(result))()
    assert (model.called, talk.called, talk.text) == (1, [{"fluid": "a"}], "I will ask.")
    assert talk.outcomes == [Outcome(result)]
    assert talk.finish is not None


async def test_the_model_that_began_the_answer_ends_it() -> None:
    down = ModelFailed("LLM_UNAVAILABLE", "status 500", transient=True)
    leader, fallback = ScriptedModel([down], label="test:leader"), ScriptedModel([look_up()], [down], ["Well."])
    talk = Talk(leader, fallback, budget=replace(QUICK, retries=0))
    with pytest.raises(ModelFailed):
        await talk()
    assert (leader.called, fallback.called, len(talk.called)) == (1, 2, 1)
    again = ScriptedModel([look_up()], [down], ["Well."])
    assert (await Talk(again)()).text == "Well."


async def test_without_tokens_left_there_are_no_more_calls() -> None:
    meter = Meter(limit=1)
    model = ScriptedModel([look_up()], ["Enough."])

    async def answer() -> Talk:
        count_with(meter)
        return await Talk(model)()

    talk = await asyncio.create_task(answer())
    assert talk.called
    meter.begin("answer", "test:one").usage = Usage(input_tokens=5)
    model = ScriptedModel(["Enough.", look_up()])
    talk = await asyncio.create_task(answer())
    assert (model.offered, talk.called) == ([()], [])


async def test_cancelled_while_a_tool_is_at_work() -> None:
    begun = asyncio.Event()

    async def never(tool: Tool[Any], arguments: Mapping[str, Any]) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return Outcome(None)

    async def listen() -> None:
        async for _ in converse((model,), ASKED, (LOOK_UP,), never, QUICK):
            pass

    model = ScriptedModel([look_up()])
    task = asyncio.create_task(listen())
    await begun.wait()
    assert model.open == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_told_of_results_is_bounded() -> None:
    model = ScriptedModel([look_up()], ["Much."])
    await Talk(model, outcome=Outcome(Result(['\x00"\\' * 50_000])))()
    assert max(len(message.text.encode()) for message in model.heard[-1]) <= MOST_BYTES
