"""Where the time of a run goes, as spans that lie in each other: the contract of whoever records them.

A span is found by everything that works inside of it: asyncio gives each task and thread a copy of its parent's
context. Where nobody records, which is the default, it is `NOTHING`, and a span costs a look at one variable.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Protocol

Value = str | int | float | bool
Attributes = Mapping[str, Value]
NONE: Attributes = {}


class Span(Protocol):
    """A stretch of time with a name. Names of attributes are OpenTelemetry's where it has one, else `pitcrew.…`."""

    @property
    def trace_id(self) -> str:
        """Of the whole, 32 hexadecimal digits; "" where nobody records."""

    def begin(self, name: str, attributes: Attributes = NONE) -> "Span":
        """A span inside this one, which begins now."""

    def note(self, attributes: Attributes) -> None:
        """What is known only later."""

    def content(self, name: str, text: Callable[[], str]) -> None:
        """What was said, which is asked for only where contents are recorded."""

    def end(self, error: BaseException | None = None) -> None:
        """It ends now; `error` is what it failed with."""


class _Nothing:
    """The span that nobody records."""

    trace_id = ""

    def begin(self, name: str, attributes: Attributes = NONE) -> Span:
        return self

    def note(self, attributes: Attributes) -> None: ...

    def content(self, name: str, text: Callable[[], str]) -> None: ...

    def end(self, error: BaseException | None = None) -> None: ...


NOTHING: Span = _Nothing()

_current: ContextVar[Span] = ContextVar("span", default=NOTHING)


def current() -> Span:
    """The span in which this is done."""
    return _current.get()


@contextmanager
def span(name: str, attributes: Attributes = NONE, *, within: Span | None = None) -> Iterator[Span]:
    """A span for the block, inside `within`, or where that is None inside the current one. What the block raises is its
    error. Not for a generator's body: whoever runs that would stand in the span as well; it takes `begin`."""
    outer = _current.get() if within is None else within
    if outer is NOTHING:
        yield NOTHING
        return
    begun = outer.begin(name, attributes)
    token = _current.set(begun)
    try:
        yield begun
    except BaseException as error:
        begun.end(error)
        raise
    else:
        begun.end()
    finally:
        _current.reset(token)


def spanned(name: str, work: Callable[..., Awaitable[Any]], attributes: Attributes = NONE) -> Any:
    """`work` with a span for each call."""

    @wraps(work)
    async def in_span(*arguments: Any, **named: Any) -> Any:
        with span(name, attributes):
            return await work(*arguments, **named)

    return in_span
