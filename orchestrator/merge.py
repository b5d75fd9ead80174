"""Putting the parts of an answer together: the first part is released live, the others when their turn comes.

Several specialists work at once, so their pieces arrive mixed; a reader gets one text, each part under its label. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agents.types import Answered, Answering, Citation, Misplaced, PartDone, Said, Unsupported, Usage

SEPARATOR = "\n\n"


@dataclass
class _Part:
    label: str | None
    specialist: str | None
    pieces: list[str] = field(default_factory=list)
    done: PartDone | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the whole answer at `offset`; `specialist` where the answer has several parts."""

    text: str
    offset: int
    specialist: str | None


class Merge:
    """Feed it outputs, get pieces to release. After the last part is done `text` is the whole answer."""

    def __init__(self, parts: int) -> None:
        self._expected = parts
        self._parts: dict[int, _Part] = {}
        self._current = 0
        self._opened = False
        self._texts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def begin(self, output: Answering) -> None:
        self._parts[output.part] = _Part(output.label, output.specialist)

    def say(self, output: Said) -> list[Piece]:
        self._parts[output.part].pieces.append(output.text)
        return self._release()

    def done(self, output: PartDone) -> list[Piece]:
        self._parts[output.part].done = output
        return self._release()

    def _release(self) -> list[Piece]:
        pieces: list[Piece] = []
        while (part := self._parts.get(self._current)) is not None:
            if part.pieces:
                pieces += self._write(part, part.pieces)
                part.pieces = []
            if part.done is None:
                break
            self._current += 1
            self._opened = False
        return pieces

    def _write(self, part: _Part, texts: list[str]) -> list[Piece]:
        if not self._opened and self._expected > 1:
            heading = f"**{part.label}**\n\n" if part.label else ""
            lead = (SEPARATOR if self._length else "") + heading
            texts = [lead, *texts]
            part.start = self._length + len(lead)
        self._opened = True
        pieces = []
        for text in filter(None, texts):
            pieces.append(Piece(text, self._length, part.specialist if self._expected > 1 else None))
            self._texts.append(text)
            self._length += len(text)
        return pieces

    @property
    def results(self) -> tuple[PartDone, ...]:
        """The finished parts in their order."""
        return tuple(part.done for _, part in sorted(self._parts.items()) if part.done is not None)

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(citation for result in self.results for citation in result.answered.citations)

    @property
    def unsupported(self) -> tuple[Unsupported, ...]:
        """What no passage supports, at its place in the whole answer."""
        return tuple(
            replace(found, start=found.start + start, end=found.end + start)
            for start, answered in self._answered()
            for found in answered.unsupported
        )

    @property
    def misplaced(self) -> tuple[Misplaced, ...]:
        """The markers whose passage does not support them, at their places in the whole answer."""
        return tuple(
            replace(found, start=found.start + start, end=found.end + start)
            for start, answered in self._answered()
            for found in answered.misplaced
        )

    def _answered(self) -> Iterator[tuple[int, Answered]]:
        """The finished parts in their order, with the offset of each one's text in the whole answer."""
        for _, part in sorted(self._parts.items()):
            if part.done is not None:
                yield part.start, part.done.answered

    @property
    def usage(self) -> Usage:
        usages = [result.answered.usage for result in self.results]
        return Usage(
            sum(usage.input_tokens for usage in usages),
            sum(usage.output_tokens for usage in usages),
            next((usage.model for usage in usages if usage.model), ""),
        )
