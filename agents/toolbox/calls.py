"""Calling tools for one part of one run: arguments checked, time and result limited, every call told as it happens."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import structlog
from pydantic import ValidationError

from agents.appointment_store import AppointmentStoreUnavailable
from agents.context import Case, Outcome, Resources
from agents.models.metering import Meter
from agents.tool import MOST_BYTES, A, Result, Tool, ToolFailed
from agents.types import Drawn, Noted, Output, ToolReturned, ToolUsed
from rag.tracing.spans import span
from rag.types import Passage

log = structlog.get_logger()

TOO_LONG = "That took too long: it cannot be looked up at the moment."
FAILED = "That did not work: it cannot be looked up at the moment."
AWAY = "The appointment system cannot be reached at the moment. Please try again in a few minutes."
MOST_MISTAKES = 5


class Effects(Protocol):
    def __call__(self, name: str, *, repeatable: bool = False) -> AbstractAsyncContextManager[None]: ...


@dataclass
class Toolbox:
    """See `ToolContext`. `cite` puts passages behind those of the run and gives the first one's number; `write`
    says what happens; `meter` counts the calls, for `agent`; `keepers` names the skill that remembers a tool's notes,
    and `notes` are those so far."""

    user_id: str
    role: str
    conversation_id: str
    run_id: str
    part: int
    case: Case
    resources: Resources
    write: Callable[[Output], None]
    cite: Callable[[Sequence[Passage]], int]
    effect: Effects
    meter: Meter = field(default_factory=Meter)
    agent: str = ""
    keepers: Mapping[str, str] = field(default_factory=dict)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: int = 0

    async def call(self, tool: Tool[A], arguments: A | Mapping[str, Any]) -> Outcome:
        """See `agents.context.ToolContext`."""
        self.calls += 1
        iteration, begun = self.calls, time.perf_counter()
        plain_arguments = arguments if isinstance(arguments, Mapping) else arguments.model_dump(mode="json")
        self.write(ToolUsed(self.part, tool.name, capped(plain_arguments), iteration))
        with span(f"execute_tool {tool.name}", _named(tool)) as called:
            called.content("gen_ai.tool.call.arguments", lambda: _text(plain_arguments))
            outcome = await self._outcome(tool, arguments)
            if outcome.error is not None:
                called.note({"error.type": "tool"})
        value = outcome.error if outcome.result is None else capped(outcome.result.value)
        took = round((time.perf_counter() - begun) * 1000, 1)
        self.meter.tool(self.agent, tool.name, took, outcome.error is None)
        self.write(ToolReturned(self.part, tool.name, outcome.error is None, value, iteration, took))
        if outcome.result is not None and outcome.result.diagram is not None:
            self.write(Drawn(self.part, outcome.result.diagram))
        if outcome.result is not None and outcome.result.note is not None and tool.name in self.keepers:
            self.notes[self.keepers[tool.name]] = outcome.result.note
            self.write(Noted(self.keepers[tool.name], outcome.result.note))
        return outcome

    async def _outcome(self, tool: Tool[A], arguments: A | Mapping[str, Any]) -> Outcome:
        try:
            checked = tool.arguments.model_validate(arguments)
            async with asyncio.timeout(tool.seconds):
                result = await tool.run(checked, self)
        except ValidationError as error:
            return Outcome(None, error=_mistakes(error))
        except ToolFailed as error:
            log.info("tool_refused", tool=tool.name, run_id=self.run_id)  # why stands in the answer's steps
            return Outcome(None, error=str(error))
        except TimeoutError:
            log.warning("tool_timed_out", tool=tool.name, run_id=self.run_id, seconds=tool.seconds)
            return Outcome(None, error=TOO_LONG)
        except AppointmentStoreUnavailable:
            log.warning("appointment_store_unavailable", tool=tool.name, run_id=self.run_id)
            return Outcome(None, error=AWAY)
        except Exception:
            log.exception("tool_failed", tool=tool.name, run_id=self.run_id)
            return Outcome(None, error=FAILED)
        return Outcome(result, self._cited(result))

    def _cited(self, result: Result) -> int:
        return self.cite([evidence.passage for evidence in result.evidence]) if result.evidence else 0


def _named(tool: Tool[Any]) -> dict[str, str]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool.name}


def _text(value: Any) -> str:
    return msgspec.json.encode(capped(value)).decode()


def capped(value: Any) -> Any:
    """The value as plain data, or the first MOST_BYTES of its JSON where that is longer."""
    try:
        encoded = msgspec.json.encode(value)
    except ValueError:  # text that no encoding can hold
        return {"unreadable": True}
    if len(encoded) <= MOST_BYTES:
        return msgspec.json.decode(encoded)
    return {"cut_after_bytes": MOST_BYTES, "json": encoded[:MOST_BYTES].decode(errors="ignore")}


def _mistakes(error: ValidationError) -> str:
    """What is wrong with the arguments, as a model can put it right; what was given is not repeated."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_MISTAKES]
    description = "; ".join(
        f"{'.'.join(map(str, mistake['loc'])) or 'arguments'}: {mistake['msg']}" for mistake in errors
    )
    return f"The arguments are not right: {description}"
