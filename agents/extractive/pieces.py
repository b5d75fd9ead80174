"""A finished text, said word by word, so that it reaches a reader as a written one does."""

import asyncio
import re
from collections.abc import AsyncIterator

_WORDS = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")
_BREATH = 16
"""Pieces after which the loop's other work runs."""


async def pieces(text: str) -> AsyncIterator[str]:
    """The words of the text with the white space around them; together they are the text, if it says anything."""
    for number, piece in enumerate(_WORDS.findall(text), start=1):
        yield piece
        if number % _BREATH == 0:
            await asyncio.sleep(0)
