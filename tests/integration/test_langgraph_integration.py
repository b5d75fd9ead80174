"""LangGraph's own SDK against the real server: threads, runs, their streams, resuming, interrupts, transports."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import websockets
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient
from langgraph_sdk.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
)

from tests.serving import Served

POWER = "What is the engine power of the Heron?"
DRIVE = "I would like to book a test drive"
PROMPT = "Shall I book the test drive at 10:00?"


def says(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, **more}]}


@asynccontextmanager
async def client(server: Served, user: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=f"{server.http}/langgraph", api_key=server.token(user)) as opened:
        yield opened


@contextmanager
def sync_client(server: Served, user: str) -> Iterator[SyncLangGraphClient]:
    with get_sync_client(url=f"{server.http}/langgraph", api_key=server.token(user)) as opened:
        yield opened


async def told(stream: Any) -> list[Any]:
    return [part async for part in stream]


def data_of(parts: list[Any], event: str) -> list[Any]:
    return [part.data for part in parts if part.event == event]


def pieces(parts: list[Any]) -> str:
    """The answer as a client puts it together that trusts the pieces."""
    return "".join(chunk["content"] for chunk, _ in data_of(parts, "messages"))


async def test_assistants_are_the_specialists_and_its_specialists(acting_server: Served) -> None:
    async with client(acting_server, "lg-assistants") as sdk:
        assert await sdk.http.get("/ok") == {"ok": True}
        assert (await sdk.http.get("/info"))["flags"]["websocket_events"] is True
        found = await sdk.assistants.search(limit=100)
        names = [one["name"] for one in found]
        assert names[0] == "pitcrew"
        assert {"specs", "maintenance", "troubleshooting"} <= set(names)
        assert await sdk.assistants.count() == len(found)
        one = await sdk.assistants.get(found[1]["assistant_id"])
        assert one == await sdk.assistants.get(names[1]) == found[1]
        graph = await sdk.assistants.get_graph("pitcrew")
        assert {"classify", "retrieve", "specs", "merge"} <= {node["id"] for node in graph["nodes"]}
        schemas = await sdk.assistants.get_schemas("specs")
        assert "messages" in schemas["input_schema"]["properties"]
        assert await sdk.assistants.search(name="specs") == [one for one in found if one["name"] == "specs"]
        with pytest.raises(NotFoundError, match="specs"):
            await sdk.assistants.get("nobody")


async def test_a_thread_is_streamed_in_each_mode_and_kept(acting_server: Served) -> None:
    modes = ["values", "updates", "messages", "messages-tuple", "custom", "events", "debug", "tasks", "checkpoints"]
    async with client(acting_server, "lg-modes") as sdk:
        thread = await sdk.threads.create(metadata={"mine": 1})
        thread_id = thread["thread_id"]
        assert (thread["status"], thread["values"]) == ("idle", {"messages": []})
        parts = await told(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER), stream_mode=modes))  # type: ignore[call-overload]
        assert (parts[0].event, parts[-1].event) == ("metadata", "end")
        answer = data_of(parts, "values")[-1]["messages"][-1]
        assert answer["type"] == "ai"
        assert "110 kW" in answer["content"]
        assert pieces(parts) == answer["content"]
        chunk, metadata = data_of(parts, "messages")[0]
        assert (chunk["type"], chunk["id"]) == ("AIMessageChunk", answer["id"])
        assert metadata["langgraph_node"] == "specs"
        assert data_of(parts, "messages/complete") == [[answer]]
        assert data_of(parts, "messages/partial")[-1][0]["content"] == answer["content"]
        nodes = [node for update in data_of(parts, "updates") for node in update]
        assert nodes[0] == "classify"
        assert nodes[-1] == "specs"
        frames = data_of(parts, "custom")
        assert [frame["type"] for frame in frames][-1] == "complete"
        assert {"ack", "routed", "sources", "token"} <= {frame["type"] for frame in frames}
        assert [event["event"] for event in data_of(parts, "events")][::-1][0] == "on_chain_end"
        assert {part["type"] for part in data_of(parts, "debug")} == {"task_result", "checkpoint"}
        assert len(data_of(parts, "checkpoints")) == len(data_of(parts, "values")) == 2
        assert [task["name"] for task in data_of(parts, "tasks")][-1] == "specs"

        state = await sdk.threads.get_state(thread_id)
        assert state["values"]["messages"][-1] == answer
        assert (state["next"], state["tasks"]) == ([], [])
        [one] = await sdk.runs.list(thread_id)
        assert (one["run_id"], one["status"]) == (parts[0].data["run_id"], "success")
        assert await sdk.runs.get(thread_id, one["run_id"]) == one
        for mode in modes:
            again = await told(sdk.runs.join_stream(thread_id, one["run_id"], stream_mode=[mode]))  # type: ignore[list-item]
            assert {part.event.partition("/")[0] for part in again} <= {"metadata", "end", mode.partition("-")[0]}


async def test_a_follow_up_knows_the_thread_and_history_tells_it(acting_server: Served) -> None:
    async with client(acting_server, "lg-follow-up") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        first = await sdk.runs.wait(thread_id, "pitcrew", input=says("What is the roof load of the Plover?"))
        second = await sdk.runs.wait(thread_id, "pitcrew", input=says("And what does it weigh?"))
        assert isinstance(first, dict)
        assert isinstance(second, dict)
        assert second["messages"][:2] == first["messages"]
        assert "Plover" in second["messages"][-1]["content"]
        history = await sdk.threads.get_history(thread_id)
        assert [len(state["values"]["messages"]) for state in history] == [4, 3, 2, 1]  # type: ignore[call-overload]
        assert history[0]["parent_checkpoint"] == history[1]["checkpoint"]
        before = await sdk.threads.get_history(thread_id, before=history[1]["checkpoint"], limit=1)
        assert before == [history[2]]
        assert await sdk.threads.get_state(thread_id, history[2]["checkpoint"]) == history[2]
        checkpoint_id = history[1]["checkpoint"]["checkpoint_id"]
        assert await sdk.threads.get_state(thread_id, checkpoint_id=checkpoint_id) == history[1]
        [found] = await sdk.threads.search(status="idle")
        assert (found["thread_id"], found["values"]) == (thread_id, second)
        assert await sdk.threads.search(status="busy") == []
        assert await sdk.threads.count() == 1


async def test_a_specialist_answers_what_it_is_asked(acting_server: Served) -> None:
    async with client(acting_server, "lg-specialist") as sdk:
        thread_id = str(uuid.uuid4())
        options = {"if_not_exists": "create", "context": {"timezone": "Europe/Berlin"}}
        values = await sdk.runs.wait(thread_id, "maintenance", input=says(POWER), **options)  # type: ignore[arg-type]
        assert isinstance(values, dict)
        assert values["messages"][-1]["name"] == "maintenance"


async def test_a_run_without_a_thread_takes_its_history_along_and_leaves_nothing(acting_server: Served) -> None:
    async with client(acting_server, "lg-alone") as sdk:
        told_before = [
            {"type": "human", "content": "What is the roof load of the Plover?"},
            {"type": "ai", "content": "100 kg."},
            {"type": "human", "content": [{"type": "text", "text": "And what does it weigh?"}]},
        ]
        values = await sdk.runs.wait(None, "pitcrew", input={"messages": told_before})
        assert isinstance(values, dict)
        assert "Plover" in values["messages"][-1]["content"]
        parts = await told(sdk.runs.stream(None, "pitcrew", input=says(POWER), stream_mode="messages-tuple"))
        assert "110 kW" in pieces(parts)
        for _ in range(50):
            if not await sdk.threads.search():
                return
            await asyncio.sleep(0.1)
        raise AssertionError("a run without a thread left one behind")


async def test_a_stream_that_broke_is_taken_up_at_the_last_event(acting_server: Served) -> None:
    async with client(acting_server, "lg-resume") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        created = await sdk.runs.create(thread_id, "pitcrew", input=says(POWER))
        run_id = created["run_id"]
        joined = await sdk.runs.join(thread_id, run_id)
        whole = await told(sdk.runs.join_stream(thread_id, run_id, stream_mode=["messages-tuple", "values"]))
        assert pieces(whole) == joined["messages"][-1]["content"]
        marked = [part for part in whole if part.id is not None and part.event != "end"]
        for place, part in enumerate(marked):
            rest = sdk.runs.join_stream(
                thread_id, run_id, stream_mode=["messages-tuple", "values"], last_event_id=part.id
            )
            behind = [one for one in await told(rest) if one.event != "end"]
            assert pieces(marked[: place + 1]) + pieces(behind) == pieces(whole)
            assert data_of(behind, "values")[-1:] in (data_of(whole, "values")[-1:], [])
        for wrong in ("nonsense", whole[1].id.replace(run_id, str(uuid.uuid4()))):
            with pytest.raises(BadRequestError):
                await told(sdk.runs.join_stream(thread_id, run_id, last_event_id=wrong))


async def test_the_sdk_reconnects_by_itself(acting_server: Served) -> None:
    """The response names where to come back to, and the SDK does when the connection is cut."""
    async with client(acting_server, "lg-reconnect") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        cutting = Cutting(sdk.http.client._transport)  # the only place where a connection can be cut under the SDK
        sdk.http.client._transport = cutting
        parts = await told(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER), stream_mode="messages-tuple"))
        assert cutting.cuts == 1
        state = await sdk.threads.get_state(thread_id)
        assert pieces(parts) == state["values"]["messages"][-1]["content"]  # type: ignore[call-overload]


class Cutting(httpx.AsyncBaseTransport):
    """Cuts the first event stream in the middle of the answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.cuts = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        if self.cuts == 0 and "text/event-stream" in response.headers.get("content-type", ""):
            response.stream = CutStream(self, response.stream)  # type: ignore[arg-type]
        return response


