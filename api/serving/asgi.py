"""The server as an ASGI application, for whoever starts servers by a program of their own: `uvicorn api:app`.

It composes itself from the environment when that program has started, before the first request, and closes everything
at the end. To import this module reads no setting and loads nothing heavy.
"""

import traceback
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.transport.token_stripping import App, Receive, Scope, Send


class Application:
    """Serves once its lifespan has started."""

    def __init__(self) -> None:
        self._served: App | None = None

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._served is None:
            raise RuntimeError("Pitcrew opens its database when the server starts: run it without `--lifespan off`.")
        else:
            # Servers log the query of the scope that they made, and it may hold a token or a question.
            own, scope["query_string"] = dict(scope), b""
            await self._served(own, receive, send)

    async def _live(self, receive: "Receive", send: "Send") -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                from api.serving.hosting import open_application  # noqa: PLC0415 (heavy)

                self._served = await stack.enter_async_context(open_application())
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": f"pitcrew: {_reason(error)}"})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _reason(error: Exception) -> str:
    from api.failure import explain  # noqa: PLC0415 (heavy)

    return explain(error)[0] or "".join(traceback.format_exception(error))


application = Application()
