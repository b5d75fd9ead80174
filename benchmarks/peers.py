"""What the product is measured beside: three small servers that speak its native protocol and answer from the same
model, each with less between the model and the socket than the one before.

`events`   a LangGraph graph over ChatOpenAI, read by `astream_events` as in tutorials; the text so far in each frame
`ceiling`  the same graph, whose last node reads the model's stream itself and writes each token to the socket
`relay`    no graph: the model's stream, read by itself, goes to the socket

None of them checks a token, searches, keeps anything or checks an answer.

    python -m benchmarks.peers ceiling --port N
"""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, ClassVar, TypedDict
from urllib.parse import urlsplit

import httptools
import orjson
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import SecretStr

MODEL = os.environ.get("BENCH_MODEL", "script-200tok")
URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:9100/v1")
STEPS = ("agent_routing", "rag_retrieval", "generating")
DOCUMENTS = [{"id": number, "text": "passage " * 40} for number in range(4)]

Send = Callable[[str], Awaitable[None]]


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    documents: list[dict[str, Any]]


def step(name: str) -> str:
    return f'{{"type":"progress","step":"{name}"}}'


def token(text: str) -> str:
    return f'{{"type":"token","token":{orjson.dumps(text).decode()}}}'


def complete(text: str) -> str:
    return f'{{"type":"complete","response":{orjson.dumps(text).decode()}}}'


class Stream(asyncio.Protocol):
    """One kept connection to the model; hands out the texts of each read as a list, None at the end."""

    spare: ClassVar[list["Stream"]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def begin(self, request: bytes) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.texts: asyncio.Queue[list[str] | None] = asyncio.Queue()
        self.rest = b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        *events, self.rest = (self.rest + body).split(b"\n\n")
        choices = (orjson.loads(event[6:])["choices"] for event in events if event.startswith(b"data: {"))
        if texts := [text for some in choices if some and (text := some[0]["delta"].get("content"))]:
            self.texts.put_nowait(texts)

    def on_message_complete(self) -> None:
        self.texts.put_nowait(None)


async def tokens(question: str) -> AsyncIterator[str]:
    """The model's answer, its stream read without any client of it."""
    url = urlsplit(URL)
    body = orjson.dumps({"model": MODEL, "stream": True, "messages": [{"role": "user", "content": question}]})
    if Stream.spare:
        stream = Stream.spare.pop()
    else:
        _, stream = await asyncio.get_running_loop().create_connection(Stream, url.hostname, url.port)
    head = f"POST {url.path}/chat/completions HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-type: application/json\r\n"
    stream.begin(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    while (texts := await stream.texts.get()) is not None:
        for text in texts:
            yield text
    Stream.spare.append(stream)


async def _classify(state: State) -> State:
    return {}


async def _retrieve(state: State) -> State:
    return {"documents": DOCUMENTS}


def graph(generate: Any) -> Any:
    builder = StateGraph(State)
    for name, node in (("classify", _classify), ("retrieve", _retrieve), ("generate", generate)):
        builder.add_node(name, node)
    builder.add_edge(START, "classify")
    builder.add_edge("classify", "retrieve")
    builder.add_edge("retrieve", "generate")
    builder.add_edge("generate", END)
    return builder.compile()


def events() -> Callable[[str, Send], Awaitable[None]]:
    model = ChatOpenAI(model=MODEL, base_url=URL, api_key=SecretStr("none"))

    async def generate(state: State) -> State:
        return {"messages": [await model.ainvoke(state["messages"])]}

    compiled = graph(generate)

    async def answer(question: str, send: Send) -> None:
        said = ""
        async for event in compiled.astream_events({"messages": [HumanMessage(question)]}, version="v2"):
            if event["event"] == "on_chain_start" and event["name"] in ("classify", "retrieve", "generate"):
                await send(step(event["name"]))
            elif event["event"] == "on_chat_model_stream" and (text := event["data"]["chunk"].content):
                said += text
                await send(orjson.dumps({"type": "token", "token": text, "partial_response": said}).decode())
        await send(complete(said))

    return answer


def ceiling() -> Callable[[str, Send], Awaitable[None]]:
    async def generate(state: State, config: RunnableConfig) -> State:
        send, said = config["configurable"]["send"], []
        async for text in tokens(str(state["messages"][-1].content)):
            said.append(text)
            await send(token(text))
        return {"messages": [AIMessage("".join(said))]}

    compiled = graph(generate)

    async def answer(question: str, send: Send) -> None:
        for name in STEPS:
            await send(step(name))
        state = {"messages": [HumanMessage(question)]}
        done = await compiled.ainvoke(state, {"configurable": {"send": send}})
        await send(complete(done["messages"][-1].content))

    return answer


def relay() -> Callable[[str, Send], Awaitable[None]]:
    async def answer(question: str, send: Send) -> None:
        said = []
        for name in STEPS:
            await send(step(name))
        async for text in tokens(question):
            said.append(text)
            await send(token(text))
        await send(complete("".join(said)))

    return answer


PEERS = {"events": events, "ceiling": ceiling, "relay": relay}


def app(peer: str) -> FastAPI:
    answer, made = PEERS[peer](), FastAPI()

    @made.websocket("/ws/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                frame = orjson.loads(await socket.receive_text())
                if frame["type"] == "auth":
                    await socket.send_text('{"type":"auth_success"}')
                else:
                    await answer(frame["message"], socket.send_text)
        except (WebSocketDisconnect, RuntimeError):
            pass

    @made.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--port", type=int, default=8110)
    options = parser.parse_args()
    uvicorn.run(app(options.peer), port=options.port, ws="websockets-sansio", access_log=False, log_level="warning")
