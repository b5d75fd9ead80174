"""Every operation of the staff, tried by everybody who may not: made from the list of operations itself."""

import json
import re
import uuid
from typing import Any

import pytest

from api.access.operations import _ALL, OPERATIONS, PREFIX, Operation
from tests.conversing import talking
from tests.serving import Served

HTTP = [operation for operation in _ALL if operation.method != "WS"]


@pytest.fixture(scope="module")
def conversation(server: Served) -> dict[str, str]:
    """Ids to fill the paths with, of a conversation of anna's."""
    body = json.dumps({"message": "What is the roof load of the Wren?", "session_id": uuid.uuid4().hex}).encode()
    status, answered, _ = server.request("POST", "/api/v1/chat", server.token("anna"), body)
    assert status == 200
    run_id = json.loads(answered)["run_id"]
    staff = server.token("rights", role="staff")
    _, page, _ = server.get(f"{PREFIX}/conversations?limit=100", staff)
    session = json.loads(body)["session_id"]
    [found] = [line["conversation_id"] for line in json.loads(page)["conversations"] if line["session_id"] == session]
    return {"conversation_id": found, "run_id": run_id, "canned_id": "none", "message_id": "none"}


def address(operation: Operation, ids: dict[str, str]) -> str:
    return PREFIX + re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], operation.path)


def ask(server: Served, operation: Operation, ids: dict[str, str], token: str | None) -> tuple[int, Any]:
    body = None if operation.method == "GET" else b"{}"
    status, answered, headers = server.request(operation.method, address(operation, ids), token, body)
    return status, json.loads(answered) if (headers["content-type"] or "").endswith("json") else None


@pytest.mark.parametrize("operation", HTTP, ids=lambda operation: operation.name)
def test_nobody_but_the_staff(server: Served, conversation: dict[str, str], operation: Operation) -> None:
    """Neither the customer whose conversation it is, nor another one, nor a guest, nor one whose token names a role
    that there is not."""
    for token in (
        server.token("anna"),
        server.token("ben"),
        server.token("anna", role="superuser"),
        server.token("guest-like", role="guest"),
    ):
        status, problem = ask(server, operation, conversation, token)
        assert (status, problem["code"]) == (403, "FORBIDDEN"), operation.name
    status, problem = ask(server, operation, conversation, None)
    assert (status, problem["code"]) == (401, "AUTH_REQUIRED"), operation.name


@pytest.mark.parametrize("operation", [one for one in HTTP if one.roles == {"admin"}], ids=lambda one: one.name)
def test_what_is_for_admins_alone(server: Served, conversation: dict[str, str], operation: Operation) -> None:
    assert ask(server, operation, conversation, server.token("ada", role="staff"))[0] == 403
    assert ask(server, operation, conversation, server.token("boss", role="admin"))[0] != 403


@pytest.mark.parametrize("operation", [one for one in HTTP if "staff" in one.roles], ids=lambda one: one.name)
def test_the_staff_gets_to_each(server: Served, conversation: dict[str, str], operation: Operation) -> None:
    """So that a refusal above is one of rights."""
    status, problem = ask(server, operation, conversation, server.token("rights", role="staff"))
    assert status not in (401, 403, 405, 500), (operation.name, problem)


def test_the_routes_are_the_operations(server: Served) -> None:
    """There is no way in beside the list."""
    _, body, _ = server.get("/openapi.json")
    served = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in json.loads(body)["paths"].items()
        if path.startswith(PREFIX)
        for method in methods
    }
    assert served == {(operation.method, operation.path) for operation in HTTP}


@pytest.mark.parametrize("claims", [{}, {"role": "superuser"}], ids=["customer", "unknown role"])
async def test_the_socket(server: Served, claims: dict[str, str]) -> None:
    path = OPERATIONS["watch"].path
    async with talking(f"ws://127.0.0.1:{server.port}{path}") as talk:
        refused = await talk.call({"type": "open", "conversation_id": "any"})
        assert (refused["type"], refused["code"]) == ("error", "AUTH_REQUIRED")
        refused = await talk.call({"type": "auth", "token": server.token("anna", **claims)})
        assert (refused["type"], refused["code"]) == ("auth_error", "FORBIDDEN")
        assert await talk.closed() == 4403
    async with talking(f"ws://127.0.0.1:{server.port}{path}?token=nonsense") as talk:
        assert (await talk.receive())["code"] == "AUTH_INVALID"
        assert await talk.closed() == 4401


def test_the_customer_s_own_doors_stay_closed_to_the_staff(server: Served, conversation: dict[str, str]) -> None:
    """Being of the staff opens nobody's conversation as one's own."""
    _, page, _ = server.get(f"{PREFIX}/conversations?limit=100", server.token("rights", role="staff"))
    session = json.loads(page)["conversations"][0]["session_id"]
    status, _, _ = server.get(f"/api/v1/sessions/{session}/messages", server.token("rights", role="staff"))
    assert status == 404
