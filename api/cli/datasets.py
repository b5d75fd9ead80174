"""`pitcrew datasets`: the figures that questions can be asked about."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from api.cli.terminal import completion
from api.cli.terminal.output import note, print_json, print_table
from api.failure import USAGE, CommandFailed

if TYPE_CHECKING:
    from agents.dataset import Registered, Schema, Table
    from agents.datasets.collection import DatasetCatalogue

T = TypeVar("T")

app = typer.Typer(
    name="datasets",
    help="Figures that questions can be asked about: files, folders of tables, and databases, each with a name.",
    epilog="Example: pitcrew datasets add sales sales.csv --description 'Vehicles sold per day and dealer'",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, one object per line.")]
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A dataset, as `pitcrew datasets list` names it.",
        autocompletion=completion.datasets,
    ),
]
OwnRows = Annotated[
    str,
    typer.Option(
        "--own-rows",
        metavar="COLUMN=email|sub",
        help="Customers see only the rows whose column holds this of their token. Empty: all rows.",
    ),
]
_WIDEST = 60
_MOST_LEFT_OUT = 20


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and _; also its name in queries.")],
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A file, a folder, the URL of a database, or - to type the URL unseen."),
    ],
    description: Annotated[
        str,
        typer.Option("--description", "-d", help="What it is about, in a sentence."),
    ] = "",
    audience: Annotated[
        str,
        typer.Option(
            "--audience",
            metavar="customers|staff|admin",
            help="Who may ask about it. Usually staff in production, and customers in development.",
        ),
    ] = "",
    own_rows: OwnRows = "",
    json: Json = False,
) -> None:
    """Register a dataset and copy it, so that questions never touch the source.

    A file is CSV, TSV, JSON, JSON Lines, Parquet, an Excel workbook or a SQLite database. A folder is one table for
    each file; a schema.sql in it with CREATE TABLE statements gives a folder of CSV files types, keys and, as comments,
    descriptions. The URL of a database is one of SQLAlchemy; it is only read, best as a user who may do no more.
    All its schemas are taken in, with their views, or those on a search_path that the URL gives. A changed file is
    copied again by itself, a database when you say `pitcrew datasets refresh NAME`.

    Keep passwords in the environment, or in .env: a URL may refer to them as ${NAME}, in single quotes, so that the
    shell leaves it alone.

    Whoever may not ask about a dataset does not learn its name. With --own-rows a customer sees only the rows whose
    column holds the e-mail address or the subject of the customer's token, and nothing of tables without that column.

    Example: pitcrew datasets add stock 'postgresql://reader:${STOCK_PASSWORD}@db.example/stock' -d "Parts in stock"
    """
    address = _typed() if source == "-" else source
    schema = _with(lambda catalogue: catalogue.add(name, address, description, audience=audience, own_rows=own_rows))
    _audit("datasets_add", {"dataset": name, "audience": audience, "own_rows": own_rows})
    _tell(schema, "is registered", json=json)
    _warn(name, address)


@app.command("list")
def list_(json: Json = False) -> None:
    """The datasets there are, with those that come with the knowledge base.

    Example: pitcrew datasets list --json
    """
    datasets = _with(lambda catalogue: catalogue.registered())
    for dataset in datasets if json else ():
        print_json(asdict(dataset))
    if not datasets:
        note("There is none. Register one: pitcrew datasets add NAME FILE|FOLDER|URL")
    elif not json:
        print_table(
            ("dataset", "origin", "for", "source", "description"),
            [
                (dataset.name, dataset.origin, _for(dataset), dataset.source, dataset.description)
                for dataset in datasets
            ],
        )


@app.command()
def show(name: Name, json: Json = False) -> None:
    """The tables of a dataset: columns, kinds, keys and what refers to what. `all` shows every dataset.

    Example: pitcrew datasets show operations
    """
    schema = _with(lambda catalogue: catalogue.schema(name))
    if json:
        print_json(asdict(schema))
        return
    print(f"{schema.name}: {schema.description}" if schema.description else schema.name)
    for table in schema.tables:
        about = f": {table.description}" if table.description else ""
        print(f"\n{_printable(table.sql_name)}{', view' if table.view else ''}, {table.rows} rows{_printable(about)}")
        refers = {
            column: f"-> {key.to_table}.{there}"
            for key in table.foreign_keys
            for column, there in zip(key.columns, key.to_columns, strict=True)
        }
        print_table(
            ("column", "kind", "type", "key", "description"),
            [
                (
                    column.name,
                    column.kind,
                    column.type,
                    " ".join(filter(None, [_key(table, column.name), refers.get(column.name)])),
                    column.description,
                )
                for column in table.columns
            ],
        )
    _tell_left_out(schema)


@app.command()
def rights(
    name: Name,
    audience: Annotated[
        str | None,
        typer.Option("--audience", metavar="customers|staff|admin", help="Who may ask about it."),
    ] = None,
    own_rows: OwnRows | None = None,
    json: Json = False,
) -> None:
    """Change who may ask about a dataset, and which rows customers see. A running server knows it at once.

    Example: pitcrew datasets rights orders --audience customers --own-rows customer_email=email
    """
    if audience is None and own_rows is None:
        raise CommandFailed("Say what to change: --audience, --own-rows or both.", USAGE)
    changed = _with(lambda catalogue: catalogue.open(name, audience, own_rows))
    _audit("datasets_rights", {"dataset": name, "audience": audience, "own_rows": own_rows})
    if json:
        print_json(asdict(changed))
    else:
        note(f"{name} is for {_for(changed)}.")


@app.command()
def refresh(name: Name, json: Json = False) -> None:
    """Copy a dataset again, as a database has to be after it has changed.

    Example: pitcrew datasets refresh stock
    """
    _tell(_with(lambda catalogue: catalogue.refresh(name)), "is copied", json=json)


@app.command()
def remove(name: Name, json: Json = False) -> None:
    """Forget a dataset and delete the copy. The source is left alone.

    Example: pitcrew datasets remove stock
    """
    _with(lambda catalogue: catalogue.remove(name))
    _audit("datasets_remove", {"dataset": name})
    if json:
        print_json({"name": name, "removed": True})
    else:
        note(f"{name} is removed. Its source is as it was.")


@app.command()
def query(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A dataset, or `all`.", autocompletion=completion.datasets),
    ],
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT in DuckDB's dialect; - reads it from stdin.")],
    json: Json = False,
) -> None:
    """Run one SELECT over a dataset, under the same limits as generated queries.

    Example: pitcrew datasets query operations "SELECT severity, count(*) FROM incidents GROUP BY 1"
    """
    text = sys.stdin.read() if sql == "-" else sql
    rows = _with(lambda catalogue: catalogue.query(name, text))
    if json:
        for row in rows.dicts():
            print_json(row)
    else:
        print_table(rows.columns, [[_cell(value) for value in row] for row in rows.rows])
    if rows.total != len(rows.rows):
        note(f"These are the first {len(rows.rows)} of {rows.total or 'many more'} rows.")


def _for(dataset: "Registered") -> str:
    return dataset.audience + (f", own rows by {dataset.own_rows}" if dataset.own_rows else "")


def _key(table: "Table", column: str) -> str:
    return "*" if column in table.primary_key else "unique" if (column,) in table.unique else ""


def _tell(schema: "Schema", done: str, *, json: bool) -> None:
    rows = sum(table.rows or 0 for table in schema.tables)
    if json:
        tables = [{"name": table.name, "rows": table.rows} for table in schema.tables]
        print_json({"name": schema.name, "description": schema.description, "rows": rows, "tables": tables})
    else:
        see = f"See: pitcrew datasets show {schema.name}"
        note(f"{schema.name} {done}: {counted(len(schema.tables), 'table')}, {counted(rows, 'row')}. {see}")
    _tell_left_out(schema)


def _tell_left_out(schema: "Schema") -> None:
    for omission in schema.left_out[:_MOST_LEFT_OUT]:
        note(f"left out: {_printable(omission)}")
    if (more := len(schema.left_out) - _MOST_LEFT_OUT) > 0:
        note(f"left out: {more} more")


def _warn(name: str, address: str) -> None:
    """Where a password is kept that need not be."""
    from agents.datasets.addresses import keeps_secret, redact

    if not keeps_secret(address):
        return
    variable = f"{name.upper()}_PASSWORD"
    better = redact(address).replace(":***@", f":${{{variable}}}@")
    note(
        "Warning: the password in this URL is now kept in Pitcrew's database as it is written. It is safer in the "
        f"environment, also the server's, or in .env:\n"
        f"  export {variable}=...\n"
        f"  pitcrew datasets remove {name}\n"
        f"  pitcrew datasets add {name} '{better}'"
    )


def counted(number: int, what: str) -> str:
    """ "1 table", "11 tables"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _typed() -> str:
    """An address from standard input, where no list of processes and no shell's history shows its password."""
    import getpass

    typed = getpass.getpass("Source: ") if sys.stdin.isatty() else sys.stdin.readline()
    return typed.strip()


def _printable(text: str) -> str:
    """A text without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _audit(operation: str, detail: dict[str, Any]) -> None:
    from api.compose.auditing import audit_command
    from api.settings import Settings

    audit_command(Settings(), operation, detail)


def _with(work: "Callable[[DatasetCatalogue], Awaitable[T]]") -> T:
    """What comes of working with the catalogue. Raises CommandFailed."""
    with _catalogue() as catalogue:

        async def whole() -> T:
            try:
                return await work(catalogue)
            finally:
                await catalogue.close()

        return asyncio.run(whole())


@contextmanager
def _catalogue() -> "Iterator[DatasetCatalogue]":
    from agents.dataset import DatasetUnavailable, DatasetUnknown, QueryFailed
    from agents.datasets.registry import NameTaken
    from api.compose.database import open_migrated_database
    from api.compose.datasets import open_datasets
    from api.settings import Settings

    settings = Settings()
    database = open_migrated_database(settings)
    try:
        yield open_datasets(settings, database)
    except ValueError as error:
        raise CommandFailed(str(error), USAGE) from error
    except (DatasetUnknown, DatasetUnavailable, NameTaken, QueryFailed) as error:
        raise CommandFailed(str(error)) from error
    finally:
        database.dispose()
