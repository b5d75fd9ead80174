"""What the socket and `POST /api/v1/chat` have in common: the end of a turn, and a message's metadata.

The end of a turn is built once, as the types of its frame; dialects that put it into objects of their own get it as
plain data."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from api.protocol.native_frames import Asked, CompleteFrame, Context, Metadata
from orchestrator.commands import valid_zone
from orchestrator.events import Completed, InputRequired, StaffMessage, to_plain

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def message_name(name: str) -> str:
    """A client's own name for its message, as the engine takes it: one of another form or length stands as its hash."""
    return name if _NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()


def metadata(event: Completed) -> Metadata:
    """How the answer came about."""
    return Metadata(
        context=Context(event.sources, event.citations),
        act=event.act,
        agent=event.agent,
        agents=event.agents,
        confidence=event.confidence,
        usage=event.usage,
        timing=event.timing,
        answerer=event.answerer,
        declined=event.declined,
        hedged=event.hedged or None,
        degraded=event.degraded or None,
        truncated=event.truncated or None,
        flagged=bool(event.unsupported) or None,
        unsupported=event.unsupported or None,
        misplaced=event.misplaced or None,
        parts=event.parts or None,
    )


def complete_frame(event: Completed, seq: int | None) -> CompleteFrame:
    """The answer as the frame `complete`."""
    return CompleteFrame(event.response, event.session_id, event.run_id, metadata(event), event.message_id, seq)


def prompt_frame(event: InputRequired) -> CompleteFrame:
    """`complete` for a run that waits for an answer: to a client without the word `input_required` the prompt is the
    end of the turn. It has no `seq`, for the run's own end is still to come."""
    prompt = Asked(event.request_id, event.kind, event.options, event.expires_at)
    about = Metadata(context=Context((), ()), input_required=prompt)
    return CompleteFrame(prompt_text(event), event.session_id, event.run_id, about)


def staff_frame(event: StaffMessage) -> CompleteFrame:
    """`complete` for what a member of staff writes, to a client without the word `staff_message`. It has no `seq`."""
    about = Metadata(context=Context((), ()), agent="human", answerer="staff")
    return CompleteFrame(event.message, event.session_id, event.message_id, about, event.message_id)


_FIRST = ("act", "agent", "agents", "confidence")
"""With what an answer's metadata begin where it is no frame."""


def complete_body(event: Completed, seq: int | None) -> dict[str, Any]:
    """The answer as a JSON object, for what is no frame of `/ws/chat`."""
    about: dict[str, Any] = to_plain(metadata(event))
    return {
        "response": event.response,
        "session_id": event.session_id,
        "run_id": event.run_id,
        "message_id": event.message_id,
        "seq": seq,
        "metadata": {name: about[name] for name in _FIRST} | about,
    }


def prompt_body(event: InputRequired) -> dict[str, Any]:
    """`prompt_frame` as a JSON object."""
    plain: dict[str, Any] = to_plain(prompt_frame(event))
    del plain["type"]
    return plain


def prompt_text(event: InputRequired) -> str:
    """A question to the customer as the end of an answer: what was said, then the prompt."""
    return f"{event.partial_response}\n\n{event.prompt}" if event.partial_response else event.prompt


def client_zone(metadata: Mapping[str, Any] | None) -> str:
    """The time zone that a message's `metadata` tells; "" where it tells none that is known."""
    return valid_zone((metadata or {}).get("timezone"))
