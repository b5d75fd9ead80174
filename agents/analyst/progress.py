"""What an analysis has come to, stage by stage."""

from dataclasses import dataclass, field
from datetime import datetime

from agents.analyst.reading.candidates import Reading, Unread
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.plan import Plan
from agents.analyst.result_checks import Verdict
from agents.dataset import ANYBODY, Reader, Rows
from agents.types import Usage

MOST_ATTEMPTS = 3
RULES = "analysis rules"
"""Who answers where no model does."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A query that did not do, and the `cause` in words."""

    sql: str
    cause: str


@dataclass(frozen=True, slots=True)
class Work:
    """`text` is the question, `dataset` what `reader` asks it about, `before` the plan of the analysis before it.
    `reading` is the question read without a model. `sql` is this attempt's query, written by `author` (a model's
    label, or RULES); `failed` are the attempts before it. `notices` are told at the end. `over`: there is nothing more
    to do."""

    text: str
    dataset: str
    now: datetime
    reader: Reader = ANYBODY
    lexicon: Lexicon | None = None
    before: Plan | None = None
    reading: Reading | Unread | None = None
    sql: str = ""
    author: str = RULES
    attempt: int = 0
    failed: tuple[Attempt, ...] = ()
    rows: Rows | None = None
    cause: str = ""
    verdict: Verdict | None = None
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    over: bool = False

    @property
    def plan(self) -> Plan | None:
        return self.reading.plan if isinstance(self.reading, Reading) else None

    @property
    def for_model(self) -> int:
        """How many attempts are the model's: the last one is for the rules, where they have a reading."""
        return MOST_ATTEMPTS - (self.plan is not None)

    @property
    def by_model(self) -> bool:
        return self.author != RULES