class CutStream(httpx.AsyncByteStream):
    def __init__(self, cutting: Cutting, inner: httpx.AsyncByteStream) -> None:
        self.cutting = cutting
        self.inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.inner:
            middle = chunk.find(b"AIMessageChunk")
            if middle < 0:
                yield chunk
                continue
            yield chunk[: chunk.index(b"\n\n", middle) + 2]
            self.cutting.cuts += 1
            raise httpx.ReadError("cut")

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_an_interrupt_is_resumed_by_a_command(acting_server: Served) -> None:
    async with client(acting_server, "lg-interrupt") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        parts = await told(sdk.runs.stream(thread_id, "pitcrew", input=says(DRIVE), stream_mode=["updates", "values"]))
        [asked] = data_of(parts, "updates")[-1]["__interrupt__"]
        assert asked["value"]["prompt"] == PROMPT
        assert asked["value"]["options"] == [{"value": True, "label": "Yes"}, {"value": False, "label": "No"}]
        assert data_of(parts, "values")[-1]["__interrupt__"] == [asked]
        state = await sdk.threads.get_state(thread_id)
        assert state["tasks"][0]["interrupts"] == [asked]
        assert (await sdk.threads.get(thread_id))["status"] == "interrupted"
        run_id = parts[0].data["run_id"]
        assert (await sdk.runs.get(thread_id, run_id))["status"] == "interrupted"

        stream = sdk.runs.stream(
            thread_id, "pitcrew", command={"resume": True}, stream_mode=["messages-tuple", "values"]
        )
        parts = await told(stream)
        assert parts[0].data["run_id"] == run_id
        assert data_of(parts, "values")[-1]["messages"][-1]["content"].endswith("Booked for 10:00.")
        with pytest.raises(ConflictError):
            await sdk.runs.create(thread_id, "pitcrew", command={"resume": True})


