from typing import Any

import pytest

from agents.types import Summarised
from orchestrator.run import Memory
from orchestrator.stores.memory import ConversationMemory, decode_memory, encode_memory, learned, without


def test_what_is_known_survives_storing() -> None:
    known = ConversationMemory(
        {"model": "Wren"}, {"plan": {"at": [1, None]}}, "said", 4, {"model": 1}, {"plan": [1, 3]}
    )
    assert decode_memory(encode_memory(known)) == known
    assert decode_memory("{}") == ConversationMemory()


def test_facts_replace_those_known_and_remember_where_they_came_from() -> None:
    known = learned(ConversationMemory(), Memory({"model": "Wren", "year": "2025"}), 1)
    known = learned(known, Memory({"model": "Wren", "year": "2026"}), 3)
    assert (known.facts, known.facts_from) == ({"model": "Wren", "year": "2026"}, {"model": 1, "year": 3})
    assert learned(known, Memory({"model": "Wren"}), 5).facts_from == {"model": 1}
    assert learned(known, Memory(), 5) == known


def test_a_note_belongs_to_every_message_that_it_grew_by_until_it_is_forgotten() -> None:
    known = learned(ConversationMemory(), Memory(notes={"plan": {"n": 1}}), 1)
    known = learned(known, Memory(notes={"plan": {"n": 2}}), 3)
    assert without(known, 2, ConversationMemory()).notes == {"plan": {"n": 2}}
    assert without(known, 1, ConversationMemory()).notes == {}
    known = learned(known, Memory(notes={"plan": None}), 5)
    known = learned(known, Memory(notes={"plan": {"n": 3}}), 7)
    assert without(known, 1, ConversationMemory()).notes == {"plan": {"n": 3}}


def test_the_origins_of_a_note_take_no_more_room_at_turn_200() -> None:
    known = ConversationMemory()
    sizes = []
    for turn in range(200):
        known = learned(known, Memory(notes={"plan": {"n": 1}}), 1_001 + 2 * turn)
        sizes.append(len(encode_memory(known)))
        assert all(without(known, 1_001 + 2 * earlier, ConversationMemory()).notes == {} for earlier in range(turn + 1))
    assert max(sizes) == sizes[15]


@pytest.mark.parametrize("note", [{}, {"x": object()}, {"x": "y" * 20_000}, {"x": float("inf")}, None])
def test_a_note_that_cannot_be_kept_leaves_none(note: Any) -> None:
    known = learned(ConversationMemory(), Memory(notes={"plan": {"n": 1}}), 1)
    after = learned(known, Memory(notes={"plan": note}), 3)
    assert after.notes in ({}, {"plan": {"x": None}})
    assert decode_memory(encode_memory(after)) == after


def test_a_summary_goes_forward_and_back_to_what_was_before_the_message() -> None:
    before = learned(ConversationMemory(), Memory(summary=Summarised("one", 4)), 5)
    after = learned(before, Memory(summary=Summarised("one and two", 8)), 9)
    assert learned(after, Memory(summary=Summarised("late", 6)), 11).summary == "one and two"
    assert without(after, 9, before) == after
    assert (without(after, 8, before).summary, without(after, 8, before).summary_upto) == ("one", 4)
