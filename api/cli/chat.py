"""`pitcrew chat`: a terminal client of a running server."""

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from api.cli.terminal.screen import Screen
    from api.client import Client, Frame, Token, Turn

DialectName = Literal["native", "analysis", "explorer", "query", "reasoning"]

HELP = """\
/sources [N]  the sources of the last answer, or the whole passage N
/up /down     say whether the last answer was good
/edit TEXT    put TEXT in the place of your last message, and answer that
/again        answer your last message once more
/new          begin a new conversation
/quit         leave (or Ctrl-D); Ctrl-C stops an answer"""
_FIRST_WAIT_S, _LONGEST_WAIT_S, _PATIENCE_S = 0.5, 10.0, 60.0
"""Somebody sits and waits: a lost connection is tried again sooner than a program would."""


def chat(
    url: Annotated[str, typer.Option(help="The server's address.")] = "ws://127.0.0.1:8000",
    token: Annotated[str, typer.Option(help="Who you are. Without one: a development token of these settings.")] = "",
    session: Annotated[str, typer.Option(help="A conversation to go on with. Without one: a new one.")] = "",
    dialect: Annotated[
        DialectName,
        typer.Option("--dialect", "--wire", help="How to talk: with the support (native), or by another dialect."),
    ] = "native",
) -> None:
    """Talk to a running server. Reads lines from the keyboard, or from a pipe until it ends. /help lists commands.

    Example: echo "How far does a Wren 58 go?" | pitcrew chat

    Example: echo "How many incidents are there by severity?" | pitcrew chat --dialect analysis
    """
    import asyncio

    from api.cli.dialect_chat import chat_over
    from api.cli.terminal.keyboard import lines
    from api.client.address import chat_url
    from orchestrator.commands import check_session_id

    try:
        url = chat_url(url)
    except ValueError as error:
        raise typer.BadParameter(f"--url: {error}") from error
    if session:
        check_session_id(session)
    if dialect != "native":
        access_token = token or (_development_tokens()() if dialect == "query" else "")
        asyncio.run(chat_over(dialect, url, access_token, session, lines()))
        return
    code = asyncio.run(_chat(url, token or _development_tokens(), session))
    if code:
        raise typer.Exit(code)


def _development_tokens() -> Callable[[], str]:
    """Gives a development token, and a fresh one whenever that has run out."""
    from api.access.auth import token_rules
    from api.compose.app_state import issue_development_token
    from api.failure import CommandFailed
    from api.settings import Settings

    rules = token_rules(Settings())
    if issue_development_token(rules) is None:
        raise CommandFailed("Tokens come from elsewhere here (PITCREW_JWT_PUBLIC_KEY): give one with --token.")
    return lambda: issue_development_token(rules) or ""


async def _chat(url: str, token: "Token", session: str) -> int:
    """The exit code: 130 when Ctrl-C ended it."""
    from api.cli.terminal.screen import Screen
    from api.client import Client, ClientError, SignInFailed, Unreachable, Waits
    from api.failure import UNREACHABLE, CommandFailed

    screen = Screen()
    talk: _Talk | None = None
    waits = Waits(_FIRST_WAIT_S, _LONGEST_WAIT_S, _PATIENCE_S)
    try:
        async with Client(url, token, waits=waits, tell=screen.wait, timezone=local_timezone()) as client:
            talk = _Talk(screen, client, session)
            if sys.stdin.isatty():
                screen.note(f"Connected to {url}, conversation {talk.session_id}. /help lists commands.")
            return await _until_interrupted(talk, screen)
    except SignInFailed as error:
        raise CommandFailed(f"The server refused the token: {error} Give another with --token.") from error
    except Unreachable as error:
        advice = "Start one with `pitcrew serve`, or give its address with --url."
        if talk is not None:
            advice = f"Your session is {talk.session_id}: go on later with --session."
        raise CommandFailed(f"No Pitcrew server answers at {url} ({error.cause}). {advice}", UNREACHABLE) from error
    except ClientError as error:
        raise CommandFailed(str(error)) from error


async def _until_interrupted(talk: "_Talk", screen: "Screen") -> int:
    import asyncio
    import signal

    talking = asyncio.ensure_future(talk.run())
    stopping: set[asyncio.Task[None]] = set()

    def interrupt() -> None:
        if talk.stoppable:
            stopping.add(asyncio.ensure_future(talk.stop()))
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
        for task in stopping:
            task.cancel()


