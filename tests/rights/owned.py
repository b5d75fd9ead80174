"""What belongs to a customer on a running server: a conversation and all that is named in it, made when it is asked
for, for one trial each."""

import asyncio
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from agents.appointment_store import Owner
from agents.appointments.sql_store import SqlAppointmentStore
from api.access.operations import PREFIX
from rag.database import open_database
from tests.serving import Served

MARKER = "zephyrkite"
"""Said in the owner's conversation, and standing in an appointment of theirs: who is told it was told something of the
owner's."""
BOOKING = ("Please book a service for my Heron 2022 with 30,000 km at Brennhaven", "1", "1", "1")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Owned:
    """The things of a new customer; each is named by the attribute that makes it."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self.user = f"owner-{uuid.uuid4().hex[:12]}"
        self.token = server.token(self.user)
        self.staff_token = server.token(f"desk-{self.user}", role="staff")
        self.session = str(uuid.uuid4())
        self.shown = ""
        """The token of whoever tries it."""

    def asked(self, method: str, path: str, body: Any = None, *, of_staff: bool = False) -> Any:
        """What the server answers to the owner, or to a member of staff."""
        told = None if body is None else json.dumps(body).encode()
        status, answered, _ = self._server.request(method, path, self.staff_token if of_staff else self.token, told)
        assert status < 400, (path, answered)
        return json.loads(answered) if answered else None

    @cached_property
    def run_id(self) -> str:
        said = {"message": f"Hello {MARKER}", "session_id": self.session}
        return str(self.asked("POST", "/api/v1/chat", said)["run_id"])

    @cached_property
    def _messages(self) -> list[dict[str, Any]]:
        assert self.run_id
        found: list[dict[str, Any]] = self.asked("GET", f"/api/v1/sessions/{self.session}/messages")["messages"]
        return found

    @property
    def question_id(self) -> str:
        return str(self._messages[0]["message_id"])

    @property
    def message_id(self) -> str:
        return str(self._messages[-1]["message_id"])

    @cached_property
    def conversation_id(self) -> str:
        assert self.run_id
        page = self.asked("GET", f"{PREFIX}/conversations?limit=100", of_staff=True)
        [found] = [one for one in page["conversations"] if one["session_id"] == self.session]
        return str(found["conversation_id"])

    @cached_property
    def canned_id(self) -> str:
        body = {"shortcut": self.new, "title": "Hi", "text": "Hello."}
        return str(self.asked("POST", f"{PREFIX}/canned", body, of_staff=True)["canned"]["canned_id"])

    @cached_property
    def checkpoint(self) -> str:
        assert self.run_id
        state = self.asked("GET", f"/langgraph/threads/{self.session}/state")
        return str(state["checkpoint"]["checkpoint_id"])

    @cached_property
    def request_id(self) -> str:
        """What a parked run asks: whether it shall book."""
        for text in BOOKING:
            answer = self.asked("POST", "/api/v1/chat", {"message": text, "session_id": self.session})
            if (waits := answer["metadata"].get("input_required")) and waits["kind"] == "confirm":
                return str(waits["request_id"])
        raise AssertionError(f"nothing was proposed: {answer['response']}")

    @cached_property
    def appointment_id(self) -> str:
        return asyncio.run(self._booked())

    async def _booked(self) -> str:
        """Booked beside the server, so that it needs no dialogue."""
        database, now = open_database(f"sqlite:///{self._server.data / 'pitcrew.db'}"), datetime.now(UTC)
        store, owner = SqlAppointmentStore(database), Owner(self.user, self.session, "r")
        try:
            held = await store.hold(
                *(owner, f"dealer-{self.user}", now + timedelta(days=30), 1),
                **{"work": MARKER, "vehicle": "Wren 58", "now": now, "seconds": 60},
            )
            return (await store.commit(owner, held.id, now)).id
        finally:
            await store.close()
            database.dispose()

    @property
    def new(self) -> str:
        """A name that nothing has yet."""
        return f"n{uuid.uuid4().hex[:12]}"

    # Other names of the same, as paths have them.

    @property
    def session_id(self) -> str:
        assert self.run_id
        return self.session

    thread_id = session_id
    assistant_id = "pitcrew"

    def filled(self, sent: Any) -> Any:
        """`sent` with the owner's things in the places that name them."""
        match sent:
            case str():
                return PLACEHOLDER.sub(lambda match: str(getattr(self, match[1])), sent)
            case dict():
                return {name: self.filled(value) for name, value in sent.items()}
            case list():
                return [self.filled(value) for value in sent]
            case _:
                return sent
