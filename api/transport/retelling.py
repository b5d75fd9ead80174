"""The answer to one message as the frames of a session, each with the position behind it. Pure.

A reader who comes back has a fresh session, which knows nothing of what the reader knows. So it is told everything from
the message on, and what it makes of the events that the reader has is dropped.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar, assert_never

import msgspec

from api.transport.position import Position
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Cancelled,
    Code,
    Completed,
    DataReady,
    Detail,
    Durable,
    Ending,
    Envelope,
    Failed,
    InputRequired,
    Progress,
    Reasoning,
    RunRestarted,
    Token,
    Upkeep,
    Verification,
)
from orchestrator.staff.notices import left_to_staff

UNKNOWN = "\ufffd"
"""Stands for a character that only the reader knows."""

F_co = TypeVar("F_co", covariant=True)


class Teller(Protocol[F_co]):
    """What events are told with: a dialect's session, whose frames are text, or another, whose frames are values."""

    @property
    def finished(self) -> bool: ...

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> Sequence[F_co]: ...


class Retelling(Generic[F_co]):
    """Feed it a conversation's events in order. `name` is the `client_message_id` of the message, or `known` the
    position of a reader who comes back."""

    def __init__(self, session: Teller[F_co], name: str, guest: str = "", position: Position | None = None) -> None:
        self._session = session
        self._name = name
        self._guest = guest
        self._at = position
        self._returning = position is not None
        self._fed = 0
        self._attempts = 0
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the answer has been told to its end."""
        return self._ended or self._session.finished

    def concerns(self, envelope: Envelope) -> bool:
        """Whether the event is about this message."""
        event = envelope.event
        if self._at is None:
            if isinstance(event, Accepted) and event.client_message_id == self._name:
                self._at = Position(event.turn_id, envelope.seq or 0, guest=self._guest)
                return True
            return False
        earlier = envelope.seq is not None and envelope.seq < self._at.first
        name = event.turn_id if isinstance(event, Accepted) else getattr(event, "run_id", None)
        return name == self._at.run_id and not earlier

    def tell(self, envelope: Envelope, *, lagging: bool = False) -> Iterator[tuple[str, F_co]]:
        """The frames of an event that concerns this message, each behind the position to come back to after it."""
        event = envelope.event
        if isinstance(event, Completed | Failed | Cancelled | InputRequired):
            for missed in self._missed(event):
                yield from self.tell(Envelope(envelope.conversation_id, missed), lagging=lagging)
            self._ended = True
        elif isinstance(event, RunRestarted):
            self._forget(envelope, event)
        elif isinstance(event, Verification):
            self._attempts += event.attempts
        elif isinstance(event, DataReady) and self._attempts == 1 and self._position.code < len(event.code):
            # Where there was one attempt alone, the code that led to the data is all that was told of code.
            missed = Code(event.run_id, event.code)
            yield from self.tell(Envelope(envelope.conversation_id, missed), lagging=lagging)
        for part, repeat in self._parts(envelope):
            yield from self._spell(part, repeat=repeat, lagging=lagging)
        if isinstance(event, Accepted) and event.run_id is None:
            yield from self.tell(Envelope(envelope.conversation_id, left_to_staff(event)), lagging=lagging)

    def _missed(self, event: Ending | InputRequired) -> Iterator[AnyEvent]:
        """What the end of a run holds and a reader who was away has not heard, in the words of the run."""
        assert self._at is not None
        match event:
            case Completed():
                yield from (step for step in event.steps if step.number > self._position.steps)
                text = event.response
            case Cancelled() | InputRequired():
                text = event.partial_response
            case Failed():
                text = ""
            case _:
                assert_never(event)
        if len(text) > self._fed:
            yield Token(event.run_id, text[self._fed :], self._fed)

    def _forget(self, envelope: Envelope, event: RunRestarted) -> None:
        """The run begins again. Of a reader who was away meanwhile the session learns that it has a text of some
        length, in other words than will come."""
        unknown = self._position.offset - self._fed
        if unknown > 0 and (envelope.seq or 0) > self._position.seq:
            self._session.emitted(_with(envelope, Token(event.run_id, UNKNOWN * unknown, self._fed)))
        self._fed = self._attempts = 0

    def _parts(self, envelope: Envelope) -> Iterator[tuple[Envelope, bool]]:
        """The event, and whether the reader knows it; a piece of which the reader knows the beginning is parted."""
        event, at = envelope.event, self._position
        match event:
            case Token() | Code():
                overlap = (at.offset if isinstance(event, Token) else at.code) - event.offset
                if isinstance(event, Token):
                    self._fed = event.offset + len(event.text)
                if overlap > 0:
                    yield _with(envelope, msgspec.structs.replace(event, text=event.text[:overlap])), True
                if overlap < len(event.text):
                    start = max(0, overlap)
                    rest = msgspec.structs.replace(event, text=event.text[start:], offset=event.offset + start)
                    yield _with(envelope, rest), False
            case Reasoning():
                yield envelope, 0 < event.number <= at.steps
            case Progress():
                yield envelope, self._returning and _checksum(event) == at.progress
                self._returning = False
            case Durable() | Detail() | Upkeep():
                yield envelope, envelope.seq is not None and envelope.seq <= at.seq
            case _:
                assert_never(event)

    def _spell(self, envelope: Envelope, *, repeat: bool, lagging: bool) -> Iterator[tuple[str, F_co]]:
        frames = self._session.emitted(envelope, lagging=lagging)
        if repeat:
            return
        before, tag = self._position, str(envelope.event.__struct_config__.tag)
        sent = before.frames if before.within == tag else 0
        self._at = _behind(before, envelope)
        for number, frame in enumerate(frames[sent:], sent + 1):
            last = number == len(frames)
            yield str(self._at if last else replace(before, within=tag, frames=number)), frame

    @property
    def _position(self) -> Position:
        assert self._at is not None
        return self._at


def _with(envelope: Envelope, event: AnyEvent) -> Envelope:
    return msgspec.structs.replace(envelope, event=event)


def _behind(at: Position, envelope: Envelope) -> Position:
    """The position when the event has been told."""
    event = envelope.event
    if at.within == event.__struct_config__.tag:
        at = replace(at, within="", frames=0)
    match event:
        case Token():
            return replace(at, offset=event.offset + len(event.text))
        case Code():
            return replace(at, code=event.offset + len(event.text))
        case Reasoning():
            return replace(at, steps=event.number)
        case Progress():
            return replace(at, progress=_checksum(event))
        case RunRestarted():
            return Position(at.run_id, at.first, envelope.seq or at.seq, guest=at.guest)
        case Durable() | Detail() | Upkeep():
            return replace(at, seq=envelope.seq or at.seq)
        case _:
            assert_never(event)


def _checksum(event: Progress) -> int:
    return zlib.crc32(f"{event.step} {event.agent} {event.message}".encode())
