"""The command line `pitcrew`. One file per command; what is heavy is imported inside the command that needs it."""

import gc
import inspect
import sys
from typing import Annotated

import typer

from api.cli import (
    ask,
    audit,
    chat,
    datasets,
    demo,
    docs,
    doctor,
    evaluate,
    ingest,
    mcp,
    migrate,
    privacy,
    route,
    search,
    serve,
    token,
    usage,
    worker,
)
from api.version import product_version

_RARELY = (50_000, 20, 100)
"""Objects more, and rounds, until garbage is looked for: a start makes a million that stay, and to walk them again and
again was a fifth of its time."""

app = typer.Typer(
    name="pitcrew",
    help="Pitcrew, the support assistant: serve it, feed it documents, ask it, measure it.",
    epilog="Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 partial or bad setting, 4 server unreachable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("ingest")(ingest.ingest)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("route")(route.route)
app.command("chat")(chat.chat)
app.command("token")(token.token)
app.add_typer(docs.app)
app.add_typer(datasets.app)
app.add_typer(privacy.app)
app.command("migrate")(migrate.migrate)
app.command("eval")(evaluate.evaluate)
app.command("mcp")(mcp.mcp)
app.command("usage")(usage.usage)
app.command("audit")(audit.audit)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)


def _reflow(commands: typer.Typer) -> None:
    """Let the terminal break the lines of every help text: they are as long as lines of code."""
    for info in commands.registered_commands:
        text = inspect.cleandoc(info.help or (info.callback and info.callback.__doc__) or "")
        info.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            _reflow(group.typer_instance)


_reflow(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"pitcrew {product_version()}")
        raise typer.Exit


@app.callback()
def log_to_stderr(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    # stdout is for data. stderr is looked up for each line: whoever embeds this may put another in its place.
    import structlog

    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def main() -> None:
    """Run the command line; a failure ends with one plain line on stderr and its exit code."""
    gc.set_threshold(*_RARELY)
    try:
        app()
    except Exception as error:
        from api.failure import explain

        message, code = explain(error)
        if message is None:
            raise
        print(f"pitcrew: {message}", file=sys.stderr)
        sys.exit(code)
    except KeyboardInterrupt:
        print("pitcrew: stopped", file=sys.stderr)
        sys.exit(130)
