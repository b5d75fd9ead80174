"""`pitcrew serve`: the server."""

import sys
from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve the assistant: the WebSocket /ws/chat, the HTTP API and the test page.

    Example: pitcrew serve --port 8080
    """
    from api.app import create_app
    from api.compose import open_app
    from api.logs import configure_logs
    from api.server import Server, port_problem
    from api.settings import Settings

    settings = Settings()
    configure_logs(json=settings.production)
    if problem := port_problem(host, port):
        from api.cli.failure import CommandFailed

        raise CommandFailed(problem)
    server = Server(create_app(settings, open_app), host, port, announce=lambda: _announce(host, port))
    server.run()
    if not server.started:
        sys.exit(1)


def _announce(host: str, port: int) -> None:
    """What a person who has just started the server wants to know."""
    from rich.console import Console

    from api.app_state import issue_development_token
    from api.auth import token_rules
    from api.settings import Settings

    settings = Settings()
    address = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"\n[bold green]Pitcrew is ready.[/] API reference: {address}/docs")
    if settings.production:
        return
    console.print(f"Test page:         [bold]{address}/ws/test[/]")
    if token := issue_development_token(token_rules(settings)):
        console.print("Development token: ", end="")
        console.print(token, markup=False)
    if not any(settings.provider_keys.values()):
        console.print(
            "Answers come from the built-in offline answerer. To use a language model, stop, then:\n"
            "  [bold]echo 'OPENAI_API_KEY=sk-...' >> .env[/]   and start again"
        )
    console.print("Stop with Ctrl-C.\n")
