"""How a message hangs together with the question before it, learnt from pairs of messages."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, Self, cast

import numpy as np

from agents.language.words import content, vocabulary, words
from agents.learning.choice import Choice
from agents.learning.examples import table
from agents.learning.kernels import Floats, Learner
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder

Link = Literal["other", "more", "else", "new"]
"""`other` asks the question before it again about something else; `more` asks more of the thing that it was about,
which the message does not name; `else` names a thing, of the same vehicle; `new` stands alone."""

_EARLIER = 0.5
"""The weight of the question before and of the signs beside the message itself. Measured: 0.3 to 1 differ little."""
_PRONOUNS = vocabulary("it its it's that this they them those these one ones there he she his her")
_LEADS = vocabulary("and or but same what also")
_LONG, _MANY = 20, 8
_REMEMBERED = 2000


class LinkReader:
    """Immutable but for the vectors that it remembers, and thread-safe; blocks while embedding."""

    def __init__(self, embedder: Embedder, vehicles: Vehicles, choice: Choice) -> None:
        self._vehicles = vehicles
        self._choice = choice

        @lru_cache(maxsize=_REMEMBERED)
        def vector(text: str) -> Floats:
            return np.asarray(embedder.embed([text])[0], dtype=np.float64)

        self._vector = vector

    @classmethod
    def train(cls, embedder: Embedder, learner: Learner, vehicles: Vehicles) -> Self:
        """Learn the pairs beside this module. The same inputs give the same reader."""
        pairs: Mapping[str, Sequence[tuple[str, str]]] = table(__file__, "link.toml")
        texts = list(
            dict.fromkeys(vehicles.generic(text) for lines in pairs.values() for pair in lines for text in pair)
        )
        vectors = dict(zip(texts, np.asarray(embedder.embed(texts), dtype=np.float64), strict=True))
        rows = {
            kind: np.vstack([_row(before, text, vectors.__getitem__, vehicles) for before, text in lines])
            for kind, lines in pairs.items()
        }
        return cls(embedder, vehicles, Choice.fit(rows, learner))

    def read(self, before: str, text: str) -> dict[Link, float]:
        """The probability of each link between a message and the customer's question `before` it."""
        row = _row(before, text, self._vector, self._vehicles)
        shares = self._choice.shares(row.reshape(1, -1))[0]
        return {cast(Link, label): float(share) for label, share in zip(self._choice.labels, shares, strict=True)}


def _row(before: str, text: str, vector: Callable[[str], Floats], vehicles: Vehicles) -> Floats:
    """The features of a pair, a unit vector: both meanings, and what shows that a message is not whole."""
    earlier, own = vector(vehicles.generic(before)), vector(vehicles.generic(text))
    spoken, telling = words(text), content(text)
    shared = len(set(telling) & set(content(before))) / max(1, len(telling))
    signs = [
        float(own @ earlier),
        min(len(spoken), _LONG) / _LONG,
        min(len(telling), _MANY) / _MANY,
        float(not _PRONOUNS.isdisjoint(spoken)),
        float(bool(vehicles.mentions(text))),
        float(bool(spoken) and spoken[0] in _LEADS),
        shared,
        float("?" in text),
    ]
    joined = np.concatenate([own, _EARLIER * earlier, _EARLIER * np.array(signs)])
    return np.asarray(joined / np.linalg.norm(joined))
