"""Spans: which lies in which, what they end with, and that nothing is done where nobody records."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rag.tracing.spans import NONE, NOTHING, Attributes, Span, current, span, spanned


@dataclass
class Kept:
    name: str = "outside"
    trace_id: str = "t"
    inside: list["Kept"] = field(default_factory=list)
    attributes: dict[str, object] = field(default_factory=dict)
    ended: list[BaseException | None] = field(default_factory=list)

    def begin(self, name: str, attributes: Attributes = NONE) -> Span:
        self.inside.append(Kept(name, attributes=dict(attributes)))
        return self.inside[-1]

    def note(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def content(self, name: str, text: Callable[[], str]) -> None:
        self.attributes[name] = text()

    def end(self, error: BaseException | None = None) -> None:
        self.ended.append(error)


async def test_spans_lie_in_each_other_over_tasks_and_threads() -> None:
    outside = Kept()

    def in_thread() -> None:
        with span("thread"):
            pass

    async def work(name: str) -> str:
        with span(name) as mine:
            assert current() is mine
            await asyncio.to_thread(in_thread)
        return name

    with span("run", within=outside):
        assert await asyncio.gather(work("a"), spanned("b", work)("c")) == ["a", "c"]
    assert current() is NOTHING
    (run,) = outside.inside
    assert [one.name for one in run.inside] == ["a", "b"]
    assert [one.name for one in run.inside[0].inside] == ["thread"]
    assert [one.name for one in run.inside[1].inside] == ["c"]
    assert run.ended == [None]


def test_what_is_raised_is_its_error() -> None:
    outside, wrong = Kept(), ValueError("wrong")
    with pytest.raises(ValueError, match="wrong"), span("run", within=outside), span("inner"):
        raise wrong
    assert outside.inside[0].ended == outside.inside[0].inside[0].ended == [wrong]
    assert current() is NOTHING


async def test_where_nobody_records_no_content_is_made() -> None:
    with span("run") as run, span("inner", {"a": 1}) as inner:
        run.content("text", lambda: pytest.fail("made"))
        assert run is inner is NOTHING
        assert NOTHING.begin("more") is NOTHING
        assert not run.trace_id
