"""The clients printed for `/ws/{session_id}`: the React hook under Node, and the Python test, over the real server."""

import json
import re
import uuid
from types import TracebackType
from typing import Any

from websockets.sync.client import connect

from tests.printed import REACT, printed_code, printed_frames, run_in_node, without_types
from tests.serving import Served
from tests.wire.transcripts import path

QUESTION = "Show relationships between the tables as a diagram"


def test_printed_hook(server: Served) -> None:
    code = without_types(printed_code("001", "typescript", "export function useWebSocket"))
    assert "localhost:8000" in code
    [messages, connected] = run_in_node(
        REACT,
        code.replace("localhost:8000", f"127.0.0.1:{server.port}"),
        f"""
        const session = {json.dumps(uuid.uuid4().hex)};
        const show = () => render(useWebSocket, session);
        show();
        await until(() => show().isConnected, 'a connection');
        show().sendMessage({json.dumps(QUESTION)});
        const ended = (message) => message.type === 'agent' || message.type === 'error';
        await until(() => show().messages.some(ended), 'an answer');
        tell(show().messages);
        unmount();
        await until(() => !show().isConnected, 'the end of the connection');
        tell(show().isConnected);
        """,
    )
    assert messages[0] == {"type": "user", "content": QUESTION}
    assert not connected
    *tools, answer = messages[1:]
    assert {tool["type"] for tool in tools} == {"tool"}
    assert all(tool["tool_name"] and tool["content"] for tool in tools)
    assert answer["type"] == "agent"
    assert answer["content"]
    assert answer["diagram"].startswith("erDiagram")


class RemoteClient:
    """The printed test's client of an application, over the wire."""

    http = ""

    def __init__(self, app: object) -> None:
        pass

    def websocket_connect(self, path: str) -> "RemoteSocket":
        return RemoteSocket(re.sub("^http", "ws", self.http) + path)


class RemoteSocket:
    def __init__(self, url: str) -> None:
        self._opening = connect(url)

    def __enter__(self) -> "RemoteSocket":
        self._socket = self._opening.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opening.__exit__(kind, error, at)

    def send_json(self, frame: Any) -> None:
        self._socket.send(json.dumps(frame))

    def receive_json(self) -> Any:
        return json.loads(self._socket.recv(timeout=30))


def test_printed_python_test(server: Served) -> None:
    code = printed_code("001", "python", "def test_websocket_streaming")
    imports = "import pytest\nfrom fastapi.testclient import TestClient\n"
    assert code.startswith(imports)
    names: dict[str, Any] = {"TestClient": type("Remote", (RemoteClient,), {"http": server.http}), "app": None}
    exec(compile(code.removeprefix(imports), "printed", "exec"), names)
    names["test_websocket_streaming"]()


def test_every_printed_frame_has_its_fields_here() -> None:
    """What a client reads there it finds here."""
    ours: dict[str, dict[str, Any]] = {}
    for line in path("explorer").read_text(encoding="utf-8").splitlines():
        ours |= {frame["type"]: frame for frame in json.loads(line)["frames"]}
    shown = [frame for frame in printed_frames("001") if "type" in frame]
    assert {frame["type"] for frame in shown} == set(ours)
    for frame in shown:
        assert set(frame) <= set(ours[frame["type"]])
