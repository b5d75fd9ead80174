"""`pitcrew chat --dialect`: the other dialects in a terminal, with what each of them shows besides the answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.cli.terminal.screen import Screen
    from api.client import Analysis, FallingBack, Frame, Query, Waiting, Way

RESULT_CHARS = 300
"""Of a tool's result."""

Ask = Callable[[str], Awaitable[None]]
"""Asks one line and shows its answer."""


async def chat_over(dialect: str, url: str, token: str, session: str, lines: AsyncIterator[str]) -> None:
    """Ask each line on that dialect of the server at `url`. Raises CommandFailed."""
    from contextlib import AsyncExitStack

    from api.cli.terminal.screen import Screen
    from api.client import ClientError, GaveUp, Reasoning, Way
    from api.failure import UNREACHABLE, CommandFailed

    screen = Screen()
    way = Way(url, token, lambda notice: _tell(screen, notice))
    try:
        async with AsyncExitStack() as stack:
            if dialect == "reasoning":
                talk = await stack.enter_async_context(Reasoning(way, session or None))
                ask: Ask = lambda line: _reason(talk, screen, line)  # noqa: E731
            else:
                ask = _ASKS[dialect](way, screen, session)
            async for line in lines:
                if text := line.strip():
                    await ask(text)
    except GaveUp as error:
        raise CommandFailed(str(error), UNREACHABLE) from error
    except ClientError as error:
        raise CommandFailed(str(error)) from error


def _tell(screen: "Screen", notice: "Waiting | FallingBack") -> None:
    seconds = getattr(notice, "seconds", None)
    screen.note(notice.reason if seconds is None else f"{notice.reason} in {seconds:g} s")


def _analysis(way: "Way", screen: "Screen", session: str) -> Ask:
    import uuid

    from api.client import Analysis

    conversation = session or uuid.uuid4().hex

    async def ask(question: str) -> None:
        analysis = Analysis(way, question, session_id=conversation)
        async with _stopped_with_us(analysis):
            async for frame in analysis:
                match frame.get("type"):
                    case "analysis_chunk":
                        screen.answer(analysis.text)
                    case "data_ready":
                        screen.note(str((analysis.data or {}).get("code")))
                    case "verification":
                        verdict = "agree" if frame.get("is_valid") else "do not agree"
                        screen.note(f"Checks of the result {verdict}, confidence {frame.get('confidence', 0):.0%}.")
                    case _:
                        _show(screen, frame)
        screen.end()

    return ask


def _query(way: "Way", screen: "Screen", session: str) -> Ask:
    import uuid

    from api.client import Query

    conversation = session or uuid.uuid4().hex

    async def ask(question: str) -> None:
        query = Query(way, question, session_id=conversation)
        async with _stopped_with_us(query):
            async for frame in query:
                match frame.get("type"):
                    case "immediate":
                        for result in query.results:
                            screen.note(f"{result.get('file')} ({result.get('score', 0):.2f})")
                    case "stream_token" | "stream_end" | "overview":
                        screen.answer(query.text)
                    case _:
                        _show(screen, frame)
        screen.end()

    return ask


@asynccontextmanager
async def _stopped_with_us(answer: "Analysis | Query") -> AsyncGenerator[None]:
    """Ctrl-C stops the answer on the server as well."""
    import asyncio
    from contextlib import suppress

    from api.client import ClientError

    try:
        yield
    except asyncio.CancelledError:
        with suppress(ClientError):
            await answer.cancel()
        raise


def _explorer(way: "Way", screen: "Screen", session: str) -> Ask:
    from api.client import Explorer

    explorer = Explorer(way, session or None)

    async def ask(question: str) -> None:
        diagram = None
        async for frame in explorer.ask(question):
            match frame.get("type"):
                case "agent_partial" | "agent":
                    screen.answer(str(frame.get("content")))
                    diagram = frame.get("diagram")
                case "tool":
                    screen.note(f"{frame.get('tool_name')}: {str(frame.get('content'))[:RESULT_CHARS]}")
                case "error":
                    screen.note(str(frame.get("content")))
        screen.end()
        if diagram:
            print(f"\n```mermaid\n{diagram}\n```", flush=True)

    return ask


async def _reason(talk: Any, screen: "Screen", question: str) -> None:
    await talk.say(question)
    async for frame in talk:
        step: Mapping[str, Any] = frame.get("data") or {}
        match step.get("type"):
            case "final_answer":
                screen.answer(str(step.get("content")))
                break
            case "error":
                screen.note(str(step.get("content")))
                break
            case str() as kind:
                screen.note(f"{kind}: {str(step.get('content'))[:RESULT_CHARS]}")
    screen.end()


def _show(screen: "Screen", frame: "Frame") -> None:
    """A frame that only tells what is being done, considered, or wrong."""
    match frame.get("type"):
        case "progress" | "status":
            screen.step(str(frame.get("message")))
        case "chain_of_thought" | "reasoning" | "reflection":
            screen.note(str(frame.get("content")))
        case "error":
            screen.note(str(frame.get("message")))


_ASKS: dict[str, Callable[["Way", "Screen", str], Ask]] = {
    "analysis": _analysis,
    "explorer": _explorer,
    "query": _query,
}
