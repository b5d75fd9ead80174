"""The tools for appointments as a chat model calls them: checked, with the caller's rights, and without an effect."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.appointments.tools import (
    FIND_SLOTS,
    LIST_APPOINTMENTS,
    PROPOSE_APPOINTMENT,
    PROPOSE_CANCELLATION,
    PROPOSE_MOVE,
    TOOLS,
)
from agents.context import Outcome, Resources
from agents.tool import Arguments
from agents.types import ToolReturned, ToolUsed
from tests.tool_contexts import case, context
from tests.unit.agents.appointments.bookings import DUBLIN, NOW, Customer, desk

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=DUBLIN)
WANTED = {"dealer": "Ashby", "work": "service", "vehicle": "Teal 40"}
NO_SUCH = "no such appointment"


@pytest.fixture
async def resources(tmp_path: Path) -> AsyncIterator[Resources]:
    async with desk(tmp_path) as opened:
        yield opened


async def call(
    resources: Resources, tool: Any, arguments: Mapping[str, Any], user: str = "ada", now: datetime = NOW
) -> Outcome:
    made, told = context(resources, case("", now), user_id=user)
    outcome = await made.call(tool, arguments)
    assert [type(output) for output in told.outputs] == [ToolUsed, ToolReturned]
    return outcome


async def value(resources: Resources, tool: Any, arguments: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    outcome = await call(resources, tool, arguments, **more)
    assert outcome.result is not None, outcome.error
    found: Mapping[str, Any] = outcome.result.value
    return found


def times(found: Mapping[str, Any], key: str = "slots") -> list[str]:
    return [datetime.fromisoformat(slot["starts_at"]).strftime("%d.%m. %H:%M") for slot in found[key]]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("next Tuesday morning", ["10.03. 08:00", "10.03. 09:30", "10.03. 10:30"]),
        ("Tuesday at 9", ["10.03. 09:00"]),
        ("next week", ["09.03. 08:00", "09.03. 12:00", "10.03. 08:00"]),
        ("", ["06.03. 08:00", "06.03. 12:00", "09.03. 08:00"]),
        ("as soon as possible", ["06.03. 08:00", "06.03. 12:00", "09.03. 08:00"]),
    ],
)
async def test_times_for_the_customers_words(resources: Resources, when: str, expected: list[str]) -> None:
    assert times(await value(resources, FIND_SLOTS, WANTED | {"when": when})) == expected


async def test_times_for_windows(resources: Resources) -> None:
    windows = [{"first": "2026-03-09", "last": "2026-03-13", "earliest": 600, "latest": 660}]
    found = await value(resources, FIND_SLOTS, WANTED | {"windows": windows, "never": [{"weekdays": [0]}], "count": 4})
    assert times(found) == ["10.03. 10:00", "11.03. 10:00", "12.03. 10:00", "13.03. 10:00"]


async def test_a_taken_time_is_not_free(resources: Resources) -> None:
    await Customer(resources, user="bob").book("ashby-motors", NINE)
    found = await value(resources, FIND_SLOTS, WANTED | {"when": "Tuesday at 9"})
    assert times(found) == []
    assert "no place left" in found["why_none"]
    assert times(found, "next") == ["10.03. 08:00", "10.03. 12:00", "11.03. 08:00"]
    assert [other["dealer"] for other in found["elsewhere"]] == [
        "Larkhill Garage",
        "Westport Electric",
        "Farlow Cars",
    ]


async def test_tyres_take_longer_in_their_season(resources: Resources) -> None:
    tyres = WANTED | {"work": "tyre change", "when": "1 April to 30 April"}
    assert times(await value(resources, FIND_SLOTS, tyres | {"count": 1})) == ["01.04. 08:00"]
    late = datetime(2026, 4, 1, 10, tzinfo=DUBLIN)
    assert times(await value(resources, FIND_SLOTS, tyres | {"count": 1}, now=late)) == ["22.04. 08:00"]
    found = await value(resources, FIND_SLOTS, tyres | {"when": "13 April"}, now=late)
    assert "needs 21 days' notice" in found["why_none"]


async def test_a_safety_related_fault_names_the_telephone(resources: Resources) -> None:
    outcome = await call(resources, FIND_SLOTS, WANTED | {"safety_related": True})
    assert outcome.result is not None
    assert "telephone the dealer" in outcome.result.value["urgent"]
    row, rule = outcome.result.evidence
    assert "Ashby Motors" in _text(row)
    assert "one slot per day free" in _text(rule)


def _text(evidence: Any) -> str:
    chunk = evidence.passage.chunk
    text: str = chunk.text[evidence.start - chunk.start : evidence.end - chunk.start]
    return text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dealer": "Nowhere"}, "Which service partner is meant: Ashby Motors in Ashby, Larkhill"),
        ({"dealer": "Milltown"}, "Which service partner is meant: Ashby Motors in Ashby, Larkhill Garage in Larkhill?"),
        ({"dealer": "Westport", "vehicle": "Rook"}, "does not work on the Rook. These do: Ashby Motors"),
        ({"dealer": "Westport", "vehicle": "Finch"}, "some of these only: Finch Hybrid"),
        ({"when": "29 February"}, "there is no 29 February"),
        ({"dealer": 5}, "dealer: Input should be a valid string"),
        ({"user_id": "bob"}, "user_id: Extra inputs are not permitted"),
        ({"count": 0}, "count: "),
        ({"windows": [{"first": "never"}]}, "windows.0.first"),
        ({"when": "x" * 501}, "when: String should have at most"),
    ],
)
async def test_what_cannot_be_found_says_what_to_do(resources: Resources, changed: Any, told: str) -> None:
    outcome = await call(resources, FIND_SLOTS, WANTED | changed)
    assert outcome.result is None
    assert outcome.error is not None
    assert told in outcome.error


@pytest.mark.parametrize(
    "window",
    [
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"first": "9999-12-31", "last": "0001-01-01"},
        {"earliest": -5, "latest": 10**9},
        {"weekdays": [99]},
    ],
)
async def test_odd_windows_are_survived(resources: Resources, window: Any) -> None:
    await value(resources, FIND_SLOTS, WANTED | {"windows": [window]})


# --- proposals ------------------------------------------------------------------------------------------------------


async def test_a_proposal_holds_the_place_and_books_nothing(resources: Resources) -> None:
    outcome = await call(resources, PROPOSE_APPOINTMENT, WANTED | {"starts_at": NINE.isoformat()})
    assert outcome.result is not None
    proposal = outcome.result.proposal
    assert proposal is not None
    assert proposal.action == "book"
    assert proposal.asks.prompt == (
        "Shall I book Tuesday 10 March 2026 at 09:00 at Ashby Motors in Ashby: service for your Teal 40? "
        "I keep the time for you for 15 minutes."
    )
    assert (proposal.asks.kind, proposal.asks.expires_s) == ("confirm", 900)
    held = await resources.appointment_store.find("ada", proposal.arguments["appointment_id"])
    assert (held.status, held.starts_at) == ("held", NINE.astimezone(UTC))
    assert held.expires_at == NOW.astimezone(UTC) + timedelta(seconds=900)
    assert await resources.appointment_store.booked("ada", NOW) == []


async def test_a_loser_is_given_the_next_times(resources: Resources) -> None:
    await Customer(resources, user="bob").book("ashby-motors", NINE)
    found = await value(resources, PROPOSE_APPOINTMENT, WANTED | {"starts_at": NINE.isoformat()})
    assert found["taken"]
    assert times(found) == ["10.03. 09:30", "10.03. 10:00", "10.03. 10:30"]


@pytest.mark.parametrize(
    ("starts_at", "told"),
    [
        ("2026-03-10T09:07:00+00:00", "has no appointments at that time"),
        ("2026-03-14T09:00:00+00:00", "has no appointments at that time"),
        ("2026-03-17T09:00:00+00:00", "has no appointments at that time"),
        ("2026-03-10T03:00:00+00:00", "has no appointments at that time"),
        ("2026-03-05T09:00:00+00:00", "needs 2 days' notice"),
        ("2025-03-10T09:00:00+00:00", "needs 2 days' notice"),
        ("9999-12-31T23:59:00-12:00", "has no appointments at that time"),
        ("0001-01-01T00:00:00+12:00", "has no appointments at that time"),
        ("2026-03-10T09:00:00", "starts_at: "),
        ("Tuesday", "starts_at: "),
    ],
)
async def test_times_that_are_no_slots_are_refused(resources: Resources, starts_at: str, told: str) -> None:
    outcome = await call(resources, PROPOSE_APPOINTMENT, WANTED | {"starts_at": starts_at})
    assert outcome.result is None
    assert outcome.error is not None
    assert told in outcome.error


# --- the customer's own ---------------------------------------------------------------------------------------------


async def test_only_the_callers_own_are_listed(resources: Resources) -> None:
    mine = await Customer(resources).book("ashby-motors", NINE)
    await Customer(resources, user="bob").book("larkhill-garage", NINE)
    (one,) = (await value(resources, LIST_APPOINTMENTS, {}))["appointments"]
    assert (one["appointment_id"], one["dealer"]) == (mine.id, "Ashby Motors")
    assert one["local"] == "Tuesday 10 March 2026 at 09:00"


async def test_foreign_ids_are_like_ids_that_never_were(resources: Resources) -> None:
    theirs = await Customer(resources, user="bob").book("ashby-motors", NINE)
    later = (NINE + timedelta(hours=1)).isoformat()
    for appointment_id in (theirs.id, "none", "' OR 1=1 --"):
        for tool, more in ((PROPOSE_CANCELLATION, {}), (PROPOSE_MOVE, {"starts_at": later})):
            outcome = await call(resources, tool, {"appointment_id": appointment_id, **more})
            assert NO_SUCH in (outcome.error or "")
    assert len(await resources.appointment_store.booked("bob", NOW)) == 1


async def test_what_is_over_or_cancelled_cannot_be_changed(resources: Resources) -> None:
    mine = await Customer(resources).book("ashby-motors", NINE)
    over = await call(resources, PROPOSE_CANCELLATION, {"appointment_id": mine.id}, now=NINE)
    assert NO_SUCH in (over.error or "")
    await resources.appointment_store.cancel("ada", mine.id, NOW)
    gone = await call(resources, PROPOSE_CANCELLATION, {"appointment_id": mine.id})
    assert NO_SUCH in (gone.error or "")


async def test_a_move_proposes_and_leaves_the_old_one(resources: Resources) -> None:
    mine = await Customer(resources).book("ashby-motors", NINE)
    to = {"appointment_id": mine.id, "starts_at": (NINE + timedelta(days=1)).isoformat()}
    outcome = await call(resources, PROPOSE_MOVE, to)
    assert outcome.result is not None
    assert outcome.result.proposal is not None
    assert outcome.result.proposal.asks.prompt == (
        "Shall I move your appointment (service) from Tuesday 10 March 2026 at 09:00 to Wednesday 11 March 2026 at "
        "09:00 at Ashby Motors? I keep the time for you for 15 minutes."
    )
    assert [one.starts_at for one in await resources.appointment_store.booked("ada", NOW)] == [NINE.astimezone(UTC)]
    same = await call(resources, PROPOSE_MOVE, to | {"starts_at": NINE.isoformat()})
    assert "has already" in (same.error or "")


async def test_a_late_change_cites_the_rule(resources: Resources) -> None:
    mine = await Customer(resources).book("ashby-motors", NINE)
    eve = NINE - timedelta(hours=23)
    for tool, more in (
        (PROPOSE_CANCELLATION, {}),
        (PROPOSE_MOVE, {"starts_at": (NINE + timedelta(days=3)).isoformat()}),
    ):
        outcome = await call(resources, tool, {"appointment_id": mine.id, **more}, now=eve)
        assert outcome.result is not None
        assert outcome.result.proposal is not None
        assert "fee of 30 euros" in outcome.result.value["rule"]
        assert "30 euros" in _text(outcome.result.evidence[0])
        assert outcome.result.proposal.asks.prompt.startswith("This is late, so the service partner may charge a fee.")
    early = await call(resources, PROPOSE_CANCELLATION, {"appointment_id": mine.id}, now=NINE - timedelta(hours=24))
    assert early.result is not None
    assert early.result.evidence == ()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_argument_says_who_asks(tool: Any) -> None:
    assert issubclass(tool.arguments, Arguments)
    schema = tool.arguments.model_json_schema()
    assert not {"user", "user_id", "owner", "customer", "conversation_id", "run_id"} & schema["properties"].keys()
    assert all("description" in field for field in schema["properties"].values())
