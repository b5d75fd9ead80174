"""What one run takes of models and tools, counted as it happens, and when it has had enough.

A run's meter is found by everything that works for it: asyncio gives each task a copy of its parent's context, and the
meter in it is one and the same.
"""

import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from agents.model import CallPiece, ChatModel, CircuitOpen, Filled, Finish, Message, ModelFailed, Streamed
from agents.tool import Tool
from agents.types import Usage
from rag.tracing.spans import Span, current

Purpose = Literal["answer", "classify", "rewrite", "summary"]
"""What a model is asked for."""
Kind = Purpose | Literal["tool"]

CHARACTERS_PER_TOKEN = 4
"""Of English text, on average; OpenAI's rule of thumb
(https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them)."""

LAST_WORDS = 512
"""Tokens of output that an answer may have even if the run's budget is used up: it ends with a sentence, not with
nothing."""

UNTOUCHED = frozenset({"LLM_UNAVAILABLE", "LLM_RATE_LIMITED"})
"""Failures before the first text that cost nothing, because the model never came to work."""


@dataclass(slots=True)
class Call:
    """A call of a model or a tool, from its beginning on. `name` is the model's label or the tool's name; `agent` the
    specialist it is for, "" where it is for none. `usage` is what is known so far, in part by our own `estimated`
    count; `ok` that it came to its end. `first_token_ms` is None where nothing was said."""

    kind: Kind
    agent: str
    name: str
    usage: Usage = field(default_factory=Usage)
    estimated: bool = False
    ok: bool = False
    begun: float = field(default_factory=time.perf_counter)
    first_token_ms: float | None = None
    took_ms: float | None = None

    @property
    def tokens(self) -> int:
        return self.usage.input_tokens + self.usage.output_tokens

    @property
    def milliseconds(self) -> float:
        """How long it took, or has taken so far."""
        return (time.perf_counter() - self.begun) * 1000 if self.took_ms is None else self.took_ms

    def say(self, characters: int) -> None:
        """The stream has come to so many characters."""
        if self.first_token_ms is None:
            self.first_token_ms = self.milliseconds
        self.usage = replace(self.usage, output_tokens=_tokens(characters))

    def end(self, usage: Usage) -> None:
        """It came to its end; a provider that counted nothing leaves the estimate."""
        self.ok = True
        if usage.input_tokens or usage.output_tokens:
            self.usage, self.estimated = usage, False

    def fail(self, failure: ModelFailed) -> None:
        if failure.reason in UNTOUCHED and self.first_token_ms is None:
            self.usage, self.estimated = Usage(), False


class Meter:
    """Counts for one run, from one event loop. `limit`: tokens that it may take, 0 for any number, of which it took
    `earlier` ones before it was parked. With a `notice` it may ask no model at all, and that tells the customer why."""

    def __init__(self, limit: int = 0, *, earlier: int = 0, notice: str = "") -> None:
        self.calls: list[Call] = []
        self.offline = bool(notice)
        self._notice = notice
        self._limit = limit
        self._earlier = earlier

    @property
    def tokens(self) -> int:
        """Tokens so far, in and out, those of calls under way among them."""
        return self._earlier + sum(call.tokens for call in self.calls)

    @property
    def exhausted(self) -> bool:
        """Whether the run has to come to its end: one more answer, without tools; nothing else is asked."""
        return self.offline or 0 < self._limit <= self.tokens

    def take_notice(self) -> str:
        """The notice, for whoever asks first; the customer is to read it once."""
        notice, self._notice = self._notice, ""
        return notice

    def begin(self, kind: Kind, name: str) -> Call:
        """A call that begins now."""
        call = Call(kind, _agent.get(), name)
        self.calls.append(call)
        return call

    def forget(self, call: Call) -> None:
        """The call was never made."""
        self.calls.remove(call)

    def tool(self, agent: str, name: str, milliseconds: float, ok: bool) -> None:
        """Count a call of a tool that has ended."""
        self.calls.append(Call("tool", agent, name, ok=ok, took_ms=milliseconds))


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_agent: ContextVar[str] = ContextVar("agent", default="")


def meter() -> Meter:
    """The meter of the run that this is done for; outside a run one that nobody reads."""
    return _meter.get() or Meter()


def count_with(counting: Meter | None) -> None:
    """Let this meter count whatever this task does from now on, and the tasks that it begins."""
    _meter.set(counting)


