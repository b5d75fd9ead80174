"""What each stage of an analysis does; `subgraph.py` puts them in their order."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from agents.analyst import wording
from agents.analyst.alternatives import checked
from agents.analyst.chart import figure
from agents.analyst.plan_sql import query
from agents.analyst.preview import preview
from agents.analyst.progress import MOST_ATTEMPTS, RULES, Attempt, Work
from agents.analyst.query_writer import Writer
from agents.analyst.reading.candidates import Reading, Unread, as_note, from_note, read_question
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.lexicons import lexicon_of
from agents.analyst.reading.plan import Plan
from agents.analyst.remarks import NO_QUERY, REJECTED, UNASKED, cannot, no_data, thoughts
from agents.analyst.result_checks import Verdict, verdict, verify
from agents.context import Resources
from agents.dataset import ALL, Datasets, DatasetUnavailable, DatasetUnknown, QueryFailed, Rows, cannot_be_read
from agents.extractive.pieces import pieces
from agents.model import ModelFailed
from agents.models.metering import working_as
from agents.specialist import Job, reader_of
from agents.types import Answered, Checked, Coded, Computed, Delta, Noted, Output, PartDone, Thought, Turn, Usage

log = structlog.get_logger()

NAME = "analyst"
NOTE = "analysis"
_TURNS_READ = 6
Write = Callable[[Output], None]


class Stages:
    """Works with the server's datasets and, where there is one, its model."""

    def __init__(self, resources: Resources) -> None:
        self._source = resources.datasets
        self._writer = Writer(resources.model) if resources.model is not None else None

    async def load(self, job: Job, now: datetime, write: Write) -> Work:
        """The dataset that is asked about, and what its words mean."""
        question = job["question"]
        work = Work(_own_words(job), question.wishes.dataset or ALL, now, reader_of(job["asker"]))
        if self._source is None:
            return await _ended(job, work, write, no_data())
        datasets = self._datasets(work)
        try:
            lexicon = await lexicon_of(datasets, work.dataset)
        except DatasetUnknown:
            return await _ended(job, work, write, no_data(work.dataset, await datasets.registered()))
        except DatasetUnavailable as failure:
            return await _ended(job, work, write, _unavailable(work, failure))
        if not lexicon.tables:
            return await _ended(job, work, write, no_data(work.dataset, await datasets.registered()))
        before = await asyncio.to_thread(_before, question.notes.get(NOTE), question.history, lexicon, work)
        reading = await asyncio.to_thread(read_question, work.text, lexicon, work.dataset, now, before)
        return replace(work, lexicon=lexicon, before=before, reading=reading)

    def _datasets(self, work: Work) -> Datasets:
        """What may be read for this analysis."""
        assert self._source is not None
        return self._source.seen_by(work.reader)

    async def generate(self, job: Job, work: Work, write: Write) -> Work:
        """The query of the next attempt: the model's, or else that of the reading."""
        work = replace(work, attempt=work.attempt + 1, cause="", sql="", author=RULES)
        if self._writer is not None and work.attempt <= work.for_model and UNASKED not in work.notices:
            work = await self._written(job, work, self._writer)
        if not work.sql and work.plan is not None:
            work = replace(work, sql=query(work.plan), author=RULES)
        if not work.sql:
            assert work.lexicon is not None
            unread = work.reading if isinstance(work.reading, Unread) else Unread("")
            return await _ended(job, work, write, cannot(unread, work.lexicon, work.notices))
        if work.attempt == 1:
            for thought in thoughts(work):
                write(replace(thought, part=job["part"]))
        for line in work.sql.splitlines(keepends=True):
            write(Coded(job["part"], line, work.attempt))
        return work

    async def _written(self, job: Job, work: Work, writer: Writer) -> Work:
        """With the model's query, if it writes one."""
        try:
            with working_as(NAME):
                sql, usage = await writer.query(work, job["question"].history)
        except ModelFailed as failure:
            log.warning("query_not_written", why=failure.reason)
            return replace(work, notices=(*work.notices, UNASKED))
        notices = work.notices if sql else (*work.notices, NO_QUERY)
        return replace(
            work, sql=sql, author=writer.model.label if sql else RULES, usage=work.usage + usage, notices=notices
        )

    async def execute(self, work: Work) -> Work:
        """Run the query. What goes wrong is the `cause` that the next attempt is to remove."""
        try:
            return replace(work, rows=await self._datasets(work).query(work.dataset, work.sql), cause="")
        except QueryFailed as failure:
            return replace(work, rows=None, cause=str(failure) or "The query failed.")
        except (DatasetUnknown, DatasetUnavailable) as failure:
            return replace(work, rows=None, cause=_unavailable(work, failure), attempt=MOST_ATTEMPTS)

    async def reflect(self, job: Job, work: Work, write: Write) -> Work:
        """What went wrong, in words, and whether there is another attempt to make."""
        failed = (*work.failed, Attempt(work.sql, work.cause))
        left = work.attempt < MOST_ATTEMPTS
        if work.by_model and work.attempt < work.for_model:
            write(Thought(job["part"], f"Root cause: {work.cause}\nI have the query corrected.", "cause"))
            return replace(work, failed=failed)
        if work.by_model and left and work.plan is not None:
            write(Thought(job["part"], f"Root cause: {work.cause}\nI take the query that rules make of it.", "cause"))
            return replace(work, failed=failed, notices=(*work.notices, REJECTED))
        if not work.by_model and left and not any(item.sql == work.sql for item in work.failed):
            write(Thought(job["part"], f"Root cause: {work.cause}\nI read the description of the data again.", "cause"))
            return await self._reread(job, work, failed, write)
        text = f"I could not work this out: {work.cause}\n\nPlease ask for less at a time, or in other words."
        return await _ended(job, replace(work, failed=failed), write, text)

    async def _reread(self, job: Job, work: Work, failed: tuple[Attempt, ...], write: Write) -> Work:
        """Read the question again over the data as it is now: it may have changed since its words were learned."""
        try:
            lexicon = await lexicon_of(self._datasets(work), work.dataset, fresh=True)
        except (DatasetUnknown, DatasetUnavailable) as failure:
            return await _ended(job, work, write, _unavailable(work, failure))
        reading = await asyncio.to_thread(read_question, work.text, lexicon, work.dataset, work.now, work.before)
        return replace(work, lexicon=lexicon, reading=reading, failed=failed)

    async def verify(self, job: Job, work: Work, write: Write) -> Work:
        """Check the result by other ways than the one it came by. A rejected one of a model is written again, and
        then left to the rules."""
        assert work.rows is not None
        found = await self._verdict(work, work.rows)
        texts = tuple(check.text for check in found.checks)
        write(Checked(job["part"], found.valid, found.confidence, work.attempt, texts))
        again = not found.valid and bool(found.checks) and work.by_model and work.attempt < MOST_ATTEMPTS
        cause = f"The result was rejected. {found.cause}" if again else ""
        return replace(work, verdict=found, cause=cause)

    async def _verdict(self, work: Work, rows: Rows) -> Verdict:
        ask = partial(self._datasets(work).query, work.dataset)
        try:
            if isinstance(work.reading, Reading):
                if work.by_model:  # a second reader, who agrees or not
                    return await verify(work.reading.plan, rows, ask, len(work.reading.assumed))
                return await checked(work.reading, rows, ask)
            from agents.analyst.sql_checks import MOST, check_query, mentions  # noqa: PLC0415 - models' queries alone

            assert work.lexicon is not None
            checks = await check_query(work.sql, rows, ask)
            named = await asyncio.to_thread(mentions, work.text, work.sql, work.lexicon, work.now)
            return verdict([*checks, *named] if checks else [name for name in named if not name.agreed], most=MOST)
        except (DatasetUnknown, DatasetUnavailable) as failure:
            log.warning("not_verified", why=str(failure))
            return verdict(())

    async def tell(self, job: Job, work: Work, write: Write) -> None:
        """The data, then what it says."""
        if work.over:
            return
        part, rows, found = job["part"], work.rows, work.verdict
        assert rows is not None
        assert found is not None
        plan = work.plan if not work.by_model or found.valid else None
        drawn = await asyncio.to_thread(figure, rows, plan if not work.by_model else None)
        write(Computed(part, work.sql, rows.columns, preview(rows), rows.total, work.dataset, drawn))
        usage = work.usage
        said = False
        if self._writer is not None and job["question"].wishes.prose and rows.rows and UNASKED not in work.notices:
            said, more = await self._worded(job, work, write)
            usage = usage + more
        if not said:
            await _say(part, f"## Key findings\n{wording.bullets(await self._points(work, rows, plan))}", write)
        notes = wording.notes(plan, _assumed(work), found, rows, work.notices)
        await _say(part, f"\n\n{notes}" if said else f"\n{notes}", write)
        if isinstance(work.reading, Reading):
            write(Noted(NOTE, as_note(work.reading)))
        write(PartDone(part, Answered(usage=usage), work.author))

    async def _worded(self, job: Job, work: Work, write: Write) -> tuple[bool, Usage]:
        """The model's words to the result; whether they came to their end and say something, and what they took."""
        assert self._writer is not None
        said: list[str] = []
        usage, ended = Usage(), False
        try:
            with working_as(NAME):
                async with aclosing(self._writer.words(work)) as words:
                    async for item in words:
                        if isinstance(item, Usage):
                            usage = item
                        else:
                            said.append(item)
                            write(Delta(job["part"], item))
            ended = True
        except ModelFailed as failure:
            log.warning("analysis_not_worded", why=str(failure))
        if ended and any(line.strip() and not line.startswith("#") for line in "".join(said).splitlines()):
            return True, usage
        if said:
            write(Delta(job["part"], "\n\n"))
        return False, usage

    async def _points(self, work: Work, rows: Rows, plan: Plan | None) -> list[str]:
        """What the result says, in fixed words."""
        if plan is None or work.by_model:
            return wording.plain_findings(rows)
        points = wording.findings(plan, rows)
        if not rows.rows and plan.when is not None:
            points.append(await self._covered(work, plan))
        return [*points, *wording.open_questions(work.verdict)]

    async def _covered(self, work: Work, plan: Plan) -> str:
        """From when to when there is data at all."""
        assert plan.when is not None
        try:
            first, last = (await self._datasets(work).query(work.dataset, wording.coverage(plan))).rows[0]
        except (QueryFailed, DatasetUnavailable, DatasetUnknown):
            return "How far the data reaches could not be seen."
        return f"The data reaches from {str(first)[:10]} to {str(last)[:10]}." if first else "There is no data yet."


