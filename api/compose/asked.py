"""What a gateway asks of a worker, and how a worker does it: both sides of each errand."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import structlog

from orchestrator.errand import Do, ErrandFailed, Errands
from orchestrator.errors import Overloaded, StorageUnavailable
from orchestrator.events import InputRequired
from orchestrator.execution.replies import reading
from orchestrator.staff.drafting import Basis, Draft

if TYPE_CHECKING:
    from api.compose.responder import Responder

log = structlog.get_logger()

READ_S, DRAFT_S, EMBED_S, FORGET_S = 3.0, 60.0, 30.0, 30.0
"""How long each is waited for: somebody waits for the acknowledgement of a reply."""
RETRY_MS = 5_000


class _Said(msgspec.Struct, frozen=True):
    text: str
    request: InputRequired


_drafted = msgspec.json.Decoder(Draft)


class Asked:
    """The gateway's side, which is also its `Saver`: the states of parked runs are the workers'."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self._plainly = reading()

    async def read(self, text: str, request: InputRequired) -> Any:
        """See `ReadAside`. Where no worker answers, only plain replies are understood."""
        plain = await self._plainly(text, request)
        if plain is not None:
            return plain
        try:
            body = msgspec.json.encode(_Said(text, request))
            return msgspec.json.decode(await self._errands.ask("read", body, READ_S))
        except ErrandFailed as error:
            log.warning("reply_read_plainly", reason=str(error))
            return None

    async def draft(self, basis: Basis) -> Draft:
        """See `orchestrator.staff.drafting.draft`. Raises Overloaded where no worker comes to it."""
        try:
            return _drafted.decode(await self._errands.ask("draft", msgspec.json.encode(basis), DRAFT_S))
        except ErrandFailed as error:
            raise Overloaded(retry_after_ms=RETRY_MS) from error

    async def embed(self, texts: Sequence[str]) -> Any:
        """See `Embed`."""
        try:
            told = await self._errands.ask("embed", msgspec.json.encode(list(texts)), EMBED_S)
        except ErrandFailed as error:
            raise StorageUnavailable from error
        return np.frombuffer(told, np.float32).reshape(len(texts), -1)

    async def forget(self, run_id: str) -> None:
        """Raises ErrandFailed: then the state goes when a worker starts."""
        await self._errands.ask("forget", msgspec.json.encode(run_id), FORGET_S)

    async def settle(self) -> None:
        """Nothing is parked here."""

    async def keep_only(self, run_ids: Collection[str]) -> None:
        """That is for workers to do."""

    async def wipe(self) -> None:
        """What a worker has forgotten stands in no file of its own."""


def errands_of(responder: "Responder") -> Mapping[str, Do]:
    """The worker's side."""

    async def read(body: bytes) -> bytes:
        said = msgspec.json.decode(body, type=_Said)
        return msgspec.json.encode(await responder.read(said.text, said.request))

    async def draft(body: bytes) -> bytes:
        return msgspec.json.encode(await responder.drafting(msgspec.json.decode(body, type=Basis)))

    async def embed(body: bytes) -> bytes:
        texts = msgspec.json.decode(body, type=list[str])
        vectors = await asyncio.to_thread(responder.library.embedder.embed, texts)
        return np.asarray(vectors, np.float32).tobytes()

    async def forget(body: bytes) -> bytes:
        await responder.saver.forget(msgspec.json.decode(body, type=str))
        return b""

    return {"forget": forget, "read": read, "draft": draft, "embed": embed}
