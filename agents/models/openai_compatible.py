"""A chat model behind any OpenAI-compatible API, by langchain-openai."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_openai_messages,
)
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import SecretStr

from agents.model import CallPiece, Filled, Finish, Message, ModelFailed, Streamed, ToolCalls, ToolsRefused
from agents.models.completion_stream import Piece, pieces
from agents.models.providers import Model
from agents.models.tool_calls import PIECES, ChatOpenAIUnread, GrowingCalls, arguments, to_langchain, to_openai
from agents.tool import Tool
from agents.types import Usage

CONNECT_SECONDS = 5.0
"""To an address that does not answer at all; whatever comes later is limited by the caller."""

INTERNAL: RunnableConfig = {"tags": ["nostream"]}
"""Keeps the tokens of internal calls out of a graph's message stream."""

NO_KEY = "none"
"""What is sent where no key is wanted: the client insists on one."""

FILLED_TOKENS = 1_000
"""The longest filled object, with what a reasoning model thinks before it."""

STOPPED_SHORT = frozenset({"length", "content_filter"})

ACCESS_REFUSED = {401: "key refused", 402: "no credit left", 403: "key refused"}
"""402 is what DeepSeek and OpenRouter say when the account is empty."""


class OpenAICompatible:
    """One model at one provider; made once per process, inside the loop that uses it."""

    def __init__(self, model: Model, *, traces: bool = False) -> None:
        """`traces`: answers are streamed by LangChain's own classes, whose callbacks LangSmith and others listen to. To
        read a stream so takes five times as long."""
        self._model = model
        self._traces = traces
        # A client of its own: langchain-openai would share one between all loops and close none.
        # A server on this machine is not asked through the proxy that leads out of it.
        self._http = openai.DefaultAsyncHttpxClient(
            timeout=openai.Timeout(None, connect=CONNECT_SECONDS), trust_env=not model.provider.local
        )
        self._chat = ChatOpenAIUnread(
            model=model.name,
            base_url=model.base_url,
            api_key=SecretStr(model.api_key or NO_KEY),
            http_async_client=self._http,
            max_retries=0,
            stream_usage=True,
            stream_chunk_timeout=0,
            use_responses_api=False,
            openai_proxy="",
        )

    @property
    def label(self) -> str:
        return self._model.label

    @property
    def calls_tools(self) -> bool:
        """Nothing is remembered here: see `ToolSupport`."""
        return True

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """Say the answer, or what of `tools` to call for it. Raises ModelFailed."""
        finish, usage, piece, begun = "", Usage(model=self.label), None, False
        growing = GrowingCalls()
        failure: ModelFailed | None = None
        reading = (
            self._traced(messages, max_tokens, tools) if self._traces else self._direct(messages, max_tokens, tools)
        )
        try:
            async with aclosing(reading):
                async for piece in reading:
                    usage, finish = piece.usage or usage, piece.finish or finish
                    if piece.text:
                        begun = True
                        yield piece.text
                    if piece.calls and (size := growing.feed(piece.calls)):
                        begun = True
                        yield CallPiece(size)
        except Exception as error:
            failure = failure_of(error, with_tools=bool(tools)) if piece is None else _broken(error, begun)
        # Raised out here so that the provider's own error, whose text is not ours, is no context of it.
        if failure:
            raise failure
        if not finish:
            raise ModelFailed("LLM_BAD_STREAM", "the stream ended without a finish reason")
        if not begun:
            raise ModelFailed("LLM_BAD_STREAM", f"no text, finished by {finish!r}"[:100], fault="request")
        if calls := growing.whole():
            yield ToolCalls(calls)
        yield Finish(finish in STOPPED_SHORT, usage)

    def _direct(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]]
    ) -> AsyncGenerator[Piece, None]:
        """The answer, read from the client's raw response."""
        request: dict[str, Any] = {
            "model": self._model.name,
            "messages": [_sent(message) for message in convert_to_openai_messages(_to_langchain(messages))],
        } | self._limit(max_tokens)
        offered = {"tools": [to_openai(tool) for tool in tools]} if tools else {}
        return pieces(self._chat.root_async_client, request | offered, self.label)

    async def _traced(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]]
    ) -> AsyncGenerator[Piece, None]:
        """The same by ChatOpenAI's own stream."""
        chat = self._chat.bind_tools([to_openai(tool) for tool in tools]) if tools else self._chat
        chunks = chat.astream(_to_langchain(messages), extra_body=self._limit(max_tokens))
        async with aclosing(chunks):  # type: ignore[type-var]
            async for chunk in chunks:
                finish = chunk.response_metadata.get("finish_reason") or ""
                yield Piece(chunk.text, chunk.additional_kwargs.get(PIECES, ()), finish, _usage(chunk, self.label))

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object made to the schema. Raises ModelFailed."""
        model = self._filling(schema)
        failure: ModelFailed | None = None
        answer = AIMessage("")
        try:
            answer = await model.ainvoke(_to_langchain(messages), INTERNAL)
        except Exception as error:
            failure = failure_of(error)
        if failure:
            raise failure
        called = answer.tool_calls[0]["args"] if answer.tool_calls else answer.text
        filled = arguments(called) if isinstance(called, str) else called
        if isinstance(filled, str) or not filled:
            raise ModelFailed("LLM_BAD_STREAM", "no object in the answer", fault="request")
        return Filled(filled, _usage(answer, self.label) or Usage(model=self.label))

    def _filling(self, schema: Mapping[str, Any]) -> Runnable[LanguageModelInput, AIMessage]:
        """The model made to fill a schema. What it writes is read by us: LangChain's own reader looks for an object in
        anything, in a time that grows with the square of its length."""
        limit = self._limit(FILLED_TOKENS)
        if self._model.provider.structured == "function_calling":
            return self._chat.bind_tools([dict(schema)], tool_choice=schema["title"], extra_body=limit)
        form = {"name": schema["title"], "schema": dict(schema)}
        return self._chat.bind(response_format={"type": "json_schema", "json_schema": form}, extra_body=limit)

    def report(self, failure: ModelFailed) -> None:
        """Nothing is remembered here from call to call."""

    async def aclose(self) -> None:
        await self._http.aclose()

    def _limit(self, tokens: int) -> dict[str, int]:
        return {self._model.provider.length_field: tokens}


def _to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    return [_one_to_langchain(message) for message in messages]


def _one_to_langchain(message: Message) -> BaseMessage:
    match message.role:
        case "system":
            return SystemMessage(message.text)
        case "user":
            return HumanMessage(message.text)
        case "assistant":
            return to_langchain(message.text, message.calls)
        case "tool":
            return ToolMessage(message.text, tool_call_id=message.call_id)


def _sent(message: dict[str, Any]) -> dict[str, Any]:
    """The message as providers want it: one that only calls tools has no content, rather than an empty one."""
    return {**message, "content": message["content"] or None} if message.get("tool_calls") else message


def _usage(message: AIMessage, label: str) -> Usage | None:
    counted = message.usage_metadata
    if not counted:
        return None
    cached = counted.get("input_token_details", {}).get("cache_read", 0)
    return Usage(counted["input_tokens"], counted["output_tokens"], label, cached)


def _broken(error: Exception, begun: bool) -> ModelFailed:
    """A stream that had started; as long as nothing was said it can be tried again."""
    return ModelFailed("LLM_BAD_STREAM", f"{type(error).__name__} in the middle of the stream", transient=not begun)


def failure_of(error: Exception, *, with_tools: bool = False) -> ModelFailed:
    """What an exception of the client means, before anything of the answer came; `with_tools`: some were offered."""
    if with_tools and isinstance(error, openai.APIError) and _refuses_tools(error):
        return ToolsRefused("LLM_UNAVAILABLE", f"{type(error).__name__} about tools", fault="request")
    if isinstance(error, openai.RateLimitError):
        return ModelFailed("LLM_RATE_LIMITED", "status 429", transient=True, retry_after=_retry_after(error))
    if isinstance(error, openai.APIStatusError):
        return _refused(error)
    if isinstance(error, openai.APITimeoutError):
        return ModelFailed("LLM_TIMEOUT", "no connection in time")
    if isinstance(error, openai.APIConnectionError):
        return ModelFailed("LLM_UNAVAILABLE", type(error).__name__, transient=True)
    return ModelFailed("LLM_BAD_STREAM", type(error).__name__, fault="request")


def _refused(error: openai.APIStatusError) -> ModelFailed:
    status = error.status_code
    if status in ACCESS_REFUSED and not _moderated(error):
        return ModelFailed("LLM_UNAVAILABLE", f"{ACCESS_REFUSED[status]} (status {status})", fault="access")
    if status >= 500 or status in (408, 409):
        return ModelFailed("LLM_UNAVAILABLE", f"status {status}", transient=True, retry_after=_retry_after(error))
    return ModelFailed("LLM_UNAVAILABLE", f"status {status}", fault="request")


def _refuses_tools(error: openai.APIError) -> bool:
    """Whether tools as such were refused. Ollama says by 400 that a model "does not support tools", llama.cpp by 500
    that the "tools param requires" a flag or is an "unsupported param", vLLM that the choice of tools requires one."""
    said = str(error.body if error.body is not None else error.message).casefold()
    return "tool" in said and any(word in said for word in ("support", "require"))


def _moderated(error: openai.APIStatusError) -> bool:
    """Whether the text was refused and not the key: OpenRouter says both by 403 and tells them apart by metadata
    (https://openrouter.ai/docs/api-reference/errors, "Moderation errors")."""
    body = error.body if isinstance(error.body, Mapping) else {}
    metadata = body.get("metadata")
    return isinstance(metadata, Mapping) and "reasons" in metadata


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds of the Retry-After header; its rare date form counts as absent."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None
