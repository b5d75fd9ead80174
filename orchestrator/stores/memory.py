"""What a conversation remembers between its runs, as the store keeps it: pure, and small however long it grows.

Each thing remembered knows the customer's messages that it came from, by their `seq`, so that it can go with them.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from orchestrator.run import Memory

log = structlog.get_logger()

FACTS = 32
FACT_CHARS = 200
NOTE_BYTES = 16 * 1024
"""The largest note of one skill, as JSON; a larger one is not kept."""
NOTE_ORIGINS = 16
"""Messages that are remembered one by one as those that a note grew by: the first and the last ones."""
SUMMARY_CHARS = 2_000


class ConversationMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """`facts` by name, `notes` by skill. `summary` tells what was said up to the message `summary_upto`. `facts_from`
    names the message that each fact was learned from, `notes_from` those that each note grew by."""

    facts: dict[str, str] = {}
    notes: dict[str, dict[str, Any]] = {}
    summary: str = ""
    summary_upto: int = 0
    facts_from: dict[str, int] = {}
    notes_from: dict[str, list[int]] = {}


def encode_memory(memory: ConversationMemory) -> str:
    return msgspec.json.encode(memory).decode()


def decode_memory(text: str) -> ConversationMemory:
    return msgspec.json.decode(text, type=ConversationMemory)


def learned(previous: ConversationMemory, memory: Memory, seq: int) -> ConversationMemory:
    """What is known after a run about the message `seq` has left `memory`."""
    facts, facts_from = previous.facts, previous.facts_from
    if memory.facts is not None:
        facts = {name: value[:FACT_CHARS] for name, value in list(memory.facts.items())[:FACTS]}
        same = {name for name in facts if previous.facts.get(name) == facts[name]}
        facts_from = {name: previous.facts_from.get(name, 0) if name in same else seq for name in facts}
    notes, notes_from = dict(previous.notes), dict(previous.notes_from)
    for skill, note in memory.notes.items():
        kept = _storable(skill, note)
        if kept is None:
            notes.pop(skill, None)
            notes_from.pop(skill, None)
        else:
            notes.pop(skill, None)  # the latest stands last: it is asked first whose question a message answers
            notes[skill] = kept
            origins = sorted({*notes_from.get(skill, ()), seq})
            notes_from[skill] = [*origins[:1], *origins[1:][1 - NOTE_ORIGINS :]]
    summary, upto = previous.summary, previous.summary_upto
    if memory.summary is not None and memory.summary.upto > upto:
        summary, upto = memory.summary.text[:SUMMARY_CHARS], memory.summary.upto
    return ConversationMemory(facts, notes, summary, upto, facts_from, notes_from)


def _storable(skill: str, note: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The note as plain data; None for one that is too large or no plain data, which is said in the log."""
    if not note:
        return None
    try:
        body = msgspec.json.encode(note)
    except (TypeError, ValueError) as error:
        log.error("note_not_kept", skill=skill, reason=type(error).__name__)
        return None
    if len(body) > NOTE_BYTES:
        log.error("note_not_kept", skill=skill, reason="too large", bytes=len(body))
        return None
    plain: dict[str, Any] = msgspec.json.decode(body)
    return plain


def without(memory: ConversationMemory, seq: int, earlier: ConversationMemory) -> ConversationMemory:
    """What is left when the message `seq` was never said; `earlier` is what was known before it."""
    facts = {name: value for name, value in memory.facts.items() if memory.facts_from.get(name) != seq}
    notes = {skill: note for skill, note in memory.notes.items() if not _grew_by(memory.notes_from.get(skill, []), seq)}
    source = memory if memory.summary_upto < seq else earlier
    return ConversationMemory(
        facts,
        notes,
        source.summary,
        source.summary_upto,
        {name: origin for name, origin in memory.facts_from.items() if name in facts},
        {skill: origins for skill, origins in memory.notes_from.items() if skill in notes},
    )


def _grew_by(origins: list[int], seq: int) -> bool:
    """Whether a note may have grown by the message: where there were too many, any one after the first may have."""
    return seq in origins or (len(origins) == NOTE_ORIGINS and origins[0] < seq < origins[1])
