"""The printed JavaScript client in real Chromium, run as it stands but for address and token."""

import asyncio
import json
import uuid

from tests.browser.chromium import open_page
from tests.printed import QUICK, printed_blocks, printed_code
from tests.serving import Served, free_port

PAGE = "<!doctype html><title>client</title><div id='response'></div>"


async def test_printed_javascript_client(server: Served) -> None:
    code = printed_code("002", "javascript", "class ChatWebSocket")
    code = code.replace("localhost:8000", f"127.0.0.1:{server.port}").replace(
        "your_jwt_token", server.token("printed-js")
    )
    logged: list[str] = []
    async with open_page() as page:
        page.on("console", lambda message: logged.append(message.text))
        await page.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{server.http}/client.html")
        await page.add_script_tag(content=code)
        async with asyncio.timeout(30):
            while not any(line.startswith("Confidence:") for line in logged):
                await asyncio.sleep(0.05)
        shown = await page.text_content("#response")
    kinds = [line.split(":")[0].split("]")[0] for line in logged]
    assert kinds[:2] == ["Connected", "Authenticated"]
    steps = [line[1:].split("]")[0] for line in logged if line.startswith("[")]
    assert steps == ["starting", "agent_routing", "rag_retrieval", "generating"]
    complete = next(line for line in logged if line.startswith("Complete: "))
    assert complete.removeprefix("Complete: ") == shown
    assert "Agent: specs" in logged


async def test_the_same_exchange_in_a_page_of_our_own(server: Served) -> None:
    async with open_page() as page:
        await page.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{server.http}/client.html")
        frames = json.loads(
            await page.evaluate(
                """([url, token]) => new Promise((resolve) => {
                    const frames = [], socket = new WebSocket(url);
                    socket.onopen = () => socket.send(JSON.stringify({type: 'auth', token}));
                    socket.onmessage = ({data}) => {
                        const frame = JSON.parse(data);
                        frames.push(frame);
                        if (frame.type === 'auth_success')
                            socket.send(JSON.stringify({type: 'message', message: 'What is the engine power?'}));
                        if (frame.type === 'complete') resolve(JSON.stringify(frames));
                    };
                })""",
                [server.chat, server.token("page")],
            )
        )
    assert frames[0]["type"] == "auth_success"
    assert "".join(frame["token"] for frame in frames if frame["type"] == "token") == frames[-1]["response"]


async def test_printed_move_from_events_to_a_socket(server: Served) -> None:
    """The same handler hears the same of an analysis, whichever way it comes."""
    code = printed_code("000", "javascript", "new EventSource(")
    code = code.replace("localhost:8000", f"127.0.0.1:{server.port}")
    code = code.replace("question=...", "question=How+many+incidents+are+there%3F")
    before, after = code.split("// After")
    heard = []
    async with open_page() as page:
        await page.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{server.http}/client.html")
        for part in (before, f"// After{after}"):
            await page.evaluate("() => { window.heard = []; window.handleEvent = (data) => window.heard.push(data); }")
            await page.add_script_tag(content=part)
            await page.wait_for_function("() => window.heard.some(({type}) => type === 'stream_end')", timeout=30_000)
            heard.append(await page.evaluate("window.heard"))
        await page.wait_for_function("() => eventSource.readyState === EventSource.CLOSED", timeout=30_000)
    events, socket = ([frame["type"] for frame in frames] for frames in heard)
    assert list(dict.fromkeys(events)) == list(dict.fromkeys(socket))
    assert {"start", "data_ready", "complete", "stream_end"} <= set(events)
    answers = [next(frame["response"] for frame in frames if frame["type"] == "complete") for frames in heard]
    assert answers[0] == answers[1]


async def test_printed_reconnection(server: Served) -> None:
    """Five tries, each after twice the wait; a connection that comes about starts the count again."""
    code = printed_code("001", "typescript", "const MAX_RETRIES = 5;")
    around = f"""
        const here = 'ws://127.0.0.1:{server.port}/ws/{uuid.uuid4().hex}', nowhere = 'ws://127.0.0.1:{free_port()}/';
        const connected = [], errors = [];
        const setIsConnected = (is) => connected.push(is), setError = (text) => errors.push(text);
        let ws = new WebSocket(here), next = here;
        const connectWebSocket = () => {{
          const {{ onopen, onclose }} = ws;
          ws = Object.assign(new WebSocket(next), {{ onopen, onclose }});
        }};
    """
    async with open_page() as page:
        await page.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{server.http}/client.html")
        await page.add_script_tag(content=QUICK + around + code)
        await page.wait_for_function("() => connected.length === 1")
        await page.evaluate("() => ws.close()")
        await page.wait_for_function("() => connected.length === 3")
        assert await page.evaluate("() => [connected, waits.splice(0)]") == [[True, False, True], [1000]]
        await page.evaluate("() => { next = nowhere; ws.close(); }")
        await page.wait_for_function("() => errors.length", timeout=20_000)
        waits, errors = await page.evaluate("() => [waits, errors]")
    assert waits == [1000, 2000, 4000, 8000, 16000]
    assert errors == ["Connection failed after 5 retries. Please refresh the page."]


async def test_printed_errors_of_a_connection(server: Served) -> None:
    """Where nobody listens it falls back and comes back; where an analysis ended well it does neither."""
    code = next(one for one in printed_blocks("000", "javascript") if one.startswith("ws.onerror"))
    address = f"ws://127.0.0.1:{server.port}/ws/agent/stream?question=How+many+dealers+are+there"
    around = f"""
        let ws, fellBack = 0, again = 0;
        const fallbackToSSE = () => {{ fellBack++; }}, reconnect = () => {{ again++; }};
        const handled = (url) => new Promise((resolve) => {{
          ws = new WebSocket(url);
          {code}
          ws.addEventListener('close', (event) => setTimeout(() => resolve([event.code, fellBack, again]), 2000));
        }});
    """
    async with open_page() as page:
        await page.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{server.http}/client.html")
        await page.add_script_tag(content=QUICK + around)
        assert await page.evaluate(f"() => handled('ws://127.0.0.1:{free_port()}/')") == [1006, 1, 1]
        assert await page.evaluate(f"() => handled('{address}')") == [1000, 1, 1]
