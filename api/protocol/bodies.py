"""What the socket and `POST /api/v1/chat` have in common: the end of a turn as JSON, and a message's metadata."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from orchestrator.commands import known_zone
from orchestrator.events import Completed, InputRequired, to_plain

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def message_name(given: str) -> str:
    """A client's own name for its message, as the engine takes it: one of another form or length stands as its hash."""
    return given if _NAME.fullmatch(given) else hashlib.sha256(given.encode()).hexdigest()


def complete_body(event: Completed, seq: int | None) -> dict[str, Any]:
    """The body of `complete`."""
    plain = to_plain(event)
    metadata = {
        "agent": event.agent,
        "agents": plain.get("agents", []),
        "confidence": event.confidence,
        "context": {"sources": list(event.sources), "citations": plain.get("citations", [])},
        "usage": plain.get("usage", {}),
        "timing": plain.get("timing", {}),
        "answerer": event.answerer,
        "declined": event.declined,
    }
    metadata |= {"degraded": event.degraded} if event.degraded else {}
    metadata |= {"truncated": True} if event.truncated else {}
    metadata |= {"flagged": True, "unsupported": plain["unsupported"]} if event.unsupported else {}
    metadata |= {"misplaced": plain["misplaced"]} if event.misplaced else {}
    metadata |= {"parts": plain["parts"]} if event.parts else {}
    return {
        "response": event.response,
        "session_id": event.session_id,
        "run_id": event.run_id,
        "message_id": event.message_id,
        "seq": seq,
        "metadata": metadata,
    }


def prompt_body(event: InputRequired) -> dict[str, Any]:
    """The body of `complete` for a run that waits for an answer: to a client without the word `input_required` the
    prompt is the end of the turn. It has no `seq`, for the run's own end is still to come."""
    return {
        "response": prompt_text(event),
        "session_id": event.session_id,
        "run_id": event.run_id,
        "metadata": {
            "context": {"sources": [], "citations": []},
            "input_required": {
                "request_id": event.request_id,
                "kind": event.kind,
                "options": [to_plain(option) for option in event.options],
                "expires_at": event.expires_at,
            },
        },
    }


def prompt_text(event: InputRequired) -> str:
    """A question to the customer as the end of an answer: what was said, then the prompt."""
    return f"{event.partial_response}\n\n{event.prompt}" if event.partial_response else event.prompt


def told_zone(metadata: Mapping[str, Any] | None) -> str:
    """The time zone that a message's `metadata` tells; "" where it tells none that is known."""
    return known_zone((metadata or {}).get("timezone"))
