"""Calls of tools that a model writes into its text instead of making them. Pure."""

from collections.abc import Sequence

OPENINGS = ("{", "[{", "```", "<tool_call", "<function", "<|", "[TOOL_CALLS]")
"""How a line begins with which a written call does; no answer in plain words has such a line."""


class WrittenCalls:
    """Passes a text on piece by piece, up to the line that may begin a call; the rest is held back to its end."""

    def __init__(self, tools: Sequence[str]) -> None:
        """`tools` are the names of those that were offered."""
        self._tools = tuple(tools)
        self._line = ""
        self._begins_line = True
        self._held: list[str] = []

    def feed(self, piece: str) -> str:
        """What of the text is no call, as far as is known by now; "" where nothing is."""
        if self._held:
            self._held.append(piece)
            return ""
        passed: list[str] = []
        self._line += piece
        while self._line:
            line, newline, rest = self._line.partition("\n")
            start = line.lstrip()
            if self._begins_line and start.startswith(OPENINGS):
                self._held, self._line = [self._line], ""
                break
            if self._begins_line and not newline and any(opening.startswith(start) for opening in OPENINGS):
                break
            passed.append(line + newline)
            self._line, self._begins_line = rest, bool(newline)
        return "".join(passed)

    @property
    def found(self) -> bool:
        """Whether what is held back calls a tool that was offered."""
        held = "".join(self._held)
        return any(tool in held for tool in self._tools)

    def rest(self) -> str:
        """What was held back and is no call after all."""
        text = self._line + "".join(self._held)
        self._line, self._held = "", []
        return text
