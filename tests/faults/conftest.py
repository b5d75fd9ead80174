"""One provider and one server for all proofs, and the report of what they counted."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counts import COUNTS, FULL
from tests.faults.customer import Customer
from tests.faults.invariants import check
from tests.faults.process import Server, small_server
from tests.faults.provider import Providing, providing
from tests.faults.proxy import Proxy

PATIENCE_S = 3600 if FULL else 600
_figures: list[str] = []


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Writes a line of the proofs' report: the test's name and its figures."""

    def write(**figures: Any) -> None:
        name = request.node.name.removeprefix("test_").replace("_", " ")
        _figures.append(f"{name}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items()))

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _figures:
        terminalreporter.section(f"proofs, {'full' if FULL else 'reduced'} counts")
        for line in _figures:
            terminalreporter.line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A proof that starts the server again and again takes long where other work goes on beside it."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


@pytest.fixture(scope="session")
def provider() -> Iterator[Providing]:
    with providing() as running:
        yield running


@pytest.fixture(scope="session")
def lasting(provider: Providing, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server of the session, which a proof may leave stopped. Its data begin on a volume if that is allowed."""
    root = tmp_path_factory.mktemp("faults")
    with small_server(root, provider, ingested, PITCREW_DRAIN_S=str(COUNTS.drain_s)) as server:
        asyncio.run(server.ready())
        yield server


@pytest.fixture
async def server(lasting: Server, provider: Providing) -> AsyncIterator[Server]:
    """The server, running, with a provider that does its work."""
    provider.reset()
    if not lasting.running:
        lasting.start()
    await lasting.ready()
    yield lasting
    provider.reset()
    provider.hurry(False)


class Customers(list[Customer]):
    """Everybody who took part in a proof."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._crowd = uuid.uuid4().hex

    def new(self, user: str | None = None, session: str | None = None, proxy: Proxy | None = None) -> Customer:
        """A customer of their own, or another socket of `user` on `session`."""
        name = user or f"user-{len(self)}-{self._crowd}"
        one = Customer(self._server.port, self._server.token(name), name, session, proxy)
        self.append(one)
        return one


@pytest.fixture
async def customers(server: Server) -> AsyncIterator[Customers]:
    """Makes customers; at the end everything that any of them saw must agree with the invariants."""
    everyone = Customers(server)
    yield everyone
    await asyncio.gather(*(one.leave() for one in everyone))
    await server.storage.settled()
    check(server.storage, everyone)


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """In the path between customers and server."""
    async with Proxy(server.port) as running:
        yield running
