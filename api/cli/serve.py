"""`pitcrew serve`: the server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.compose.model_servers import ModelServer
    from api.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    ingest: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="First bring the knowledge base in line with this folder."),
    ] = None,
    ingest_first: Annotated[
        bool,
        typer.Option("--ingest-first", help="The same with the folder that PITCREW_KNOWLEDGE_DIR names."),
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            min=0,
            max=256,
            metavar="N",
            show_default=False,
            help="Answer in N processes beside this one, which then only holds the sockets. PostgreSQL, Redis and a "
            "Chroma server must be there.",
        ),
    ] = 0,
) -> None:
    """Serve the assistant: the WebSocket /ws/chat, the HTTP API and the test page.

    One process does it all, unless the database, Redis and Chroma are servers: then it holds the sockets, and `pitcrew
    worker` answers, or with --workers processes of its own, which it starts again when they die.

    Example: pitcrew serve --port 8080
    Example: pitcrew serve --workers 4
    """
    import asyncio

    import uvloop

    from api.compose.worker import refuse_embedded
    from api.failure import CommandFailed
    from api.observability.logs import configure_logs
    from api.serving.server import port_problem
    from api.settings import Settings

    settings = Settings().on(host)
    configure_logs(json=settings.production)
    if workers:
        refuse_embedded(settings)
    if problem := port_problem(host, port):
        raise CommandFailed(problem)
    if ingest is None and ingest_first:
        ingest = settings.knowledge_dir
        if not ingest.is_dir():
            raise CommandFailed(f"{ingest} is no folder. Set PITCREW_KNOWLEDGE_DIR to the one with your documents.")
    if ingest is not None:
        from api.cli.ingest import bring_in_line

        bring_in_line(ingest)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, host, port, workers))


async def _serve(settings: "Settings", host: str, port: int, workers: int) -> None:
    import asyncio

    from api.compose.model_servers import addresses, look
    from api.compose.models import chosen_models
    from api.compose.server import open_app
    from api.serving.app import create_app
    from api.serving.server import Server
    from api.serving.workers import workers as kept_workers

    wanted = not (settings.production or chosen_models(settings))
    looking = asyncio.create_task(asyncio.to_thread(look, addresses(settings) if wanted else ()))

    def announce() -> None:
        servers = looking.result() if looking.done() and not looking.exception() else ()
        _announce(settings, host, port, knowledge.get("documents", 0), servers)

    async with open_app(settings) as state, kept_workers(workers, settings.drain_s) as beside:
        knowledge = await state.checks_by_name["knowledge"]()
        await Server(create_app(state), state, host, port, announce=announce, ending=beside.end).serve()


def _announce(
    settings: "Settings", host: str, port: int, documents: int, servers: "Sequence[ModelServer]" = ()
) -> None:
    """What a person who has just started the server wants to know: also whether there are `documents`, and which model
    `servers` there are on this machine."""
    from rich.console import Console

    from api.access.auth import token_rules
    from api.compose import supplements
    from api.compose.app_state import issue_development_token, issue_staff_token
    from api.compose.models import chosen_models

    address = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if documents:
        console.print(f"\n[bold green]Pitcrew is ready.[/] API reference: {address}/docs")
    else:
        console.print(f"\n[bold yellow]Pitcrew runs, and knows nothing yet.[/] API reference: {address}/docs")
        console.print("Fill the knowledge base: [bold]pitcrew ingest[/] and the folder of your documents. No restart.")
    for name in supplements.absent(settings) if documents else ():
        console.print(f"Not there: {name} ({supplements.NAMES[name]})", markup=False)
    if settings.production:
        return
    console.print(f"Test page:         [bold]{address}/ws/test[/]")
    if token := issue_development_token(token_rules(settings)):
        console.print("Development token: ", end="")
        console.print(token, markup=False)
    if staff_token := issue_staff_token(token_rules(settings)):
        console.print("Staff console:     ", end="")
        console.print(f"{address}/staff#token={staff_token}", markup=False)
    if not chosen_models(settings):
        console.print(
            "Answers come from the built-in offline answerer. To use a language model, stop, then:\n"
            "  [bold]echo 'OPENAI_API_KEY=sk-...' >> .env[/]   and start again"
        )
        for server in servers:
            if server.settings:
                lines = " and ".join(server.settings)
                console.print(f"Or use the model server at {server.base_url}, by the line {lines}", markup=False)
    console.print("Stop with Ctrl-C.\n")
