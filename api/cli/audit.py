"""`pitcrew audit`: who did what to whom, and whether the log still says what it said."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal.output import note, print_json, print_table
from api.failure import CommandFailed

if TYPE_CHECKING:
    from orchestrator.audit.act import Audited
    from orchestrator.audit.chain import Head
    from orchestrator.stores.sql_audit import SqlAudit, Wanted

PAGE = 500


def audit(
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="So many entries, the latest.")] = 50,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="Of the last days only. 0: of all time.")] = 0,
    operation: Annotated[str, typer.Option(help="Only this operation, such as `take` or `sign_in_refused`.")] = "",
    by: Annotated[str, typer.Option(metavar="STAFF", help="Only what this member of staff did.")] = "",
    about: Annotated[str, typer.Option(metavar="USER", help="Only what was done to this user.")] = "",
    conversation: Annotated[str, typer.Option(metavar="ID", help="Only what was done in this conversation.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Look whether every entry is as it was written.")] = False,
    expect: Annotated[
        str, typer.Option(metavar="NUMBER:HASH", help="With --verify: this head, noted earlier, is still in it.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Show who did what to whom, from where. The server may be running meanwhile.

    Each entry has a hash of itself and of all before it. --verify follows them, says where one was changed, removed or
    moved, and prints the head. Note it elsewhere and give it to --expect later: then a log that was made anew is found
    out, too.

    Example: pitcrew audit --days 7 --operation sign_in_refused

    Example: pitcrew audit --verify
    """
    from api.compose.auditing import opened_audit
    from api.settings import Settings
    from orchestrator.stores.sql_audit import Wanted

    noted = _head(expect) if expect else None
    if noted is not None and not verify:
        raise typer.BadParameter("--expect goes with --verify.")
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds") if days else None
    wanted = Wanted(by or None, conversation or None, about or None, operation or None, since)
    with opened_audit(Settings()) as log:
        if verify:
            _verify(log, noted, json=json)
            return
        entries = asyncio.run(_entries(log, limit, wanted))
    for entry in entries if json else ():
        print_json(_plain(entry))
    if not entries:
        note("There is nothing of that kind in the audit log.")
    elif not json:
        print_table(("number", "at", "who", "did", "from", "in", "detail"), [_row(entry) for entry in entries])


async def _entries(log: "SqlAudit", limit: int, wanted: "Wanted") -> "list[Audited]":
    found: list[Audited] = []
    cursor = None
    while len(found) < limit:
        page, cursor = await log.listed(min(PAGE, limit - len(found)), cursor, wanted)
        found += page
        if cursor is None:
            break
    return found


def _verify(log: "SqlAudit", noted: "Head | None", *, json: bool) -> None:
    """Ends the command with a failure where the chain does not hold."""
    head, broken = asyncio.run(log.verify(noted))
    if json:
        print_json(
            {
                "entries": head.number,
                "head": f"{head.number}:{head.hash}",
                "breaks": [{"number": one.number, "what": one.what} for one in broken],
            }
        )
    else:
        for one in broken:
            print(f"{one.number}: {one.what}")
        print(f"{head.number}:{head.hash}")
    if broken:
        raise CommandFailed(f"The audit log is not as it was written. First place: entry {broken[0].number}.")
    note(f"{head.number} entries, each as it was written.")


def _head(text: str) -> "Head":
    from orchestrator.audit.chain import Head

    number, _, digest = text.partition(":")
    if not (number.isdecimal() and len(number) < 10 and len(digest) == 64 and digest.isascii() and digest.isalnum()):
        raise typer.BadParameter("A head is a number, a colon and 64 hexadecimal digits, as --verify prints it.")
    return Head(int(number), digest)


def _plain(entry: "Audited") -> object:
    import msgspec

    return msgspec.to_builtins(entry)


def _row(entry: "Audited") -> tuple[str, ...]:
    import orjson

    who = entry.staff.id or entry.staff.name
    detail = orjson.dumps(entry.detail).decode() if entry.detail else ""
    about = (entry.conversation_id or "")[:8]
    return str(entry.audit_id), entry.at[:19].replace("T", " "), who, entry.operation, entry.address, about, detail
