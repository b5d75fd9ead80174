"""How much of an answer there is room for with a client that set a limit in tokens. Pure.

Whoever wrote the answer, each run of up to 8 letters or digits counts as a token, and each other sign: about what
tokenizers make of prose, and for long words and signs rather more.
"""

import re

_TOKEN = re.compile(r"\w{1,8}|[^\w\s]")


class Room:
    """Feed it an answer piece by piece; it gives what there is room for. `tokens` None: all of it."""

    def __init__(self, tokens: int | None) -> None:
        self._left = tokens
        self._short = False

    @property
    def short(self) -> bool:
        """Whether something was left out."""
        return self._short

    def take(self, piece: str) -> str:
        """Of the next piece what there is room for; nothing once something was left out."""
        if self._short:
            return ""
        if self._left is None:
            return piece
        for token in _TOKEN.finditer(piece):
            if self._left == 0:
                self._short = True
                return piece[: token.start()]
            self._left -= 1
        return piece
