"""The client printed for `/ws/query`, its three fragments put together, under Node over the real server."""

import uuid

from tests.printed import printed, printed_code, run_in_node
from tests.serving import Served

QUESTION = "What is the engine power of the Wren?"
HANDLERS = """
const shown = [], heard = [];
const showStreamingIndicator = () => shown.push('on');
const hideStreamingIndicator = () => shown.push('off');
let text = '';
const appendToResponse = (token) => { text += token; };
"""


def test_printed_fragments(server: Served) -> None:
    opening = printed_code("003", "javascript", "new WebSocket(")
    asking = printed_code("003", "javascript", "ws.send(JSON.stringify")
    hearing = printed_code("003", "javascript", "ws.onmessage")
    opening = opening.replace("localhost:9001", f"127.0.0.1:{server.port}").replace("YOUR_TOKEN", server.token("q003"))
    asking = asking.replace("Explain the system architecture", QUESTION)
    asking = asking.replace("unique-session-id", uuid.uuid4().hex)
    [shown, text, heard] = run_in_node(
        HANDLERS,
        opening,
        hearing,
        "ws.addEventListener('message', (event) => heard.push(JSON.parse(event.data)));",
        f"ws.onopen = () => {{ {asking} }};",
        "await until(() => shown.includes('off'), 'the end of the stream');",
        "tell(shown); tell(text); tell(heard);",
    )
    assert shown == ["on", "off"]
    assert "kW" in text
    kinds = [frame["type"] for frame in heard]
    assert kinds[0] == "status"
    assert kinds.count("immediate") == 1
    assert kinds.index("immediate") < kinds.index("stream_start") < kinds.index("stream_token")
    assert heard[-1] == {"type": "stream_end", "response": text}


def test_every_printed_kind_of_frame_is_there() -> None:
    from api.dialects.query import DIALECT

    code = printed_code("003", "javascript", "case 'status'")
    kinds = {str(kind.__struct_config__.tag) for kind in DIALECT.words.sent}  # type: ignore[attr-defined]
    for kind in ("status", "immediate", "stream_start", "stream_token", "stream_end", "overview", "error"):
        assert f"case '{kind}'" in code
        assert kind in kinds
    assert "/ws/query" in printed("003")
