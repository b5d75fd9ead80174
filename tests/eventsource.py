"""A reader of event streams for tests, which does what the WHATWG standard asks of one (HTML, section 9.2)."""

import asyncio
import codecs
import json
from collections.abc import Mapping
from typing import Any

import httpx

Frame = dict[str, Any]


class EventSource:
    """One stream, read in as many connections as it takes: `last_id` goes with every one but the first. `events` are
    the data of all events, `frames` the same as JSON."""

    def __init__(self, url: str, body: Frame | None = None, token: str | None = None, **headers: str) -> None:
        self.url = url
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"
        self.events: list[str] = []
        self.ids: list[str] = []
        self.last_id = ""
        self.retry_ms: int | None = None
        self.comments = 0
        self.answered: Mapping[str, str] = {}
        self.refusal: Frame = {}

    @property
    def frames(self) -> list[Frame]:
        return [json.loads(event) for event in self.events]

    async def read(self, most_bytes: int | None = None, most_events: int | None = None) -> int:
        """Read until the server ends the stream, or so much has come: then the connection is cut, and what was not
        whole is lost. The status; 0 where the server cut it."""
        headers = self.headers | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        content = None if self.body is None else json.dumps(self.body)
        enough = None if most_events is None else len(self.events) + most_events
        parser, left = _Parser(self), most_bytes
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False) as client,
            client.stream("GET" if content is None else "POST", self.url, headers=raw, content=content) as answer,
        ):
            self.answered = answer.headers
            if answer.status_code != 200:
                self.refusal = json.loads(await answer.aread() or b"{}")
                return answer.status_code
            try:
                async for block in answer.aiter_raw():
                    parser.feed(block[:left])
                    left = None if left is None else left - len(block)
                    if (left is not None and left <= 0) or (enough is not None and len(self.events) >= enough):
                        return 200
            except httpx.RemoteProtocolError:
                return 0
        return 200

    async def read_to_the_end(self, seconds: float = 60) -> int:
        """Come back until there is nothing more to tell; how many connections it took."""
        connections = 0
        async with asyncio.timeout(seconds):
            while (status := await self.read()) == 200 or status == 0:
                connections += 1
        assert status == 204, (status, self.refusal)
        return connections


class _Parser:
    """The events of one connection."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._data: list[str] = []
        self._id = source.last_id

    def feed(self, block: bytes) -> None:
        *lines, self._text = (self._text + self._decoder.decode(block)).split("\n")
        for line in lines:
            self._line(line)

    def _line(self, line: str) -> None:
        source = self._source
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            source.last_id = self._id  # of an event that is cut off, not even that counts
            if self._data:
                source.events.append("\n".join(self._data))
                source.ids.append(source.last_id)
            self._data = []
        elif not name:
            source.comments += 1
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "retry":
            source.retry_ms = int(value)
