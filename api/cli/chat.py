"""`pitcrew chat`: a terminal client of a running server."""

import sys
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from api.cli.conversation import Conversation
    from api.cli.screen import Screen

HELP = """\
/sources [N]  the sources of the last answer, or the whole passage N
/up /down     say whether the last answer was good
/new          begin a new conversation
/quit         leave (or Ctrl-D); Ctrl-C stops an answer"""
_READ_BYTES = 4096


def chat(
    url: Annotated[str, typer.Option(help="The server's WebSocket.")] = "ws://127.0.0.1:8000/ws/chat",
    token: Annotated[str, typer.Option(help="Who you are. Without one: a development token of these settings.")] = "",
    session: Annotated[str, typer.Option(help="A conversation to go on with. Without one: a new one.")] = "",
) -> None:
    """Talk to a running server. Reads lines from the keyboard, or from a pipe until it ends. /help lists commands.

    Example: echo "How far does a Wren 58 go?" | pitcrew chat
    """
    import asyncio

    from orchestrator.commands import check_session_id

    if urlsplit(url).scheme not in {"ws", "wss"}:
        raise typer.BadParameter("--url begins with ws:// or wss://")
    if session:
        check_session_id(session)
    code = asyncio.run(_chat(url, token or _development_token(), session))
    if code:
        raise typer.Exit(code)


def _development_token() -> str:
    from api.app_state import issue_development_token
    from api.auth import token_rules
    from api.cli.failure import CommandFailed
    from api.settings import Settings

    token = issue_development_token(token_rules(Settings()))
    if token is None:
        raise CommandFailed("Tokens come from elsewhere here (PITCREW_JWT_PUBLIC_KEY): give one with --token.")
    return token


async def _chat(url: str, token: str, session: str) -> int:
    """The exit code: 130 when Ctrl-C ended it."""
    import asyncio
    import signal

    from api.cli.conversation import Conversation
    from api.cli.screen import Screen

    screen = Screen()
    talk = _Talk(screen)
    conversation = Conversation(url, token, session or _new_session(), talk.show)
    await conversation.open()
    if sys.stdin.isatty():
        screen.note(f"Connected to {url}, conversation {conversation.session_id}. /help lists commands.")
    talking = asyncio.ensure_future(talk.run(conversation))
    stopping: set[asyncio.Task[None]] = set()

    def interrupt() -> None:
        if conversation.answering and not conversation.stopping:
            stopping.add(asyncio.ensure_future(conversation.cancel()))
        else:
            talking.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    try:
        await talking
        return 0
    except asyncio.CancelledError:
        screen.end()
        return 130
    finally:
        await conversation.close()


def _new_session() -> str:
    import uuid

    return str(uuid.uuid4())


async def _lines() -> AsyncIterator[str]:
    """The lines of stdin as they come. A pipe or terminal is watched; a file never keeps a reader waiting."""
    import asyncio
    import os

    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        ready.set()
        watched = False
    else:
        watched = True
    held = b""
    try:
        while True:
            await ready.wait()
            if watched:
                ready.clear()
            data = os.read(descriptor, _READ_BYTES)
            held += data
            *whole, held = held.split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
            if not data:
                if held:
                    yield held.decode(errors="replace")
                return
    finally:
        if watched:
            loop.remove_reader(descriptor)


class _Talk:
    """The person's side: lines in, frames on the screen. Remembers the last answer for the commands."""

    def __init__(self, screen: "Screen") -> None:
        self._screen = screen
        self._text = ""
        self._passages: list[Mapping[str, Any]] = []
        self._complete: Mapping[str, Any] = {}

    async def run(self, conversation: "Conversation") -> None:
        self._screen.prompt()
        async for line in _lines():
            text = line.strip()
            if text == "/quit":
                return
            if text.startswith("/"):
                await self._command(conversation, *text.split(maxsplit=1))
            elif text:
                await self._ask(conversation, text)
            self._screen.prompt()

    async def _ask(self, conversation: "Conversation", text: str) -> None:
        self._text, self._passages = "", []
        last = await conversation.ask(text)
        match last["type"]:
            case "complete":
                self._complete = last
                self._screen.answer(last["response"])
                self._screen.end()
                self._screen.sources(self._citations())
            case "cancelled":
                self._screen.end()
                self._screen.note("Stopped.")
            case _:
                self._screen.end()
                self._screen.note(str(last.get("error")))

    def show(self, frame: Mapping[str, Any]) -> None:
        match frame.get("type"):
            case "progress":
                self._screen.step(frame["message"])
            case "sources":
                self._passages = frame["passages"]
            case "run_restarted":
                self._text, self._passages = "", []
            case "token":
                self._text = self._text[: frame["offset"]] + frame["token"]
                self._screen.answer(self._text)

    def _citations(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._complete.get("metadata", {}).get("context", {}).get("citations", [])
        return found

    async def _command(self, conversation: "Conversation", name: str, rest: str = "") -> None:
        match name:
            case "/help":
                self._screen.note(HELP)
            case "/new":
                conversation.session_id = _new_session()
                self._complete, self._passages = {}, []
                self._screen.note(f"A new conversation: {conversation.session_id}")
            case "/sources":
                self._sources(rest)
            case "/up" | "/down":
                await self._rate(conversation, name[1:])
            case _:
                self._screen.note(f"There is no {name}.\n{HELP}")

    def _sources(self, number: str) -> None:
        if not number and self._citations():
            self._screen.sources(self._citations())
        elif number.isdecimal() and 0 < int(number) <= len(self._passages):
            passage = self._passages[int(number) - 1]
            self._screen.note(f"{passage['title']} ({passage['source']})\n{passage['text']}")
        else:
            self._screen.note("The last answer has no such source." if self._complete else "There is no answer yet.")

    async def _rate(self, conversation: "Conversation", rating: str) -> None:
        if not self._complete:
            self._screen.note("There is no answer yet.")
            return
        refused = await conversation.rate(self._complete["message_id"], rating)
        self._screen.note(str(refused["error"]) if refused else "Thank you.")
