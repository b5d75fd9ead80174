"""How far a reader has come in the answer to one message: what an event stream's `id` says. Pure.

Told again from there, the reader misses nothing and gets nothing twice, whatever process tells it.
"""

import re
from dataclasses import dataclass

from orchestrator.errors import BadRequest

FIELD = "Last-Event-ID"
_WRITTEN = re.compile(r"([0-9a-f-]{32,36})((?:\.[0-9]{1,10}){6})\.([a-z_]{0,32})([0-9]{0,4})(?:\.([0-9a-f]{32}))?")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the run `run_id`, of whose message the acknowledgement has the seq `first`.

    Told are: the durable events up to `seq`, `offset` characters of the answer, `steps` steps, `code` characters of
    code, the step of the way with the checksum `progress`; and of the event `within`, which comes next, so many
    `frames`. `guest` is the key of a reader who has no token: whoever knows it is that guest.
    """

    run_id: str
    first: int
    seq: int = 0
    offset: int = 0
    steps: int = 0
    code: int = 0
    progress: int = 0
    within: str = ""
    frames: int = 0
    guest: str = ""

    def __str__(self) -> str:
        numbers = (self.first, self.seq, self.offset, self.steps, self.code, self.progress)
        part = f"{self.within}{self.frames}" if self.within else ""
        guest = f".{self.guest}" if self.guest else ""
        return f"{self.run_id}.{'.'.join(map(str, numbers))}.{part}{guest}"


def read_position(text: str) -> Position:
    """The position that `str` wrote. Raises BadRequest for anything else."""
    match = _WRITTEN.fullmatch(text)
    if match is None or bool(match[3]) != bool(match[4]):
        raise BadRequest(field=FIELD, form="the id of an event of this server")
    first, seq, offset, steps, code, progress = map(int, match[2][1:].split("."))
    return Position(match[1], first, seq, offset, steps, code, progress, match[3], int(match[4] or 0), match[5] or "")
