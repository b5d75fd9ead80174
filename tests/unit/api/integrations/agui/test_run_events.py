"""Turns of every kind as AG-UI tells them: what is opened is closed, and a run has one end."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from ag_ui.core import BaseEvent, EventType, RunAgentInput
from hypothesis import given
from hypothesis import strategies as st

from api.integrations.agui.run_events import Narration
from orchestrator.errors import ShuttingDown
from orchestrator.events import AnyEvent, Envelope, UsageFigures
from tests.unit.api.turns_of_all_kinds import TURNS, completed, said, step

RUN = RunAgentInput(
    thread_id="t",
    run_id="r",
    messages=[{"id": "m", "role": "user", "content": "Hi"}],  # type: ignore[list-item]
)
ENDS = {EventType.RUN_FINISHED, EventType.RUN_ERROR}


def narrated(events: Iterable[AnyEvent]) -> list[BaseEvent]:
    narration = Narration(RUN, "run")
    told = [*narration.opening()]
    for seq, event in enumerate(events, 1):
        told += narration.events(Envelope("c", event, seq))
    return told if told[-1].type in ENDS else [*told, *narration.failed(ShuttingDown())]


def plain(events: list[BaseEvent]) -> list[dict[str, Any]]:
    return [event.model_dump(by_alias=True, mode="json") for event in events]


def check_order(events: list[BaseEvent]) -> None:
    """The rules of the protocol for what is opened and closed."""
    pairs = {
        "STEP_STARTED": "STEP_FINISHED",
        "TEXT_MESSAGE_START": "TEXT_MESSAGE_END",
        "TOOL_CALL_START": "TOOL_CALL_END",
        "REASONING_START": "REASONING_END",
        "REASONING_MESSAGE_START": "REASONING_MESSAGE_END",
    }
    within = {
        "TEXT_MESSAGE_CONTENT": "TEXT_MESSAGE_START",
        "TOOL_CALL_ARGS": "TOOL_CALL_START",
        "REASONING_MESSAGE_CONTENT": "REASONING_MESSAGE_START",
    }
    opened: set[tuple[str, str]] = set()
    closes = {end: start for start, end in pairs.items()}
    for event in plain(events):
        kind = event["type"]
        name = str(event.get("stepName") or event.get("toolCallId") or event.get("messageId"))
        if kind in pairs:
            assert (kind, name) not in opened, event
            opened.add((kind, name))
        elif kind in closes:
            opened.remove((closes[kind], name))
        elif kind in within:
            assert (within[kind], name) in opened, event
        elif kind == "RUN_FINISHED":
            assert opened == set()
    assert [event.type for event in events[:1]] == [EventType.RUN_STARTED]
    assert [event.type in ENDS for event in events].index(True) == len(events) - 1


@pytest.mark.parametrize("name", TURNS)
def test_every_kind_of_turn(name: str) -> None:
    check_order(narrated(TURNS[name].events))


@given(st.integers(0, 2**32))
def test_any_events_before_the_end(seed: int) -> None:
    """Also in an order in which no run would tell them."""
    chance = random.Random(seed)
    middle = [event for turn in TURNS.values() for event in turn.events[:-1]]
    events = chance.sample(middle, chance.randint(0, len(middle)))
    check_order(narrated([*events, chance.choice(list(TURNS.values())).events[-1]]))


def test_the_outcomes() -> None:
    ends = {name: plain(narrated(turn.events))[-1] for name, turn in TURNS.items()}
    assert ends["usual"]["outcome"] == {"type": "success"}
    assert ends["usual"]["result"]["response"] == "It has 85 kW."
    assert "usage" not in ends["usual"]
    assert ends["cancelled"]["outcome"] == {"type": "cancelled"}
    assert ends["cancelled"]["result"] == {"side_effects": ["booked"]}
    assert (ends["failed midway"]["code"], ends["failed midway"]["metadata"]["ref"]) == ("LLM_STALLED", "ref")
    assert ends["left by the server"]["code"] == "SHUTTING_DOWN"
    (interrupt,) = ends["asks"]["outcome"]["interrupts"]
    assert (interrupt["id"], interrupt["reason"], interrupt["metadata"]["proposal"]) == (
        "q", "confirmation", {"at": "10:00"},
    )  # fmt: skip


def test_a_run_begun_again_takes_back_what_it_said() -> None:
    told = plain(narrated(TURNS["restarted"].events))
    (back,) = [event for event in told if event["type"] == "MESSAGES_SNAPSHOT"]
    assert back["messages"] == [{"id": "m", "role": "user", "content": "Hi"}]
    messages = [event["messageId"] for event in told if event["type"] == "TEXT_MESSAGE_START"]
    calls = [event["toolCallId"] for event in told if event["type"] == "TOOL_CALL_START"]
    assert len(set(messages)) == len(set(calls)) == 2


def test_what_a_model_took() -> None:
    told = plain(narrated([completed("Hi.", usage=UsageFigures("m", 100, 20, 64))]))
    assert told[-1]["usage"] == [
        {"model": "m", "inputTokens": 100, "outputTokens": 20, "totalTokens": 120, "cachedInputTokens": 64}
    ]


def test_what_the_protocol_has_no_word_for() -> None:
    told = plain(narrated(TURNS["an analysis"].events))
    names = [event["name"] for event in told if event["type"] == "CUSTOM"]
    assert names == ["code", "code", "verification", "data_ready", "diagram"]


def test_long_answers_cost_what_they_are_long() -> None:
    words = [f"word{number} " for number in range(20_000)]
    told = narrated([step("generating"), *said(*words), completed("".join(words))])
    assert len([event for event in told if event.type == EventType.TEXT_MESSAGE_CONTENT]) == len(words)
