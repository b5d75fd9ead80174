"""What the tests of the page share: one browser, in one event loop, and what the page draws with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.chromium import CHROMIUM
from tests.browser.tabs import made_with_node
from tests.model_server.running import Control, running_model_server
from tests.serving import ROOT, Served, duplicate, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser belongs to the event loop in which it was started, so all tests of pages run in one."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def chromium() -> AsyncIterator[None]:
    yield
    await CHROMIUM.close()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that `web/` is made of."""
    made_with_node("web/node_modules/.package-lock.json", tmp_path_factory.getbasetemp().parent / "node.lock")
    return ROOT / "web" / "node_modules"


@pytest.fixture(scope="session")
def axe(packages: Path) -> str:
    """The script of axe-core, which finds what keeps people from using a page."""
    return (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as running:
        yield running


@pytest.fixture(scope="module")
def modelled(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("modelled") / "data")
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
    with serving(own, **settings) as served:
        yield served
