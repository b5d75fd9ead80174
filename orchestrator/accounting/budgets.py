"""A run with its accounts: measured, kept within its budgets, and put on the books however it ends."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from agents.models.metering import Call, Meter, count_with
from agents.types import Usage
from orchestrator.accounting.ledger import Entry, Ledger, Spent
from orchestrator.accounting.prices import Prices, micros
from orchestrator.errors import StorageUnavailable
from orchestrator.events import AnyEvent, Completed, UsageFigures
from orchestrator.execution.runs import Run
from orchestrator.run import Desk, RunInput

log = structlog.get_logger()

NOTICE = (
    "You have reached today's limit for answers in my own words. Until {until} I quote our documents instead; "
    "everything else works as usual."
)
DAY_BUDGET = "DAY_BUDGET"
"""What `Completed.degraded` says of an answer without a model because the user's day was used up."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be taken; 0 is any amount. `day_tokens` and `day_micros` (millionths of the currency) are for one user
    and day, UTC. They are looked at when a run begins: those that a user has under way at once may go beyond."""

    run_tokens: int = 0
    day_tokens: int = 0
    day_micros: int = 0

    def used_up(self, spent: Spent) -> bool:
        """Whether the day's is."""
        return 0 < self.day_tokens <= spent.tokens or 0 < self.day_micros <= spent.cost_micros


def _nobody(entries: Sequence[Entry]) -> None:
    return None


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class MeteredRun:
    """Answers a run as `answer` does, metered. `observe` is told what goes on the books; `now` is the clock, aware."""

    answer: Run
    ledger: Ledger
    allowance: Allowance = Allowance()
    prices: Prices = field(default_factory=dict)
    observe: Callable[[Sequence[Entry]], None] = _nobody
    now: Callable[[], datetime] = _utc_now

    async def __call__(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        """See `orchestrator.execution.runs.Run`. The accounts are written before the generator ends, so before the
        run's end is committed; if they cannot be, the answer is given all the same."""
        earlier = await self._look_up(self.ledger.of_run(run.run_id)) if run.reply is not None else Spent()
        meter = Meter(self.allowance.run_tokens, earlier=earlier.tokens, notice=await self._notice(run))
        desk.meter = meter
        count_with(meter)
        try:
            async with aclosing(self.answer(run, desk)) as events:
                async for event in events:
                    yield self._accounted(event, meter, run, earlier) if isinstance(event, Completed) else event
        finally:
            count_with(None)
            await self._book(run, meter)

    async def _notice(self, run: RunInput) -> str:
        """Why the run may ask no model; "" where it may."""
        if not (self.allowance.day_tokens or self.allowance.day_micros):
            return ""
        today = self.now().astimezone(UTC).date()
        spent = await self._look_up(self.ledger.of_day(run.user_id, today.isoformat()))
        if not self.allowance.used_up(spent):
            return ""
        log.info("day_budget_used_up", run_id=run.run_id, tokens=spent.tokens, cost_micros=spent.cost_micros)
        midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
        zone = run.question.zone
        until = f"{midnight.astimezone(ZoneInfo(zone)):%H:%M} ({zone})" if zone else "00:00 UTC"
        return NOTICE.format(until=until)

    def _accounted(self, event: Completed, meter: Meter, run: RunInput, earlier: Spent) -> Completed:
        """The answer with what its run has taken, internal calls among it."""
        spent = added_up(self._entries(run, meter), earlier)
        cost = None if spent.unpriced else spent.cost_micros
        figures = UsageFigures(event.usage.model, spent.input_tokens, spent.output_tokens, spent.cached_tokens, cost)
        degraded = event.degraded or (DAY_BUDGET if meter.offline else None)
        return replace(event, usage=figures, degraded=degraded)

    async def _look_up(self, spent: Awaitable[Spent]) -> Spent:
        """Accounts that cannot be read keep nobody from an answer."""
        try:
            return await spent
        except StorageUnavailable:
            log.warning("accounts_not_read")
            return Spent()

    async def _book(self, run: RunInput, meter: Meter) -> None:
        entries = self._entries(run, meter)
        if not entries:
            return
        self.observe(entries)
        try:
            await self.ledger.add(entries)
        except Exception as error:
            spent = added_up(entries)
            log.error(
                "accounts_not_written",
                run_id=run.run_id,
                tokens=spent.tokens,
                cost_micros=spent.cost_micros,
                exc_info=not isinstance(error, StorageUnavailable),
            )

    def _entries(self, run: RunInput, meter: Meter) -> list[Entry]:
        day = self.now().astimezone(UTC).date().isoformat()
        alike: dict[tuple[str, str, str], list[Call]] = {}
        for call in meter.calls:
            alike.setdefault((call.kind, call.agent, call.name), []).append(call)
        return [_entry(run, day, calls, self.prices) for calls in alike.values()]


def _entry(run: RunInput, day: str, calls: Sequence[Call], prices: Prices) -> Entry:
    """What stands on the books for calls that are alike."""
    first, used = calls[0], [call.usage for call in calls]
    whole = Usage(
        sum(usage.input_tokens for usage in used),
        sum(usage.output_tokens for usage in used),
        first.name,
        sum(usage.cached_tokens for usage in used),
    )
    waits = [call.first_token_ms for call in calls if call.first_token_ms is not None]
    return Entry(
        run_id=run.run_id,
        conversation_id=run.conversation_id,
        owner=run.user_id,
        day=day,
        kind=first.kind,
        agent=first.agent,
        name=first.name,
        calls=len(calls),
        failures=sum(not call.ok for call in calls),
        estimated=sum(call.estimated for call in calls),
        input_tokens=whole.input_tokens,
        cached_tokens=whole.cached_tokens,
        output_tokens=whole.output_tokens,
        cost_micros=micros(prices, first.name, whole),
        milliseconds=round(sum(call.milliseconds for call in calls), 1),
        begun=len(waits),
        first_token_ms=round(sum(waits), 1),
    )


def added_up(entries: Iterable[Entry], before: Spent = Spent()) -> Spent:  # noqa: B008 - a frozen value
    """What the entries come to, on top of what was spent before."""
    spent = before
    for entry in entries:
        unknown = entry.cost_micros is None
        spent = Spent(
            spent.input_tokens + entry.input_tokens,
            spent.cached_tokens + entry.cached_tokens,
            spent.output_tokens + entry.output_tokens,
            spent.cost_micros + (entry.cost_micros or 0),
            spent.unpriced + (entry.input_tokens + entry.output_tokens if unknown else 0),
        )
    return spent
