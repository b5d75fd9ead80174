"""What the last start made of the examples and of the documents' words, kept in the data folder. A start with the same
examples, vehicles and embedder, and the same documents, reads it and makes nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from rag import array_file

if TYPE_CHECKING:
    from agents.learning.choice import Choice
    from agents.learning.teacher import Teacher
    from agents.routing.headings import Knowledge
    from agents.routing.subject_matter import SubjectMatter
    from agents.specialist import Catalogue as Specialists
    from agents.vehicles.range import Vehicles
    from api.compose.learnt import Learnt
    from rag.catalogue import Catalogue
    from rag.embedder import Embedder
    from rag.types import Chunk

log = structlog.get_logger()

EXAMPLES_FILE, DOCUMENTS_FILE = "examples.npz", "documents.npz"
_SPOKEN_OF = ("stated", "asked", "foreign")
_SOURCES = ("*.py", "*.toml", "learnt.npz")
_GATE, _PERSON, _ROUTER, _LINK = "gate", "person", "router", "link"
_ACTS, _SKILL = "acts-", "skill-"


@dataclass(frozen=True, slots=True)
class State:
    """Digests: of all that is learnt from, but for the documents, and of that and the documents that are shown."""

    examples: str
    documents: str

    @classmethod
    def of(
        cls,
        embedder: "Embedder",
        knowledge: "Catalogue",
        vehicles: "Vehicles",
        specialists: "Specialists",
        questions: Sequence[str],
    ) -> "State":
        """Of the agents' code and examples whatever is not in the specialists is taken as a whole."""
        import agents

        digest = hashlib.sha256()
        root = Path(agents.__file__).parent
        for path in sorted(path for form in _SOURCES for path in root.rglob(form)):
            digest.update(path.read_bytes())
        taught = [
            (one.name, one.label, one.description, one.utterances, one.topics, one.beyond, one.knowledge)
            for one in specialists
        ]
        digest.update(repr((embedder.name, vehicles.rows, taught)).encode(errors="replace"))
        examples = digest.hexdigest()
        digest.update(repr((knowledge.looks(knowledge.generation()), questions)).encode(errors="replace"))
        return cls(examples, digest.hexdigest())


def recall_examples(
    folder: Path, state: State, embedder: "Embedder", vehicles: "Vehicles", vocabulary: frozenset[str]
) -> "Learnt | None":
    """What was learnt, but for the documents; None where it was not from these examples."""
    kept = _read(folder / EXAMPLES_FILE, state.examples)
    try:
        return _learnt(kept, embedder, vehicles, vocabulary) if kept else None
    except (KeyError, ValueError) as error:
        log.warning("not_recalled", file=EXAMPLES_FILE, error=repr(error))
        return None


def remember_examples(folder: Path, state: State, learnt: "Learnt") -> None:
    """Keep it."""
    from agents.learning.keeping import arrays, packed

    lessons = learnt.classifier.lessons
    choices: dict[str, Choice[Any]] = {_GATE: lessons.gate, _PERSON: lessons.person, _LINK: learnt.links.choice}
    choices |= {_ROUTER: lessons.router} if lessons.router else {}
    choices |= {f"{_ACTS}{name}": choice for name, choice in learnt.acts.choices.items()}
    choices |= {f"{_SKILL}{name}": choice for name, choice in learnt.choices.items()}
    told = {"names": packed(lessons.names), "signs": packed(sorted(lessons.signs))}
    _write(folder / EXAMPLES_FILE, state.examples, told | _words(lessons.spelling.counts) | arrays(choices))


def recall_documents(folder: Path, state: State, learnt: "Learnt") -> "Learnt | None":
    """What was learnt with these documents; None where it was with others."""
    from agents.routing.headings import Knowledge
    from agents.routing.subject_matter import SubjectMatter

    kept = _read(folder / DOCUMENTS_FILE, state.documents)
    try:
        if not kept:
            return None
        knowledge = Knowledge(kept["headings"], kept["owners"], len(learnt.classifier.names))
        spoken_of = (kept[name].astype("float32") for name in _SPOKEN_OF)
        return _informed(learnt, _counts(kept), knowledge, SubjectMatter(*spoken_of))
    except (KeyError, ValueError) as error:
        log.warning("not_recalled", file=DOCUMENTS_FILE, error=repr(error))
        return None


