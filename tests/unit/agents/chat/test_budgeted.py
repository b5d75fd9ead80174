"""The answerer that goes by the run's budget."""

from collections.abc import AsyncIterator

from agents.chat.budgeted import BudgetedAnswerer
from agents.models.metering import Meter, count_with
from agents.types import Answered, Task

TASK = Task("How strong is it?", "", ())


class Says:
    """An answerer that says its name."""

    def __init__(self, name: str, calls_tools: bool) -> None:
        self.name = name
        self.calls_tools = calls_tools

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        yield self.name
        yield Answered()


ANSWERER = BudgetedAnswerer(Says("a model", True), Says("offline", False))


async def said() -> str:
    outputs = [output async for output in ANSWERER.answer(TASK)]
    assert [isinstance(output, Answered) for output in outputs] == [False] * (len(outputs) - 1) + [True]
    return "".join(output for output in outputs if isinstance(output, str))


async def test_within_the_budget_the_model_answers() -> None:
    count_with(Meter(1, earlier=5))
    assert (ANSWERER.name, ANSWERER.calls_tools, await said()) == ("a model", True, "a model")


async def test_beyond_it_the_offline_answerer_goes_on_and_says_why_once() -> None:
    count_with(Meter(notice="Until tomorrow."))
    assert (ANSWERER.name, ANSWERER.calls_tools) == ("offline", False)
    assert await said() == "offline\n\nUntil tomorrow."
    assert await said() == "offline"