@pytest.mark.parametrize("resume", ["no thanks", {"change": "11:00"}])
async def test_an_interrupt_takes_words_and_changes(acting_server: Served, resume: Any) -> None:
    async with client(acting_server, f"lg-words-{type(resume).__name__}") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        values = await sdk.runs.wait(thread_id, "pitcrew", input=says(DRIVE))
        assert isinstance(values, dict)
        assert values["__interrupt__"][0]["value"]["prompt"] == PROMPT
        values = await sdk.runs.wait(thread_id, "pitcrew", command={"resume": resume})
        assert isinstance(values, dict)
        if isinstance(resume, dict):
            assert "11:00" in values["__interrupt__"][0]["value"]["prompt"]
        else:
            assert "__interrupt__" not in values
        with pytest.raises(BadRequestError):
            await sdk.runs.create(thread_id, "pitcrew", command={"resume": [1], "goto": "specs"})


async def test_cancel_and_busy_threads(acting_server: Served) -> None:
    async with client(acting_server, "lg-cancel") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        await sdk.runs.wait(thread_id, "pitcrew", input=says(DRIVE))
        [run] = await sdk.runs.list(thread_id)
        await sdk.runs.cancel(thread_id, run["run_id"], wait=True)
        [run] = await sdk.runs.list(thread_id)
        assert run["status"] == "interrupted"
        assert (await sdk.threads.get(thread_id))["status"] == "idle"
        assert (await sdk.runs.join(thread_id, run["run_id"]))["__error__"]["error"] == "UserInterrupt"
        with pytest.raises(ConflictError):
            await sdk.runs.cancel(thread_id, run["run_id"])
        runs = [sdk.runs.create(thread_id, "pitcrew", input=says(POWER), multitask_strategy="enqueue") for _ in "12"]
        queued = await asyncio.gather(*runs)
        ended = [await sdk.runs.join(thread_id, run["run_id"]) for run in queued]
        assert max(len(values["messages"]) for values in ended) >= 5
        statuses = [run["status"] for run in await sdk.runs.list(thread_id)]
        assert statuses == ["success", "success", "interrupted"]


