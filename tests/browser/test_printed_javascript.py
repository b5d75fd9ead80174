"""The printed JavaScript client in real Chromium, run as it stands but for address and token."""

import asyncio
import json

from tests.browser.chromium import open_page
from tests.printed import printed_code
from tests.serving import Served

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
