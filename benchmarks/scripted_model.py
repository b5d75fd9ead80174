"""A chat model's server that costs next to nothing: `python -m benchmarks.scripted_model --port 9100`.

It speaks the OpenAI API's chat completions. The model's name is the script: `script-200tok-20ms` streams 200 tokens,
20 ms apart; without a pause they are written one by one, as fast as the loop turns. Where a JSON schema is asked for,
the smallest text that fits it is the answer. Every stream is written from chunks that were made before.
"""

import argparse
import asyncio
import re
from functools import lru_cache
from typing import Any

import httptools
import orjson
import uvloop

TEXT = (
    "the engine gives its power from low revs on and our workshop will be glad to show you how to keep it so for years"
)
WORDS = TEXT.split()
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_SCRIPT = re.compile(r"script-(\d+)tok(?:-(\d+)ms)?")


@lru_cache(64)
def script(model: str) -> tuple[int, float]:
    """Tokens, and the seconds between two of them."""
    found = _SCRIPT.fullmatch(model)
    return (int(found[1]), int(found[2] or 0) / 1000) if found else (50, 0.0)


def _chunk(event: dict[str, Any] | None) -> bytes:
    """An event of the stream as a chunk of HTTP; None ends the stream."""
    body = b"data: " + (orjson.dumps(event) if event is not None else b"[DONE]") + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(body), body)


def _event(model: str, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": model,
        "choices": [choice],
    }


@lru_cache(64)
def chunks(model: str, payload: str | None) -> tuple[bytes, ...]:
    """The whole stream, a token in each chunk; the first holds the role as well, the last ends it."""
    count, _ = script(model)
    texts = [payload] if payload is not None else [f"{WORDS[n % len(WORDS)]} " for n in range(count)]
    usage = {"prompt_tokens": 100, "completion_tokens": len(texts), "total_tokens": 100 + len(texts)}
    tokens = [_chunk(_event(model, {"content": text})) for text in texts]
    tokens[0] = _chunk(_event(model, {"role": "assistant", "content": ""})) + tokens[0]
    last = _chunk(_event(model, {}, "stop")) + _chunk({**_event(model, {}), "choices": [], "usage": usage})
    return (*tokens, last + _chunk(None) + b"0\r\n\r\n")


def fitting(schema: dict[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: fitting(inner) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return []
        case "boolean":
            return True
        case "integer" | "number":
            return 1
    return "scripted"


class Connection(asyncio.Protocol):
    """One kept connection of a client; it answers one request after the other."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.loop = asyncio.get_running_loop()
        self.parser = httptools.HttpRequestParser(self)
        self.body = bytearray()
        self.timer: asyncio.Handle | None = None

    def connection_lost(self, error: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        request = orjson.loads(self.body or b"{}")
        self.body.clear()
        model = str(request.get("model", ""))
        form = request.get("response_format") or {}
        payload = None
        if form.get("type") == "json_schema":
            payload = orjson.dumps(fitting(form["json_schema"]["schema"])).decode()
        if not request.get("stream"):
            self._reply(model, payload)
            return
        self.transport.write(HEAD)
        self._next(chunks(model, payload), 0, script(model)[1])

    def _reply(self, model: str, payload: str | None) -> None:
        text = payload if payload is not None else " ".join(WORDS)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        body = orjson.dumps(
            {
                "id": "chatcmpl-scripted",
                "object": "chat.completion",
                "created": 1760000000,
                "model": model,
                "choices": [choice],
                "usage": usage,
            }
        )
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)

    def _next(self, stream: tuple[bytes, ...], at: int, pause_s: float) -> None:
        self.transport.write(stream[at])
        self.timer = None
        if at + 1 < len(stream):
            again = (self._next, stream, at + 1, pause_s)
            self.timer = self.loop.call_later(pause_s, *again) if pause_s else self.loop.call_soon(*again)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9100)
    uvloop.run(serve(parser.parse_args().port))
