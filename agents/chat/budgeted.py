"""The answerer of a run by its budget: `model` while there is some, `offline` for a user whose day's is used up."""

from collections.abc import AsyncIterator

from agents.answerer import Answerer
from agents.models.metering import meter
from agents.types import Answered, Task


class BudgetedAnswerer:
    """Which of the two answers is settled when a run begins, so it is the same from the run's first question to its
    last."""

    def __init__(self, model: Answerer, offline: Answerer) -> None:
        self._model = model
        self._offline = offline

    @property
    def _chosen(self) -> Answerer:
        return self._offline if meter().offline else self._model

    @property
    def name(self) -> str:
        return self._chosen.name

    @property
    def calls_tools(self) -> bool:
        return self._chosen.calls_tools

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        """Stream the answer, offline with a word on why it is a shorter one. Raises AnswerFailed."""
        async for output in self._chosen.answer(task):
            if isinstance(output, Answered) and (notice := meter().take_notice()):
                yield f"\n\n{notice}"
            yield output
