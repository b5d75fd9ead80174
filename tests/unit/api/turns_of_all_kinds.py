"""The events of turns that end in every way there is, for tests of the doors."""

from dataclasses import dataclass
from typing import Any

from orchestrator.errors import ShuttingDown
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Code,
    Completed,
    DataReady,
    Failed,
    InputRequired,
    Option,
    Progress,
    Reasoning,
    Routed,
    RoutedAgent,
    RunRestarted,
    SourcePassage,
    Sources,
    Timing,
    Token,
    UsageFigures,
    Verification,
)

AT = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Turn:
    """`text` is what a client shows at its end, `error` what it is told instead of an end."""

    events: tuple[AnyEvent, ...]
    text: str = ""
    error: str | None = None


def said(*words: str, start: int = 0, part: str | None = None) -> tuple[Token, ...]:
    tokens = []
    for word in words:
        tokens.append(Token("run", word, start, part))
        start += len(word)
    return tuple(tokens)


def completed(text: str, **fields: Any) -> Completed:
    usage = fields.pop("usage", UsageFigures())
    return Completed(
        "run", "s", "m", text, "specs", (RoutedAgent("specs", 0.9),), 0.9, (), (), usage, Timing(1, 2), "offline",
        **fields,
    )  # fmt: skip


def step(name: Any) -> Progress:
    return Progress("run", name, "…")


def thought(text: str) -> Reasoning:
    return Reasoning("run", "thought", text, 1, AT, aspect="plan")


def call(iteration: int = 1, part: int = 0) -> Reasoning:
    return Reasoning("run", "tool_use", "look_up(…)", iteration, AT, part, tool="look_up", arguments={"of": "Wren ⚙"})


def result(iteration: int = 1, part: int = 0, **fields: Any) -> Reasoning:
    given = {"result": {"kW": 85}, "ok": True, "ms": 1.5} | fields
    return Reasoning("run", "tool_result", "…", iteration, AT, part, tool="look_up", **given)


PASSAGE = SourcePassage("p", "Engines", "specs/engines.md", "Engines", 0, 9, "It has 85 kW.", 0.9)
OPENING = (
    step("starting"),
    step("agent_routing"),
    Routed("run", (RoutedAgent("specs", 0.9),)),
    thought("This is for specs (90%)."),
    step("rag_retrieval"),
    Sources("run", (PASSAGE,)),
)
ASKED = InputRequired(
    "run", "s", "q", "confirm", "Shall I?", (Option(True, "Yes"), Option(False, "No")), {"at": "10:00"},
    "2099-01-01T00:00:00.000Z", "It is free. ",
)  # fmt: skip

TURNS = {
    "usual": Turn(
        (*OPENING, step("generating"), *said("It has ", "85 ", "kW."), completed("It has 85 kW.")), "It has 85 kW."
    ),
    "without a step": Turn((*said("Hi."), completed("Hi.")), "Hi."),
    "without a token": Turn((step("starting"), completed("Hi.")), "Hi."),
    "without a word": Turn((step("starting"), completed(""))),
    "with tools": Turn(
        (
            *OPENING,
            step("tool"),
            call(1),
            result(1),
            step("tool"),
            call(2),
            result(2, ok=False, result="No such car."),
            step("generating"),
            *said("85."),
            completed("85."),
        ),
        "85.",
    ),
    "a result without its call": Turn((step("tool"), result(3, result=None), completed("85.")), "85."),
    "a call without its result": Turn((step("tool"), call(1), completed("85.")), "85."),
    "parts": Turn(
        (
            *OPENING,
            step("generating"),
            *said("**Specs**\n", "85. ", part="specs"),
            call(1, 1),
            result(1, 1),
            *said("Oil: yearly.", start=14, part="maintenance"),
            completed("**Specs**\n85. Oil: yearly."),
        ),
        "**Specs**\n85. Oil: yearly.",
    ),
    "an analysis": Turn(
        (
            step("data_loader"),
            step("code_generator"),
            thought("Count rows."),
            Code("run", "SELECT "),
            Code("run", "1"),
            step("executor"),
            step("verifier"),
            Verification("run", True, 0.9, 1, ("same",)),
            DataReady("run", "SELECT 1", ("n",), ({"n": 1},), 1, "all", {"mark": "bar"}),
            step("analyst"),
            *said("One."),
            completed("One.", diagram="erDiagram"),
        ),
        "One.",
    ),
    "a step twice": Turn((step("tool"), step("tool"), completed("Hi.")), "Hi."),
    "tokens told twice": Turn((*said("It ", "has "), *said("It has 85"), completed("It has 85.")), "It has 85."),
    "failed at once": Turn((Failed("run", "LLM_TIMEOUT", "Ask again.", "ref"),), error="Ask again."),
    "failed midway": Turn(
        (
            *OPENING,
            step("tool"),
            call(1),
            step("generating"),
            *said("It "),
            Failed("run", "LLM_STALLED", "Again.", "ref"),
        ),
        "It ",
        "Again.",
    ),
    "cancelled": Turn(
        (*OPENING, step("generating"), *said("It has "), Cancelled("run", "It has ", ("booked",))), "It has "
    ),
    "restarted": Turn(
        (
            *OPENING,
            step("tool"),
            call(1),
            result(1),
            step("generating"),
            *said("It has "),
            RunRestarted("run", 2),
            *OPENING,
            step("tool"),
            call(1),
            result(1),
            step("generating"),
            *said("We ", "think 85."),
            completed("We think 85."),
        ),
        "We think 85.",
    ),
    "asks": Turn((*OPENING, step("generating"), *said("It is free. "), ASKED), "It is free. \n\nShall I?"),
    "left by the server": Turn((*OPENING, step("generating"), *said("It ")), "It ", ShuttingDown.text),
}
