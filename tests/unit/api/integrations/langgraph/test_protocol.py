"""The door's connections over a real engine: whatever a client does, what it opened is closed behind it."""

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from agents.specialist import Specialist
from api.access.auth import TokenRules
from api.access.limits import THREADS_PER_MINUTE, Rates, Seats
from api.access.sign_in import SignIn
from api.access.tickets import TicketsHere
from api.compose.app_state import AppState
from api.integrations.langgraph import routes
from api.integrations.langgraph.routes import threads
from api.integrations.langgraph.routes.thread_lookup import state_body
from api.protocol import problems
from api.settings import Settings
from api.transport.closing import AUTH
from api.transport.gateway import Gateway
from orchestrator.bus import Deliver, Lapsed
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Caller, Send
from orchestrator.events import AnyEvent, Completed, Timing, Token, UsageFigures
from orchestrator.execution.engine import Engine
from orchestrator.run import Desk, RunInput
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate

KEY = "a-secret-for-tests-that-is-long-enough-for-hs256"
ANNA = Caller("anna")
SPECS = Specialist("specs", "Specs", "", (), (), "")
ASK = {"assistant_id": "pitcrew", "input": {"messages": [{"type": "human", "content": "How big is the tank?"}]}}
SUBSCRIBE = {"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values"]}}


