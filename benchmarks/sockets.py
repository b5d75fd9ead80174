"""What does an open socket cost? Starts the real server and opens authenticated sockets that stay idle.

    python -m benchmarks.sockets [--data DIR] [--sockets 2000]

Prints the server's resident memory and descriptors before, with all sockets open, and after they have left. Needs
`pitcrew ingest knowledge_base` to have run on DIR.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import websockets

from benchmarks.conversations import ROOT, memory_mb, start

AT_A_TIME = 50
SPARE = 300
"""Descriptors that either process needs besides the sockets."""


@dataclass(frozen=True)
class Held:
    """What the server holds: MiB of resident memory, descriptors."""

    memory: float
    descriptors: int

    @classmethod
    def by(cls, pid: int) -> "Held":
        return cls(memory_mb(pid), sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))


def allow(sockets: int) -> None:
    """Raise the limit on descriptors, for this process and the server that it will start. Exits where it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= sockets + SPARE:
        return
    if hard != resource.RLIM_INFINITY and hard < sockets + SPARE:
        sys.exit(f"This user may open {hard} files at most. Say --sockets {hard - SPARE}, or raise `ulimit -Hn`.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (sockets + SPARE, hard))


async def idle(url: str, token: str) -> websockets.ClientConnection:
    """A socket that has shown its token and been welcomed."""
    socket = await websockets.connect(url, compression=None, open_timeout=60, ping_interval=None)
    await socket.send(json.dumps({"type": "auth", "token": token}))
    welcome = json.loads(await socket.recv())
    if welcome["type"] != "auth_success":
        sys.exit(f"The server said {welcome}.")
    return socket


async def measure(url: str, token: str, pid: int, count: int) -> None:
    warm = [await idle(url, token) for _ in range(AT_A_TIME)]
    await asyncio.gather(*(socket.close() for socket in warm))
    before, began = Held.by(pid), time.perf_counter()
    sockets: list[websockets.ClientConnection] = []
    while len(sockets) < count:
        wanted = min(AT_A_TIME, count - len(sockets))
        sockets += await asyncio.gather(*(idle(url, token) for _ in range(wanted)))
    took = time.perf_counter() - began
    full = Held.by(pid)
    each = (full.memory - before.memory) * 1024 / count
    print(f"{count} sockets in {took:.1f} s: {each:.1f} KiB a socket")
    print(f"before  {before.memory:7.0f} MiB  {before.descriptors:6} descriptors")
    print(f"open    {full.memory:7.0f} MiB  {full.descriptors:6} descriptors")
    await asyncio.gather(*(socket.close() for socket in sockets))
    await asyncio.sleep(2)
    after = Held.by(pid)
    print(f"after   {after.memory:7.0f} MiB  {after.descriptors:6} descriptors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--port", type=int, default=8398)
    parser.add_argument("--sockets", type=int, default=2000)
    options = parser.parse_args()
    allow(options.sockets)
    token = subprocess.run(
        [sys.executable, "-m", "api", "token", "--user", "context"],
        cwd=ROOT,
        env=os.environ | {"PITCREW_DATA_DIR": str(options.data)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    process, seconds = start(options.port, options.data)
    try:
        print(f"ready after {seconds:.1f} s")
        asyncio.run(measure(f"ws://127.0.0.1:{options.port}/ws/chat", token, process.pid, options.sockets))
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
