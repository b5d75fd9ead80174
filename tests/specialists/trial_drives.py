"""A specialist that acts, for tests of parked runs: it proposes a test drive, asks, and writes it into a file.

The file's path is in the environment variable TRIAL_DRIVES; each line is one booking.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.context import Resources
from agents.specialist import Done, Job, LocalToolContext, Specialist
from agents.types import Answered, Answering, Asks, Delta, PartDone


class Drive(Job, total=False):
    """`time` is what is proposed; `answer` what the customer said to it."""

    time: str
    answer: Any
    done: list[int]


def prompt(time: str) -> str:
    return f"Shall I book the test drive at {time}?"


async def propose(state: Drive, runtime: Runtime[LocalToolContext]) -> dict[str, Any]:
    runtime.stream_writer(Answering(state["part"], SPECIALIST.name, SPECIALIST.label))
    runtime.stream_writer(Delta(state["part"], "A car is free at 10:00. "))
    return {"time": "10:00"}


async def ask(state: Drive) -> dict[str, Any]:
    expires_s = float(os.environ.get("TRIAL_DRIVE_EXPIRES_S", "900"))
    asks = Asks("confirm", prompt(state["time"]), proposal={"time": state["time"]}, expires_s=expires_s)
    return {"answer": interrupt(asks)}


async def change(state: Drive) -> dict[str, Any]:
    return {"time": state["answer"]["change"]}


async def take_time() -> None:
    """What the booking waits for."""
    await asyncio.sleep(float(os.environ.get("TRIAL_DRIVE_TAKES_S", "0")))


async def book(state: Drive, runtime: Runtime[LocalToolContext]) -> dict[str, Any]:
    part, time = state["part"], state["time"]
    runtime.stream_writer(Delta(part, "Booking... "))
    async with runtime.context.effect(f"test drive at {time} booked"):
        await take_time()
        with Path(os.environ["TRIAL_DRIVES"]).open("a") as bookings:
            bookings.write(f"{time}\n")
    runtime.stream_writer(Delta(part, f"Booked for {time}."))
    runtime.stream_writer(PartDone(part, Answered(), "trial drives"))
    return {"done": [part]}


async def leave(state: Drive, runtime: Runtime[LocalToolContext]) -> dict[str, Any]:
    runtime.stream_writer(Delta(state["part"], "Nothing was booked."))
    runtime.stream_writer(PartDone(state["part"], Answered(), "trial drives"))
    return {"done": [state["part"]]}


def decided(state: Drive) -> str:
    answer = state["answer"]
    return "change" if isinstance(answer, dict) else "book" if answer is True else "leave"


def build(resources: Resources) -> StateGraph[Drive, LocalToolContext, Job, Done]:
    graph = StateGraph(Drive, context_schema=LocalToolContext, input_schema=Job, output_schema=Done)
    for node in (propose, ask, change, book, leave):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "propose")
    graph.add_edge("propose", "ask")
    graph.add_conditional_edges("ask", decided, ["change", "book", "leave"])
    graph.add_edge("change", "ask")
    graph.add_edge("book", END)
    graph.add_edge("leave", END)
    return graph


SPECIALIST = Specialist(
    name="trial_drives",
    label="Trial drives",
    description="Books a test drive.",
    utterances=(
        "I would like to book a test drive",
        "can I take a test drive",
        "arrange a test drive for me please",
        "book me in for a test drive at the dealer",
        "test drive appointment",
        "I want to drive one before I buy it, can you arrange that",
        "please reserve a car for a test drive",
        "schedule a trial drive with the new model",
    ),
    knowledge=("specs",),
    instructions="",
    graph=build,
)
