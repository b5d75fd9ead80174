"""The contract of the ledger: what each run took of models and tools. No text of anybody is ever in it, so it outlives
the conversations that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

By = Literal["day", "user", "model", "agent", "purpose", "tool"]
"""What `Ledger.totals` can add up by."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The calls of one run that are alike: of one `kind` (a purpose, or `tool`), for one `agent` ("" before a
    specialist has it), of one model or tool, the `name`. `day` is its UTC date, ISO 8601.

    `failures`: calls that did not come to their end; `estimated`: calls whose tokens the provider did not count.
    `input_tokens` include `cached_tokens`. `cost_micros`: in millionths of the currency, None where there is no price.
    `milliseconds` are those of all calls together; `first_token_ms` those up to the first text, of the `begun` calls
    that said some.
    """

    run_id: str
    conversation_id: str
    owner: str
    day: str
    kind: str
    agent: str
    name: str
    calls: int = 0
    failures: int = 0
    estimated: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int | None = 0
    milliseconds: float = 0.0
    begun: int = 0
    first_token_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, in (`cached_tokens` among them) and out, and their cost in millionths of the currency. `unpriced`: tokens
    that the cost leaves out, because their model had no price."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int = 0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Total:
    """Everything that shares a `key`: a day, a user, a model, a specialist or a tool. `calls` are those of models,
    `tool_calls` those of tools, with the milliseconds of each; the rest as in `Entry`, of both."""

    key: str
    runs: int
    spent: Spent
    calls: int
    tool_calls: int
    failures: int
    estimated: int
    milliseconds: float
    tool_milliseconds: float
    begun: int
    first_token_ms: float


class Ledger(Protocol):
    """Keeps the accounts. Safe for concurrent use; a method that returns has committed. Every method raises
    StorageUnavailable when the database cannot be reached."""

    async def add(self, entries: Sequence[Entry]) -> None:
        """Put the entries on the books, all or none: what is alike within a run and day adds up."""

    async def of_day(self, owner: str, day: str) -> Spent:
        """What the owner's runs took on a day."""

    async def of_run(self, run_id: str) -> Spent:
        """What a run took so far; nothing for one that is not known."""

    async def totals(self, since: str, by: By) -> Sequence[Total]:
        """The sums from the day `since` on: by day the latest first, otherwise the most tokens first."""
