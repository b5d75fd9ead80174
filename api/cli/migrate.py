"""`pitcrew migrate`: bring the database to the newest version, or take an embedded installation along to PostgreSQL."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.settings import Settings


def migrate(
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="sqlite:FILE", help="Move this database, and what lies beside it."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="postgresql://…",
            help="Where --from is moved to: an empty PostgreSQL. Left out, PITCREW_DATABASE_URL names it.",
        ),
    ] = None,
) -> None:
    """Bring the database to its newest version. Safe to run again: what is done stays done.

    With --from, take an embedded installation along: every conversation, appointment, document with its versions, and
    all else is copied, read again and counted, in one transaction. Servers and workers must be stopped, the new
    database empty. The old one stays as it was.

    Example: pitcrew migrate --from sqlite:data/pitcrew.db --to postgresql://pitcrew@db/pitcrew
    """
    from api.settings import Settings

    settings = Settings()
    if source is not None:
        _move(settings, source, target or settings.database_url)
    elif target is not None:
        raise typer.BadParameter("--to goes with --from, which names what is moved.")
    else:
        _bring_up_to_date(settings)


def _bring_up_to_date(settings: "Settings") -> None:
    from api import migrations
    from api.compose.parking import prepare_parking
    from rag.database import open_database

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.sql_url)
    before = migrations.revision(database)
    migrations.migrate(database)
    migrations.make_job_tables(database)
    prepare_parking(settings)
    after = migrations.revision(database)
    database.dispose()
    print(f"database at {after}" + ("" if before == after else f" (was {before or 'empty'})"), file=sys.stderr)


def _move(settings: "Settings", source: str, target: str) -> None:
    from api.cli.terminal.output import note, print_table, progress
    from api.compose.parking import PACKAGES
    from api.settings import BadSetting

    try:
        from api.cli.moving import database_file, move
    except ImportError:
        raise BadSetting(PACKAGES) from None
    file = database_file(source)
    with progress("Rows") as advance:
        counts = move(settings, file, target, advance)
    rows = [(count.table, f"{count.there:,}", f"{count.here:,}") for count in counts]
    print_table(("table", "there", "here"), rows, figures_from=1)
    note(
        f"Moved: {sum(count.here for count in counts):,} rows, and what lies beside the documents. Set "
        "PITCREW_DATABASE_URL to the new database wherever Pitcrew runs. The indexes are made again at the first "
        "start. The old database is as it was: serve it no more."
    )
