"""A run's words as those of a chat model of LangChain's, which is what LangGraph's tools show while it is written."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from orchestrator.events import AnyEvent, Token


class Speech(BaseChatModel):
    """Streams once what the run says; each of its `events` is given to `heed` before. All words are
    of the message `message_id`."""

    events: AsyncIterator[AnyEvent]
    heed: Callable[[AnyEvent], None]
    message_id: str

    @property
    def _llm_type(self) -> str:
        return "pitcrew"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for event in self.events:
            self.heed(event)
            if isinstance(event, Token):
                yield self._piece(event.text)
        yield self._piece("", "last")  # also where nothing was said, which there is an error of the model

    def _piece(self, text: str, position: Literal["last"] | None = None) -> ChatGenerationChunk:
        return ChatGenerationChunk(message=AIMessageChunk(content=text, id=self.message_id, chunk_position=position))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise TypeError("A run's words come one by one: use `astream` or `ainvoke`.")
