"""A scripted provider for these tests, and models and answerers that use it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from agents.chat.answerer import ChatModelAnswerer
from agents.models.failover import Budget
from agents.models.openai_compatible import OpenAICompatible
from agents.models.providers import PROVIDERS, Model
from tests.integration.model.asking import CANARY, QUICK, Build, BuildModel
from tests.model_server.running import Control, running_model_server


@pytest.fixture(scope="module")
def running() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest.fixture
def traces() -> bool:
    """Whether answers are streamed by LangChain's classes. Faults are tried in both ways."""
    return False


@pytest.fixture
def provider(running: Control) -> Control:
    running.reset()
    return running


@pytest.fixture
async def models(provider: Control, traces: bool) -> AsyncIterator[BuildModel]:
    async with AsyncExitStack() as stack:

        def make(name: str, by: str = "openai", base_url: str | None = None, traces: bool = traces) -> OpenAICompatible:
            made = OpenAICompatible(Model(PROVIDERS[by], name, base_url or provider.base_url, CANARY), traces=traces)
            stack.push_async_callback(made.aclose)
            return made

        yield make


@pytest.fixture
def answerer(models: BuildModel) -> Build:
    """Builds an answerer of models with these names."""

    def build(*names: str, budget: Budget = QUICK) -> ChatModelAnswerer:
        return ChatModelAnswerer([models(name) for name in names], budget)

    return build
