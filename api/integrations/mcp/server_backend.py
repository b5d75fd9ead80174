"""Answers of a running server, asked through its LangGraph integration."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import APIError

from api.integrations.mcp.backend import CitedSource, Expert, FoundPassage, Listed, Said, Tell, Unanswerable, no_such

PITCREW = "pitcrew"
NO_SESSION = (
    "This session_id is none of this server's. Take that of an earlier answer, or leave it out to begin a new "
    "conversation."
)


class RemoteKnowing:
    """See `api.integrations.mcp.backend.Knowing`. `url` is the server's, such as http://127.0.0.1:8000; `token` gives
    that of whoever is asking."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def _client(self) -> LangGraphClient:
        return get_client(url=f"{self._url}/langgraph", api_key=self._token())

    async def search(self, query: str, k: int, subject: str | None) -> list[FoundPassage]:
        """The passages that a specialist answers from: the one that reads the subject, or the router's choice."""
        assistant = PITCREW
        if subject is not None:
            experts = await self.specialists()
            assistant = next((expert.name for expert in experts if subject in expert.subjects), "")
            if not assistant:
                raise no_such("subject", subject, {name for expert in experts for name in expert.subjects})
        frames = await self._frames(None, assistant, query, {"passages": True, "prose": False}, _silent)
        source_frames = [frame for frame in frames if frame["type"] == "sources"]
        passages = source_frames[-1]["passages"][:k] if source_frames else []
        return [_passage(passage) for passage in passages]

    async def ask(
        self, question: str, agent: str | None, dataset: str | None, session_id: str | None, tell: Tell
    ) -> Said:
        session = _thread(session_id) if session_id else str(uuid.uuid4())
        context = {"dataset": dataset} if dataset else {}
        frames = await self._frames(session, agent or PITCREW, question, context, tell)
        for frame in reversed(frames):
            match frame["type"]:
                case "complete":
                    return _answer(frame, session)
                case "input_required":
                    text = "\n\n".join(filter(None, (frame.get("partial_response"), frame["prompt"])))
                    return Said(text, agent or "", session, asks=True)
                case "error":
                    raise Unanswerable(frame["error"])
        raise Unanswerable("The server stopped before the answer was there. Ask again in a moment.")

    async def _frames(
        self, session: str | None, assistant: str, text: str, context: dict[str, Any], tell: Tell
    ) -> list[dict[str, Any]]:
        """Our own frames of one run."""
        frames: list[dict[str, Any]] = []
        options: dict[str, Any] = {"if_not_exists": "create"} if session is not None else {}
        try:
            async with self._client() as client:
                options |= {"input": {"messages": [{"type": "human", "content": text}]}, "context": context}
                stream: Any = client.runs.stream(session, assistant, stream_mode="custom", **options)
                async for part in stream:
                    if part.event == "custom":
                        frames.append(part.data)
                    if part.event == "custom" and part.data["type"] == "progress":
                        await tell(part.data["message"])
        except (APIError, httpx.HTTPError) as error:
            raise _unanswerable(error, self._url) from error
        return frames

    async def specialists(self) -> list[Expert]:
        try:
            async with self._client() as client:
                assistants = await client.assistants.search(limit=100)
        except (APIError, httpx.HTTPError) as error:
            raise _unanswerable(error, self._url) from error
        return [
            Expert(assistant["name"], assistant["description"] or "", (assistant["metadata"] or {}).get("subjects", []))
            for assistant in assistants
            if assistant["name"] != PITCREW
        ]

    async def documents(self) -> list[Listed]:
        raise Unanswerable("Documents can be listed only where they are: run `pitcrew mcp` without --url there.")

    async def document(self, document_id: str) -> str | None:
        return None


def _thread(session_id: str) -> str:
    """The session as a thread's id. Raises Unanswerable."""
    try:
        return str(uuid.UUID(session_id))
    except ValueError:
        raise Unanswerable(NO_SESSION) from None


async def _silent(_message: str) -> None:
    return None


def _unanswerable(error: Exception, url: str) -> Unanswerable:
    if isinstance(error, APIError):
        return Unanswerable(error.message)
    return Unanswerable(f"No answer from {url}: is the server running there? Start one with: pitcrew serve")


def _passage(passage: dict[str, Any]) -> FoundPassage:
    names = ("id", "title", "source", "section", "text", "score", "page", "start", "end")
    return FoundPassage(**{name: passage.get(name) for name in names})  # type: ignore[arg-type]


def _answer(frame: dict[str, Any], session: str) -> Said:
    metadata = frame["metadata"]
    cited = [
        CitedSource(
            citation["number"], citation["title"], citation["source"], citation.get("page"), citation.get("text", "")
        )
        for citation in metadata["context"]["citations"]
    ]
    return Said(
        frame["response"],
        metadata["agent"],
        session,
        cited,
        metadata["confidence"],
        metadata["declined"],
        diagram=metadata.get("diagram"),
    )
