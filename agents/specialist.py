"""What a specialist is: a value. One file in `agents/specialists/` per specialist, each exporting `SPECIALIST`.

The graph's node, the classifier's choice and the documentation row all derive from the catalogue of these values.
"""

from dataclasses import dataclass

CUSTOMER = "customer"
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Specialist:
    """An expert for one kind of question.

    `audience`: the roles it is open to. `description`: one sentence for people and models. `utterances`: example
    messages that train the classifier. `knowledge`: the subjects whose documents it may read, its own first.
    `instructions`: how it answers, put before a chat model. `label` heads its part of an answer that several share.
    """

    name: str
    label: str
    description: str
    utterances: tuple[str, ...]
    knowledge: tuple[str, ...]
    instructions: str
    audience: frozenset[str] = frozenset({CUSTOMER, STAFF})


Catalogue = tuple[Specialist, ...]


def open_to(catalogue: Catalogue, role: str) -> Catalogue:
    """The specialists that `role` may be routed to, in catalogue order."""
    return tuple(specialist for specialist in catalogue if role in specialist.audience)
