"""What a chat model writes for an analysis: the query, and the words to its result."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from agents.analyst.instructions import for_analysis, for_query, sql_in
from agents.analyst.plan_sql import query
from agents.analyst.progress import Work
from agents.analyst.sentence_filter import Gate
from agents.chat.canary import Canary
from agents.chat.output_filter import Outgoing
from agents.model import ChatModel, Finish, ModelFailed
from agents.models.metering import meter, used_up
from agents.types import Turn, Usage

_QUERY_TOKENS = 1200
_ANALYSIS_TOKENS = 900


@dataclass(frozen=True, slots=True)
class Writer:
    """Asks `model`, which it does not own."""

    model: ChatModel

    async def query(self, work: Work, history: tuple[Turn, ...]) -> tuple[str, Usage]:
        """The query for a question, "" where the model says that there is none, and what it took. Raises
        ModelFailed, also where the run's budget is used up."""
        if meter().exhausted:
            raise used_up()
        assert work.lexicon is not None
        failed = [(entry.sql, entry.cause) for entry in work.failed]
        before = query(work.before) if work.before else ""
        messages = for_query(work.text, work.lexicon, work.now.date().isoformat(), history, before, failed)
        said, usage = [], Usage()
        async with aclosing(self.model.stream(messages, _QUERY_TOKENS)) as stream:
            async for item in stream:
                if isinstance(item, str):
                    said.append(item)
                elif isinstance(item, Finish):
                    usage = item.usage
        sql = sql_in("".join(said))
        return ("" if sql.upper().startswith("CANNOT") else sql), usage

    async def words(self, work: Work) -> AsyncGenerator[str | Usage, None]:
        """The words to the result, sentence by sentence: only what the result bears out. Raises ModelFailed, perhaps
        after some of them."""
        if meter().exhausted:
            raise used_up()
        assert work.rows is not None
        canary = Canary()
        gate = await asyncio.to_thread(Gate, work.rows, work.text, work.now.date().isoformat())  # much text to read
        outgoing = Outgoing(canary)
        messages = for_analysis(work.text, work.sql, work.rows, canary.token)
        async with aclosing(self.model.stream(messages, _ANALYSIS_TOKENS)) as stream:
            async for item in stream:
                if isinstance(item, str):
                    if text := gate.feed(outgoing.feed(item)):
                        yield text
                elif isinstance(item, Finish):
                    yield item.usage
                if outgoing.leaked:
                    raise ModelFailed("LLM_BAD_STREAM", "it recites its instructions")
        if text := gate.feed(outgoing.end()) + gate.end():
            yield text
