"""The clients printed for `/ws/agent/stream` and `/ws/agent/interactive`, under Node over the real server."""

import json
from typing import Any

import pytest

from tests.printed import QUICK, REACT, component, printed_code, printed_frames, run_in_node
from tests.serving import Served
from tests.wire.transcripts import path

QUESTION = "How many incidents are there per severity?"
PAGE = """
const element = { innerHTML: '' };
globalThis.document = { getElementById: (id) => element };
"""


def of(kind: str, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [frame for frame in frames if frame["type"] == kind]


def here(code: str, server: Served) -> str:
    assert "localhost:8000" in code
    return code.replace("localhost:8000", f"127.0.0.1:{server.port}")


def analysed(frames: list[dict[str, Any]]) -> None:
    """What an analysis shows, in its order."""
    kinds = [frame["type"] for frame in frames]
    assert kinds[0] == "start"
    for kind in ("chain_of_thought", "code_chunk", "verification", "data_ready", "analysis_chunk"):
        assert kind in kinds, kinds
    assert [frame["stage"] for frame in of("progress", frames)] == [
        "data_loader", "code_generator", "executor", "verifier", "analyst",
    ]  # fmt: skip
    [data] = of("data_ready", frames)
    assert data["data"]["result_preview"]
    assert data["data"]["code"].lstrip().upper().startswith(("SELECT", "WITH"))


def test_printed_single_query(server: Served) -> None:
    code = component(printed_code("000", "tsx", "function IntelligentAgent"), "IntelligentAgent", "{ runQuery }")
    [events, text] = run_in_node(
        REACT,
        here(code, server),
        f"""
        render(IntelligentAgent).runQuery({json.dumps(QUESTION)});
        await until(() => states[1], 'a connection');
        await until(() => !states[1], 'the end of the connection');
        tell(states[0]);
        tell(states[2]);
        """,
    )
    analysed(events)
    [complete] = of("complete", events)
    assert complete["response"] == text != ""


def test_printed_interactive_session(server: Served) -> None:
    code = component(
        printed_code("000", "tsx", "function InteractiveAgent"), "InteractiveAgent", "{ ws, messages, sendQuery }"
    )
    [frames] = run_in_node(
        REACT,
        here(code, server),
        f"""
        render(InteractiveAgent);
        const show = () => render(InteractiveAgent);
        await until(() => show().ws.readyState === WebSocket.OPEN, 'a connection');
        const complete = () => show().messages.filter((frame) => frame.type === 'query_complete').length;
        show().sendQuery({json.dumps(QUESTION)});
        await until(() => complete() === 1, 'the end of the first');
        show().sendQuery('And only those of 2025?');
        await until(() => complete() === 2, 'the end of the second');
        tell(show().messages);
        unmount();
        """,
    )
    first = [frame["type"] for frame in frames].index("query_complete")
    analysed(frames[:first])
    assert [frame["type"] for frame in frames[first - 2 :]][:4] == ["complete", "stream_end", "query_complete", "start"]
    assert [frame["type"] for frame in frames[-2:]] == ["stream_end", "query_complete"]
    assert "2025" in of("data_ready", frames)[-1]["data"]["code"]


def test_printed_vanilla_client(server: Served) -> None:
    code = here(printed_code("000", "javascript", "// Simple WebSocket connection"), server)
    assert "Show+top+incidents" in code
    [shown, heard] = run_in_node(
        PAGE,
        code.replace("Show+top+incidents", QUESTION.replace(" ", "+").replace("?", "%3F")),
        """
        const heard = [];
        let closed = null;
        ws.addEventListener('message', (event) => heard.push(JSON.parse(event.data)));
        ws.addEventListener('close', (event) => { closed = event.code; });
        await until(() => closed !== null, 'the end of the connection');
        tell(element.innerHTML);
        tell([...heard, { type: 'closed', code: closed }]);
        """,
    )
    assert heard[-1] == {"type": "closed", "code": 1000}
    assert heard[-2]["type"] == "stream_end"
    assert shown == heard[-3]["response"] != ""


def test_printed_ping_and_cancel(server: Served) -> None:
    ping = printed_code("000", "javascript", "action: 'ping'")
    cancel = printed_code("000", "javascript", 'ws.send("cancel")')
    [frames, sent_at] = run_in_node(
        f"""
        const heard = [];
        const ws = new WebSocket('ws://127.0.0.1:{server.port}/ws/agent/interactive');
        ws.onmessage = (event) => {{
          const frame = JSON.parse(event.data);
          heard.push(frame);
          if (frame.type === 'start') {{ {cancel} }}
        }};
        await until(() => ws.readyState === WebSocket.OPEN, 'a connection');
        const sentAt = Date.now();
        {ping}
        await until(() => heard.length === 1, 'a pong');
        ws.send(JSON.stringify({{ action: 'query', question: {json.dumps(QUESTION)} }}));
        await until(() => heard.some((frame) => frame.type === 'query_complete'), 'the end');
        tell(heard);
        tell(sentAt);
        """
    )
    assert frames[0]["type"] == "pong"
    assert 0 <= frames[0]["timestamp"] - sent_at < 10_000
    ends = [frame["type"] for frame in frames if frame["type"] in {"cancelled", "complete"}]
    assert len(ends) == 1, frames  # the answer may be faster than the word
    closing = [frame["type"] for frame in frames if frame["type"] in {*ends, "stream_end", "query_complete"}]
    assert closing == [*ends, "stream_end", "query_complete"]


def test_printed_follow_up(server: Served) -> None:
    code = here(printed_code("000", "javascript", "'Now show me trends over time'"), server)
    [frames] = run_in_node(
        code,
        f"""
        const heard = [];
        ws.addEventListener('message', (event) => heard.push(JSON.parse(event.data)));
        ws.onopen = () => ws.send(JSON.stringify({{ action: 'query', question: {json.dumps(QUESTION)} }}));
        const complete = () => heard.filter((frame) => frame.type === 'query_complete').length;
        await until(() => complete() >= 2, 'the end of the follow-up');
        tell(heard);
        """,
    )
    assert len(of("start", frames)) >= 2
    assert [frame["status"] for frame in of("query_complete", frames)[:2]] == ["complete", "complete"]
    assert len(of("complete", frames)) >= 2


@pytest.mark.parametrize("wire", ["analysis_stream", "analysis_interactive"])
def test_every_printed_frame_has_its_fields_here(wire: str) -> None:
    """What a client reads there it finds here."""
    ours: dict[str, dict[str, Any]] = {}
    for line in path(wire).read_text(encoding="utf-8").splitlines():
        ours |= {frame["type"]: frame for frame in json.loads(line)["frames"]}
    for frame in printed_frames("000"):
        assert set(frame) <= set(ours[frame["type"]])
        if frame["type"] == "data_ready":
            assert set(frame["data"]) <= set(ours["data_ready"]["data"])


def test_printed_reconnection(server: Served) -> None:
    """It asks again whenever its socket closes, however that was: three times, and then falls back."""
    code = here(printed_code("000", "javascript", "function connectWithRetry"), server)
    [told] = run_in_node(
        QUICK,
        code.replace("question=...", "question=How+many+dealers+are+there"),
        """
        let fellBack = 0;
        const fallbackToSSE = () => { fellBack++; };
        connectWithRetry();
        await until(() => fellBack, 'the fallback');
        tell({ waits, logged, fellBack });
        """,
    )
    assert told["waits"] == [1000, 2000, 3000]
    assert told["fellBack"] == 1
    assert told["logged"] == [
        "Reconnecting... (1/3)",
        "Reconnecting... (2/3)",
        "Reconnecting... (3/3)",
        "Max retries reached, falling back to SSE",
    ]
