"""Loaders that do what a flaw in a parser could be made to do: the first word of a `.hostile` file says what."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from rag.loader import Loader, Reading
from rag.loaders import loader_for as real_loader_for
from rag.types import Content


def spin() -> NoReturn:
    while True:
        pass


def recurse() -> str:
    return recurse()


def told() -> NoReturn:
    raise LookupError("words that are nobody's business")


def keep() -> int:
    KEPT.append(bytes(100 << 20))
    return len(KEPT[0])


def chatter() -> str:
    print("no frame", flush=True)
    os.write(1, b"\0" * 100)
    return "done"


def written(path: str) -> str:
    with open(path, "wb") as file:
        file.write(b"here")
    return "done"


KEPT: list[bytes] = []
OUTBOX = 4  # where the process has put its pipe for answers
ACTIONS: dict[str, Callable[..., object]] = {
    "babble": lambda: os.write(OUTBOX, (8).to_bytes(8, "big") + b"nonsense"),
    "exit": lambda: os._exit(0),
    "segfault": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "spin": spin,
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "eat": lambda: len(bytearray(4 << 30)),
    "keep": keep,
    "flood": lambda size: "x" * int(size),
    "raise": told,
    "recurse": recurse,
    "chatter": chatter,
    "write": written,
    "environment": lambda: " ".join(os.environ),
    "path": lambda: " ".join(sys.path),
    "process": os.getpid,
}


def read(data: bytes, title: str) -> Reading:
    action, *arguments = data.decode().split()
    return Reading(Content(title, str(ACTIONS[action](*arguments))))


LOADER = Loader((".hostile",), read)


def loaders() -> tuple[Loader, ...]:
    return (LOADER,)


def loader_for(path: Path) -> Loader | None:
    return LOADER if path.suffix == ".hostile" else real_loader_for(path)
