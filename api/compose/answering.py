"""Everything that answers, opened as the settings say: specialists, classifier, research, skills' resources, models."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agents.acts.act import ActReading
from agents.answerer import Answerer
from agents.appointment_store import AppointmentStore
from agents.dataset import DatasetSource
from agents.specialist import Catalogue as Specialists
from agents.specialist import Specialist
from agents.types import Part, Question, Route, StandaloneQuestion
from api.compose.knowledge import Library
from api.compose.learnt import Learnt, load_vehicles, open_learnt
from api.compose.models import budget
from api.settings import Settings
from orchestrator.errors import ProcessingError
from rag.index import IndexUnavailable
from rag.types import Passage

if TYPE_CHECKING:
    from agents.chat.translation import Translator
    from agents.conversation.rewrite import ModelRewriter
    from agents.conversation.summary import Summariser
    from agents.model import ChatModel
    from agents.reference import KnowledgeReference
    from agents.routing.model_route import ModelRouter
    from agents.vehicles.range import Vehicles
    from orchestrator.graph.state import Dependencies, Gathered

log = structlog.get_logger()


async def open_dependencies(
    settings: Settings,
    library: Library,
    appointment_store: AppointmentStore,
    models: Sequence["ChatModel"] = (),
    datasets: DatasetSource | None = None,
    reference: "KnowledgeReference | None" = None,
) -> "Dependencies":
    """Everything that answers: specialists with their skills, classifier, research and answerer. A `reference` is one
    that others use as well. Raises BadSetting."""

    from agents.context import Resources
    from agents.conversation import followup
    from agents.conversation.people import not_learned
    from agents.reference import KnowledgeReference
    from agents.specialists import catalogue
    from agents.topics.reader import TopicReader
    from orchestrator.graph.state import Dependencies, Understood

    specialists = await asyncio.to_thread(catalogue)
    vehicles = load_vehicles(settings)
    learnt = await asyncio.to_thread(open_learnt, settings, library.embedder, library.catalogue, vehicles)
    voices = await asyncio.to_thread(open_voices, settings, library, vehicles, models)

    async def read(question: Question) -> ActReading:
        return await asyncio.to_thread(learnt.acts.read, question.text)

    async def understand(question: Question) -> Understood:
        facts = question.facts
        for turn in not_learned(question):
            facts = vehicles.facts(turn.text, facts) if turn.role == "customer" else facts
        facts = vehicles.facts(question.text, facts)
        with_facts = Question(question.text, question.history, facts)
        # What was put into English has been made to stand alone.
        rewriter = voices.rewriter if question.history and not question.foreign else None
        text = await rewriter.rewrite(with_facts) if rewriter else None
        completed = text is not None and text != " ".join(question.text.split())  # an echo is left to the rules
        alone = Question(text, facts=facts) if text and completed else with_facts
        return Understood(await asyncio.to_thread(followup.standalone, alone, vehicles, learnt.links), facts)

    async def gather(part: Part, specialist: Specialist, facts: Mapping[str, str]) -> "Gathered":
        gathered = await _gathered(library, vehicles, part, specialist, facts)
        return replace(gathered, unanswered=await asyncio.to_thread(unanswered, part.question))

    async def search(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Passage, ...]:
        return (await library.retriever.retrieve(text, subjects=subjects, k=k)).passages

    if reference is None:
        reference = KnowledgeReference(library.catalogue, vehicles)
    else:
        reference.renew(vehicles)
    topics = await asyncio.to_thread(TopicReader.open, library.embedder, vehicles)

    def unanswered(question: StandaloneQuestion) -> bool:
        return topics.unanswered(question.text, question.context, library.retriever.known_questions)

    opened = (vehicles, reference, search, library.embedder, appointment_store, datasets)
    resources = Resources(
        *opened, _analysing(settings, models), topics, learnt.choices, library.retriever.asked, unanswered
    )
    return Dependencies(
        specialists,
        understand,
        _classifying(learnt, voices),
        gather,
        voices.answerer,
        resources=resources,
        read=read,
        summarise=voices.summariser.summarise,
        verbatim=voices.verbatim,
        offline=voices.offline,
        translator=voices.translator,
        zone=settings.time_zone,
    )


def _classifying(
    learnt: Learnt, voices: "Voices"
) -> Callable[[Question, Specialists, StandaloneQuestion], Awaitable[Route]]:
    """Who answers: by what is learnt, and where that cannot tell by a model, if there is one."""

    async def classify(question: Question, open_specialists: Specialists, standalone: StandaloneQuestion) -> Route:
        route = await asyncio.to_thread(learnt.classifier.classify, question, open_specialists, standalone)
        if route.kind != "clarify" or voices.router is None:
            return route
        name = await voices.router.route(standalone.whole, open_specialists)
        if name is None:
            return route
        if name == "out_of_scope":
            return Route("out_of_scope", route.confidence)
        return Route("answer", route.confidence, (Part(standalone, name, route.confidence),))

    return classify


def _analysing(settings: Settings, models: Sequence["ChatModel"]) -> "ChatModel | None":
    """The model for specialists with a graph of their own."""
    if not models:
        return None
    from agents.models.fallback import FallbackModel
    from agents.models.metering import MeteredModel

    return FallbackModel([MeteredModel(model) for model in models], budget(settings))


async def _gathered(
    library: Library, vehicles: "Vehicles", part: Part, specialist: Specialist, facts: Mapping[str, str]
) -> "Gathered":
    from agents import research
    from orchestrator.graph.state import Gathered

    degraded: list[str] = []
    unknown: set[str] = set()

    async def search(texts: Sequence[str], *, subjects: Sequence[str] | None, k: int) -> Sequence[tuple[Passage, ...]]:
        found = await library.retriever.retrieve_each(texts, subjects=subjects, k=k)
        degraded.extend(result.degraded for result in found if result.degraded)
        unknown.update(name.upper() for result in found for name in result.unknown)
        return [result.passages for result in found]

    try:
        evidence = await research.gather(search, part.question.whole, specialist, vehicles, facts)
    except (IndexUnavailable, SQLAlchemyError) as error:
        log.error("retrieval_failed", error=str(error))
        raise ProcessingError("RETRIEVAL_UNAVAILABLE") from error
    return Gathered(evidence.passages, bool(degraded), tuple(sorted(unknown)))


@dataclass(frozen=True, slots=True)
class Voices:
    """Who words answers, gives what was found as it stands, and sums up conversations; with a model also who answers
    without it, who routes and completes questions by it, and who translates."""

    answerer: Answerer
    verbatim: Answerer
    summariser: "Summariser"
    offline: Answerer | None = None
    router: "ModelRouter | None" = None
    rewriter: "ModelRewriter | None" = None
    translator: "Translator | None" = None


def open_voices(settings: Settings, library: Library, vehicles: "Vehicles", models: Sequence["ChatModel"]) -> Voices:
    """Those that the models allow; without a model, and where a budget is used up, documents answer in their own
    words."""
    from agents.chat.verbatim import VerbatimAnswerer
    from agents.conversation.summary import Summariser
    from agents.extractive.answerer import ExtractiveAnswerer
    from rag.embedders import weights

    offline = ExtractiveAnswerer(library.embedder, vehicles, weights.vocabulary(settings.embedding_model))
    verbatim = VerbatimAnswerer(offline.compose)
    if not models:
        return Voices(offline, verbatim, Summariser(vehicles))
    from agents.chat.answerer import ChatModelAnswerer
    from agents.chat.translation import Translator
    from agents.conversation.rewrite import ModelRewriter
    from agents.models.metering import MeteredModel
    from agents.routing.model_route import ModelRouter

    answering = ChatModelAnswerer([MeteredModel(model) for model in models], budget(settings), vehicles)
    return Voices(
        answering,
        verbatim,
        Summariser(vehicles, MeteredModel(models[0], "summary")),
        offline,
        ModelRouter(MeteredModel(models[0], "classify")),
        ModelRewriter(MeteredModel(models[0], "rewrite")),
        Translator(MeteredModel(models[0], "rewrite")),
    )