async def connected(thread: Any) -> None:
    """Wait until the thread's own stream is open: on Python 3.11 the SDK hangs where it is left while it connects,
    because `asyncio.wait_for` may lose a cancellation."""
    while (handle := thread._lifecycle_watcher_handle) is None or not handle.ready.done():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


@pytest.mark.parametrize("transport", ["sse", "websocket"])
async def test_the_streaming_transports(acting_server: Served, transport: Any) -> None:
    """`threads.stream`: commands by HTTP, events by SSE or over a WebSocket."""
    user = f"lg-{transport}"
    options: Any = {"transport": transport, "headers": {"x-api-key": acting_server.token(user)}}
    async with client(acting_server, user) as sdk, asyncio.timeout(60):
        async with sdk.threads.stream(assistant_id="pitcrew", **options) as thread:
            assert (await thread.run.start(input=says(POWER)))["run_id"]
            seen = [item async for item in thread.interleave_projections(["messages", "values", "sources", "updates"])]
            output = await thread.output
            [message] = [item for name, item in seen if name == "messages"]
            assert await message.text == output["messages"][-1]["content"]
            assert message.message_id == output["messages"][-1]["id"]
            assert [item for name, item in seen if name == "values"][-1] == output
            [sources] = [item for name, item in seen if name == "sources"]
            assert sources["payload"]["passages"]
            assert next(item["node"] for name, item in seen if name == "updates") == "classify"
        async with sdk.threads.stream(thread.thread_id, assistant_id="pitcrew", **options) as again:
            await connected(again)
            assert await again.output == output
            assert {node["id"] for node in (await again.agent.get_tree())["nodes"]} >= {"classify", "merge"}
        async with sdk.threads.stream(thread.thread_id, assistant_id="trial_drives", **options) as acting:
            await acting.run.start(input=says(DRIVE))
            async for _ in acting.values:
                pass
            while not acting.interrupted:
                await asyncio.sleep(0.02)
            assert acting.interrupts[0]["value"]["prompt"] == PROMPT
            await acting.run.respond(True)
            output = await acting.output
            assert output["messages"][-1]["content"].endswith("Booked for 10:00.")
        async with sdk.threads.stream(thread.thread_id, assistant_id="nobody", **options) as wrong:
            await connected(wrong)
            with pytest.raises(RuntimeError, match=r"invalid_argument.*specs"):
                await wrong.run.start(input=says(POWER))
            with pytest.raises(RuntimeError, match="no_such_interrupt"):
                await wrong._send_command("input.respond", {"interrupt_id": "x", "response": 1})
            with pytest.raises(RuntimeError, match="not_supported"):
                await wrong._send_command("state.fork", {"checkpoint_id": "x"})
            with pytest.raises(RuntimeError, match="unknown_command"):
                await wrong._send_command("dance", {})


