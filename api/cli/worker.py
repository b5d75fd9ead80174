"""`pitcrew worker`: a process that answers what servers take in."""

from typing import Annotated

import typer

LOOK_S = 0.5


def worker(
    parent: Annotated[
        int | None, typer.Option(hidden=True, help="The process that has started this one: it stops with that.")
    ] = None,
) -> None:
    """Answer what `pitcrew serve` takes in, beside it or on another machine.

    A worker has the models and the indexes and no socket; servers have the sockets. They find each other by the same
    PITCREW_DATABASE_URL (PostgreSQL), PITCREW_REDIS_URL and PITCREW_CHROMA_URL. Start as many as you want. SIGTERM lets
    answers finish; what is not finished in PITCREW_DRAIN_S, or at SIGINT, goes to another worker.

    Example: PITCREW_DATABASE_URL=postgresql://db/pitcrew PITCREW_REDIS_URL=redis://redis:6379
    PITCREW_CHROMA_URL=http://chroma:8000 pitcrew worker
    """
    import asyncio
    import os
    import signal

    import uvloop

    from api.compose.worker import open_worker
    from api.observability.logs import configure_logs
    from api.settings import Settings

    settings = Settings()
    configure_logs(json=settings.production)

    async def work() -> None:
        stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def stop(number: int) -> None:
            if stopped.done():
                os._exit(128 + number)
            stopped.set_result(number)

        async def outlived() -> None:
            while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOK_S)
            stop(signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        watching = asyncio.ensure_future(outlived()) if parent is not None else None
        async with open_worker(settings) as engine:
            if await stopped == signal.SIGINT:
                await engine.close(0)
        if watching is not None:
            watching.cancel()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
