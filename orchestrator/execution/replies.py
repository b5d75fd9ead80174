"""What a message says to a request that waits for the customer: read here, or where there is a model for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agents.acts.consent import read
from agents.learning.choice import Choice
from orchestrator.events import InputRequired

ReadAside = Callable[[str, InputRequired], Awaitable[Any]]
"""The value of the answer that a text is to a request; None where it is about something else."""


def reading(consent: Choice[str] | None = None) -> ReadAside:
    """With what is learnt of `consent`; without it only plain answers are understood. Embeds in a thread."""

    async def read_aside(text: str, request: InputRequired) -> Any:
        return await asyncio.to_thread(_read, text, request, consent)

    return read_aside


def _read(text: str, request: InputRequired, consent: Choice[str] | None) -> Any:
    options = [(option.value, option.label) for option in request.options]
    return read(text, request.kind, options, request.prompt, consent)