def test_the_sync_client(acting_server: Served) -> None:
    with sync_client(acting_server, "lg-sync") as sdk:
        thread_id = sdk.threads.create()["thread_id"]
        parts = list(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER), stream_mode="messages-tuple"))
        assert "110 kW" in pieces(parts)
        typed = list(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER), stream_mode="values", version="v2"))
        assert typed[-1]["type"] == "values"
        assert len(typed[-1]["data"]["messages"]) == 4  # type: ignore[typeddict-item]
        with sdk.threads.stream(assistant_id="specs") as thread:
            thread.run.start(input=says(POWER))
            assert "110 kW" in thread.output["messages"][-1]["content"]
        sdk.threads.delete(thread_id)
        with pytest.raises(NotFoundError):
            sdk.threads.get(thread_id)


async def test_the_same_message_is_answered_once(acting_server: Served) -> None:
    async with client(acting_server, "lg-once") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        first = await told(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER, id="m-1"), stream_mode="values"))
        again = await told(sdk.runs.stream(thread_id, "pitcrew", input=says(POWER, id="m-1"), stream_mode="values"))
        assert again[0].data["run_id"] == first[0].data["run_id"]
        assert len(again[-2].data["messages"]) == 2
        with pytest.raises(ConflictError):
            await sdk.runs.create(thread_id, "pitcrew", input=says("Something else", id="m-1"))


