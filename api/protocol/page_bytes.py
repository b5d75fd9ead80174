"""How much of a list one answer holds: an answer must not be much larger than its question, whoever asks."""

from collections.abc import Iterable
from typing import Any

import orjson

PAGE_BYTES = 4 * 1024 * 1024


def first_bytes(items: Iterable[Any], most: int = PAGE_BYTES) -> list[bytes]:
    """The first items as JSON, as many as so many bytes hold, but one at least. Reads no further than that."""
    page: list[bytes] = []
    left = most
    for item in items:
        spelled = orjson.dumps(item)
        if page and len(spelled) > left:
            break
        page.append(spelled)
        left -= len(spelled)
    return page
