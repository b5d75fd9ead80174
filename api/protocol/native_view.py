"""An event as the frame of `/ws/chat` that tells it, for whoever speaks that dialect or quotes it. Pure."""

import msgspec

from api.protocol.bodies import complete_frame
from api.protocol.native_frames import ErrorFrame, TokenFrame, mirrored
from orchestrator import events
from orchestrator.errors import ProcessingError
from orchestrator.events import Envelope


def frame_of(envelope: Envelope) -> msgspec.Struct | None:
    """The frame that tells the event to a client that wants all there is, but for the text again and again."""
    event, seq = envelope.event, envelope.seq
    match event:
        case events.Token():
            return TokenFrame(event.text, event.run_id, event.offset, None, event.part)
        case events.Completed():
            return complete_frame(event, seq)
        case events.Failed():
            return _failed(event, seq)
        case events.Typing() | events.Seen():
            return None
        case _:
            return mirrored(envelope)


def _failed(event: events.Failed, seq: int | None) -> ErrorFrame:
    return ErrorFrame(
        error=event.error,
        code=ProcessingError.code,
        reason=event.reason,
        retryable=event.retryable,
        retry_after_ms=event.retry_after_ms,
        ref=event.ref,
        run_id=event.run_id,
        seq=seq,
    )
