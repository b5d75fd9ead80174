"""The bus that the settings name: in this process, or over Redis between several."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.settings import BadSetting, Settings
from orchestrator.bus import Bus
from orchestrator.buses.memory import MemoryBus
from orchestrator.event.tenure import Tenures


@asynccontextmanager
async def open_bus(settings: Settings, tenures: Tenures) -> AsyncIterator[Bus]:
    """A Redis need not be reachable yet. `tenures` are those of the engine. Raises BadSetting."""
    if not settings.redis_url:
        yield MemoryBus()
        return
    try:
        from orchestrator.buses.redis import open_redis_bus
    except ImportError:
        raise BadSetting("PITCREW_REDIS_URL needs more packages: pip install '.[cluster]' in its folder") from None
    async with AsyncExitStack() as stack:
        try:
            bus = await stack.enter_async_context(open_redis_bus(settings.redis_url, tenures))
        except ValueError as error:
            raise BadSetting(f"PITCREW_REDIS_URL cannot be used: {error}") from error
        yield bus
