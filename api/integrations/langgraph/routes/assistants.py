"""The server itself, and its assistants: the specialists and each specialist that is open to the caller."""

from importlib.metadata import version
from typing import Any

import msgspec
from fastapi import APIRouter, Request

from agents.specialist import Catalogue, open_to
from api.compose.app_state import AppState
from api.integrations.langgraph import CHANNEL, assistants
from api.integrations.langgraph.routes.caller import KeyCaller, page, read
from api.routes.dependencies import State
from api.version import product_version
from orchestrator.commands import Caller
from orchestrator.errors import UnknownAgent

router = APIRouter()


class Search(msgspec.Struct):
    """Which assistants; absent: all."""

    graph_id: str | None = None
    name: str | None = None
    metadata: dict[str, Any] | None = None
    limit: int = 10
    offset: int = 0


def specialists(state: AppState, caller: Caller) -> Catalogue:
    """Those that are open to the caller here."""
    return open_to(state.gateway.engine.catalogue, caller.role, CHANNEL)


def assistant_named(state: AppState, caller: Caller, name_or_id: str) -> str:
    """The assistant's name, by that or by its id. Raises UnknownAgent, which lists the names."""
    mine = specialists(state, caller)
    name = assistants.named(name_or_id, mine)
    if name is None:
        raise UnknownAgent(assistants.assistants(mine))
    return name


@router.get("/ok")
async def ok() -> dict[str, bool]:
    """The server is there."""
    return {"ok": True}


@router.get("/info")
async def info() -> dict[str, Any]:
    """What the server is, and which parts of the protocol it offers."""
    flags = {"assistants": True, "crons": False, "store": False, "websocket_events": True}
    return {
        "version": product_version(),
        "langgraph_py_version": version("langgraph"),
        "flags": flags,
        "metadata": {"server": "pitcrew"},
    }


@router.post("/assistants/search")
async def search(request: Request, state: State, caller: KeyCaller) -> list[dict[str, Any]]:
    """The assistants that the caller may ask."""
    criteria = await read(request, Search)
    return page(_find(state, caller, criteria), criteria.limit, criteria.offset)


@router.post("/assistants/count")
async def count(request: Request, state: State, caller: KeyCaller) -> int:
    """How many these are."""
    return len(_find(state, caller, await read(request, Search)))


def _find(state: AppState, caller: Caller, criteria: Search) -> list[dict[str, Any]]:
    return [
        assistant
        for assistant in assistants.assistants(specialists(state, caller)).values()
        if criteria.graph_id in (None, assistant["graph_id"])
        and (criteria.name or "").lower() in assistant["name"]
        and (criteria.metadata or {}).items() <= assistant["metadata"].items()
    ]


@router.get("/assistants/{assistant_id}")
async def get(assistant_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """One assistant, by its id or its name."""
    return assistants.assistants(specialists(state, caller))[assistant_named(state, caller, assistant_id)]


@router.get("/assistants/{assistant_id}/graph")
async def graph(assistant_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """The graph that answers."""
    name = assistant_named(state, caller, assistant_id)
    mine = [specialist.name for specialist in specialists(state, caller)]
    return assistants.graph(mine if name == assistants.PITCREW else [name])


@router.get("/assistants/{assistant_id}/subgraphs")
async def subgraphs(assistant_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """None that can be told from the outside."""
    assistant_named(state, caller, assistant_id)
    return {}


@router.get("/assistants/{assistant_id}/schemas")
async def schemas(assistant_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """What a run takes and gives, as JSON Schema."""
    return assistants.schemas(assistant_named(state, caller, assistant_id))