def remember_documents(folder: Path, state: State, learnt: "Learnt") -> None:
    """Keep it."""
    lessons = learnt.classifier.lessons
    told = {"headings": lessons.knowledge.vectors, "owners": lessons.knowledge.owners}
    told |= {name: getattr(lessons.subject_matter, name).astype("float16") for name in _SPOKEN_OF}
    _write(folder / DOCUMENTS_FILE, state.documents, told | _words(lessons.spelling.counts))


def informed(
    learnt: "Learnt",
    chunks: "Sequence[Chunk]",
    questions: Sequence[str],
    specialists: "Specialists",
    vehicles: "Vehicles",
    teacher: "Teacher",
) -> "Learnt":
    """What was learnt without documents, with these and with what customers have asked of them."""
    from collections import Counter

    from agents.language.spelling import Spelling
    from agents.routing import headings, subject_matter

    counts = Counter(learnt.classifier.lessons.spelling.counts)
    counts.update(Spelling(chunk.searchable for chunk in chunks).counts)
    known = headings.learn(chunks, specialists, vehicles, teacher)
    spoken_of = subject_matter.learn(chunks, known.vectors, questions, specialists, vehicles, teacher)
    return _informed(learnt, counts, known, spoken_of)


def _informed(
    learnt: "Learnt", counts: Mapping[str, int], knowledge: "Knowledge", spoken_of: "SubjectMatter"
) -> "Learnt":
    from agents.language.spelling import Spelling

    lessons = learnt.classifier.lessons
    spelling = Spelling.of(counts, lessons.spelling.vocabulary)
    lessons = replace(lessons, spelling=spelling, knowledge=knowledge, subject_matter=spoken_of)
    return replace(learnt, classifier=learnt.classifier.with_lessons(lessons))


def _learnt(
    kept: array_file.Arrays, embedder: "Embedder", vehicles: "Vehicles", vocabulary: frozenset[str]
) -> "Learnt":
    import numpy as np

    from agents.acts.reader import ActReader
    from agents.conversation import link
    from agents.language.spelling import Spelling
    from agents.learning.keeping import choices_of, unpacked
    from agents.routing.classifier import ROUTING, Classifier, Lessons
    from agents.routing.headings import Knowledge
    from agents.routing.subject_matter import EMPTY
    from api.compose.learnt import Learnt

    choices = choices_of(kept, embedder, {_ROUTER: ROUTING, _LINK: link.FEATURES})
    names = tuple(unpacked(kept["names"]))
    lessons = Lessons(
        names,
        frozenset(unpacked(kept["signs"])),
        choices[_GATE],
        choices[_PERSON],
        choices.get(_ROUTER),
        Spelling.of(_counts(kept), vocabulary),
        Knowledge(np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.int64), len(names)),
        EMPTY,
    )
    acts = {name.removeprefix(_ACTS): choice for name, choice in choices.items() if name.startswith(_ACTS)}
    skills = {name.removeprefix(_SKILL): choice for name, choice in choices.items() if name.startswith(_SKILL)}
    return Learnt(
        Classifier(vehicles, lessons), ActReader(vehicles, **acts), link.LinkReader(vehicles, choices[_LINK]), skills
    )


def _words(counts: Mapping[str, int]) -> dict[str, Any]:
    from agents.learning.keeping import packed

    return {"words": packed([*counts]), "counts": [*counts.values()]}


def _counts(kept: array_file.Arrays) -> dict[str, int]:
    from agents.learning.keeping import unpacked

    return dict(zip(unpacked(kept["words"]), map(int, kept["counts"].tolist()), strict=True))


def _read(path: Path, state: str) -> array_file.Arrays:
    kept = array_file.read(path)
    return kept if str(kept.get("state", "")) == state else {}


def _write(path: Path, state: str, told: Mapping[str, Any]) -> None:
    try:
        array_file.write(path, {"state": state, **told})
    except OSError as error:  # it is made again at the next start
        log.warning("not_remembered", file=str(path), error=error.strerror)
