"""The listening server: connections, routes, and what it remembers for the tests' questions."""

import asyncio
import contextlib
import itertools
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from tests.model_server.bodies import EMBEDDING_SIZE, embedding, error
from tests.model_server.chat import Chat
from tests.model_server.faults import Fault, named_fault, read_fault
from tests.model_server.http import Reply, Request, read_request
from tests.model_server.rules import Rules
from tests.model_server.screenplay import Screenplay, Unexpected

REMEMBERED = 100
"""Request bodies kept for `GET /requests`."""


@dataclass
class Stats:
    """Counts since the start or the last reset: chat `requests`, answers `open` now, those whose client left before
    the end (`aborted`), and `embeddings` requests."""

    requests: int = 0
    open: int = 0
    aborted: int = 0
    embeddings: int = 0


class ModelServer:
    """`start` it in a running loop; `stop` closes every connection."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self._forget()

    def _forget(self) -> None:
        self._stats = Stats()
        self._requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._due: deque[Fault | None] = deque()
        self._always: Fault | None = None
        self._rules = Rules()
        self._screenplay = Screenplay()
        self._unexpected: list[str] = []

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> "ModelServer":
        self._server = await asyncio.start_server(self._connected, host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            while request := await read_request(reader):
                out = Reply(writer)
                await self._attended(self._route(request, out), reader)
                if not out.keep:
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _attended(self, work: Any, reader: asyncio.StreamReader) -> None:
        """Do the work while the client listens; leave it when the client has gone. Raises ConnectionError then."""
        job, gone = asyncio.ensure_future(work), asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((job, gone), return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise ConnectionResetError
            job.result()
        finally:
            for task in (job, gone):
                task.cancel()
            await asyncio.gather(job, gone, return_exceptions=True)

    async def _route(self, request: Request, out: Reply) -> None:
        door = (request.method, request.path)
        try:
            if door == ("POST", "/v1/chat/completions"):
                await self._chat(request, out)
            elif door == ("POST", "/v1/embeddings"):
                await self._embed(request, out)
            elif door == ("GET", "/v1/models"):
                await out.send_json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            else:
                await self._control(door, request, out)
        except Unexpected as problem:
            self._unexpected.append(str(problem))
            await out.send_json(400, error(str(problem)))
        except (ValueError, TypeError, KeyError) as problem:
            await out.send_json(400, error(repr(problem)))

    async def _control(self, door: tuple[str, str], request: Request, out: Reply) -> None:
        if door == ("POST", "/script"):
            body = request.json()
            self._due = deque(read_fault(value) for value in body.get("faults", []))
            self._always = read_fault(body.get("always"))
        elif door == ("POST", "/rules"):
            self._rules = Rules(request.json()["rules"])
        elif door == ("POST", "/screenplay"):
            self._screenplay = Screenplay(request.json()["dialogues"])
        elif door == ("POST", "/reset"):
            still_open = self._stats.open
            self._forget()
            self._stats.open = still_open
        elif door == ("GET", "/unexpected"):
            return await out.send_json(200, self._unexpected)
        elif door == ("GET", "/requests"):
            return await out.send_json(200, list(self._requests))
        elif door != ("GET", "/stats"):
            return await out.send_json(404, error(f"no {request.path} here"))
        return await out.send_json(200, asdict(self._stats))

    async def _embed(self, request: Request, out: Reply) -> None:
        body = request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
        self._stats.embeddings += 1
        data = [{"object": "embedding", "index": n, "embedding": embedding(str(text))} for n, text in enumerate(texts)]
        size = sum(len(str(text)) for text in texts) // 4
        usage = {"prompt_tokens": size, "total_tokens": size}
        model = body.get("model", f"hashed-{EMBEDDING_SIZE}")
        await out.send_json(200, {"object": "list", "data": data, "model": model, "usage": usage})

    async def _chat(self, request: Request, out: Reply) -> None:
        body = request.json()
        self._requests.append(body)
        self._stats.requests += 1
        fault = named_fault(str(body.get("model", ""))) or (self._due.popleft() if self._due else self._always)
        turn = self._screenplay.due(body) or self._rules.due(body)
        chat = Chat(body, f"chatcmpl-{next(self._ids)}", request.headers.get("authorization", ""), fault, turn)
        self._stats.open += 1
        try:
            await chat.answer(out)
        except (asyncio.CancelledError, ConnectionError):
            self._stats.aborted += 1
            raise
        finally:
            self._stats.open -= 1
