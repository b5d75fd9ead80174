"""Lines that a person types, with a history that outlives the command, or that come from a pipe or file."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

_READ_BYTES = 4096


async def lines() -> AsyncIterator[str]:
    """The lines of stdin as they come: until Ctrl-D, or the end of the pipe. Ctrl-C while nothing is under way cancels
    whoever waits for the next one."""
    source = _typed() if sys.stdin.isatty() and sys.stderr.isatty() else _piped()
    async for line in source:
        yield line


def history_file() -> Path:
    """Where what was typed is kept, readable by its owner alone."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "pitcrew" / "history"


async def _typed() -> AsyncIterator[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import HTML
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.output import create_output

    history: History
    try:
        file = history_file()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_CREAT | os.O_APPEND, 0o600))
        history = FileHistory(str(file))
    except OSError:  # a home that cannot be written
        history = InMemoryHistory()
    session: PromptSession[str] = PromptSession(history=history, output=create_output(sys.stderr))
    while True:
        try:
            yield await session.prompt_async(HTML("<b>you&gt;</b> "), handle_sigint=False)
        except EOFError:
            return
        except KeyboardInterrupt:
            raise asyncio.CancelledError from None


async def _piped() -> AsyncIterator[str]:
    """A pipe or terminal is watched; a file never keeps a reader waiting."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        ready.set()
        watched = False
    else:
        watched = True
    buffer = b""
    try:
        while True:
            await ready.wait()
            if watched:
                ready.clear()
            data = os.read(descriptor, _READ_BYTES)
            buffer += data
            *whole, buffer = buffer.split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
            if not data:
                if buffer:
                    yield buffer.decode(errors="replace")
                return
    finally:
        if watched:
            loop.remove_reader(descriptor)
