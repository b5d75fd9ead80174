"""What a reader has been told of a run's text, so that each character is told once, whatever comes twice. Pure."""

from orchestrator.events import Token


class Diverged(Exception):
    """A run that was begun again says something else than what was told already."""


class Spoken:
    """Feed it the pieces of one run's text; it gives what is new of each."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._length = 0
        self._again: str | None = None
        """The text of a run that was begun again, until it has come to where the last one was."""

    @property
    def length(self) -> int:
        """Characters told so far."""
        return self._length

    def more(self, token: Token) -> str:
        """What the piece adds. Raises Diverged."""
        if self._again is None:
            return self._tell(token.text[self._length - token.offset :] if token.offset <= self._length else "")
        have = len(self._again)
        self._again += token.text[have - token.offset :] if token.offset <= have else ""
        return self._caught_up(self._again) if len(self._again) >= self._length else ""

    def rest(self, whole: str) -> str:
        """What is left of the whole text. Raises Diverged."""
        if self._again is None:
            return self._tell(whole[self._length :])
        return self._caught_up(whole)

    def restart(self) -> None:
        """The run begins again: its text counts no more, but it was told."""
        self._again = ""

    def _caught_up(self, text: str) -> str:
        told = "".join(self._told)
        if not text.startswith(told):
            raise Diverged
        self._again = None
        return self._tell(text[len(told) :])

    def _tell(self, piece: str) -> str:
        if piece:
            self._told.append(piece)
            self._length += len(piece)
        return piece