async def test_strangers_and_unknown_things(acting_server: Served) -> None:
    async with client(acting_server, "lg-owner") as mine, client(acting_server, "lg-stranger") as theirs:
        thread_id = (await mine.threads.create())["thread_id"]
        await mine.runs.wait(thread_id, "pitcrew", input=says(POWER))
        [run] = await mine.runs.list(thread_id)
        calls = [
            theirs.threads.get(thread_id),
            theirs.threads.get_state(thread_id),
            theirs.threads.get_history(thread_id),
            theirs.threads.delete(thread_id),
            theirs.runs.get(thread_id, run["run_id"]),
            theirs.runs.cancel(thread_id, run["run_id"]),
            theirs.runs.create(thread_id, "pitcrew", input=says(POWER)),
            told(theirs.runs.join_stream(thread_id, run["run_id"])),
            mine.runs.get(thread_id, str(uuid.uuid4())),
            mine.runs.create(str(uuid.uuid4()), "pitcrew", input=says(POWER)),
        ]
        for call in calls:
            with pytest.raises(NotFoundError):
                await call
        # the same name in another's hands is another thread
        assert (await theirs.threads.create(thread_id=thread_id))["values"] == {"messages": []}
        assert len((await mine.threads.get(thread_id))["values"]["messages"]) == 2  # type: ignore[index]
        with pytest.raises(ConflictError):
            await mine.threads.create(thread_id=thread_id)
        assert (await mine.threads.create(thread_id=thread_id, if_exists="do_nothing"))["thread_id"] == thread_id
        with pytest.raises(BadRequestError):
            await mine.threads.create(thread_id="not a uuid")
        for missing in (mine.crons.search(), mine.store.list_namespaces([]), mine.assistants.create("pitcrew")):
            with pytest.raises(InternalServerError, match="does not offer") as refused:
                await missing
            assert refused.value.status_code == 501
        for name in ("%00", "x" * 200, "..%2f..", "%ff"):
            with pytest.raises(APIStatusError) as refused_name:
                await mine.http.get(f"/threads/{name}/state")
            assert 400 <= refused_name.value.status_code < 502
        with pytest.raises(AuthenticationError):
            async with get_client(url=f"{acting_server.http}/langgraph", api_key="wrong") as nobody:
                await nobody.threads.search()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"assistant_id": 3},
        {"assistant_id": "pitcrew"},
        {"assistant_id": "pitcrew", "input": "hello"},
        {"assistant_id": "pitcrew", "input": {"messages": []}},
        {"assistant_id": "pitcrew", "input": {"messages": [3]}},
        {"assistant_id": "pitcrew", "input": {"messages": [{"type": "alien", "content": "x"}]}},
        {"assistant_id": "pitcrew", "input": {"messages": [{"type": "human", "content": [{"type": "image_url"}]}]}},
        {"assistant_id": "pitcrew", "input": {"messages": "x" * 9000}},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "stream_mode": "everything"},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "stream_mode": []},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "interrupt_before": ["specs"]},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "multitask_strategy": "rollback"},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "context": {"dataset": 3}},
        {"assistant_id": "pitcrew", "input": {"messages": "hi"}, "config": {"configurable": 3}},
        {"assistant_id": "pitcrew", "command": {"goto": "specs"}},
    ],
)
async def test_what_makes_no_sense_is_refused(acting_server: Served, body: dict[str, Any]) -> None:
    async with client(acting_server, "lg-nonsense") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        for path in ("stream", "wait"):
            with pytest.raises(APIStatusError) as refused:
                await sdk.http.post(f"/threads/{thread_id}/runs/{path}", json=body)
            assert 400 <= refused.value.status_code < 500
        assert await sdk.runs.list(thread_id) == []


async def test_frames_that_make_no_sense_are_refused_on_the_socket(acting_server: Served) -> None:
    async with client(acting_server, "lg-frames") as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
    url = f"ws://127.0.0.1:{acting_server.port}/langgraph/threads/{thread_id}/stream/events"
    headers = {"x-api-key": acting_server.token("lg-frames")}
    frames = [
        "x",
        "[]",
        b"\x00",
        '{"id": "one", "method": "run.start"}',
        '{"id": 1, "method": "subscription.subscribe", "params": {"channels": []}}',
        '{"id": 1, "method": "subscription.subscribe", "params": {"channels": ["smoke"]}}',
        '{"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values"], "since": -1}}',
        '{"id": 1, "method": "subscription.unsubscribe", "params": {"subscription_id": "sub-9"}}',
        '{"id": 1, "method": "input.respond", "params": {}}',
    ]
    async with websockets.connect(url, additional_headers=headers) as socket:
        for frame in frames:
            await socket.send(frame)
            assert json.loads(await socket.recv())["type"] == "error"
        await socket.send('{"id": 7, "method": "state.get", "params": {"namespace": []}}')
        answer = json.loads(await socket.recv())
        assert (answer["type"], answer["id"], answer["result"]["values"]) == ("success", 7, {"messages": []})
    for path, options, code in (
        (url, {}, 4401),
        (url.replace(thread_id, str(uuid.uuid4())), {"additional_headers": headers}, 4404),
        (f"{url}?token=wrong", {}, 4401),
    ):
        async with websockets.connect(path, **options) as refused:  # type: ignore[arg-type]
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await refused.recv()
            assert refused.close_code == code