@contextmanager
def working_as(agent: str) -> Iterator[None]:
    """Put what is asked of models in the block down to this specialist."""
    token = _agent.set(agent)
    try:
        yield
    finally:
        _agent.reset(token)


class MeteredModel:
    """Passes calls on to `model`, which it does not own, and has the run's meter count them as `purpose`.

    Where the run's budget is used up, `fill` fails, so that the caller falls back on rules, and a stream ends truncated
    after LAST_WORDS.
    """

    def __init__(self, model: ChatModel, purpose: Purpose = "answer") -> None:
        self._model = model
        self._purpose: Purpose = purpose

    @property
    def label(self) -> str:
        return self._model.label

    @property
    def calls_tools(self) -> bool:
        return self._model.calls_tools

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """Say the answer, or what of `tools` to call for it. Raises ModelFailed."""
        counting = meter()
        if counting.offline:
            raise used_up()
        characters = 0
        with self._call(counting, messages, tools) as call:
            async with aclosing(self._model.stream(messages, max_tokens, tools)) as stream:
                async for event in stream:
                    if isinstance(event, str | CallPiece):
                        characters += len(event) if isinstance(event, str) else event.characters
                        call.say(characters)
                    elif isinstance(event, Finish):
                        call.end(event.usage)
                    yield event
                    if isinstance(event, str) and call.usage.output_tokens >= LAST_WORDS and counting.exhausted:
                        call.ok = True
                        yield Finish(True, call.usage)
                        return

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object made to the schema. Raises ModelFailed."""
        counting = meter()
        if counting.exhausted:
            raise used_up()
        with self._call(counting, messages) as call:
            filled = await self._model.fill(messages, schema)
            call.end(filled.usage)
        return filled

    def report(self, failure: ModelFailed) -> None:
        self._model.report(failure)

    async def aclose(self) -> None:
        await self._model.aclose()

    @contextmanager
    def _call(self, counting: Meter, messages: Sequence[Message], tools: Sequence[Tool[Any]] = ()) -> Iterator[Call]:
        call = counting.begin(self._purpose, self.label)
        call.usage, call.estimated = Usage(input_tokens=_tokens(_sent(messages, tools)), model=self.label), True
        asking = _asking(call, messages)
        failed: ModelFailed | None = None
        try:
            yield call
        except CircuitOpen:
            counting.forget(call)
            raise
        except ModelFailed as failure:
            call.fail(failure)
            failed = failure
            raise
        finally:
            call.took_ms = call.milliseconds
            _told(asking, call)
            asking.end(failed)


def _asking(call: Call, messages: Sequence[Message]) -> Span:
    """The span of a call (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/)."""
    provider, _, model = call.name.partition(":")
    named = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "pitcrew.purpose": call.kind,
        "pitcrew.agent": call.agent,
    }
    asking = current().begin(f"chat {model}", named)
    asking.content("gen_ai.input.messages", lambda: _as_json(messages))
    return asking


def _as_json(messages: Sequence[Message]) -> str:
    said = [{"role": message.role, "parts": [{"type": "text", "content": message.text}]} for message in messages]
    return json.dumps(said)


def _told(asking: Span, call: Call) -> None:
    used = call.usage
    asking.note(
        {
            "gen_ai.usage.input_tokens": used.input_tokens,
            "gen_ai.usage.output_tokens": used.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": used.cached_tokens,
            "pitcrew.estimated": call.estimated,
        }
    )
    if call.first_token_ms is not None:
        asking.note({"pitcrew.first_token_ms": round(call.first_token_ms, 1)})


def used_up() -> ModelFailed:
    """What a call fails with that the run's budget has no room for."""
    return ModelFailed("LLM_RATE_LIMITED", "not asked, because the budget is used up", fault="request")


def _sent(messages: Sequence[Message], tools: Sequence[Tool[Any]] = ()) -> int:
    """Characters of a prompt."""
    characters = sum(
        len(message.text) + sum(len(str(call.arguments)) for call in message.calls) for message in messages
    )
    return characters + sum(_schema_characters(tool) for tool in tools)


@lru_cache(maxsize=256)
def _schema_characters(tool: Tool[Any]) -> int:
    return len(tool.description) + len(json.dumps(tool.arguments.model_json_schema()))


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
