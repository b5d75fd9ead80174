"""Answers by a chat model, streamed as it is written, from the passages alone and with their markers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agents.answerer import AnswerFailed
from agents.citations import MARKER, Markers
from agents.failover import Budget, stream_first_able
from agents.fitment import Fitment
from agents.model import ChatModel, Finish, ModelFailed
from agents.prompt import DECLINED, numbered, says_declined, write_prompt
from agents.support import check
from agents.types import Answered, Delta, Task, Usage
from agents.vehicles import Vehicles
from agents.wording import without_entry


class ChatModelAnswerer:
    """Answers by the first of `models` that is able to; the rest are its fallbacks until the first text.

    The answerer owns the models and closes them. Raises ValueError when there is none.
    """

    def __init__(
        self, models: Sequence[ChatModel], budget: Budget | None = None, vehicles: Vehicles | None = None
    ) -> None:
        """`vehicles`: the maker's range, so that what is said of one car is not borne out by what stands of another."""
        if not models:
            raise ValueError("a chat model answerer needs a model")
        self._fitment = Fitment(vehicles or Vehicles())
        self._models = tuple(models)
        self._budget = budget or Budget()

    @property
    def name(self) -> str:
        return self._models[0].label

    async def answer(self, task: Task) -> AsyncGenerator[Delta | Answered, None]:
        """Stream the answer. Raises AnswerFailed, after text too: what was said then stands unfinished."""
        if not task.passages:
            yield Delta(" ".join(filter(None, (DECLINED, without_entry(task.unknown)))))
            yield Answered(declined=True)
            return
        passages = numbered(task)
        markers = Markers(passages)
        said: list[str] = []
        finish = Finish(False, Usage())
        stream = stream_first_able(self._models, write_prompt(task), self._budget)
        try:
            async with aclosing(stream):
                async for item in stream:
                    text = markers.end() if isinstance(item, Finish) else markers.feed(item)
                    if isinstance(item, Finish):
                        finish = item
                    if text:
                        said.append(text)
                        yield Delta(text)
        except ModelFailed as failure:
            raise AnswerFailed(failure.reason, failure.detail, _milliseconds(failure.retry_after)) from failure
        answer = "".join(said)
        declined = says_declined(answer, cited=MARKER.search(answer) is not None)
        checked = await asyncio.to_thread(
            check, answer, passages, self._fitment, task, declined=declined, truncated=finish.truncated
        )
        yield Answered(
            citations=checked.citations,
            declined=declined,
            truncated=finish.truncated,
            usage=finish.usage,
            unsupported=checked.unsupported,
            misplaced=checked.misplaced,
        )

    async def aclose(self) -> None:
        """Close the models' connections."""
        await asyncio.gather(*(model.aclose() for model in self._models))


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
