"""A person's rights over what is held of them: to have it, and to have it erased while the server is at work."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import msgspec
import structlog

from orchestrator.audit.act import Act
from orchestrator.execution.engine import Engine
from orchestrator.privacy.store import Erased, Periods, PersonalStore

log = structlog.get_logger()

FORMAT = 1
"""Of an export; another one when what stands in it has another form."""
ROUNDS = 10
"""Of stopping what runs: what is stopped lets the next message have its turn."""

Away = Callable[[Callable[[str], bool]], None]


class Privacy:
    """Used from one event loop. `away` closes the connections of erased users, given what tells who they are."""

    def __init__(self, engine: Engine, store: PersonalStore, away: Away = lambda erased: None) -> None:
        self._engine = engine
        self._store = store
        self._away = away
        self._own: set[int] = set()
        self._upto: int | None = None

    async def erase(self, act: Act) -> Erased:
        """Stop the subject's runs and erase all that is held of them. Raises StorageUnavailable: do it again."""
        return await self._engine.see_through(self._erase(act))

    async def _erase(self, act: Act) -> Erased:
        await self._stop_runs(act.subject)
        self._away(lambda user_id: user_id == act.subject)
        erased = await self._store.erase(act)
        self._own.add(erased.audit_id)
        await self._engine.forget(erased.conversation_ids, erased.run_ids)
        log.info("person_erased", audit_id=erased.audit_id, **erased.rows)
        return erased

    async def _stop_runs(self, user_id: str) -> None:
        for _ in range(ROUNDS):
            unfinished = await self._store.unfinished(user_id)
            if not unfinished:
                return
            for conversation_id, run_id in unfinished:
                await self._engine.stop(conversation_id, run_id)

    async def expire(self, periods: Periods) -> Erased:
        """Erase what was kept for long enough. Raises StorageUnavailable."""
        erased = await self._engine.see_through(self._store.expire(periods))
        await self._engine.forget(erased.conversation_ids, erased.run_ids)
        if any(erased.rows.values()):
            log.info("expired", **erased.rows)
        return erased

    async def look(self) -> None:
        """Take note of what other processes have erased since the last look: what is answered here for whom it was is
        stopped, and what that has left is erased, too. Raises StorageUnavailable."""
        erasures = await self._store.erased_since(self._upto)
        self._upto = erasures.upto
        subjects = {subject for number, subject in erasures.subjects.items() if number not in self._own}
        if not subjects:
            return
        digest = await self._store.digest()
        self._away(lambda user_id: digest(user_id) in subjects)
        for start in self._engine.answering():
            if digest(start.owner) in subjects:
                await self._engine.stop(start.conversation_id, start.run_id)
                await self._engine.forget([start.conversation_id], [start.run_id])
        await self._store.sweep(subjects)


async def export(store: PersonalStore, user_id: str) -> AsyncIterator[bytes]:
    """All that is held of a user, as one JSON object in pieces: `held` has an array of rows for each table. What comes
    while it is written may be in it or not. Raises StorageUnavailable."""
    head = {"user_id": user_id, "exported_at": datetime.now(UTC).isoformat(timespec="seconds"), "format": FORMAT}
    yield msgspec.json.encode(head)[:-1] + b',"held":{'
    for number, table in enumerate(store.tables):
        yield (b"," if number else b"") + msgspec.json.encode(table) + b":["
        after, first = None, True
        while first or after is not None:
            rows, after = await store.page(user_id, table, after)
            pieces = b",\n".join(map(msgspec.json.encode, rows))
            yield (b",\n" if rows and not first else b"") + pieces
            first = False
        yield b"]\n"
    yield b"}}\n"
