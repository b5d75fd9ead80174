"""What a client may ask of the engine, whatever dialect it speaks."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from agents.types import AS_USUAL, Wishes
from orchestrator.errors import BadRequest, EmptyMessage, MessageTooLong, NotFound

MESSAGE_CHARS = 8_000
"""The longest message, in characters after Unicode normalisation (NFC)."""
SESSION_ID_CHARS = 128
GUEST = "guest:"
"""What the names of guests begin with; no token may name such a user."""
METADATA_BYTES = 16 * 1024
REASON_CHARS = 2_000
ZONE_CHARS = 64
_CLIENT_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
METADATA_FORM = f"an object of at most {METADATA_BYTES // 1024} KiB of JSON"
STORABLE = "free of NUL characters and lone surrogates"
FORMS: Mapping[str, str] = MappingProxyType(
    {
        "message": f"a string of 1 to {MESSAGE_CHARS} characters",
        "session_id": f"a string of 1 to {SESSION_ID_CHARS} characters",
        "client_message_id": "a string of 1 to 64 letters, digits, _ and -",
        "after": "a whole number of at least 0",
        "seq": "a whole number of at least 0",
        "reason": f"a string of at most {REASON_CHARS} characters",
        "text": f"a string of at most {MESSAGE_CHARS} characters",
        "value": 'the value of one of the options, or {"change": text}',
    }
)
"""What the fields of commands must be, to be read after "must be"."""


def _malformed(field: str) -> BadRequest:
    return BadRequest(field=field, form=FORMS[field])


def check_text(field: str, text: str) -> None:
    """Raises BadRequest for NUL and lone surrogates: they parse, but neither UTF-8 nor SQL can hold them."""
    if _UNSTORABLE.search(text):
        raise BadRequest(field=field, form=STORABLE)


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Raises BadRequest for more than METADATA_BYTES of JSON."""
    if len(msgspec.json.encode(metadata)) > METADATA_BYTES:
        raise BadRequest(field="metadata", form=METADATA_FORM)


def check_session_id(session_id: str) -> None:
    """Raises BadRequest unless it is 1 to SESSION_ID_CHARS storable characters."""
    check_text("session_id", session_id)
    if not 0 < len(session_id) <= SESSION_ID_CHARS:
        raise _malformed("session_id")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `user_id` is the token's subject, `role` decides which specialists are open. `name` and `email` are
    those of the token, "" where it tells none."""

    user_id: str
    role: str = "customer"
    name: str = ""
    email: str = ""


def valid_zone(name: object) -> str:
    """The name if it is a time zone of the IANA database, else ""."""
    if not isinstance(name, str) or len(name) > ZONE_CHARS or not _ZONE.fullmatch(name):
        return ""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    return name


@dataclass(frozen=True, slots=True)
class Send:
    """Ask. `session_id` is the client's own name for the conversation; None starts a new one. `replaces` is a message
    of the caller's in that session, for which this one stands from now on; `zone` the customer's time zone (IANA);
    `wishes` how it is to be answered."""

    message: str
    session_id: str | None = None
    client_message_id: str | None = None
    replaces: str | None = None
    zone: str = ""
    wishes: Wishes = AS_USUAL

    def check(self) -> None:
        """Raises BadRequest naming the field, EmptyMessage, MessageTooLong, or NotFound for a message to be replaced in
        no session."""
        check_text("message", self.message)
        if not self.message.strip():
            raise EmptyMessage(field="message")
        if len(unicodedata.normalize("NFC", self.message)) > MESSAGE_CHARS:
            raise MessageTooLong(field="message")
        if self.session_id is not None:
            check_session_id(self.session_id)
        if self.client_message_id is not None and not _CLIENT_MESSAGE_ID.fullmatch(self.client_message_id):
            raise _malformed("client_message_id")
        check_text("replaces", self.replaces or "")
        check_text("agent", self.wishes.agent or "")
        check_text("dataset", self.wishes.dataset or "")
        if self.replaces is not None and self.session_id is None:
            raise NotFound(field="replaces")


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a run, by its id or as the session's active one."""

    run_id: str | None = None
    session_id: str | None = None

    def check(self) -> None:
        """Raises BadRequest unless it names a run or a session."""
        if self.run_id is None and self.session_id is None:
            raise BadRequest(field="run_id", form="there, or else `session_id`")
        check_text("run_id", self.run_id or "")
        if self.session_id is not None:
            check_session_id(self.session_id)


@dataclass(frozen=True, slots=True)
class Resume:
    """Follow a conversation again: durable events after `after` (None: after what the caller has read), the active
    run's text so far, then live. `epoch` says in which conversation of that name the caller was there; None where it
    does not know."""

    session_id: str
    after: int | None = 0
    epoch: str | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_session_id(self.session_id)
        check_text("epoch", self.epoch or "")
        if self.after is not None and self.after < 0:
            raise _malformed("after")


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on an answer."""

    message_id: str
    rating: Literal["up", "down"]
    reason: str | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_text("message_id", self.message_id)
        check_text("reason", self.reason or "")
        if len(self.reason or "") > REASON_CHARS:
            raise _malformed("reason")


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an `input_required`. `value` is one of its options' values or, to change a proposal, `{"change": text}`;
    whether it fits is decided where the request is known."""

    request_id: str
    value: Any

    def check(self) -> None:
        """Raises BadRequest naming the field, MessageTooLong for a change that is longer than a message."""
        check_text("request_id", self.request_id)
        if isinstance(self.value, str) and len(self.value) > MESSAGE_CHARS:
            raise MessageTooLong(field="value")
        if isinstance(self.value, dict):
            change = self.value.get("change")
            if set(self.value) != {"change"} or not isinstance(change, str) or not change.strip():
                raise _malformed("value")
            check_text("value", change)
            if len(change) > MESSAGE_CHARS:
                raise MessageTooLong(field="value")
        elif not isinstance(self.value, str | bool | int | float):
            raise _malformed("value")


@dataclass(frozen=True, slots=True)
class Delete:
    """Take back one of the caller's own messages."""

    message_id: str

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_text("message_id", self.message_id)


@dataclass(frozen=True, slots=True)
class Type:
    """The customer is writing; `text` is what stands there so far, None where that is not told."""

    session_id: str
    text: str | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_session_id(self.session_id)
        check_text("text", self.text or "")
        if len(self.text or "") > MESSAGE_CHARS:
            raise _malformed("text")


@dataclass(frozen=True, slots=True)
class HandOver:
    """The customer asks for a person, perhaps for this `reason`."""

    session_id: str
    reason: str | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_session_id(self.session_id)
        check_text("reason", self.reason or "")
        if len(self.reason or "") > REASON_CHARS:
            raise _malformed("reason")


@dataclass(frozen=True, slots=True)
class Read:
    """The customer has read up to `seq`, in the conversation of that name with this `epoch`; None where the customer
    does not know it."""

    session_id: str
    seq: int
    epoch: str | None = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        check_session_id(self.session_id)
        check_text("epoch", self.epoch or "")
        if self.seq < 0:
            raise _malformed("seq")


Command = Send | Answer | Cancel | Resume | Feedback | Delete | Type | Read | HandOver
