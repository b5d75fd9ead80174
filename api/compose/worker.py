"""A process that answers and holds no sockets: what waits is found in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.compose.asked import errands_of
from api.compose.auditing import auditing
from api.compose.gateway import open_cluster
from api.compose.ground import open_ground
from api.compose.private import keeping_private, periods
from api.compose.reading_documents import reading_documents
from api.compose.sharing import embedded_parts
from api.settings import BadSetting, Settings
from orchestrator.cancellation import ended
from orchestrator.execution.engine import Engine
from orchestrator.privacy.person import Privacy


def refuse_embedded(settings: Settings) -> None:
    """Raises BadSetting where something is embedded."""
    missing = embedded_parts(settings)
    if missing:
        raise BadSetting(
            f"Several processes need {', '.join(missing)} as well: SQLite and the embedded indexes belong to one "
            "process, and what an answer says on its way goes from a worker to the servers over Redis."
        )


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[Engine]:
    """Answers until the block ends: then nothing more is begun, what is under way is finished within
    PITCREW_DRAIN_S, and the rest is left to the other workers. Raises BadSetting."""
    from api.compose.responder import open_responder

    refuse_embedded(settings)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground(settings))
        dispatcher, errands = await stack.enter_async_context(open_cluster(ground))
        responder = await stack.enter_async_context(open_responder(ground))
        engine = ground.engine(responder.run, responder.read, responder.specialists, responder.saver, dispatcher)
        stack.push_async_callback(engine.close)
        await stack.enter_async_context(responder.going(engine))
        await stack.enter_async_context(auditing(ground.audit, settings, "worker"))
        await stack.enter_async_context(keeping_private(Privacy(engine, ground.personal), periods(settings)))
        doing = asyncio.ensure_future(errands.do(errands_of(responder)))
        stack.push_async_callback(ended, doing)
        await stack.enter_async_context(reading_documents(settings, responder.library.shelf))
        await stack.enter_async_context(dispatcher.serving(engine.answer_waiting, settings.runs))
        yield engine