class _Talk:
    """The person's side: lines in, frames on the screen. Remembers the last answer, and a question that is open."""

    def __init__(self, screen: "Screen", client: "Client", session: str) -> None:
        self._screen = screen
        self._client = client
        self._conversation = client.conversation(session or None)
        self._turn: Turn | None = None
        self._stopping = False
        self._passages: list[Mapping[str, Any]] = []
        self._complete: Frame = {}
        self._question: Frame = {}
        self._last_message: tuple[str, str] | None = None
        """The person's last message: its id and text."""

    @property
    def session_id(self) -> str:
        return self._conversation.session_id

    @property
    def stoppable(self) -> bool:
        """Whether an answer is under way that nobody has stopped yet."""
        return self._turn is not None and not self._stopping

    async def stop(self) -> None:
        """Stop the answer under way."""
        from api.client import ClientError

        self._stopping = True
        if self._turn is not None:
            with contextlib.suppress(ClientError):
                await self._turn.cancel()

    async def run(self) -> None:
        from api.cli.terminal.keyboard import lines

        async for line in lines():
            text = line.strip()
            if text == "/quit":
                return
            if text.startswith("/"):
                await self._command(*text.split(maxsplit=1))
            elif text:
                await self._say(text)

    async def _say(self, text: str) -> None:
        """Send what the person has typed: as the answer to an open question if it picks one of its options."""
        question, self._question = self._question, {}
        picked = picked_option(question.get("options", ()), text)
        if picked is None:
            await self._follow(self._conversation.ask(text), text)
        else:
            await self._follow(self._conversation.answer(question["request_id"], picked["value"]), str(picked["label"]))

    async def _say_instead(self, text: str | None) -> None:
        """Put a text in the place of the person's last message; without one, the same again."""
        if self._last_message is None:
            self._screen.note("You have not said anything yet.")
            return
        message_id, last_text = self._last_message
        self._question = {}
        await self._follow(self._conversation.ask(text or last_text, replaces=message_id), text or last_text)

    async def _follow(self, turn: "Turn", text: str) -> None:
        from api.client import Refused

        self._turn, self._stopping = turn, False
        try:
            await self._show(turn)
        except Refused as refused:
            self._screen.end()
            self._screen.note(refused.text)
        finally:
            if turn.message_id is not None:
                self._last_message = (turn.message_id, text)
            self._turn = None

    async def _show(self, turn: "Turn") -> None:
        self._passages = []
        async for frame in turn:
            match frame["type"]:
                case "ack":
                    self._screen.goes_on_from(turn.text)
                case "progress":
                    self._screen.step(frame["message"])
                case "sources" | "run_restarted":
                    self._passages = list(turn.sources)
                case "token" | "complete" | "input_required":
                    self._screen.answer(turn.text)
        self._screen.end()
        last = turn.last or {}
        match last.get("type"):
            case "complete":
                self._complete = last
                self._screen.sources(self._citations())
            case "input_required":
                self._question = last
                self._screen.question(last)
            case "cancelled":
                self._screen.note("Stopped.")
            case _:
                self._screen.note(str(last.get("error")))

    def _citations(self) -> list[Mapping[str, Any]]:
        citations: list[Mapping[str, Any]] = self._complete.get("metadata", {}).get("context", {}).get("citations", [])
        return citations

    async def _command(self, name: str, rest: str = "") -> None:
        match name:
            case "/help":
                self._screen.note(HELP)
            case "/new":
                self._conversation = self._client.conversation()
                self._complete, self._passages, self._question, self._last_message = {}, [], {}, None
                self._screen.note(f"A new conversation: {self.session_id}")
            case "/sources":
                self._sources(rest)
            case "/edit" if not rest:
                self._screen.note("Write the new text behind it: /edit How far does a Wren 58 go?")
            case "/edit" | "/again":
                await self._say_instead(rest or None)
            case "/up" | "/down":
                await self._rate("up" if name == "/up" else "down")
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

    async def _rate(self, rating: Literal["up", "down"]) -> None:
        from api.client import Refused

        if not self._complete:
            self._screen.note("There is no answer yet.")
            return
        try:
            await self._conversation.feedback(self._complete["message_id"], rating)
        except Refused as refused:
            self._screen.note(refused.text)
        else:
            self._screen.note("Thank you.")


def local_timezone() -> str:
    """The name of this computer's time zone (IANA); "" where it has none."""
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or ""
    except (LookupError, ValueError, OSError):
        return ""


def picked_option(options: Sequence[Mapping[str, Any]], text: str) -> Mapping[str, Any] | None:
    """The option that a typed text means, by its label or its number from 1; None for words of one's own."""
    for option in options:
        if str(option.get("label", "")).casefold() == text.casefold():
            return option
    if text.isdecimal() and 0 < int(text) <= len(options):
        return options[int(text) - 1]
    return None
