"""Reads what a question is about and what it wants to know of it. The examples lie in the TOML files beside this."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from agents.learning.discriminant import Discriminant
from agents.learning.examples import table
from agents.learning.kernels import Floats
from agents.vehicles.range import Vehicles
from rag import array_file
from rag.embedder import Embedder

FIELDS = ("figures", "upkeep", "troubles", "use")
KINDS = "kinds"
WEIGHTS = Path(__file__).with_name("weights.npz")
"""What `make fit` made of the examples with the packaged embedder; another embedder learns them when it is opened."""
_MOST = 5
_ENOUGH = 1_000
"""Questions from which on what nobody asks is taken for what the documents do not answer."""
_PLAINLY, _SPOKEN_OF = 0.7, 0.65
"""The probability of a topic that a text is plainly about, and the highest of any question where none is about it. On
800 unseen questions seven of 35 that the documents do not answer were told so, and none of 515 that they do."""
_PLAIN = 0.45
"""The probability of a topic from which a text needs no context."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What is asked about: `terms` are the trade's own for it; `field` is the file that it stands in."""

    name: str
    terms: tuple[str, ...]
    field: str


@dataclass(frozen=True, slots=True)
class About:
    """The likeliest topics of a question with their probabilities, likeliest first, and those of the kinds of question
    (`kinds.toml`), by name."""

    topics: tuple[tuple[Topic, float], ...] = ()
    kinds: Mapping[str, float] | None = None

    def kind(self, *names: str) -> float:
        """The probability that the question is of one of these kinds."""
        return sum((self.kinds or {}).get(name, 0.0) for name in names)


class TopicReader:
    """Thread-safe; blocks while embedding."""

    def __init__(self, embedder: Embedder, vehicles: Vehicles, topics: Discriminant, kinds: Discriminant) -> None:
        self._answered: Floats | None = None
        self._embedder = embedder
        self._vehicles = vehicles
        self._topics = topics
        self._kinds = kinds
        self._known = {
            name: Topic(name, tuple(term.strip() for term in entry["means"].split(",")), field)
            for field in FIELDS
            for name, entry in entries((field,)).items()
        }

    @classmethod
    def open(cls, embedder: Embedder, vehicles: Vehicles) -> Self:
        """With the weights beside this module where they are the embedder's, otherwise learnt now, which embeds
        thousands of lines."""
        stored = array_file.read(WEIGHTS)
        if stored and str(stored["embedder"]) == embedder.name:
            return cls(embedder, vehicles, _restored(stored, "topics"), _restored(stored, KINDS))
        return cls(embedder, vehicles, learned(embedder, FIELDS), learned(embedder, (KINDS,)))

    def read(self, text: str, context: str = "") -> About:
        """What a text is about, of any length and in any language. `context` is what it may leave open, in a few words:
        it counts where the text itself is not plain."""
        texts = [self._vehicles.generic(part) for part in dict.fromkeys((text, f"{text} {context}".strip()))]
        rows = np.asarray(self._embedder.embed(texts), dtype=np.float64)
        kinds = self._kinds.shares(rows[:1])[0]
        own, joined = self._topics.shares(rows[[0, -1]])
        shares = own if own.max() >= _PLAIN else joined
        best = np.argsort(-shares)[:_MOST]
        return About(
            tuple((self._known[self._topics.labels[place]], float(shares[place])) for place in best),
            dict(zip(self._kinds.labels, map(float, kinds), strict=True)),
        )

    def unanswered(self, text: str, context: str, questions: Callable[[], Floats | None]) -> bool:
        """Whether a text is plainly about a topic that none of the `questions` is about, which are the vectors of all
        that the documents answer: then what they have is about something else. False as long as they are not known."""
        topic, share = self.read(text, context).topics[0]
        if share < _PLAINLY:
            return False
        if self._answered is None and (rows := questions()) is not None and len(rows) >= _ENOUGH:
            self._answered = self._topics.highest(rows)
        return self._answered is not None and bool(self._answered[self._topics.labels.index(topic.name)] < _SPOKEN_OF)


def entries(files: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The topics or kinds of these files, by name: `means` and `examples`."""
    return {name: entry for file in files for name, entry in table(__file__, f"{file}.toml").items()}


def ordinary(most: int, but: Collection[str] = ()) -> tuple[str, ...]:
    """Examples of questions that customers ask, at most so many of each topic, without those named: what else a message
    can be, for choices that are learnt."""
    known = entries(FIELDS).items()
    return tuple(text for name, entry in known if name not in but for text in entry["examples"][:most])


def learned(embedder: Embedder, files: Sequence[str]) -> Discriminant:
    """What is learnt of the examples in these files. Blocks while embedding them."""
    known = entries(files)
    texts = [text for entry in known.values() for text in entry["examples"]]
    numbers = np.repeat(np.arange(len(known)), [len(entry["examples"]) for entry in known.values()])
    rows = np.asarray(embedder.embed(texts), dtype=np.float64)
    described = np.asarray(embedder.embed([entry["means"] for entry in known.values()]), dtype=np.float64)
    return Discriminant.fit(tuple(known), rows, numbers, described)


def stored(embedder: Embedder) -> dict[str, Any]:
    """The arrays of the file with weights, for `open`."""
    arrays: dict[str, Any] = {"embedder": embedder.name, "examples": digest()}
    for name, files in (("topics", FIELDS), (KINDS, (KINDS,))):
        fitted = learned(embedder, files)
        arrays[f"{name}.labels"] = np.array(fitted.labels)
        arrays[f"{name}.weights"] = fitted.weights.astype(np.float16)
        arrays[f"{name}.bias"] = fitted.bias.astype(np.float32)
    return arrays


def digest() -> str:
    """SHA-256 of the files with examples, in hexadecimal."""
    texts = (Path(__file__).with_name(f"{file}.toml").read_bytes() for file in (*FIELDS, KINDS))
    return hashlib.sha256(b"".join(texts)).hexdigest()


def _restored(arrays: Mapping[str, Any], name: str) -> Discriminant:
    return Discriminant(
        tuple(map(str, arrays[f"{name}.labels"])),
        arrays[f"{name}.weights"].astype(np.float64),
        arrays[f"{name}.bias"].astype(np.float64),
    )
