"""`pitcrew mcp`: search and ask for programs that speak the Model Context Protocol."""

from typing import Annotated

import typer

from api.failure import CommandFailed


def mcp(
    http: Annotated[
        int,
        typer.Option(
            help="Serve streamable HTTP at /mcp on this port of 127.0.0.1, for tokens, not stdio.",
            min=0,
            max=65535,
        ),
    ] = 0,
    url: Annotated[str, typer.Option(help="Ask the server at this address, instead of answering here.")] = "",
    token: Annotated[
        str,
        typer.Option(
            help="The token for that server: pitcrew token. With --http whoever asks shows their own.",
            envvar="PITCREW_TOKEN",
        ),
    ] = "",
) -> None:
    """Serve search and ask over the Model Context Protocol, until stdin closes. Add it to a client as the command:

    Example: pitcrew mcp

    Example: pitcrew mcp --url http://127.0.0.1:8000 --token "$(pitcrew token --user anna)"
    """
    import logging
    import sys
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager
    from typing import Any

    import structlog

    from api.integrations.mcp.backend import Knowing
    from api.integrations.mcp.token_check import TokenCheck, shown_token
    from api.integrations.mcp.tool_server import build_server
    from api.settings import Settings

    if bool(token) > bool(url) or (url and not token and not http):
        raise typer.BadParameter("--url and --token go together: the server asks who is calling.")
    settings = Settings()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),  # stdout is the protocol's
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )

    @asynccontextmanager
    async def lifespan(_server: Any) -> AsyncIterator[Knowing]:
        if url:
            from api.integrations.mcp.server_backend import RemoteKnowing

            yield RemoteKnowing(url, shown_token if http else lambda: token)
            return
        from api.integrations.mcp.local_backend import EmbeddedKnowing

        async with EmbeddedKnowing().opening(settings) as knowing:
            yield knowing

    if not http:
        build_server(lifespan, acts=bool(url)).run("stdio")
        return
    from api.access.auth import token_rules
    from api.access.sign_in import SignIn
    from api.serving.server import port_problem

    tokens = TokenCheck(SignIn(token_rules(settings)))
    server = build_server(lifespan, acts=bool(url), tokens=tokens, address=f"http://127.0.0.1:{http}")

    if problem := port_problem("127.0.0.1", http):
        raise CommandFailed(problem)
    server.run("streamable-http", host="127.0.0.1", port=http)
