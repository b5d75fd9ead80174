"""The steps of a run as events: each says where it stands, so that nobody is told one twice."""

from agents.types import ToolReturned, ToolUsed
from orchestrator.events import RoutedAgent
from orchestrator.graph.steps import MOST_STEPS, Steps


def test_steps_are_numbered_through_whatever_part_they_are_of() -> None:
    steps = Steps("r")
    told = [
        steps.routed("answer", (RoutedAgent("specs", 0.9),)),
        steps.thought("First the tables.", "plan", part=1, agent="analyst"),
        steps.tool_used(ToolUsed(0, "look_up", {"of": "Wren"}, 1), "specs"),
        steps.tool_returned(ToolReturned(0, "look_up", True, {"kW": 115}, 1, 0.5), "specs"),
    ]
    assert [step.number for step in told] == [1, 2, 3, 4]
    assert [step.number for step in steps.steps] == [1, 2, 3, 4]


def test_a_long_way_is_numbered_beyond_what_its_end_tells_again() -> None:
    steps = Steps("r")
    last = [steps.thought(f"Thought {number}", "plan") for number in range(MOST_STEPS + 5)][-1]
    assert last.number == MOST_STEPS + 5
    assert len(steps.steps) == MOST_STEPS


def test_code_says_how_much_came_before_it_over_all_attempts() -> None:
    steps = Steps("r")
    pieces = [steps.coded("SELECT ", 1), steps.coded("1", 1), steps.coded("SELECT 2", 2)]
    assert [(piece.offset, piece.attempt) for piece in pieces] == [(0, 1), (7, 1), (8, 2)]
