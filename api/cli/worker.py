"""`pitcrew worker`: a process that answers what servers take in."""


def worker() -> None:
    """Answer what `pitcrew serve` takes in, beside it or on another machine.

    A worker has the models and the indexes and no socket; servers have the sockets. They find each other by the same
    PITCREW_DATABASE_URL (PostgreSQL), PITCREW_REDIS_URL and PITCREW_CHROMA_URL. Start as many as you want. SIGTERM lets
    answers finish; what is not finished in PITCREW_DRAIN_S goes to another worker.

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
        stopped = asyncio.Event()

        def stop(number: int) -> None:
            if stopped.is_set():
                os._exit(128 + number)
            stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        async with open_worker(settings):
            await stopped.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
