"""A finished text, said a few words at a time: whoever reads a stream gets one, and the loop is never held up."""

import asyncio
import re
from collections.abc import AsyncIterator

_WORDS = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")
_TOGETHER = 8
"""Words that are said at once, a line of a chat on a phone: what carries them to a reader costs the same for one
as for many."""
_BREATH = 24
"""Words after which the loop's other work runs."""


async def pieces(text: str) -> AsyncIterator[str]:
    """A few words of the text at a time, with the white space around them; together they are the text, if it says
    anything."""
    words = _WORDS.findall(text)
    for start in range(0, len(words), _TOGETHER):
        if start and start % _BREATH == 0:
            await asyncio.sleep(0)
        yield "".join(words[start : start + _TOGETHER])
