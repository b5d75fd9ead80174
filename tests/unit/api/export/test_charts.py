"""Charts that the server draws: real processes, real limits."""

import asyncio
import json
import time
from typing import Any

import pytest

import api.export.charts
from api.export.charts import AT_A_TIME, PER_USER, WAITING, Charts
from orchestrator.errors import BadJson, BadRequest, PitcrewError, RateLimited

BARS: dict[str, Any] = {
    "data": {"values": [{"a": "one", "b": 28}, {"a": "<script>alert(1)</script>", "b": 55}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}
BEYOND: list[dict[str, Any]] = [
    {"data": {"url": "https://example.org/x.json"}},
    {"data": {"url": "data:application/json,[1]"}},
    {"mark": {"type": "image", "url": "file:///etc/passwd"}},
    {"encoding": {"href": {"value": "javascript:alert(1)"}}},
    {"layer": [{"layer": [{"data": {"url": "file:///etc/passwd"}, "mark": "bar"}]}]},
]
NONSENSE: list[dict[str, Any]] = [
    {"mark": "nonsense"},
    {"data": {"sequence": {"start": 0, "stop": 1e9}}},
    {"transform": [{"calculate": "pad('x', 900000000, 'y')", "as": "a"}]},
    {"params": [{"name": "p", "expr": "[].constructor.constructor('return 1')()"}]},
]
"""What makes no sense, and what would take more memory or time than a chart is worth."""


@pytest.fixture
def charts(monkeypatch: pytest.MonkeyPatch) -> Charts:
    """They may take their time: other tests run beside."""
    monkeypatch.setattr(api.export.charts, "DRAW_S", 120.0)
    return Charts()


async def test_a_chart_is_a_picture_in_which_text_is_text(charts: Charts) -> None:
    svg = await charts.draw(json.dumps(BARS), "anna")
    assert svg.startswith("<svg ")
    assert "&lt;script&gt;" in svg
    assert "<script" not in svg


async def test_it_is_drawn_for_the_page_that_it_stands_on(charts: Charts) -> None:
    light, dark = await asyncio.gather(
        charts.draw(json.dumps(BARS), "anna"), charts.draw(json.dumps(BARS), "ben", dark=True)
    )
    assert light != dark
    assert "#c3ccd6" in dark


@pytest.mark.parametrize("change", BEYOND, ids=lambda change: json.dumps(change)[:40])
async def test_what_reaches_beyond_itself_is_refused(charts: Charts, change: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        await charts.draw(json.dumps(BARS | change), "anna")


@pytest.mark.parametrize("change", NONSENSE, ids=lambda change: json.dumps(change)[:40])
async def test_what_cannot_be_drawn_or_takes_too_much(
    charts: Charts, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is tried, whoever else is served waits no longer than a moment."""
    monkeypatch.setattr(api.export.charts, "DRAW_S", 3.0)
    drawing = asyncio.create_task(charts.draw(json.dumps(BARS | change), "anna"))
    longest, last = 0.0, time.perf_counter()
    while not (await asyncio.wait((drawing,), timeout=0.01))[0]:
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    with pytest.raises(BadRequest):
        await drawing
    assert longest < 1


@pytest.mark.parametrize(
    ("text", "refusal"), [("", BadJson), ("[1]", BadRequest), ("{", BadJson), ("[" * 5000, BadJson), ("{}", BadRequest)]
)
async def test_what_is_no_specification(charts: Charts, text: str, refusal: type[PitcrewError]) -> None:
    with pytest.raises(refusal):
        await charts.draw(text, "anna")


async def test_no_more_wait_than_can_be_served(charts: Charts) -> None:
    """All but those for which there is room are refused at once."""
    many = AT_A_TIME + WAITING + 3
    drawn = await asyncio.gather(*(charts.draw("{", f"user {n}") for n in range(many)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in drawn) == ["BadJson"] * (many - 3) + ["Overloaded"] * 3
    with pytest.raises(BadJson):
        await charts.draw("{", "anna")


async def test_who_asks_for_many_waits_for_them_and_others_do_not(charts: Charts) -> None:
    """A user has one process at a time, however much each chart takes, and a few places in the queue."""
    mine = [asyncio.create_task(charts.draw(json.dumps(BARS), "anna")) for _ in range(PER_USER)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited):
        await charts.draw("{", "anna")
    assert (await charts.draw(json.dumps(BARS), "ben")).startswith("<svg ")
    assert not all(task.done() for task in mine)
    for task in mine:
        task.cancel()
    await asyncio.gather(*mine, return_exceptions=True)
    with pytest.raises(BadJson):
        await charts.draw("{", "anna")
