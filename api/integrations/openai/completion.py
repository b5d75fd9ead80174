"""A run as a client of the OpenAI API sees it: one completion, or the chunks of a stream. Pure.

What that API has no field for (who answered, the passages, a figure's data, a diagram) stands in the object's own field
`pitcrew`; of a stream in the chunks of their time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, assert_never

from api.integrations.openai.refusals import DIVERGED, STOPPED, ErrorBody, failed_body
from api.integrations.openai.token_limit import Room
from api.protocol.bodies import complete_body, prompt_body
from api.protocol.client_view import Appended
from orchestrator.events import (
    Accepted,
    Cancelled,
    Completed,
    DataReady,
    Detail,
    Envelope,
    Failed,
    InputRequired,
    RunRestarted,
    Sources,
    StaffMessage,
    Token,
    Upkeep,
    UsageFigures,
    Verification,
    kinds,
    to_plain,
)

ROUTER = "pitcrew"
"""The model whose answers come from whichever specialist the question is for."""
FINGERPRINT = "pitcrew"

SILENT = kinds(Detail, Upkeep, Accepted, RunRestarted, StaffMessage) - {Sources, DataReady, Verification}
"""Events of which a stream says nothing."""

Plain = dict[str, Any]


def model_body(name: str) -> Plain:
    """An entry of the list of models. They have no date of birth."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "pitcrew"}


def usage_body(usage: UsageFigures) -> Plain:
    """Tokens as the provider counted them: zeros where no model was asked."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ended: the whole text, or an error. `own` is what stands in the field `pitcrew`."""

    text: str
    finish_reason: str
    usage: UsageFigures
    own: Plain
    error: ErrorBody | None = None


def ending(envelope: Envelope) -> Ending:
    """The end of a turn, from its run's last event."""
    match envelope.event:
        case Completed() as completed:
            own = complete_body(completed, envelope.seq)
            text = own.pop("response")
            own |= {"diagram": completed.diagram} if completed.diagram else {}
            return Ending(text, "length" if completed.truncated else "stop", completed.usage, _flat(own))
        case InputRequired() as prompt:
            own = prompt_body(prompt)
            return Ending(own.pop("response"), "stop", UsageFigures(), _flat(own))
        case Failed() as failed:
            return Ending("", "stop", UsageFigures(), {"run_id": failed.run_id}, failed_body(failed))
        case Cancelled() as cancelled:
            return Ending("", "stop", UsageFigures(), {"run_id": cancelled.run_id}, STOPPED)
        case other:
            raise ValueError(f"{type(other).__name__} ends no turn")


def _own(envelope: Envelope) -> Plain:
    """What an event on the way has for the field `pitcrew`."""
    match envelope.event:
        case Sources(_, passages):
            return {"passages": [to_plain(passage) for passage in passages]}
        case DataReady() | Verification() as detail:
            name = str(detail.__struct_config__.tag)
            return {name: {key: value for key, value in to_plain(detail).items() if key not in ("event", "run_id")}}
        case _:
            return {}


def _flat(own: Plain) -> Plain:
    return {name: value for name, value in (own | own.pop("metadata")).items() if name != "usage"}


@dataclass
class Completion:
    """Makes the objects of one answer. `created` is Unix time; `include_usage`: a last chunk tells the usage; of an
    answer of more than `max_tokens` the rest is left out. `text` is what was told."""

    run_id: str
    model: str
    created: int
    include_usage: bool = False
    max_tokens: int | None = None
    text: str = ""
    _answer: Appended = field(default_factory=Appended)
    _own: Plain = field(default_factory=dict)
    _room: Room = field(init=False)

    def __post_init__(self) -> None:
        self._room = Room(self.max_tokens)

    def heed(self, envelope: Envelope) -> None:
        """Keep what an event adds to the whole answer."""
        self._own |= _own(envelope)

    def whole(self, end: Ending) -> Plain:
        """The answer in one object, after all events were heeded."""
        message = {"role": "assistant", "content": self._taken(end.text), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason(end)}
        return self._object("chat.completion", [choice], usage=usage_body(end.usage), pitcrew=self._own | end.own)

    def opening(self) -> Plain:
        """The first chunk, which says who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def chunks(self, envelope: Envelope) -> Iterator[Plain]:
        """The chunks that tell an event; an error is the last of a stream."""
        match envelope.event:
            case Token() as token:
                yield from self._spoken(self._answer.more(token))
            case Sources() | DataReady() | Verification():
                yield self._chunk({}, pitcrew=_own(envelope))
            case Completed() | InputRequired() | Failed() | Cancelled():
                yield from self._end(ending(envelope))
            case Accepted() | RunRestarted() | StaffMessage() | Detail() | Upkeep():
                return
            case other:
                assert_never(other)

    def _end(self, end: Ending) -> Iterator[Plain]:
        if end.error is not None:
            yield end.error.plain()
            return
        rest = self._answer.rest(end.text)
        yield from self._spoken(rest)
        if rest is None:
            return
        yield self._chunk({}, self._reason(end), pitcrew=end.own)
        if self.include_usage:
            yield self._object("chat.completion.chunk", [], usage=usage_body(end.usage))

    def _spoken(self, piece: str | None) -> Iterator[Plain]:
        """The chunk of the answer's next piece; None: what came before it was other words."""
        if piece is None:
            yield DIVERGED.plain()
        elif taken := self._taken(piece):
            yield self._chunk({"content": taken})

    def _taken(self, piece: str) -> str:
        """What the client takes of the next piece."""
        taken = self._room.take(piece)
        self.text += taken
        return taken

    def _reason(self, end: Ending) -> str:
        return "length" if self._room.short else end.finish_reason

    def _chunk(self, delta: Plain, finish_reason: str | None = None, **more: Any) -> Plain:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self.include_usage else {}
        return self._object("chat.completion.chunk", [choice], **usage, **more)

    def _object(self, kind: str, choices: list[Plain], **more: Any) -> Plain:
        return {
            "id": f"chatcmpl-{self.run_id}",
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
            **more,
        }
