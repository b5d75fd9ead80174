"""Who has a conversation."""

import msgspec

from orchestrator.events import Envelope, State


class Member(msgspec.Struct, frozen=True):
    """A member of staff: `id` is the subject of their token."""

    id: str
    name: str


class Standing(msgspec.Struct, frozen=True):
    """Who has a conversation. `queue`: how many wait for a person. `declined`: the bot's last answer since it was given
    the conversation was none."""

    conversation_id: str
    session_id: str
    state: State
    owner_epoch: int
    staff: Member | None
    place: int | None = None
    queue: int = 0
    email: str = ""
    declined: bool = False


class Handed(msgspec.Struct, frozen=True):
    """A change of owner: what was committed with it, in its order; nothing where there was nothing to change."""

    envelopes: tuple[Envelope, ...] = ()
