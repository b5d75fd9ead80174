"""Every cell of the table of rights, tried on the real server: as it stands in development, and in production."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute
from typer.main import get_command

from api.access.operations import OPERATIONS
from api.cli import app
from api.dialects import all_dialects
from api.integrations.langgraph.routes import commands, streams
from api.protocol import staff_frames
from api.protocol.asyncapi import tag_of
from api.serving.app import create_app
from api.settings import Settings
from tests.rights import matrix
from tests.rights.matrix import HTTP, LANGGRAPH, SOCKETS, STAFF_HTTP, Row, Told
from tests.rights.owned import MARKER, Owned
from tests.rights.trying import PATHS, PREFIXES, callers, told_over_http, told_over_socket
from tests.serving import SECRET, Served, duplicate, serving

REQUESTS = {"http": HTTP, "langgraph_http": LANGGRAPH, "staff_http": STAFF_HTTP}
REQUEST_ROWS = [(wire, row) for wire, rows in REQUESTS.items() for row in rows]
SOCKET_ROWS = [(dialect, row) for dialect, rows in SOCKETS.items() for row in rows]


def name_of(one: object) -> str:
    return str(getattr(one, "name", one))


@pytest.fixture(scope="module", params=["development", "production"])
def place(request: pytest.FixtureRequest, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server; in production with everything that it refuses there."""
    own = duplicate(ingested, tmp_path_factory.mktemp(request.param) / "data")
    in_production = {"PITCREW_ENV": "production", "PITCREW_RATE_LIMITS": "on", "PITCREW_JWT_SECRET": SECRET}
    with serving(own, **(in_production if request.param == "production" else {})) as running:
        running.production = request.param == "production"  # type: ignore[attr-defined]
        yield running


def held(row: Row, caller: str, told: Told, text: str, *, production: bool) -> None:
    """Fails unless the table says so, and nobody was told the owner's words whom they are not for."""
    assert told is row.expects(caller, production=production), (row.name, caller, text[:500])
    mine = told is Told.DONE and (caller == "owner" or row.rule in {matrix.STAFF, matrix.ADMINS})
    if row.tells and mine:
        assert MARKER in text, (row.name, caller, text[:500])
    if not mine:
        assert MARKER not in text, (row.name, caller)


@pytest.mark.parametrize(("wire", "row"), REQUEST_ROWS, ids=name_of)
def test_requests(place: Served, wire: str, row: Row) -> None:
    production: bool = place.production  # type: ignore[attr-defined]
    owned = Owned(place)
    if row.tells:
        assert owned.run_id
    for caller in callers(row, production=production):
        told, text = told_over_http(place, row, PREFIXES[wire], caller, owned)
        held(row, caller, told, text, production=production)
        if row.spoils and told is Told.DONE:
            owned = Owned(place)


@pytest.mark.parametrize(("dialect", "row"), SOCKET_ROWS, ids=name_of)
async def test_frames(place: Served, dialect: str, row: Row) -> None:
    production: bool = place.production  # type: ignore[attr-defined]
    owned = Owned(place)
    for caller in callers(row, production=production):
        told, text = await told_over_socket(place, row, dialect, caller, owned)
        held(row, caller, told, text, production=production)
        if row.spoils and told is Told.DONE:
            owned = Owned(place)


# --- nothing is missing ----------------------------------------------------------------------------------------------


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every way in, by method and path."""
    for context in iter_route_contexts(app.routes):
        route, path = context.original_route, (context.path or "").replace(":path}", "}")
        methods = (context.methods or set()) - {"HEAD", "OPTIONS"}
        if isinstance(route, WebSocketRoute):
            yield "WS", path
        elif isinstance(route, Mount):
            yield "GET", f"{path}/{{name}}"
        elif methods == {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            yield "ANY", path
        else:
            assert methods, f"a way in of a kind that nobody knows: {route}"
            yield from ((method, path) for method in methods)


@pytest.mark.parametrize("env", ["development", "production"])
def test_every_route_has_a_row(env: str, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, env=env, data_dir=tmp_path)  # type: ignore[arg-type, call-arg]
    served = set(routes(create_app(SimpleNamespace(settings=settings))))  # type: ignore[arg-type]
    rows = {tuple(row.name.replace(" ", f" {PREFIXES[wire]}", 1).split(" ")) for wire, row in REQUEST_ROWS}
    rows |= {
        ("WS", path.replace("{session_id}", "{thread_id}") if "threads" in path else path) for path in PATHS.values()
    }
    assert served - rows == set(), "these need a row in tests/rights/matrix.py"
    if env == "development":
        assert rows - served == set(), "there is no such way in any more"


def test_every_frame_has_a_row() -> None:
    spoken = {
        dialect.name: {*map(tag_of, dialect.words.received), *(f"text {word}" for word in dialect.words.text)}
        for dialect in all_dialects()
    } | {"staff": set(staff_frames.CLIENT_FRAMES)}
    for name, kinds in spoken.items():
        rows = {row.name.split(",")[0] for row in SOCKETS[name]} - {"opening"}
        assert rows == {kind or "question" for kind in kinds}, name


def test_every_command_of_a_thread_has_a_row() -> None:
    written = "".join(Path(module.__file__ or "").read_text(encoding="utf-8") for module in (commands, streams))
    assert {row.name for row in SOCKETS["langgraph"]} == set(re.findall(r'case "([\w.]+)":', written))


def test_the_staff_s_rows_are_the_operations() -> None:
    """What is tried is what the server decides by."""
    rows = {row.name: row.rule for row in STAFF_HTTP}
    decided = {
        f"{one.method} {one.path}": matrix.ADMINS if one.roles == {"admin"} else matrix.STAFF
        for one in OPERATIONS.values()
        if one.method != "WS"
    }
    assert rows == decided


def commands_of(group: Any, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def test_every_command_has_a_row() -> None:
    assert set(matrix.COMMANDS) == set(commands_of(get_command(app)))