class CountedBus(MemoryBus):
    """Counts who listens."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners = 0
        self._left = asyncio.Event()

    async def deserted(self) -> None:
        """Until nobody listens."""
        async with asyncio.timeout(5):
            while self.listeners:
                self._left.clear()
                await self._left.wait()

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        unsubscribe = await super().subscribe(conversation_id, deliver, lapsed)
        self.listeners += 1

        def ended() -> None:
            self.listeners -= 1
            self._left.set()
            unsubscribe()

        return ended


class Run:
    """Answers with the number of turns that were told before the question, when the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def __call__(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        await self.gate.wait()
        said = str(len(run.question.history))
        yield Token(run.run_id, said, 0)
        yield Completed(
            run.run_id, run.session_id, f"answer-{run.run_id}", said, "specs", (), 0.9, (), (), UsageFigures(),
            Timing(1, 2), "offline",
        )  # fmt: skip


@pytest.fixture
def bus() -> CountedBus:
    return CountedBus()


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
async def state(tmp_path: Path, bus: CountedBus, run: Run) -> AsyncIterator[AppState]:
    database = open_database(f"sqlite:///{tmp_path}/pitcrew.db")
    migrate(database)
    store = SqlStore(database)
    engine = Engine(store, bus, run, catalogue=(SPECS,))
    gateway = Gateway(engine, SignIn(TokenRules(KEY, "HS256")), TicketsHere(), Rates(), Seats(10))
    settings = Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
    yield AppState(settings, gateway, {}, None, None)  # type: ignore[arg-type]
    await engine.close(0)
    await store.close()


class Client:
    """Speaks ASGI itself: what it says is there at once, and then it is gone, or stays."""

    def __init__(self, state: AppState) -> None:
        self._app = FastAPI()
        self._app.state.pitcrew = state
        problems.install(self._app)
        self._app.include_router(routes.router)
        self._state = state

    async def __call__(
        self,
        kind: str,
        path: str,
        *said: Message,
        ttl_s: int = 60,
        stays: bool = False,
        method: str = "POST",
        **headers: str,
    ) -> list[Message]:
        token = self._state.gateway.tokens.issue(ANNA.user_id, ttl_s=ttl_s)
        headers["x_api_key"] = token
        waiting, heard = list(said), list[Message]()

        async def receive() -> Message:
            if stays and not waiting:
                await asyncio.Event().wait()
            return waiting.pop(0) if waiting else {"type": f"{kind}.disconnect", "code": 1001}

        async def send(message: Message) -> None:
            heard.append(message)

        scope = {
            "type": kind, "path": f"/langgraph{path}", "raw_path": b"", "query_string": b"", "root_path": "",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
            "method": method, "client": ("127.0.0.1", 1),
            "scheme": "http", "server": ("localhost", 80), "subprotocols": [], "asgi": {"spec_version": "2.3"},
        }  # fmt: skip
        async with asyncio.timeout(10):
            await self._app(scope, receive, send)
        return heard


@pytest.fixture
def client(state: AppState) -> Client:
    return Client(state)


@pytest.fixture
async def thread(state: AppState) -> str:
    name = str(uuid.uuid4())
    await state.gateway.engine.store.open(ANNA, name)
    return name


def body(value: dict[str, Any]) -> Message:
    return {"type": "http.request", "body": json.dumps(value).encode(), "more_body": False}


def frame(value: dict[str, Any]) -> Message:
    return {"type": "websocket.receive", "text": json.dumps(value)}


CONNECT: Message = {"type": "websocket.connect"}


async def test_who_leaves_before_the_answer_leaves_no_listener(
    client: Client, state: AppState, bus: CountedBus, run: Run, thread: str
) -> None:
    await client("http", f"/threads/{thread}/runs/wait", body(ASK))
    await client("http", f"/threads/{thread}/runs/stream", body(ASK))
    assert bus.listeners == 0
    run.gate.set()
    await state.gateway.engine.close(5)
    assert state.gateway.engine.running == 0


async def test_nothing_is_kept_of_a_run_alone_whose_asker_left(
    client: Client, state: AppState, bus: CountedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, deleted = state.gateway.engine.store, asyncio.Event()
    delete = store.delete

    async def watched(caller: Caller, session_id: str) -> str:
        conversation_id = await delete(caller, session_id)
        deleted.set()
        return conversation_id

    monkeypatch.setattr(store, "delete", watched)
    await client("http", "/runs/wait", body(ASK))
    await asyncio.wait_for(deleted.wait(), 5)
    assert not await store.sessions(ANNA)
    assert bus.listeners == 0


async def test_a_subscription_that_never_began_is_closed(client: Client, bus: CountedBus, thread: str) -> None:
    unsubscribe = {"id": 2, "method": "subscription.unsubscribe", "params": {"subscription_id": "sub-1"}}
    path = f"/threads/{thread}/stream/events"
    await client("websocket", path, CONNECT, frame(SUBSCRIBE), frame(unsubscribe))
    await client("websocket", path, CONNECT, frame(SUBSCRIBE))
    await bus.deserted()


async def test_a_socket_ends_with_its_token(client: Client, thread: str) -> None:
    heard = await client("websocket", f"/threads/{thread}/stream/events", CONNECT, ttl_s=-28, stays=True)
    assert [heard[-1]["type"], heard[-1]["code"], heard[-1]["reason"]] == ["websocket.close", AUTH, "AUTH_EXPIRED"]


async def test_a_stream_of_events_ends_with_its_token(
    client: Client, state: AppState, bus: CountedBus, thread: str
) -> None:
    """So does that of a run, without its end: the client comes back and is asked for a new token. The run goes on."""
    events = await client(
        "http", f"/threads/{thread}/stream/events", body({"channels": ["values"]}), ttl_s=-29, stays=True
    )
    assert [events[0]["status"], events[-1]["more_body"]] == [200, False]
    told = await client("http", f"/threads/{thread}/runs/stream", body(ASK), ttl_s=-29, stays=True)
    assert [told[0]["status"], told[-1]["more_body"]] == [200, False]
    assert b"event: end" not in b"".join(message.get("body", b"") for message in told)
    assert bus.listeners == 0
    assert state.gateway.engine.running == 1


@pytest.mark.parametrize("number", [2**64, -(2**64)])
async def test_a_number_beyond_what_frames_hold_is_refused(client: Client, thread: str, number: int) -> None:
    heard = await client(
        "websocket", f"/threads/{thread}/stream/events", CONNECT, frame({"id": number, "method": "state.get"})
    )
    assert json.loads(heard[-1]["text"])["error"] == "invalid_argument"


async def test_a_long_conversation_is_heard_from_its_end(client: Client, run: Run) -> None:
    run.gate.set()
    told = [{"type": "human", "content": "Hi"}, {"type": "ai", "content": "Hello"}] * 5_000
    asking = ASK | {"input": {"messages": [*told, {"type": "human", "content": "How big is the tank?"}]}}
    heard = await client("http", "/runs/wait", body(asking), stays=True)
    answer = json.loads(b"".join(message.get("body", b"") for message in heard))
    assert answer["messages"][-1]["content"] == "12"


@pytest.mark.parametrize("first", [0, 9_999_999_999])
async def test_a_place_that_is_in_no_run_is_refused(client: Client, run: Run, thread: str, first: int) -> None:
    run.gate.set()
    heard = await client("http", f"/threads/{thread}/runs/wait", body(ASK), stays=True)
    run_id = dict(heard[0]["headers"])[b"content-location"].decode().rsplit("/", 1)[1]
    path = f"/threads/{thread}/runs/{run_id}/stream"
    place = f"{run_id}.{first}.0.0.0.0.0."
    refused = await client("http", path, stays=True, method="GET", last_event_id=place)
    assert refused[0]["status"] == 400


async def test_a_long_history_does_not_hold_up_the_server(
    client: Client, state: AppState, run: Run, thread: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is as long as the square of the conversation."""
    run.gate.set()
    await state.gateway.engine.ask(ANNA, Send("How big is the tank?", thread))
    worked: set[threading.Thread] = set()

    def noted(*arguments: Any) -> dict[str, Any]:
        worked.add(threading.current_thread())
        return state_body(*arguments)

    monkeypatch.setattr(threads, "state_body", noted)
    heard = await client("http", f"/threads/{thread}/history", body({"limit": 100}), stays=True)
    states = json.loads(heard[-1]["body"])
    assert [len(one["values"]["messages"]) for one in states] == [2, 1]
    assert threading.main_thread() not in worked


async def test_a_thread_that_is_deleted_while_threads_are_sought_is_left_out(
    client: Client, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = state.gateway.engine.store
    kept, going = str(uuid.uuid4()), str(uuid.uuid4())
    for name in (kept, going):
        await store.open(ANNA, name)
    listed = await store.sessions(ANNA)
    await state.gateway.engine.delete(ANNA, going)

    async def as_they_were(caller: Caller) -> Any:
        return listed

    monkeypatch.setattr(store, "sessions", as_they_were)
    heard = await client("http", "/threads/search", body({}), stays=True)
    assert [one["thread_id"] for one in json.loads(heard[-1]["body"])] == [kept]
    heard = await client("http", "/threads/count", body({}), stays=True)
    assert json.loads(heard[-1]["body"]) == 1


def told(heard: list[Message]) -> tuple[int, Any]:
    """The status and the body of a response."""
    text = b"".join(message.get("body", b"") for message in heard[1:])
    return heard[0]["status"], json.loads(text) if text else None


async def test_what_a_client_notes_of_a_thread_is_kept_and_found(client: Client, state: AppState, run: Run) -> None:
    run.gate.set()
    noted = {"mine": {"deep": [1, None]}, "graph_id": "my-graph"}
    status, made = told(await client("http", "/threads", body({"metadata": noted})))
    assert (status, made["metadata"] | noted) == (200, made["metadata"])
    _, plain = told(await client("http", "/threads", body({})))
    assert plain["metadata"]["graph_id"] == "pitcrew"
    path = f"/threads/{made['thread_id']}"
    _, changed = told(await client("http", path, body({"metadata": {"mine": None, "tag": "x"}}), method="PATCH"))
    assert (changed["metadata"]["tag"], "mine" in changed["metadata"]) == ("x", False)
    for sought, found in (({"tag": "x"}, [made]), ({"graph_id": "pitcrew"}, [plain]), ({"tag": {"x": 1}}, [])):
        _, threads_found = told(await client("http", "/threads/search", body({"metadata": sought}), stays=True))
        assert [one["thread_id"] for one in threads_found] == [one["thread_id"] for one in found]
    asked = ASK | {"assistant_id": "specs"}
    assert told(await client("http", f"{path}/runs/wait", body(asked), stays=True))[0] == 200
    _, after = told(await client("http", path, method="GET"))
    assert (after["metadata"]["graph_id"], after["metadata"]["tag"]) == ("specs", "x")
    unknown = await client("http", f"/threads/{uuid.uuid4()}", body({"metadata": {}}), method="PATCH")
    assert unknown[0]["status"] == 404


@pytest.mark.parametrize(
    "wrong",
    [{"metadata": "x"}, {"metadata": ["x"]}, {"metadata": 7}, {"metadata": {"x": "y" * 20_000}},
     {"metadata": {"x": "\x00"}}, {"metadata": {"\ud800": 1}}, {"metadata": {str(n): n for n in range(3_000)}}],
)  # fmt: skip
async def test_metadata_that_cannot_be_kept_are_refused(
    client: Client, state: AppState, thread: str, wrong: dict[str, Any]
) -> None:
    known = len(await state.gateway.engine.store.sessions(ANNA))
    for path, method in (("/threads", "POST"), (f"/threads/{thread}", "PATCH")):
        status, problem = told(await client("http", path, body(wrong), method=method))
        assert (status, problem["code"]) == (400, "BAD_REQUEST")
    assert len(await state.gateway.engine.store.sessions(ANNA)) == known


async def test_threads_are_opened_at_a_rate(client: Client, state: AppState, run: Run) -> None:
    """Whatever opens them, and only those that were not there."""
    run.gate.set()
    name = str(uuid.uuid4())
    for _ in range(THREADS_PER_MINUTE):
        assert (await client("http", "/threads", body({})))[0]["status"] == 200
    again = {"thread_id": name, "if_exists": "do_nothing"}
    asking = ASK | {"if_not_exists": "create"}
    for path, said in (("/threads", {}), ("/threads", again), ("/runs/wait", ASK), (f"/threads/{name}/runs", asking)):
        status, problem = told(await client("http", path, body(said)))
        assert (status, problem["code"]) == (429, "RATE_LIMITED")
        assert problem["detail"]
    await state.gateway.engine.store.open(ANNA, name)
    assert (await client("http", "/threads", body(again)))[0]["status"] == 200
    assert (await client("http", f"/threads/{name}/runs", body(asking)))[0]["status"] == 200
    assert len(await state.gateway.engine.store.sessions(ANNA)) == THREADS_PER_MINUTE + 1
