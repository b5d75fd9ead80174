"""Floods by strangers who show no token, as a program: `python -m tests.faults.strangers PORT SECONDS`.

Five of them at once, each from an address of its own: connections that say nothing, heads without end, bodies that
drip, pings on sockets, handshakes. Each does as much as its pace allows: a flood comes from elsewhere and must not be
what takes the processor here.
"""

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.attackers import HANDSHAKE, PING, frame

CONNECTIONS_PER_S, PIECES_PER_S = 100, 50
AT_ONCE = 40
DRIP_S = 0.2
LARGE = b"X: " + b"a" * 60_000 + b"\r\n"
done: Counter[str] = Counter()


async def connected(port: int, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), family=socket.AF_INET)


async def connections(port: int, address: str) -> None:
    _, writer = await connected(port, address)
    await asyncio.sleep(AT_ONCE / CONNECTIONS_PER_S)
    writer.close()


async def heads(port: int, address: str) -> None:
    _, writer = await connected(port, address)
    writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\n")
    for _ in range(20):
        writer.write(LARGE)
        await writer.drain()
        await asyncio.sleep(1 / PIECES_PER_S)
    writer.close()


async def bodies(port: int, address: str) -> None:
    _, writer = await connected(port, address)
    writer.write(b"POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n")
    for _ in range(50):
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(DRIP_S)
    writer.close()


async def pings(port: int, address: str) -> None:
    _, writer = await connected(port, address)
    writer.write(HANDSHAKE)
    for _ in range(100):
        writer.write(frame(PING) * 100)
        await writer.drain()
        await asyncio.sleep(1 / PIECES_PER_S)
    writer.close()


async def handshakes(port: int, address: str) -> None:
    reader, writer = await connected(port, address)
    writer.write(HANDSHAKE)
    await reader.read(64)
    await asyncio.sleep(AT_ONCE / CONNECTIONS_PER_S)
    writer.close()


KINDS: tuple[Callable[[int, str], Awaitable[None]], ...] = (connections, heads, bodies, pings, handshakes)


async def flood(kind: Callable[[int, str], Awaitable[None]], port: int, address: str) -> None:
    """One kind, again and again, until it is cancelled."""

    async def one() -> None:
        while True:
            with suppress(OSError):
                await kind(port, address)
            done[kind.__name__] += 1
            await asyncio.sleep(AT_ONCE / CONNECTIONS_PER_S / len(KINDS))

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))


async def main(port: int, seconds: float) -> None:
    floods = (flood(kind, port, f"127.0.0.{100 + n}") for n, kind in enumerate(KINDS))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*floods)
    print(*(f"{name} {number}" for name, number in sorted(done.items())), sep=", ", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
