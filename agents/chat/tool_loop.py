"""An answer by a chat model that may call tools: in rounds, each with the results of the calls before it, and limited.

A call of an irreversible effect comes to a proposal, which ends the answer: the customer is asked next, by code.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from agents.chat.tool_results import describe_outcome
from agents.context import Outcome
from agents.model import ChatModel, Finish, Message, ToolCall, ToolCalls
from agents.models.failover import Budget, stream_first_able
from agents.models.metering import meter
from agents.tool import MOST_BYTES, Tool
from agents.types import Usage

Call = Callable[[Tool[Any], Mapping[str, Any]], Awaitable[Outcome]]
"""Calls a tool for the one who asks; `ToolContext.call` is one."""

NO_OBJECT = "The arguments are no JSON object, or a very long one. Write them again as a short one."
REPEATED = "You have just made this call; its result is above. Answer with it, or make another call."
ENOUGH = "There are no more calls. Answer with what you have, and say what is missing."
UNKNOWN = "unknown_tool"


async def converse(
    models: Sequence[ChatModel],
    messages: Sequence[Message],
    tools: Sequence[Tool[Any]],
    call: Call,
    budget: Budget,
) -> AsyncGenerator[str | Outcome | Finish, None]:
    """The answer's text, the outcome of each call when it has come, and at the end a Finish with the usage of all.

    The first model that begins the answer ends it too. Calls are made one after the other. An outcome that proposes
    something, passes on or leaves it to a person is the last but the Finish. A model that only ever calls has said
    nothing at the end. Raises ModelFailed.
    """
    calls = _Calls({tool.name: tool for tool in tools}, call, budget.calls)
    sent, has_text, finish = list(messages), False, Finish(False, Usage())
    rounds = budget.rounds
    while True:
        offered = tools if rounds and calls.left > 0 and not meter().exhausted else ()
        texts: list[str] = []
        tool_calls: tuple[ToolCall, ...] = ()
        async with aclosing(stream_first_able(models, sent, budget, offered)) as stream:
            async for event in stream:
                if isinstance(event, Finish):
                    finish = Finish(event.truncated, finish.usage + event.usage)
                elif isinstance(event, ToolCalls):
                    tool_calls = event.calls if offered else ()
                else:
                    yield f"\n\n{event.lstrip()}" if has_text and not texts else event
                    texts.append(event)
        has_text = has_text or bool(texts)
        if not tool_calls and (has_text or not offered):
            break
        rounds = rounds - 1 if tool_calls else 0
        models = [model for model in models if model.label == finish.usage.model] or models
        results: list[Message] = []
        for tool_call in tool_calls:
            outcome = await calls.make(tool_call)
            yield outcome
            if _ends(outcome):
                yield finish
                return
            results.append(Message("tool", describe_outcome(outcome), call_id=tool_call.id))
        if tool_calls:
            sent += [Message("assistant", "".join(texts), tuple(map(calls.kept, tool_calls))), *results]
    yield finish


def _ends(outcome: Outcome) -> bool:
    result = outcome.result
    return result is not None and (result.proposal or result.pass_on or result.person) is not None


@dataclass
class _Calls:
    """The calls of one answer; `left` is how many more there may be."""

    tools: Mapping[str, Tool[Any]]
    call: Call
    left: int
    last: ToolCall | None = None

    async def make(self, tool_call: ToolCall) -> Outcome:
        """Make a call, or say why it is not one."""
        self.left -= 1
        if self.left < 0:
            return Outcome(None, error=ENOUGH)
        if tool_call.name not in self.tools:
            return Outcome(None, error=f"There is no such tool. There are: {', '.join(self.tools)}.")
        if isinstance(tool_call.arguments, str) or _long(tool_call.arguments):
            return Outcome(None, error=NO_OBJECT)
        this = replace(tool_call, id="")
        if this == self.last:
            return Outcome(None, error=REPEATED)
        self.last = this
        return await self.call(self.tools[tool_call.name], tool_call.arguments)

    def kept(self, made: ToolCall) -> ToolCall:
        """A call as the model is reminded of it: providers refuse names and arguments that no tool has, even if the
        model has made them up itself."""
        broken = isinstance(made.arguments, str) or _long(made.arguments)
        return ToolCall(made.id, made.name if made.name in self.tools else UNKNOWN, {} if broken else made.arguments)


def _long(arguments: Mapping[str, Any]) -> bool:
    return len(msgspec.json.encode(arguments)) > MOST_BYTES
