"""What the staff does."""

import re
from typing import Any, Literal

import msgspec
from fastapi import Request, Response

from api.protocol.openapi import parts
from api.routes.staff_access import Desk, Doer, Who, answer, body_of, operation, router
from orchestrator.commands import check_text
from orchestrator.errors import BadRequest
from orchestrator.event.ownership import Member
from orchestrator.staff.values import Canned, Listed, Message, Note

__all__ = ["router"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,58}")
_SHORTCUT = re.compile(r"[a-z0-9_-]{1,40}")
TITLE_CHARS = 255


class Take(msgspec.Struct):
    """`force`: also from a colleague."""

    force: bool = False


class Written(msgspec.Struct):
    """What is written to the customer; the same `client_message_id` makes it count once."""

    text: str
    client_message_id: str | None = None


class Noted(msgspec.Struct):
    """What is written for colleagues."""

    text: str


class Assigned(msgspec.Struct):
    """To whom; the `name` of somebody who was never here."""

    staff_id: str
    name: str = ""


class Tagged(msgspec.Struct):
    tags: list[str]


class Prioritised(msgspec.Struct):
    priority: Literal["low", "normal", "high", "urgent"]


class Seen(msgspec.Struct):
    seq: int


class CannedText(msgspec.Struct):
    """A reply to be used often, and the word that brings it."""

    shortcut: str
    title: str
    text: str


CHANGED = parts("ChangedConversation", conversation=Listed)
"""What most acts answer: the conversation as it is now."""


@operation("take", CHANGED, body=Take)
async def take(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Take a conversation over: the bot says nothing more in it."""
    body = await body_of(request, Take)
    return answer(conversation=await desk.take(doer, conversation_id, force=body.force))


@operation("reply", parts("StaffReply", message=Message, duplicate=bool), status=201, body=Written)
async def reply(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Write to the customer of a conversation that is yours."""
    body = await body_of(request, Written)
    name = body.client_message_id
    if name is not None and not _NAME.fullmatch(name):
        raise BadRequest(field="client_message_id", form="a string of 1 to 58 letters, digits, _ and -")
    replied = await desk.reply(doer, conversation_id, body.text, name)
    return answer(200 if replied.duplicate else 201, message=replied.message, duplicate=replied.duplicate)


@operation("return", CHANGED)
async def give_back(conversation_id: str, who: Who, doer: Doer, desk: Desk) -> Response:
    """Return a conversation to the bot."""
    anybodys = who.role == "admin"
    return answer(conversation=await desk.give_back(doer, conversation_id, anybodys=anybodys))


@operation("handover", CHANGED)
async def hand_over(conversation_id: str, doer: Doer, desk: Desk) -> Response:
    """Put a conversation of the bot into the queue."""
    return answer(conversation=await desk.hand_over(doer, conversation_id))


@operation("assign", CHANGED, body=Assigned)
async def assign(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Give a conversation to a colleague."""
    body = await body_of(request, Assigned)
    for field, value, least in (("staff_id", body.staff_id, 1), ("name", body.name, 0)):
        check_text(field, value)
        if not least <= len(value) <= 255:
            raise BadRequest(field=field, form=f"a string of {least} to 255 characters")
    return answer(conversation=await desk.assign(doer, conversation_id, Member(body.staff_id, body.name)))


@operation("tag", CHANGED, body=Tagged)
async def tag(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Give a conversation these tags instead of those it has."""
    body = await body_of(request, Tagged)
    return answer(conversation=await desk.tag(doer, conversation_id, body.tags))


@operation("priority", CHANGED, body=Prioritised)
async def prioritise(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Say how urgent a conversation is."""
    body = await body_of(request, Prioritised)
    return answer(conversation=await desk.prioritise(doer, conversation_id, body.priority))


@operation("note", parts("KeptNote", note=Note), status=201, body=Noted)
async def note(conversation_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Keep a private note."""
    body = await body_of(request, Noted)
    return answer(201, note=await desk.note(doer, conversation_id, body.text))


@operation("close", CHANGED)
async def close(conversation_id: str, doer: Doer, desk: Desk) -> Response:
    """Close a conversation."""
    return answer(conversation=await desk.close(doer, conversation_id))


@operation("reopen", CHANGED)
async def reopen(conversation_id: str, doer: Doer, desk: Desk) -> Response:
    """Give a closed conversation to the bot."""
    return answer(conversation=await desk.reopen(doer, conversation_id))


@operation("read", status=204, body=Seen)
async def read(conversation_id: str, request: Request, desk: Desk) -> Response:
    """You have seen the conversation up to `seq`."""
    body = await body_of(request, Seen)
    if not 0 <= body.seq < 2**31:
        raise BadRequest(field="seq", form="a whole number of at least 0")
    await desk.seen(conversation_id, body.seq)
    return Response(None, 204)


CANNED = parts("KeptCanned", canned=Canned)


@operation("canned_add", CANNED, status=201, body=CannedText)
async def add_canned(request: Request, doer: Doer, desk: Desk) -> Response:
    """Keep a reply for often use."""
    return answer(201, canned=await desk.keep_canned(doer, None, **await _canned_fields(request)))


@operation("canned_change", CANNED, body=CannedText)
async def change_canned(canned_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Write a canned reply anew."""
    return answer(canned=await desk.keep_canned(doer, canned_id, **await _canned_fields(request)))


@operation("canned_drop", status=204)
async def drop_canned(canned_id: str, doer: Doer, desk: Desk) -> Response:
    """Remove a canned reply."""
    await desk.drop_canned(doer, canned_id)
    return Response(None, 204)


async def _canned_fields(request: Request) -> dict[str, Any]:
    body = await body_of(request, CannedText)
    if not _SHORTCUT.fullmatch(body.shortcut):
        raise BadRequest(field="shortcut", form="a string of 1 to 40 of a-z, 0-9, - and _")
    check_text("title", body.title)
    if not 0 < len(body.title.strip()) <= TITLE_CHARS:
        raise BadRequest(field="title", form=f"a string of 1 to {TITLE_CHARS} characters")
    return {"shortcut": body.shortcut, "title": body.title.strip(), "text": body.text}
