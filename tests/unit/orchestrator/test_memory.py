from orchestrator.run import Memory
from orchestrator.stores.memory import ConversationMemory, learned


def test_the_skill_that_noted_something_last_stands_last() -> None:
    known = learned(ConversationMemory(), Memory(notes={"first": {"open": 1}, "second": {"open": 1}}), 1)
    known = learned(known, Memory(notes={"first": {"open": 2}}), 3)
    assert list(known.notes) == ["second", "first"]
    assert learned(known, Memory(notes={"second": None}), 5).notes == {"first": {"open": 2}}
