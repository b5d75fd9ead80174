"""What a client asks of a thread, as one turn of the engine: a question, or the answer to what a parked run asks."""

import asyncio
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from agents.types import Wishes
from api.compose.app_state import AppState
from api.integrations.langgraph import CHANNEL
from api.integrations.langgraph.assistants import PITCREW
from api.integrations.langgraph.messages import read_input
from api.integrations.langgraph.modes import read_modes
from api.integrations.langgraph.routes.assistants import assistant_named
from api.integrations.langgraph.routes.caller import LEFT_OUT
from api.integrations.langgraph.routes.listener import Listening
from api.integrations.langgraph.routes.thread_lookup import Thread, find, open_thread, ran_by
from api.protocol.forms import choice
from api.protocol.frames import convert
from orchestrator.commands import Answer, Caller, Cancel, Send, valid_zone
from orchestrator.errors import BadRequest, NotFound, RunBusy, RunNotActive
from orchestrator.events import InputRequired

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNOFFERED = ("checkpoint", "checkpoint_id", "interrupt_before", "interrupt_after", "webhook", "after_seconds")
"""What a run can be asked for elsewhere; it would not be true to take it and do nothing."""


class Ask(msgspec.Struct):
    """A run to be made. What `config.configurable` and `context` may say is in `Chosen`."""

    assistant_id: str
    input: Any = None
    command: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    stream_mode: Any = None
    multitask_strategy: Literal["enqueue", "reject", "interrupt", "rollback"] = "enqueue"
    if_not_exists: Literal["create", "reject"] = "reject"
    on_disconnect: Literal["continue", "cancel"] = "continue"
    on_completion: Literal["delete", "keep"] = "delete"
    checkpoint: Any = None
    checkpoint_id: Any = None
    interrupt_before: Any = None
    interrupt_after: Any = None
    webhook: Any = None
    after_seconds: Any = None

    def check(self) -> None:
        """Raises BadRequest naming the field."""
        for name in UNOFFERED:
            if getattr(self, name):
                raise BadRequest(field=name, form=LEFT_OUT)
        read_modes(self.stream_mode)
        if self.multitask_strategy == "rollback":
            raise BadRequest(field="multitask_strategy", form=choice(["enqueue", "reject", "interrupt"]))
        if self.command is not None and ("resume" not in self.command or self.command.keys() & {"update", "goto"}):
            raise BadRequest(field="command", form="an object with `resume`, and without `update` and `goto`")

    @property
    def chosen(self) -> "Chosen":
        """The run's settings. Raises BadRequest."""
        configurable = (self.config or {}).get("configurable") or {}
        if not isinstance(configurable, dict):
            raise BadRequest(field="config", path="config.configurable", form="an object")
        return convert(configurable | (self.context or {}), Chosen)


class Chosen(msgspec.Struct):
    """How a run is to be answered: see `agents.types.Wishes`; `timezone` is the customer's (IANA)."""

    dataset: str | None = None
    timezone: str = ""
    passages: bool = False
    prose: bool = True


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was accepted, in the thread as it stood then; `first` is the seq of its acknowledgement."""

    listening: Listening
    thread: Thread
    run_id: str
    first: int
    assistant: str


async def begin(
    state: AppState, caller: Caller, thread_id: str, ask: Ask, listening: Listening, *, alone: bool = False
) -> Begun:
    """Ask in a thread; `alone`: in one that is made for this run, whose input tells what was said before.

    Raises what the engine raises, NotFound for a thread that is not there, BadRequest naming what is not offered.
    """
    ask.check()
    assistant = assistant_named(state, caller, ask.assistant_id)
    engine = state.gateway.engine
    if alone or ask.if_not_exists == "create":
        await open_thread(state, caller, thread_id)
    thread = await find(engine, caller, thread_id)
    command = await asyncio.to_thread(_command, ask, thread, assistant, alone=alone)
    command.check()
    await _make_way(state, caller, ask, thread)
    await state.gateway.rates.message(caller.user_id)
    if not alone:
        await engine.store.describe(caller, thread_id, ran_by(assistant))
    receipt = await listening.ask(command)
    return Begun(listening, thread, receipt.accepted.turn_id, receipt.envelope.seq or 0, assistant)


def _command(ask: Ask, thread: Thread, assistant: str, *, alone: bool) -> Send | Answer:
    chosen = ask.chosen
    zone = valid_zone(chosen.timezone)
    agent = None if assistant == PITCREW else assistant
    wishes = Wishes(agent, CHANNEL, chosen.dataset, chosen.prose, chosen.passages)
    if ask.command is not None:
        return resumed(thread, ask.command["resume"], Send("", thread.thread_id, zone=zone, wishes=wishes))
    message = read_input(ask.input)
    name = message.message_id if message.message_id and _NAME.fullmatch(message.message_id) else None
    if alone:
        wishes = replace(wishes, history=message.earlier)
    return Send(message.text, thread.thread_id, name, zone=zone, wishes=wishes)


def resumed(thread: Thread, value: Any, otherwise: Send) -> Send | Answer:
    """The answer to what the thread waits for: a value of its own, or words, which are read as a customer's are.
    Raises RunNotActive where it waits for nothing."""
    asks = thread.waits_for
    if asks is None:
        raise RunNotActive
    if isinstance(value, dict) and asks.request_id in value:
        value = value[asks.request_id]
    if isinstance(value, str) and not _offered(asks, value):
        return replace(otherwise, message=value)
    return Answer(asks.request_id, value)


def _offered(asks: InputRequired, value: str) -> bool:
    return any(option.value == value for option in asks.options)


async def _make_way(state: AppState, caller: Caller, ask: Ask, thread: Thread) -> None:
    """Where the thread is busy: refuse, or stop what runs, as the client wishes."""
    if ask.multitask_strategy == "reject" and thread.active is not None:
        raise RunBusy
    if ask.multitask_strategy == "interrupt":
        for view in thread.runs.values():
            if not view.over:
                try:
                    await state.gateway.engine.cancel(caller, Cancel(run_id=view.run_id))
                except (RunNotActive, NotFound):
                    continue  # it ended by itself


def new_thread() -> str:
    return str(uuid.uuid4())
