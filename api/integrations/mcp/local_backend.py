"""Answers in this process, from the data directory; a running server on the same data does not mind."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError

from agents.answerer import AnswerFailed
from agents.dataset import Reader
from agents.specialist import STAFF
from agents.types import Wishes
from api.access.locks import Locks
from api.compose.embedded import Embedded, Talks, open_embedded
from api.failure import explain
from api.integrations.mcp.backend import CitedSource, Expert, FoundPassage, Listed, Said, Tell, Unanswerable, no_such
from api.protocol.bodies import prompt_text
from api.settings import Settings
from orchestrator.commands import Send
from orchestrator.errors import REASON_TEXTS, PitcrewError
from orchestrator.events import Completed, InputRequired, Progress
from orchestrator.graph.projection import source_passage
from rag.index import IndexUnavailable

NOWHERE = "The knowledge base cannot be searched right now. Try again in a moment; `pitcrew doctor` says what is wrong."


class EmbeddedKnowing:
    """See `api.integrations.mcp.backend.Knowing`. It opens while it is already asked: the first calls wait for that."""

    def __init__(self) -> None:
        self._opened: asyncio.Future[Embedded] = asyncio.get_running_loop().create_future()
        self._talks = Talks()
        self._turns = Locks()

    @asynccontextmanager
    async def opening(self, settings: Settings) -> AsyncIterator["EmbeddedKnowing"]:
        """Open everything in the background, and close it with the block."""
        over = asyncio.Event()
        task = asyncio.create_task(self._keep_open(settings, over))
        try:
            yield self
        finally:
            over.set()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep_open(self, settings: Settings, over: asyncio.Event) -> None:
        try:
            async with open_embedded(settings) as embedded:
                self._opened.set_result(embedded)
                await over.wait()
        except Exception as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)
            self._opened.exception()  # whoever asks is told; nobody may ask

    async def _embedded(self) -> Embedded:
        try:
            return await asyncio.shield(self._opened)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise Unanswerable(explain(error)[0] or "Pitcrew could not be opened here. Try: pitcrew doctor") from error

    async def search(self, query: str, k: int, subject: str | None) -> list[FoundPassage]:
        embedded = await self._embedded()
        subjects = {document.subject for document in await asyncio.to_thread(embedded.library.catalogue.documents)}
        if subject is not None and subject not in subjects:
            raise no_such("subject", subject, subjects)
        try:
            retrieval = await embedded.library.retriever.retrieve(query, subjects=subject and [subject], k=k)
        except (IndexUnavailable, SQLAlchemyError) as error:
            raise Unanswerable(NOWHERE) from error
        return [
            FoundPassage(
                passage.id,
                passage.title,
                passage.source,
                passage.section,
                passage.text,
                passage.score,
                passage.page,
                passage.start,
                passage.end,
            )
            for passage in map(source_passage, retrieval.passages)
        ]

    async def ask(
        self, question: str, agent: str | None, dataset: str | None, session_id: str | None, tell: Tell
    ) -> Said:
        embedded = await self._embedded()
        await _check(embedded, agent, dataset)
        session = session_id or str(uuid.uuid4())
        wishes = Wishes(agent=agent, dataset=dataset)
        try:
            Send(question, session, wishes=wishes).check()
            async with self._turns.of(session):  # one question of a session after the other
                return await self._answered(embedded, question, wishes, session, tell)
        except PitcrewError as error:
            raise Unanswerable(error.text) from error
        except AnswerFailed as error:
            raise Unanswerable(REASON_TEXTS[error.reason]) from error

    async def _answered(self, embedded: Embedded, question: str, wishes: Wishes, session: str, tell: Tell) -> Said:
        answers = embedded.answer(self._talks.named(session), question, wishes, conversation_id=session)
        answer: Said | None = None
        async for event in answers:
            match event:
                case Progress():
                    await tell(event.message)
                case Completed():
                    answer = answer or _answer(event, session)
                case InputRequired():
                    answer = Said(prompt_text(event), wishes.agent or "", session, asks=True)
        if answer is None:
            raise Unanswerable(REASON_TEXTS["INTERNAL"])
        return answer

    async def specialists(self) -> list[Expert]:
        embedded = await self._embedded()
        return [
            Expert(specialist.name, specialist.description, list(specialist.knowledge))
            for specialist in embedded.catalogue
        ]

    async def documents(self) -> list[Listed]:
        embedded = await self._embedded()
        documents = await asyncio.to_thread(embedded.library.catalogue.documents)
        return [Listed(document.id, document.title, document.subject) for document in documents]

    async def document(self, document_id: str) -> str | None:
        embedded = await self._embedded()
        return await asyncio.to_thread(embedded.library.catalogue.text, document_id)


async def _check(embedded: Embedded, agent: str | None, dataset: str | None) -> None:
    """Raises Unanswerable for names that nobody has."""
    names = [specialist.name for specialist in embedded.catalogue]
    if agent is not None and agent not in names:
        raise no_such("agent", agent, names)
    datasets = embedded.datasets.seen_by(Reader(STAFF))
    dataset_names = [registered.name for registered in await datasets.registered()] if dataset is not None else []
    if dataset is not None and dataset not in dataset_names:
        raise no_such("dataset", dataset, dataset_names)


def _answer(event: Completed, session: str) -> Said:
    cited = [
        CitedSource(citation.number, citation.title, citation.source, citation.page, citation.text)
        for citation in event.citations
    ]
    return Said(event.response, event.agent, session, cited, event.confidence, event.declined, diagram=event.diagram)
