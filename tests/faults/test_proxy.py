"""The proxy itself, between a plain client and an echoing server."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.faults.proxy import Link, Proxy


@pytest.fixture
async def echo() -> AsyncIterator[Proxy]:
    """A proxy before a server that says everything back."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    async with server, Proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link) -> None:
        self.reader, self.writer, self.link = reader, writer, link

    async def echoed(self, data: bytes, seconds: float = 5) -> bytes:
        self.writer.write(data)
        return await asyncio.wait_for(self.reader.readexactly(len(data)), seconds)


async def connected(proxy: Proxy) -> Client:
    """A client whose first word has come back, so that its link is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"!")
    await asyncio.wait_for(reader.readexactly(1), 5)
    return Client(reader, writer, proxy.link(writer.get_extra_info("sockname")[1]))


async def test_hands_on_and_counts(echo: Proxy) -> None:
    client = await connected(echo)
    assert await client.echoed(b"x" * 100_000) == b"x" * 100_000
    assert client.link.passed == {"up": 100_001, "down": 100_001}
    client.writer.close()


async def test_cuts_after_so_many_bytes(echo: Proxy) -> None:
    client = await connected(echo)
    client.link.cut_after(10)
    client.writer.write(b"y" * 1000)
    assert await asyncio.wait_for(client.reader.read(), 5) == b"y" * 10
    assert not client.link.open
    client.writer.close()


async def test_cut_at_once_and_before_the_first_byte(echo: Proxy) -> None:
    one, other = await connected(echo), await connected(echo)
    one.link.cut()
    other.link.cut_after(0)
    other.writer.write(b"z")
    for client in (one, other):
        assert await asyncio.wait_for(client.reader.read(), 5) == b""
        client.writer.close()


async def test_reset(echo: Proxy) -> None:
    client = await connected(echo)
    client.link.cut(reset=True)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(client.reader.read(), 5)
    client.writer.close()


async def test_freeze_swallows_and_stays_open(echo: Proxy) -> None:
    client = await connected(echo)
    client.link.freeze()
    with pytest.raises(TimeoutError):
        await client.echoed(b"lost", 0.2)
    assert client.link.swallowed == 4
    assert client.link.open
    client.link.thaw()
    assert await client.echoed(b"heard") == b"heard"
    client.writer.close()


async def test_freeze_one_way(echo: Proxy) -> None:
    client = await connected(echo)
    client.link.freeze("down")
    with pytest.raises(TimeoutError):
        await client.echoed(b"lost", 0.2)
    assert client.link.passed == {"up": 5, "down": 1}
    client.writer.close()


async def test_delay_and_throttle(echo: Proxy) -> None:
    client = await connected(echo)
    client.link.delay_s = 0.1
    began = time.monotonic()
    await client.echoed(b"slow")
    assert time.monotonic() - began >= 0.2
    client.link.delay_s, client.link.bytes_per_s = 0.0, 10_000.0
    began = time.monotonic()
    await client.echoed(b"s" * 2_000)
    assert time.monotonic() - began >= 0.2
    client.writer.close()


async def test_a_target_that_is_away_ends_the_connection() -> None:
    async with Proxy(1) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
