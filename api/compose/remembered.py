"""What the last start made of the examples, kept in the data folder. A start with the same examples, vehicles,
documents and embedder reads it, and makes nothing."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from rag import array_file

if TYPE_CHECKING:
    from agents.specialist import Catalogue as Specialists
    from agents.vehicles.range import Vehicles
    from api.compose.learnt import Learnt
    from rag.catalogue import Catalogue
    from rag.embedder import Embedder

log = structlog.get_logger()

FILE = "opened.npz"
_SOURCES = ("*.py", "*.toml", "learnt.npz")
_GATE, _PERSON, _ROUTER, _LINK = "gate", "person", "router", "link"
_ACTS, _SKILL = "acts-", "skill-"


def state_of(embedder: "Embedder", knowledge: "Catalogue", vehicles: "Vehicles", specialists: "Specialists") -> str:
    """A digest of all that it is made of: whatever of the agents' code and examples is not in the specialists is taken
    as a whole."""
    import agents

    digest = hashlib.sha256()
    root = Path(agents.__file__).parent
    for path in sorted(path for form in _SOURCES for path in root.rglob(form)):
        digest.update(path.read_bytes())
    taught = [
        (one.name, one.label, one.description, one.utterances, one.topics, one.beyond, one.knowledge)
        for one in specialists
    ]
    looks = knowledge.looks(knowledge.generation())
    digest.update(repr((embedder.name, vehicles.rows, taught, looks)).encode(errors="replace"))
    return digest.hexdigest()


def recall(
    path: Path, state: str, embedder: "Embedder", vehicles: "Vehicles", vocabulary: frozenset[str]
) -> "Learnt | None":
    """What `remember` wrote of this state; None where it wrote none."""
    kept = array_file.read(path)
    if str(kept.get("state", "")) != state:
        return None
    try:
        return _restored(kept, embedder, vehicles, vocabulary)
    except (KeyError, ValueError) as error:
        log.warning("not_recalled", file=str(path), error=repr(error))
        return None


def remember(path: Path, state: str, learnt: "Learnt") -> None:
    """Keep it. A file that cannot be written is made again at the next start."""
    from agents.learning.keeping import arrays, packed

    lessons = learnt.classifier.lessons
    choices = {_GATE: lessons.gate, _PERSON: lessons.person, _LINK: learnt.links.choice}
    choices |= {_ROUTER: lessons.router} if lessons.router else {}
    choices |= {f"{_ACTS}{name}": choice for name, choice in learnt.acts.choices.items()}
    choices |= {f"{_SKILL}{name}": choice for name, choice in learnt.choices.items()}
    kept: dict[str, Any] = {
        "state": state,
        "names": packed(lessons.names),
        "signs": packed(sorted(lessons.signs)),
        "words": packed([*lessons.spelling.counts]),
        "counts": [*lessons.spelling.counts.values()],
        "headings": lessons.knowledge.vectors,
        "owners": lessons.knowledge.owners,
        **arrays(choices),
    }
    try:
        array_file.write(path, kept)
    except OSError as error:
        log.warning("not_remembered", file=str(path), error=error.strerror)


def _restored(
    kept: array_file.Arrays, embedder: "Embedder", vehicles: "Vehicles", vocabulary: frozenset[str]
) -> "Learnt":
    from agents.acts.reader import ActReader
    from agents.conversation import link
    from agents.language.spelling import Spelling
    from agents.learning.keeping import choices_of, unpacked
    from agents.routing.classifier import ROUTING, Classifier, Lessons
    from agents.routing.headings import Knowledge
    from api.compose.learnt import Learnt

    choices = choices_of(kept, embedder, {_ROUTER: ROUTING, _LINK: link.FEATURES})
    names = tuple(unpacked(kept["names"]))
    lessons = Lessons(
        names,
        frozenset(unpacked(kept["signs"])),
        choices[_GATE],
        choices[_PERSON],
        choices.get(_ROUTER),
        Spelling.of(dict(zip(unpacked(kept["words"]), kept["counts"].tolist(), strict=True)), vocabulary),
        Knowledge(kept["headings"], kept["owners"], len(names)),
    )
    acts = {name.removeprefix(_ACTS): choice for name, choice in choices.items() if name.startswith(_ACTS)}
    skills = {name.removeprefix(_SKILL): choice for name, choice in choices.items() if name.startswith(_SKILL)}
    return Learnt(
        Classifier(vehicles, lessons), ActReader(vehicles, **acts), link.LinkReader(vehicles, choices[_LINK]), skills
    )
