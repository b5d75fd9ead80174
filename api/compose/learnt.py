"""What the product has learnt from examples, opened: who answers, what a message does, and the choices of skills."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from api.compose import supplements
from api.compose.database import open_migrated_database
from api.settings import BadSetting, Settings
from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.types import Chunk

if TYPE_CHECKING:
    from agents.acts.reader import ActReader
    from agents.conversation.link import LinkReader
    from agents.learning.choice import Choices
    from agents.learning.teacher import Teacher
    from agents.routing.classifier import Classifier
    from agents.vehicles.range import Vehicles

log = structlog.get_logger()

LEARNT_FILE = "learnt.npz"
"""In the data folder: what is not learnt already when the product is installed."""
_ORDINARY = 4
"""Examples of each topic that are learnt as messages for a specialist. Of unseen messages for nobody, at 95 % of the
others kept, 82 % were told with none, 91 % with four, and no more with eight."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """`choices` are those of skills, by name."""

    classifier: "Classifier"
    acts: "ActReader"
    links: "LinkReader"
    choices: "Choices"


def load_vehicles(settings: Settings) -> "Vehicles":
    """The maker's vehicles, from `vehicles.csv` as it was ingested; none where there is no such file. Raises BadSetting
    for one that cannot be read: an older version may have taken it in."""
    from agents.vehicles.range import Vehicles

    path = supplements.current(settings) / supplements.VEHICLES
    try:
        return Vehicles.parse(path.read_text(encoding="utf-8")) if path.is_file() else Vehicles()
    except ValueError as error:
        raise BadSetting(
            f"{supplements.VEHICLES} cannot be read: {error}. Correct it in the file, and ingest that again."
        ) from error


def asked(settings: Settings) -> tuple[str, ...]:
    """Customers' questions, as they were ingested. Raises BadSetting."""
    from rag.customer_questions import FILE, BadQuestions, read

    try:
        return tuple(question.text for question in read(supplements.current(settings) / FILE))
    except BadQuestions as error:
        raise BadSetting(str(error)) from error


def open_learnt(
    settings: Settings, embedder: Embedder, knowledge: Catalogue | None, vehicles: "Vehicles | None" = None
) -> Learnt:
    """What is shipped is opened; examples of one's own, and another embedder, are learnt at the first start. A
    `knowledge` of None is the catalogue in the database. Raises BadSetting."""
    from agents.learning.teacher import Teacher
    from agents.specialist import CUSTOMER, open_to
    from agents.specialists import catalogue
    from api.compose import remembered
    from rag.embedders import weights

    if knowledge is None:
        database = open_migrated_database(settings)
        try:
            return open_learnt(settings, embedder, Catalogue(database), vehicles)
        finally:
            database.dispose()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    folder, vehicles = settings.data_dir, vehicles or load_vehicles(settings)
    questions = asked(settings)
    state = remembered.State.of(embedder, knowledge, vehicles, catalogue(), questions)
    vocabulary = weights.vocabulary(settings.embedding_model)
    learnt = remembered.recall_examples(folder, state, embedder, vehicles, vocabulary)
    if learnt is not None and (whole := remembered.recall_documents(folder, state, learnt)) is not None:
        return whole
    teacher = Teacher(embedder, folder / LEARNT_FILE)
    anew = learnt is None
    if learnt is None:
        log.info("examples_are_learnt", wait="half a minute, longer on a busy machine, and only once")
        learnt = learn(settings, teacher, (), vehicles)
        remembered.remember_examples(folder, state, learnt)
    chunks = list(knowledge.chunks(sorted(knowledge.chunk_ids())).values())
    learnt = remembered.informed(learnt, chunks, questions, open_to(catalogue(), CUSTOMER), vehicles, teacher)
    remembered.remember_documents(folder, state, learnt)
    teacher.settle(drop=anew)
    return learnt


def open_choices(embedder: Embedder, teacher: "Teacher | None" = None) -> "Choices":
    """What skills have learnt from their examples, by name."""
    from agents.acts import consent
    from agents.appointments import purposes
    from agents.diagnosis import check_answers, symptoms
    from agents.learning.teacher import Teacher
    from agents.service import inquiry, vehicle_use

    examples = {
        **purposes.examples(),
        consent.CONSENT: consent.EXAMPLES,
        check_answers.REPLY: check_answers.EXAMPLES,
        symptoms.SENTENCE: symptoms.EXAMPLES,
        inquiry.ASKED: inquiry.EXAMPLES,
        vehicle_use.CLAUSE: vehicle_use.EXAMPLES,
    }
    teacher = teacher or Teacher(embedder)
    return {name: teacher.choice(lists) for name, lists in examples.items()}


def learn(settings: Settings, teacher: "Teacher", chunks: "Sequence[Chunk]", vehicles: "Vehicles") -> Learnt:
    """Everything, by one teacher. `chunks` are those of the knowledge base."""
    from agents.acts.reader import ActReader, requests
    from agents.conversation.link import LinkReader
    from agents.routing.classifier import Classifier
    from agents.specialist import CUSTOMER, open_to
    from agents.specialists import catalogue
    from agents.topics.reader import ordinary
    from rag.embedders import weights

    specialists = open_to(catalogue(), CUSTOMER)
    classifier = Classifier.taught(
        specialists,
        teacher,
        vehicles,
        chunks,
        weights.vocabulary(settings.embedding_model),
        (*requests(), *ordinary(_ORDINARY)),
    )
    utterances = [text for specialist in specialists for text in specialist.utterances]
    acts = ActReader.taught(teacher, vehicles, utterances)
    return Learnt(classifier, acts, LinkReader.taught(teacher, vehicles), open_choices(teacher.embedder, teacher))
