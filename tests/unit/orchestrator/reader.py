"""A reader of one conversation, for tests of the engine."""

import asyncio
from collections.abc import Callable

from orchestrator.events import AnyEvent, Envelope, InputRequired, RunRestarted, Terminal, Token
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower


class Reader:
    """Follows one conversation and remembers everything."""

    def __init__(self, engine: Engine) -> None:
        self.seen: list[Envelope] = []
        self.follower = Follower(engine, self._take)
        self._arrived = asyncio.Event()

    def _take(self, envelope: Envelope) -> None:
        self.seen.append(envelope)
        self._arrived.set()

    async def until(self, wanted: Callable[[Envelope], bool]) -> AnyEvent:
        """The first event like that, from the first one on."""
        async with asyncio.timeout(10):
            while True:
                for envelope in self.seen:
                    if wanted(envelope):
                        return envelope.event
                self._arrived.clear()
                await self._arrived.wait()

    async def next(self, *kinds: type[AnyEvent], after: int = 0) -> AnyEvent:
        """The first event of these kinds with `seq` above `after`."""
        return await self.until(lambda envelope: isinstance(envelope.event, kinds) and (envelope.seq or 0) > after)

    async def end(self) -> AnyEvent:
        """The first terminal event."""
        return await self.next(Terminal)

    async def asked(self, after: int = 0) -> InputRequired:
        event = await self.next(InputRequired, after=after)
        assert isinstance(event, InputRequired)
        return event

    @property
    def head(self) -> int:
        return max(envelope.seq or 0 for envelope in self.seen)

    def text(self, run_id: str | None = None) -> str:
        """What a client shows of the run; of all runs together where None, for conversations of one run."""
        text = ""
        for envelope in self.seen:
            event = envelope.event
            if isinstance(event, RunRestarted | Token) and run_id in (None, event.run_id):
                text = text[: event.offset] + event.text if isinstance(event, Token) else ""
        return text
