"""One operation tried as one caller, over its wire: what becomes of it."""

import asyncio
import http.client
import json
import re
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import websockets
from websockets.exceptions import ConnectionClosed

from api.access.operations import PREFIX
from api.dialects import all_dialects
from orchestrator.errors import AuthInvalid, AuthRequired, Forbidden, NotFound
from tests.rights.matrix import Row, Told
from tests.rights.owned import MARKER, Owned
from tests.serving import Served

PATIENCE_S = 30.0
ANSWERED_S = 0.3
REFUSALS = {
    Told.SIGN_IN: ("AUTH_REQUIRED", "AUTH_INVALID", AuthRequired.text, AuthInvalid.text),
    Told.FORBIDDEN: ("FORBIDDEN", Forbidden.text),
    Told.UNKNOWN: ("NOT_FOUND", NotFound.text, "no_such_run", "no_such_interrupt"),
}
CLOSED = {4401: Told.SIGN_IN, 4403: Told.FORBIDDEN, 4404: Told.UNKNOWN}
STATUSES = {401: Told.SIGN_IN, 403: Told.FORBIDDEN, 404: Told.UNKNOWN}
PATHS = {dialect.name: dialect.path for dialect in all_dialects()} | {
    "staff": "/ws/staff",
    "langgraph": "/langgraph/threads/{session_id}/stream/events",
}
ROLES = {"staff": "staff", "admin": "admin"}


def token_of(server: Served, caller: str, owned: Owned) -> str | None:
    """Of somebody new for each trial, so that nobody's rates count."""
    match caller:
        case "nobody" | "guest":
            return None
        case "owner":
            return owned.token
        case _:
            return server.token(f"{caller}-{uuid.uuid4().hex[:12]}", role=ROLES.get(caller, "customer"))


def told_over_http(server: Served, row: Row, prefix: str, caller: str, owned: Owned) -> tuple[Told, str]:
    """What becomes of a request, and all that was answered."""
    method, path = row.name.split(" ")
    chosen = row.sent if isinstance(row.sent, dict) else {}
    named = re.sub(r"\{(\w+)\}", lambda match: str(chosen.get(match[1]) or getattr(owned, match[1])), path)
    query = f"?{owned.filled(row.query)}" if row.query else ""
    sent = owned.filled(row.sent)  # makes what it names
    method = "POST" if method == "ANY" else method
    body = None if method == "GET" else json.dumps(sent or {}).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token := token_of(server, caller, owned):
        headers["Authorization"] = f"Bearer {token}"
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        line.request(method, quote(prefix + named, safe="/:") + query, body, headers)
        answer = line.getresponse()
        text = "" if row.endless and answer.status < 400 else answer.read().decode(errors="replace")
    finally:
        line.close()
    said = _refusal(text) if path.endswith("/commands") else None
    return outcome(row, caller, text, STATUSES.get(answer.status) or said, refused=answer.status >= 400), text


def outcome(row: Row, caller: str, text: str, told: Told | None, *, refused: bool) -> Told:
    """What an answer says. Raises AssertionError for a refusal that says nothing of rights and is none of the row's."""
    if told is not None:
        return told
    assert not refused or any(code in text for code in row.also), (row.name, caller, text)
    theirs = caller != "owner" and MARKER not in text
    return Told.OWN if theirs and row.expects(caller, production=False) is Told.OWN else Told.DONE


async def told_over_socket(server: Served, row: Row, dialect: str, caller: str, owned: Owned) -> tuple[Told, str]:
    """What becomes of a frame on a socket of its own, and all that was answered."""
    token = token_of(server, caller, owned)
    frame, query, path = await asyncio.to_thread(_prepared, row, dialect, owned, token)
    signs_in = row.name == "auth"
    query += [f"token={token}"] if token and not signs_in else []
    url = f"ws://127.0.0.1:{server.port}{path}{'?' + '&'.join(query) if query else ''}"
    frames: list[str] = []
    code: int | None = None
    try:
        async with websockets.connect(url, max_size=2**24) as socket, asyncio.timeout(PATIENCE_S):
            try:
                for one in frame:
                    await socket.send(one)
                await _until_answered(socket, row, frames)
            except ConnectionClosed:
                code = socket.close_code
    except websockets.exceptions.InvalidStatus as refused:
        code = {401: 4401, 403: 4403, 404: 4404}.get(refused.response.status_code)
    except TimeoutError:
        raise AssertionError((row.name, caller, "nothing came", frames)) from None
    text = "\n".join(frames)
    return outcome(row, caller, text, _refusal(text) or CLOSED.get(code or 0), refused=False), text


def _prepared(row: Row, dialect: str, owned: Owned, token: str | None) -> tuple[list[str], list[str], str]:
    """The frames to be sent, the parts of the query and the path."""
    assert owned.run_id
    owned.shown = token or "nonsense"
    path = PATHS[dialect].replace("{session_id}", owned.session)
    query = [owned.filled(row.query)] if row.query else []
    sent = owned.filled(row.sent)
    if row.name == "opening":
        return [], query, path
    if isinstance(sent, str):
        return [sent], query, path
    first, then = ([json.dumps(one)] if one else [] for one in (row.first, row.then))
    kind = row.name.split(",")[0]
    match dialect:
        case "langgraph":
            frame = {"id": 1, "method": kind, "params": sent}
        case "native" | "staff":
            frame = {"type": kind, **sent, "request": "r-1"}
        case "analysis_stream" | "analysis_interactive":
            frame = {"action": kind, **sent}
        case _:
            frame = {"type": kind, **sent} if kind != "question" else sent
    return [*first, json.dumps(frame), *then], query, path


async def _until_answered(socket: Any, row: Row, frames: list[str]) -> None:
    """Read until the frame is answered: by a frame that ends the wait, by a refusal, or by one of its own name."""
    while True:
        quiet = ANSWERED_S if row.name == "opening" else PATIENCE_S
        try:
            async with asyncio.timeout(quiet):
                frames.append(await socket.recv())
        except TimeoutError:
            if quiet == ANSWERED_S:
                return
            raise
        told = json.loads(frames[-1])
        kind = told.get("data", {}).get("type") if told.get("type") == "reasoning_step" else told.get("type")
        if kind in row.answered or (not row.answered and told.get("id", told["type"]) in {1, "done"}):
            return
        if kind in {"error", "auth_error"} or _refusal(frames[-1]):
            return


def _refusal(text: str) -> Told | None:
    for told, words in REFUSALS.items():
        if any(word in text for word in words):
            return told
    return None


PREFIXES = {"http": "", "langgraph_http": "/langgraph", "staff_http": PREFIX}
ORDER = ("nobody", "guest", "another", "staff", "admin", "owner")
"""Those who may not come first: what they do to a thing would be seen by its owner."""


def callers(row: Row, *, production: bool) -> Sequence[str]:
    """Who tries it on a server of this kind: where guests are let in there is nobody else without a token."""
    missing = "guest" if production else "nobody"
    return [caller for caller in ORDER if caller != missing]
