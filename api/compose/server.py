"""Settings in, a running server out: one that answers itself, or where nothing is embedded a gateway, whose workers
answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from api.access.auth import token_rules
from api.access.revoked import Revoked
from api.compose.app_state import AppState, Check, Records, open_gateway
from api.compose.auditing import auditing
from api.compose.counting import open_counting
from api.compose.gateway import open_gateway_server
from api.compose.ground import open_ground
from api.compose.private import keeping_private, periods
from api.compose.revoking import revoking
from api.observability.checks import check_database
from api.settings import BadSetting, Settings
from orchestrator.privacy.person import Privacy


def refusals(settings: Settings) -> Iterator[BadSetting]:
    """What keeps a server from starting, as far as the settings alone tell."""
    if settings.production and settings.rate_limits == "off":
        yield BadSetting("PITCREW_RATE_LIMITS=off is refused in production.")
    if settings.production and settings.guests == "on":
        yield BadSetting("PITCREW_GUESTS=on is refused in production.")
    if settings.webhook_url and not settings.webhook_secret.get_secret_value():
        yield BadSetting("PITCREW_WEBHOOK_URL needs PITCREW_WEBHOOK_SECRET, with which what is sent is signed.")


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[AppState]:
    """The whole server. Raises BadSetting for a setting that keeps it from starting."""
    for refusal in refusals(settings):
        raise refusal
    opened = open_gateway_server if settings.clustered else open_whole_server
    async with opened(settings) as state:
        yield state


@asynccontextmanager
async def open_whole_server(settings: Settings) -> AsyncIterator[AppState]:
    """A server that holds sockets and answers."""
    from api.compose.responder import open_responder

    tokens = token_rules(settings)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground(settings))
        tokens = replace(tokens, refused=ground.metrics.count_refused)
        responder = await stack.enter_async_context(open_responder(ground))
        engine = ground.engine(responder.run, responder.read, responder.specialists, responder.saver)
        stack.push_async_callback(engine.close)
        await stack.enter_async_context(responder.going(engine))

        async def embed(texts: Sequence[str]) -> Any:
            return await asyncio.to_thread(responder.library.embedder.embed, texts)

        checks: dict[str, Check] = {
            "database": partial(check_database, ground.database, ground.store),
            **responder.checks,
        }
        records = Records(responder.resources.reference, ground.appointment_store, ground.datasets, embed)
        counting = await stack.enter_async_context(open_counting(settings))
        state = AppState(
            settings,
            open_gateway(settings, engine, tokens, Revoked(await ground.revocations.read()), counting),
            checks,
            records,
            ground.staffing.desk(engine, responder.drafting),
            revocations=ground.revocations,
            metrics=ground.metrics,
        )
        state.personal = ground.personal
        state.privacy = Privacy(engine, ground.personal, state.send_away)
        await stack.enter_async_context(keeping_private(state.privacy, periods(settings)))
        await stack.enter_async_context(revoking(state))
        await stack.enter_async_context(auditing(ground.audit, settings, "server", state.gateway.sign_in.refusals))
        yield state