def _unavailable(work: Work, failure: Exception) -> str:
    """What is said of it; its own words are for whoever runs the server."""
    log.warning("data_not_read", dataset=work.dataset, why=str(failure))
    return cannot_be_read(work.dataset)


def _own_words(job: Job) -> str:
    """The part without what the conversation adds to it: the analysis before it is known here more precisely. Who asks
    the analyst by name is taken at their word."""
    wished = job["question"].wishes.agent == NAME
    return job["question"].text.strip() if wished else job["standalone"].text


def _before(note: object, history: tuple[Turn, ...], lexicon: Lexicon, work: Work) -> Plan | None:
    """The plan of the analysis before this question: as it was noted, or as the conversation tells it."""
    noted = from_note(note)
    if noted is not None:
        return noted if noted.dataset == work.dataset and noted.source in lexicon.tables else None
    plan: Plan | None = None
    for turn in [item for item in history if item.role == "customer"][-_TURNS_READ:]:
        reading = read_question(turn.text, lexicon, work.dataset, work.now, plan)
        plan = reading.plan if isinstance(reading, Reading) else plan
    return plan


def _assumed(work: Work) -> tuple[str, ...]:
    return work.reading.assumed if isinstance(work.reading, Reading) else ()


async def _say(part: int, text: str, write: Write) -> None:
    async for piece in pieces(text):
        write(Delta(part, piece))


async def _ended(job: Job, work: Work, write: Write, text: str) -> Work:
    """Say why there is no analysis; nothing more is done."""
    await _say(job["part"], text, write)
    write(PartDone(job["part"], Answered(declined=True, status="declined", usage=work.usage), work.author))
    return replace(work, over=True)
