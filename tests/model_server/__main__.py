"""Runs the server by hand until it is interrupted."""

import argparse
import asyncio
import contextlib

from tests.model_server.server import ModelServer


async def serve(host: str, port: int) -> None:
    server = await ModelServer().start(host, port)
    print(f"Scripted model at http://{host}:{server.port}/v1 (any key, model name `scripted`)", flush=True)
    await asyncio.Event().wait()


parser = argparse.ArgumentParser(prog="python -m tests.model_server", description=__doc__)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=9100)
arguments = parser.parse_args()
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(serve(arguments.host, arguments.port))
