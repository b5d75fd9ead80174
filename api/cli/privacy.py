"""`pitcrew privacy`: what is held of a person, given out or erased, and what was kept for long enough."""

import asyncio
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from api.cli.terminal.output import check_writable, note, print_json, written_whole
from api.failure import USAGE, CommandFailed

if TYPE_CHECKING:
    from api.settings import Settings
    from orchestrator.privacy.store import Erased
    from orchestrator.stores.sql_personal import SqlPersonalStore

USER_CHARS = 255

app = typer.Typer(
    name="privacy",
    help="What is held of a person: export it, erase it; erase what was kept for long enough.",
    epilog="Example: pitcrew privacy export anna --output anna.json",
    no_args_is_help=True,
)

User = Annotated[str, typer.Argument(metavar="USER", help="The user's id: the `sub` of their tokens.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command()
def export(
    user: User,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file to write, instead of stdout.")] = None,
) -> None:
    """Write all that is held of a user, as JSON. The server may be running meanwhile.

    `held` has the rows of each table. Of a user of whom nothing is held all of them are empty.

    Example: pitcrew privacy export anna --output anna.json
    """
    _check(user)
    if output is not None:
        check_writable(output)
    with _held() as held:
        if output is None:
            asyncio.run(_write(held, user, sys.stdout.buffer))
            sys.stdout.flush()
            return
        with written_whole(output) as file:
            asyncio.run(_write(held, user, file))
    note(f"Written: {output}. It is about a person: keep it from others.")


async def _write(held: "SqlPersonalStore", user: str, file: BinaryIO) -> None:
    from api.compose.auditing import hand
    from orchestrator.audit.act import Act
    from orchestrator.privacy.person import export as pieces

    await held.audit.add(Act(hand(), "export_person", subject=user))
    async for piece in pieces(held, user):
        file.write(piece)


@app.command()
def erase(
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    json: Json = False,
) -> None:
    """Erase all that is held of a user: conversations and all in them, appointments, ratings, what others noted.

    The ledger keeps what answers took and when, without whose they were; the audit log that it was erased. The server
    may be running meanwhile: within a few seconds it stops what it answers the user and closes their connections.
    Doing it again changes nothing.

    Example: pitcrew privacy erase anna --yes
    """
    _check(user)
    if not yes:
        if not sys.stdin.isatty():
            raise CommandFailed("Nothing was erased: say --yes, as nobody is there to be asked.", USAGE)
        typer.confirm(f"Erase all that is held of {user}? That cannot be undone.", abort=True, err=True)
    erased = asyncio.run(_erase(user))
    _tell(erased, json=json, nothing=f"Nothing was held of {user}.")


@app.command()
def expire(json: Json = False) -> None:
    """Erase what was kept for longer than the settings say, as a running server does every hour.

    The settings are PITCREW_KEEP_CONVERSATIONS_DAYS, PITCREW_KEEP_APPOINTMENTS_DAYS, PITCREW_KEEP_LEDGER_DAYS and
    PITCREW_KEEP_DELIVERIES_DAYS.

    Example: PITCREW_KEEP_CONVERSATIONS_DAYS=365 pitcrew privacy expire
    """
    from api.compose.private import periods
    from api.settings import Settings

    settings = Settings()
    if not periods(settings):
        note("Nothing expires: none of the settings PITCREW_KEEP_..._DAYS says so.")
        return
    erased = asyncio.run(_expire(settings))
    _tell(erased, json=json, nothing="Nothing was kept for too long.")


async def _erase(user: str) -> "Erased":
    from api.compose.auditing import hand
    from api.settings import Settings
    from orchestrator.audit.act import Act

    settings = Settings()
    with _held() as held:
        erased = await held.erase(Act(hand(), "erase", subject=user))
    await _forget(settings, erased.conversation_ids, erased.run_ids)
    return erased


async def _expire(settings: "Settings") -> "Erased":
    from api.compose.private import periods

    with _held() as held:
        erased = await held.expire(periods(settings))
    await _forget(settings, erased.conversation_ids, erased.run_ids)
    return erased


async def _forget(settings: "Settings", conversation_ids: Collection[str], run_ids: Collection[str]) -> None:
    """What is kept of conversations and runs beside the database."""
    from api.compose.bus import open_bus
    from api.compose.parking import open_parking
    from orchestrator.event.tenure import Tenures
    from orchestrator.execution.forgetting import erase as erase_states

    if run_ids:
        async with open_parking(settings) as saver:
            await erase_states(saver, run_ids)
    if settings.redis_url and conversation_ids:
        async with open_bus(settings, Tenures()) as bus:
            for conversation_id in conversation_ids:
                await bus.forget(conversation_id)


def _tell(erased: "Erased", *, json: bool, nothing: str) -> None:
    rows = {name: number for name, number in erased.rows.items() if number}
    if json:
        print_json({"erased": rows})
    elif rows:
        note(f"Erased: {', '.join(f'{number} of {name}' for name, number in rows.items())}.")
    else:
        note(nothing)


def _check(user: str) -> None:
    if not 0 < len(user) <= USER_CHARS or "\0" in user:
        raise typer.BadParameter(f"A user's id has 1 to {USER_CHARS} characters.")


@contextmanager
def _held() -> "Iterator[SqlPersonalStore]":
    from api.compose.database import open_migrated_database
    from api.settings import Settings
    from orchestrator.stores.sql import SqlStore
    from orchestrator.stores.sql_audit import SqlAudit
    from orchestrator.stores.sql_personal import SqlPersonalStore

    settings = Settings()
    store = SqlStore(open_migrated_database(settings))
    try:
        yield SqlPersonalStore(store, SqlAudit(store.transactions, settings.audit_key.get_secret_value()))
    finally:
        store.transactions.close()
        store.transactions.engine.dispose()
