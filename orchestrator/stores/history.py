"""What a run is told of the conversation so far: within a budget, read by an index, so that it costs the same at every
length of the conversation."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, select

from agents.types import STAFF, Turn
from orchestrator.tables import messages

HISTORY_TURNS = 12
HISTORY_CHARS = 6_000
"""The newest messages that a run sees word for word: about 1,500 tokens, at the usual four characters each."""
TURN_CHARS = 3_000
"""What a run sees of one message; so it always sees the last two."""
OLDER_TURNS = 24
"""Messages that are summed up at once."""


def _visible(*where: ColumnElement[bool]) -> Select[Any]:
    """The messages that count, as the index of them has it."""
    text = func.substr(messages.c.text, 1, TURN_CHARS).label("text")
    return select(messages.c.seq, messages.c.role, text, messages.c.agent).where(
        messages.c.conversation_id == bindparam("of_conversation"),
        messages.c.superseded_by.is_(None),
        messages.c.deleted_at.is_(None),
        *where,
    )


_OTHER_RUNS = messages.c.run_id.not_in(bindparam("without_runs", expanding=True))
_NEWEST = _visible(_OTHER_RUNS).order_by(messages.c.seq.desc()).limit(HISTORY_TURNS)
_BEFORE = _visible(messages.c.seq < bindparam("before")).order_by(messages.c.seq.desc()).limit(HISTORY_TURNS)
_BETWEEN = _visible(messages.c.seq > bindparam("after"), messages.c.seq <= bindparam("upto"), _OTHER_RUNS)
_OLDER = _BETWEEN.order_by(messages.c.seq).limit(OLDER_TURNS)
_ANY_BETWEEN = _visible(messages.c.seq > bindparam("after"), messages.c.seq < bindparam("before")).limit(1)


def newest(connection: Connection, conversation_id: str, without_runs: Collection[str]) -> list[Row[Any]]:
    """The last messages within the budget, oldest first, without those of some runs."""
    which = {"of_conversation": conversation_id, "without_runs": list(without_runs)}
    rows = connection.execute(_NEWEST, which).all()
    taken, chars = 0, 0
    for row in rows:
        chars += len(row.text)
        if chars > HISTORY_CHARS:
            break
        taken += 1
    return list(reversed(rows[:taken]))


def before(connection: Connection, conversation_id: str, seq: int) -> list[Row[Any]]:
    """The last messages before a place, as a run about the message there saw them."""
    rows = connection.execute(_BEFORE, {"of_conversation": conversation_id, "before": seq}).all()
    return list(reversed(rows))


def older(
    connection: Connection, conversation_id: str, history: list[Row[Any]], upto: int, without_runs: Collection[str]
) -> list[Row[Any]]:
    """The messages after `upto` that are to be summed up now: those before the history and, so that nothing is lost
    when it moves on, the first half of it; none while all of them are in it and it has room."""
    if not history or history[0].seq <= upto or not _full(connection, conversation_id, history, upto):
        return []
    last = history[(len(history) - 1) // 2].seq
    which = {"of_conversation": conversation_id, "after": upto, "upto": last, "without_runs": list(without_runs)}
    return list(connection.execute(_OLDER, which))


def _full(connection: Connection, conversation_id: str, history: list[Row[Any]], upto: int) -> bool:
    """Whether the next messages will push the first ones out of the history, or have done so."""
    if len(history) >= HISTORY_TURNS - 1:
        return True
    earlier = {"of_conversation": conversation_id, "after": upto, "before": history[0].seq}
    return connection.execute(_ANY_BETWEEN, earlier).first() is not None


def turns(rows: list[Row[Any]]) -> tuple[Turn, ...]:
    return tuple(map(_turn, rows))


def _turn(row: Row[Any]) -> Turn:
    """A message as a turn; what people of the staff said is known by STAFF."""
    if row.role == "customer":
        return Turn("customer", row.text)
    return Turn("assistant", row.text, STAFF if row.role == "staff" else row.agent)
