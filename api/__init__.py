"""Everything that the outside touches. `api.app` is the server as an ASGI application, for `uvicorn api:app`."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Made when it is asked for, so that the client library and the command line import nothing of it."""
    if name == "app":
        from api.serving.asgi import application  # noqa: PLC0415 (only where it is wanted)

        return application
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
