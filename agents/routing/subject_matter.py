"""What the knowledge base itself speaks of: a message that is nearer to it than to any that is for nobody is for this
support, whatever trade the examples of the specialists are about."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.extractive.scoring import compared
from agents.learning.choice import embedded
from agents.learning.kernels import Floats
from agents.learning.teacher import Teacher
from agents.passages.statements import statements
from agents.routing import out_of_scope
from agents.specialist import Catalogue
from agents.vehicles.applicability import fitment_of
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_LEAST = 0.5
"""Cosine below which a message and a statement may have nothing to do with each other. Set with questions of
two trades of which the examples know nothing and on the bundled ones: of what is for nobody 92 in 100 stay below."""
_CLEARLY = 0.05
"""By how much the base has to be nearer than what is for nobody."""
_WIDTH = 0.02
"""Difference of cosine that makes a message e times likelier to be in scope."""
_OWN = 0.7
"""Cosine from which something that is for nobody elsewhere is what this base speaks of: a fault of a dishwasher, where
these are made."""
_ASKED = 0.2
"""By how much nearer another question has to be than a statement: questions are alike in form."""
_MOST_CHUNKS = 5_000
"""Chunks whose statements are looked at. Where there are more their headings say enough: every message is compared with
all of it."""
_FEW = 2_000
"""Questions of customers that are looked at. Where there are more, what the documents state says enough, and to embed
them would hold up the first start."""
_LOT = 500


@dataclass(frozen=True, slots=True)
class SubjectMatter:
    """Unit vectors, shape (texts, width): what the base states under which headings, what customers have `asked` of it,
    and messages that are `foreign` to it."""

    stated: Floats
    asked: Floats
    foreign: Floats

    def odds(self, messages: Floats) -> Floats:
        """Log odds of being in scope for messages of these meanings, shape (messages,); minus infinity of an empty
        base. They tell nothing against a message."""
        if not len(self.stated):
            return np.full(len(messages), -np.inf)
        near = np.maximum(_nearest(messages, self.stated), _nearest(messages, self.asked) - _ASKED)
        far = np.maximum(_nearest(messages, self.foreign) + _CLEARLY, _LEAST)
        return np.asarray((near - far) / _WIDTH)


EMPTY = SubjectMatter(*(np.zeros((0, 0), dtype=np.float32) for _ in range(3)))


def learn(
    chunks: Sequence[Chunk],
    headings: Floats,
    questions: Sequence[str],
    catalogue: Catalogue,
    vehicles: Vehicles,
    teacher: Teacher,
) -> SubjectMatter:
    """That of these chunks, with the vectors of their `headings`, and of customers' questions. What is stated has been
    embedded at ingestion."""
    if not chunks:
        return EMPTY
    fitment = fitment_of(vehicles)
    read = chunks if len(chunks) <= _MOST_CHUNKS else ()
    texts = (statement for chunk in read for statement in statements([Passage(chunk, 0.0)], fitment))
    told = embedded(teacher.embedder, list(dict.fromkeys(map(compared, texts))))
    stated = np.vstack([headings, told]) if len(told) else headings
    few = questions if len(questions) <= _FEW else ()
    asked = teacher.vectors(list(dict.fromkeys(map(vehicles.generic, few))))
    beyond = (text for specialist in catalogue for text in specialist.beyond)
    foreign = teacher.vectors(list(dict.fromkeys((*out_of_scope.UTTERANCES, *beyond))))
    foreign = foreign[_nearest(foreign, stated) < _OWN]
    return SubjectMatter(*(vectors.astype(np.float32) for vectors in (stated, asked, foreign)))


def _nearest(messages: Floats, texts: Floats) -> Floats:
    """The cosine of each message to the nearest of the texts, -1 where there are none."""
    if not len(texts):
        return np.full(len(messages), -1.0)
    known = texts.T
    lots = (messages[at : at + _LOT].astype(np.float32) @ known for at in range(0, len(messages), _LOT))
    return np.concatenate([lot.max(axis=1) for lot in lots] or [np.zeros(0)])
