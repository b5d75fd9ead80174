"""What the knowledge base itself says about a message: whose headings are near to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.learning.kernels import Floats, Labels
from agents.learning.teacher import Teacher
from agents.specialist import Catalogue
from agents.vehicles.range import Vehicles
from rag.types import Chunk

_WIDTH = 0.06
"""Difference of cosine that makes a heading count e times less."""
_WEIGHT = 0.3
"""Share of the headings' log odds that is added to the router's: headings are worded unlike questions."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Headings as unit vectors, shape (headings, width), and the specialist whose subject each belongs to; -1 where
    several have an equal claim."""

    vectors: Floats
    owners: Labels
    specialists: int

    def leaning(self, messages: Floats) -> Floats:
        """Log odds to add for each specialist, shape (messages, specialists): from the mean nearness of their headings;
        all zeros where one of them has no heading, because its messages would be drawn to the others."""
        claims = np.stack([self.owners == n for n in range(self.specialists)], axis=1)
        if not len(claims) or not claims.any(axis=0).all():
            return np.zeros((len(messages), self.specialists))
        nearness = np.exp((messages @ self.vectors.T - 1.0) / _WIDTH)
        return np.asarray(np.log(nearness @ (claims / claims.sum(axis=0)) + 1e-12)) * _WEIGHT


def learn(chunks: Sequence[Chunk], catalogue: Catalogue, vehicles: Vehicles, teacher: Teacher) -> Knowledge:
    """The headings of these chunks, each with its document's title before it."""
    subjects = {vehicles.generic(heading(chunk)): chunk.subject for chunk in chunks}
    vectors = teacher.vectors(list(subjects))
    owners = np.array([_owner(subject, catalogue) for subject in subjects.values()], dtype=np.int64)
    return Knowledge(vectors, owners, len(catalogue))


def heading(chunk: Chunk) -> str:
    """Title and headings above a chunk, outermost first."""
    return " > ".join(dict.fromkeys((chunk.title, *chunk.section)))


def _owner(subject: str, catalogue: Catalogue) -> int:
    """The specialist that has the subject earliest in its `knowledge`; -1 where two have it equally early, or none."""
    places = [
        specialist.knowledge.index(subject) if subject in specialist.knowledge else len(specialist.knowledge)
        for specialist in catalogue
    ]
    first = min(places)
    return places.index(first) if places.count(first) == 1 else -1
