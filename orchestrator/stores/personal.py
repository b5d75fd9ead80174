"""Which rows of which table are held of a person: the one place that says so.

Export, erasure and retention read it, and a test fails where a migration brings a table that is not in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from agents.tables import appointments
from orchestrator.stores.sql_revocations import revocations
from orchestrator.stores.staff_tables import audit_log, cases, handovers, private_notes, tags, webhook_deliveries
from orchestrator.tables import citations, conversations, events, feedback, ledger, messages, requests, runs

REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Holding:
    """A table with rows of persons. `of` tells which are those of a user, given the user's id and the digest by which
    the audit log names them. `erased` says what becomes of them, `period` names the setting of how long they are kept.
    `told` in an export is all but the columns `hidden`, which are about somebody else; those in `plain` are JSON."""

    table: Table
    of: Callable[[str, str], ColumnElement[bool]]
    erased: str = REMOVED
    period: str = "PITCREW_KEEP_CONVERSATIONS_DAYS"
    hidden: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()


def conversations_of(user_id: str) -> "Select[tuple[str]]":
    """The ids of a user's conversations."""
    return select(conversations.c.id).where(conversations.c.owner == user_id)


def runs_of(user_id: str) -> "Select[tuple[str]]":
    """The ids of a user's runs."""
    return select(runs.c.id).where(runs.c.conversation_id.in_(conversations_of(user_id)))


def _in_conversations(table: Table) -> Callable[[str, str], ColumnElement[bool]]:
    return lambda user_id, _: table.c.conversation_id.in_(conversations_of(user_id))


def _in_runs(table: Table) -> Callable[[str, str], ColumnElement[bool]]:
    return lambda user_id, _: table.c.run_id.in_(runs_of(user_id))


def _with_conversation(table: Table, **more: Any) -> Holding:
    return Holding(table, _in_conversations(table), **more)


_ALL = (
    Holding(
        conversations,
        lambda user_id, _: conversations.c.owner == user_id,
        hidden=frozenset({"staff_id", "said"}),
        plain=frozenset({"memory", "metadata"}),
    ),
    _with_conversation(messages, plain=frozenset({"memory"})),
    _with_conversation(events, plain=frozenset({"body"})),
    _with_conversation(runs, hidden=frozenset({"holder"}), plain=frozenset({"effects", "wishes"})),
    Holding(requests, _in_runs(requests), plain=frozenset({"parked", "answer"})),
    Holding(citations, _in_runs(citations)),
    Holding(feedback, lambda user_id, _: feedback.c.user_id == user_id),
    _with_conversation(tags),
    _with_conversation(private_notes, hidden=frozenset({"author_id", "author_name"})),
    _with_conversation(handovers),
    _with_conversation(cases, hidden=frozenset({"author_id", "author_name"}), plain=frozenset({"body"})),
    _with_conversation(
        webhook_deliveries,
        plain=frozenset({"body"}),
        period="PITCREW_KEEP_DELIVERIES_DAYS, and no longer than the conversation",
    ),
    Holding(
        appointments, lambda user_id, _: appointments.c.user_id == user_id, period="PITCREW_KEEP_APPOINTMENTS_DAYS"
    ),
    Holding(
        ledger,
        lambda user_id, _: ledger.c.owner == user_id,
        erased="kept as what was taken and when: the owner becomes `erased`, the run another id, the conversation none",
        period="PITCREW_KEEP_LEDGER_DAYS, then likewise",
    ),
    Holding(
        revocations,
        lambda user_id, _: (revocations.c.kind == "user") & (revocations.c.name == user_id),
        erased="kept until the tokens that it refuses have ended, under a hash of the user's id",
        period="PITCREW_JWT_LIFETIME_S",
        hidden=frozenset({"made_by"}),
    ),
    Holding(
        audit_log,
        lambda _, subject: audit_log.c.subject == subject,
        erased="kept: what was done and when, to a keyed digest of the user's id",
        period="for ever",
        hidden=frozenset({"staff_id", "staff_name", "address", "subject", "hash"}),
        plain=frozenset({"detail"}),
    ),
)
HOLDINGS: Mapping[str, Holding] = MappingProxyType({str(holding.table.name): holding for holding in _ALL})

_MAKERS = "the maker's documents and figures"
_SHARED = "what processes on several machines read of the maker's documents and examples"
_INDEX = "the index of the words of the maker's documents, on PostgreSQL"
_WORDS = "the index of the words of messages, which triggers keep in step with them"
NOBODYS: Mapping[str, str] = MappingProxyType(
    {
        "alembic_version": "the number of the newest migration",
        "audit_chain": "the head of the audit log, and the key of its digests",
        "canned_replies": "texts of the staff for everybody",
        "staff_members": "who is of the staff",
        "deleted_conversations": "how many events a deleted conversation had, under a hash of owner and session",
        "documents": _MAKERS,
        "versions": _MAKERS,
        "chunks": _MAKERS,
        "releases": _MAKERS,
        "release_entries": _MAKERS,
        "publications": _MAKERS,
        "datasets": f"{_MAKERS}; rows about customers in them are the maker's to erase",
        "shared_files": _SHARED,
        "shared_file_parts": _SHARED,
        "word_spaces": _INDEX,
        "word_chunks": _INDEX,
        "word_terms": _INDEX,
        "message_numbers": _WORDS,
        "message_words": _WORDS,
        "message_words_config": _WORDS,
        "message_words_content": _WORDS,
        "message_words_data": _WORDS,
        "message_words_docsize": _WORDS,
        "message_words_idx": _WORDS,
    }
)
"""Tables with no row of any person."""
