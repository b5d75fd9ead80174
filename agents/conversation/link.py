"""How a message hangs together with the question before it, learnt from pairs of messages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Self, cast

import numpy as np

from agents.language.reading import reading
from agents.language.words import content, vocabulary
from agents.learning.choice import Choice, Features
from agents.learning.examples import table
from agents.learning.kernels import Floats
from agents.learning.teacher import Teacher
from agents.vehicles.range import Vehicles

Link = Literal["other", "more", "else", "new"]
"""`other` asks the question before it again about something else; `more` asks more of the thing that it was about,
which the message does not name; `else` names a thing, of the same vehicle; `new` stands alone."""
Pair = tuple[str, str, bool]
"""The question before and the message, whose vehicles have no names, and whether the message named one."""

_EARLIER = 0.5
"""The weight of the question before and of the signs beside the message itself. Measured: 0.3 to 1 differ little."""
_PRONOUNS = vocabulary("it its it's that this they them those these one ones there he she his her")
_LEADS = vocabulary("and or but same what also")
_LONG, _MANY = 20, 8


class LinkReader:
    """Immutable and thread-safe; blocks while embedding."""

    def __init__(self, vehicles: Vehicles, choice: Choice[Pair]) -> None:
        self._vehicles = vehicles
        self._choice = choice

    @property
    def choice(self) -> Choice[Pair]:
        """What it reads by."""
        return self._choice

    @classmethod
    def taught(cls, teacher: Teacher, vehicles: Vehicles) -> Self:
        """Learn the pairs beside this module. The same inputs give the same reader."""
        lists: Mapping[str, Sequence[tuple[str, str]]] = table(__file__, "link.toml")
        pairs = {kind: [_pair(before, text, vehicles) for before, text in lines] for kind, lines in lists.items()}
        return cls(vehicles, teacher.choice(pairs, _features))

    def read(self, before: str, text: str) -> dict[Link, float]:
        """The probability of each link between a message and the customer's question `before` it."""
        shares = self._choice.probabilities(_pair(before, text, self._vehicles))
        return {cast(Link, label): share for label, share in shares.items()}


def _pair(before: str, text: str, vehicles: Vehicles) -> Pair:
    return vehicles.generic(before), vehicles.generic(text), bool(vehicles.mentions(text))


def _features(pairs: Sequence[Pair], vectors: Callable[[Sequence[str]], Floats]) -> Floats:
    """Unit vectors of pairs: both meanings, and what shows that a message is not whole."""
    earlier, own = (vectors([str(pair[place]) for pair in pairs]) for place in (0, 1))
    signs = np.array([_signs(*pair) for pair in pairs])
    near = (own * earlier).sum(axis=1, keepdims=True)
    joined = np.hstack([own, _EARLIER * earlier, _EARLIER * near, _EARLIER * signs])
    return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True))


def _signs(before: str, text: str, names_vehicle: bool) -> list[float]:
    spoken, telling = reading(text).words, reading(text).content
    return [
        min(len(spoken), _LONG) / _LONG,
        min(len(telling), _MANY) / _MANY,
        float(not _PRONOUNS.isdisjoint(spoken)),
        float(names_vehicle),
        float(bool(spoken) and spoken[0] in _LEADS),
        len(set(telling) & set(content(before))) / max(1, len(telling)),
        float("?" in text),
    ]


FEATURES: Features[Pair] = _features
