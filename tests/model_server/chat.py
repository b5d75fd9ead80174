"""One chat request: what is to be said, and saying it at the script's pace with the fault that is due."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from tests.model_server.bodies import Chunks, completion, error, tool_call, usage_of
from tests.model_server.faults import ABOUT_TOOLS, BEFORE, MIDWAY, Fault
from tests.model_server.http import Reply
from tests.model_server.reading import Prompt, pieces, read_prompt, reply
from tests.model_server.rules import Turn
from tests.model_server.schema import instance
from tests.model_server.script import parse_script

FOREVER = 3600.0
"""Seconds that `never` and `stall` stay silent; the client leaves long before."""


class Chat:
    """A chat completion request that is being answered."""

    def __init__(
        self, body: dict[str, Any], call_id: str, key: str, fault: Fault | None, turn: Turn | None = None
    ) -> None:
        self._key = key
        self._id = call_id
        self._model = str(body.get("model", "scripted"))
        self._messages: list[dict[str, Any]] = list(body.get("messages", []))
        self._script = parse_script(self._model)
        self._fault = fault if body.get("tools") or not (fault and fault.kind in ABOUT_TOOLS) else None
        self._turn = turn
        self._streamed = bool(body.get("stream"))
        self._usage_wanted = bool((body.get("stream_options") or {}).get("include_usage"))
        self._limit: int | None = body.get("max_completion_tokens") or body.get("max_tokens")
        self._tool = self._tool_to_call(body)
        self._pieces = self._say(body, read_prompt(self._messages))

    def _tool_to_call(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The function that must be called: the forced one, or by a `-tool` script the first."""
        offered: list[dict[str, Any]] = [tool["function"] for tool in body.get("tools") or []]
        choice = None if self._fault and self._fault.kind == "prose" else body.get("tool_choice")
        answered = bool(self._messages) and self._messages[-1].get("role") == "tool"
        if self._turn:
            return None
        if isinstance(choice, dict):
            return next((one for one in offered if one["name"] == choice["function"]["name"]), None)
        if offered and (choice == "required" or (self._script.calls_tool and not answered)):
            return offered[0]
        return None

    def _say(self, body: dict[str, Any], prompt: Prompt) -> list[str]:
        if self._fault and self._fault.kind == "empty":
            return []
        if self._fault and self._fault.kind == "says":
            text, size = self._fault.payload, self._fault.after
            return [text[at : at + size] for at in range(0, len(text), size)] if size else pieces(text)
        if self._fault and self._fault.kind == "written":
            call = {"name": body["tools"][0]["function"]["name"], "arguments": {}}
            return pieces(f"{self._fault.payload}{json.dumps(call)}")
        if self._fault and self._fault.kind == "prose":
            return pieces(reply(prompt))
        if self._turn:
            return pieces(self._turn.say)
        if self._tool:
            return pieces(json.dumps(instance(self._tool.get("parameters", {}), prompt)))
        wanted = body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return pieces(json.dumps(instance(wanted["json_schema"]["schema"], prompt)))
        return self._script.words() or pieces(reply(prompt))

    @property
    def _finish(self) -> str:
        if (self._fault and self._fault.kind == "length") or (self._limit or len(self._pieces)) < len(self._pieces):
            return "length"
        if self._turn and self._turn.finish:
            return self._turn.finish
        return "tool_calls" if self._tool or (self._turn and self._turn.calls) else "stop"

    async def answer(self, out: Reply) -> None:
        """Say it. Returns when the reply is finished or broken as the fault wants."""
        if self._fault and self._fault.kind in BEFORE:
            await self._refuse(out, self._fault)
        elif self._streamed:
            await self._stream(out)
        else:
            await self._whole(out)

    async def _refuse(self, out: Reply, fault: Fault) -> None:
        if fault.kind == "status":
            headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
            # Real providers repeat the key in this text, so that a client which logs it gives the key away.
            text = f"Scripted status {fault.status} for API key: {self._key}"
            await out.send_json(fault.status, error(text, "scripted"), headers)
        elif fault.kind == "tools":
            text = f"registry.ollama.ai/library/{self._model} does not support tools"
            await out.send_json(400, error(text, "api_error"))
        elif fault.kind == "html":
            await out.send(200, b"<!doctype html><html><body><h1>Welcome to the hotel</h1></body></html>", "text/html")
        elif fault.kind == "reset":
            out.reset()
        else:
            await asyncio.sleep(FOREVER)

    async def _whole(self, out: Reply) -> None:
        await asyncio.sleep(self._script.first + self._script.gap * max(0, len(self._pieces) - 1))
        fault = self._fault.kind if self._fault else ""
        if fault in ("stall", "endless"):
            await asyncio.sleep(FOREVER)
        if fault in ("cut", "broken"):
            return out.reset()
        if fault == "malformed":
            return await out.send(200, b'{"id": "chatcmpl-1", "choices": [{"mess')
        body = completion(
            self._id, self._model, self._message(), self._finish, usage_of(self._messages, len(self._pieces))
        )
        if fault == "empty_choices":
            body["choices"] = []
        return await out.send_json(200, body)

    def _message(self) -> dict[str, Any]:
        kept = self._fault.after if self._fault and self._fault.kind == "length" else None
        text = "".join(self._pieces[:kept])
        if self._tool:
            return {"content": None, "tool_calls": [tool_call(self._id, self._tool["name"], text)]}
        if self._turn and self._turn.calls:
            return {"content": text or None, "tool_calls": [call for call, _ in self._wanted(self._turn)]}
        return {"content": text, "refusal": None}

    def _wanted(self, turn: Turn) -> Iterator[tuple[dict[str, Any], str]]:
        """The calls of a turn, each with its arguments beside it."""
        for number, call in enumerate(turn.calls):
            yield tool_call(f"{self._id}_{number}", call.name, call.arguments), call.arguments

    def _called(self, chunks: Chunks, turn: Turn) -> Iterator[str]:
        """The chunks of a turn's calls, in pieces of arguments where it is split."""
        for index, (call, arguments) in enumerate(self._wanted(turn)):
            first = arguments[: turn.split] if turn.split else arguments
            opened = {**call, "function": {"name": call["function"]["name"], "arguments": first}}
            yield chunks.delta({"tool_calls": [{"index": index, **opened}]})
            for at in range(len(first), len(arguments), turn.split or 1):
                piece = {"index": index, "function": {"arguments": arguments[at : at + turn.split]}}
                yield chunks.delta({"tool_calls": [piece]})

    async def _stream(self, out: Reply) -> None:
        chunks = Chunks(self._id, self._model)
        fault = self._fault.kind if self._fault else ""
        await out.begin()
        await out.events(chunks.role())
        said = 0
        async for burst in self._paced():
            await out.events(*(self._chunk(chunks, piece, said + index) for index, piece in enumerate(burst)))
            said += len(burst)
        if self._turn:
            for chunk in self._called(chunks, self._turn):
                await out.events(chunk)
        if fault in MIDWAY and await self._break(out, chunks):
            return
        closing = [] if fault in ("no_finish", "empty_choices", "null_delta") else [chunks.delta({}, self._finish)]
        if self._usage_wanted:
            closing.append(chunks.usage(usage_of(self._messages, said)))
        await out.events(*closing, "[DONE]")
        await out.end()

    def _chunk(self, chunks: Chunks, piece: str, index: int) -> str:
        fault = self._fault.kind if self._fault else ""
        if fault == "empty_choices":
            return chunks.raw([])
        if fault == "null_delta":
            return chunks.delta(None)
        if not self._tool:
            return chunks.text(piece)
        whole = tool_call(self._id, self._tool["name"], piece)
        call = whole if index == 0 else {"function": {"arguments": piece}}
        return chunks.delta({"tool_calls": [{"index": 0, **call}]})

    async def _paced(self) -> AsyncIterator[list[str]]:
        """The pieces to say in bursts, waiting between them as the script wants."""
        source: Iterable[str] = self._pieces
        kind = self._fault.kind if self._fault else ""
        if kind == "endless":
            source = itertools.cycle(self._pieces or ["word "])
        elif self._fault and kind in MIDWAY | {"length"} and self._fault.after <= len(self._pieces):
            source = self._pieces[: self._fault.after]
        elif self._finish == "length":
            source = self._pieces[: self._limit]
        await asyncio.sleep(self._script.first)
        ahead = iter(source)
        while burst := list(itertools.islice(ahead, self._script.burst)):
            yield burst
            await asyncio.sleep(self._script.gap)

    async def _break(self, out: Reply, chunks: Chunks) -> bool:
        """Do the fault that is due midway; true when nothing can be said after it."""
        kind = self._fault.kind if self._fault else ""
        if kind == "stall":
            await asyncio.sleep(FOREVER)
        if kind == "cut":
            out.cut()
        elif kind == "broken":
            out.reset()
        elif kind == "malformed":
            await out.events('{"id": "chatcmpl-1", "choices": [{"del')
            return False
        elif self._fault and kind == "raw":
            rest = self._pieces[self._fault.after :]
            await out.events(self._fault.payload, *(chunks.text(piece) for piece in rest))
            return False
        else:
            await out.events(json.dumps(error("scripted trouble", "server_error")))
        return True
