"""The routes of event streams over a real engine and store, without a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import APIRouter, FastAPI

from agents.specialist import Specialist, channel
from api.access.auth import TokenRules
from api.access.cross_origin import OpenToPages
from api.access.limits import Rates, Seats
from api.access.sign_in import SignIn
from api.access.tickets import TicketsHere
from api.compose.app_state import AppState
from api.protocol import problems
from api.settings import Settings
from api.transport.gateway import Gateway
from orchestrator.buses.memory import MemoryBus
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Run
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from tests.databases import migrate

KEY = "a-secret-for-tests-that-is-long-enough-for-hs256"
ANALYST = Specialist("analyst", "Figures", "", (), (), "", frozenset({channel("analysis")}))


@asynccontextmanager
async def state_of(folder: Path, run: Run) -> AsyncIterator[AppState]:
    """Guests may ask, and pages of https://shop.example."""
    database = open_database(f"sqlite:///{folder}/pitcrew.db")
    migrate(database)
    store = SqlStore(database)
    engine = Engine(store, MemoryBus(), run, catalogue=(ANALYST,))
    gateway = Gateway(engine, SignIn(TokenRules(KEY, "HS256")), TicketsHere(), Rates(), Seats(10), guests=True)
    settings = Settings(_env_file=None, data_dir=folder, allowed_origins="https://shop.example")  # type: ignore[call-arg]
    yield AppState(settings, gateway, {}, None, None)  # type: ignore[arg-type]
    await engine.close(0)
    await store.close()


@asynccontextmanager
async def client_of(state: AppState, *routers: APIRouter) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.pitcrew = state
    problems.install(app)
    for router in routers:
        app.include_router(router)
    app.add_middleware(OpenToPages, listed=state.settings.origins, development=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client
