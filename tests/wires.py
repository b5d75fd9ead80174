"""How a plain client of each wire asks and reads: what is common to all wires is tested with these."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import msgspec

from api.dialects import all_dialects
from api.protocol.dialect import Dialect, Handshake, Session
from orchestrator.commands import Send

Frame = dict[str, Any]
Read = Callable[[Sequence[Frame]], str]

DIALECTS = {dialect.name: dialect for dialect in all_dialects()}
AGAIN = "\n\n---\n\n"


@dataclass(frozen=True)
class Wire:
    """`ask` is the frame of a question, None where opening the socket asks it. `pieces` puts together what was
    streamed, `whole` is the answer as the end tells it. `endings` are the types of frame that end a turn, each at most
    followed by `closings`; of a frame `kind` is its type, or that of what it wraps."""

    dialect: Dialect
    ask: Callable[[str], Frame] | None
    pieces: Read | None
    whole: Read
    endings: frozenset[str]
    closings: frozenset[str] = frozenset()
    handshake: Handshake = field(default_factory=Handshake)
    kind: Callable[[Frame], str] = lambda frame: str(frame["type"])

    def begin(self, name: str = "m-1") -> tuple[Session, Send]:
        """A session that was asked, and its command; `name` is the client's for the question."""
        session = self.dialect.open(self.handshake)
        asked = session.opened() if self.ask is None else (session.received(json.dumps(self.ask(name))),)
        [send] = [one.inbound for one in asked if isinstance(one.inbound, Send)]
        return session, send

    def ended(self, frames: Sequence[Frame]) -> list[str]:
        """The ends of turns among the frames. What closes a stream behind an error is none of its own."""
        found: list[str] = []
        failed = False
        for kind in map(self.kind, frames):
            if kind in self.endings and not (failed and kind in self.closings):
                found.append(kind)
            failed = kind == "error"
        return found

    def validate(self, frames: Sequence[Frame]) -> None:
        """Fails for a frame that is none of the wire's words or has not its form."""
        kinds = {kind.__struct_config__.tag: kind for kind in self.dialect.words.sent}  # type: ignore[attr-defined]
        for frame in frames:
            jsonschema.validate(frame, msgspec.json.schema(kinds[frame["type"]]))


def _by_offset(frames: Sequence[Frame]) -> str:
    text = ""
    for frame in frames:
        if frame["type"] == "run_restarted":
            text = ""
        if frame["type"] == "token":
            text = text[: frame["offset"]] + frame["token"]
    return text


def _appended(kind: str, name: str) -> Read:
    def read(frames: Sequence[Frame]) -> str:
        return "".join(frame[name] for frame in frames if frame["type"] == kind)

    return read


def _last(name: str, *kinds: str) -> Read:
    def read(frames: Sequence[Frame]) -> str:
        return next((str(frame[name]) for frame in reversed(frames) if frame["type"] in kinds), "")

    return read


def _query_whole(frames: Sequence[Frame]) -> str:
    return next(frame.get("response") or frame["overview"] for frame in reversed(frames) if frame["type"] in QUERY_ENDS)


def _query_pieces(frames: Sequence[Frame]) -> str:
    """A stream that broke counts no more: an overview stands for it."""
    if frames[-1]["type"] == "overview":
        return str(frames[-1]["overview"])
    return _appended("stream_token", "token")(frames)


def _analysis_pieces(frames: Sequence[Frame]) -> str:
    return _appended("analysis_chunk", "chunk")(frames).rpartition(AGAIN)[2]


def _step_kind(frame: Frame) -> str:
    return str(frame["data"]["type"] if frame["type"] == "reasoning_step" else frame["type"])


def _final_answer(frames: Sequence[Frame]) -> str:
    return next(str(frame["data"]["content"]) for frame in reversed(frames) if _step_kind(frame) == "final_answer")


QUERY_ENDS = ("stream_end", "overview")
IN_SESSION = Handshake(path={"session_id": "s"})
STREAM_QUERY = {"question": "How many incidents?", "dataset": "all", "session_id": "s", "client_message_id": "m-1"}
ENDS = frozenset({"complete", "error", "cancelled"})
WIRES = {
    "native": Wire(
        DIALECTS["native"],
        lambda name: {"type": "message", "message": "Hi", "session_id": "s", "client_message_id": name},
        _by_offset,
        _last("response", "complete"),
        ENDS | {"input_required"},
    ),
    "analysis_stream": Wire(
        DIALECTS["analysis_stream"],
        None,
        _analysis_pieces,
        _last("response", "complete"),
        ENDS,
        frozenset({"stream_end"}),
        Handshake(query=STREAM_QUERY),
    ),
    "analysis_interactive": Wire(
        DIALECTS["analysis_interactive"],
        lambda name: {"action": "query", "question": "Hi", "client_message_id": name},
        _analysis_pieces,
        _last("response", "complete"),
        ENDS,
        frozenset({"stream_end", "query_complete"}),
    ),
    "explorer": Wire(
        DIALECTS["explorer"],
        lambda name: {"content": "Hi", "client_message_id": name},
        _last("content", "agent_partial", "agent"),
        _last("content", "agent"),
        frozenset({"agent", "error"}),
        handshake=IN_SESSION,
    ),
    "query": Wire(
        DIALECTS["query"],
        lambda name: {"question": "Hi", "client_message_id": name},
        _query_pieces,
        _query_whole,
        frozenset({"stream_end", "overview", "error"}),
        frozenset({"stream_end"}),
    ),
    "reasoning": Wire(
        DIALECTS["reasoning"],
        lambda name: {"type": "chat", "payload": {"message": "Hi", "client_message_id": name}},
        None,
        _final_answer,
        frozenset({"final_answer", "error"}),
        handshake=IN_SESSION,
        kind=_step_kind,
    ),
}
