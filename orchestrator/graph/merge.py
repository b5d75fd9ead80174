"""Putting the parts of an answer together: the first part is released live, the others when their turn comes.

Several specialists work at once, so their deltas arrive mixed; a reader gets one text, each part under its label. Here
a delta becomes a token, whose offset is its place in that text. Pure.
"""

from dataclasses import dataclass, field, replace

from agents.types import Answering, Citation, Delta, MisplacedMarker, PartDone, UnsupportedSpan, Usage
from orchestrator.events import Token

SEPARATOR = "\n\n"


@dataclass
class _Share:
    """What one specialist says of a part: its characters from `start` until `end` of the part's own text."""

    specialist: str | None
    start: int
    end: int = 0
    done: PartDone | None = None


@dataclass
class _Part:
    """`length` counts the characters said so far; `start` is where the part's own text begins in the whole answer."""

    label: str | None
    shares: list[_Share]
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    start: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more comes: it was not passed on, and does not wait for the customer."""
        done = self.shares[-1].done
        return done is not None and done.answered.status != "passed_on" and done.answered.proposal is None


@dataclass(frozen=True, slots=True)
class Share:
    """A finished share of a part, from `start` until `end` of the whole answer."""

    part: int
    specialist: str | None
    start: int
    end: int
    done: PartDone


class Merge:
    """Feed it outputs, get the tokens to release. After the last part is done `text` is the whole answer."""

    def __init__(self, parts: int, run_id: str) -> None:
        self._run_id = run_id
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
        part = self._parts.get(output.part)
        if part is None:
            self._parts[output.part] = _Part(output.label, [_Share(output.specialist, 0)])
            return
        if part.length:
            part.pieces.append(SEPARATOR)
            part.length += len(SEPARATOR)
        part.shares.append(_Share(output.specialist, part.length))

    def say(self, output: Delta) -> list[Token]:
        part = self._parts[output.part]
        part.pieces.append(output.text)
        part.length += len(output.text)
        return self._release()

    def done(self, output: PartDone) -> list[Token]:
        part = self._parts[output.part]
        part.shares[-1].done = output
        part.shares[-1].end = part.length
        return self._release()

    def _release(self) -> list[Token]:
        tokens: list[Token] = []
        while (part := self._parts.get(self._current)) is not None:
            if part.pieces:
                tokens += self._write(part, part.pieces)
                part.pieces = []
            if not part.finished:
                break
            self._current += 1
            self._opened = False
        return tokens

    def _write(self, part: _Part, texts: list[str]) -> list[Token]:
        if not self._opened and self._expected > 1:
            heading = f"**{part.label}**\n\n" if part.label else ""
            lead = (SEPARATOR if self._length else "") + heading
            texts = [lead, *texts]
            part.start = self._length + len(lead)
        self._opened = True
        specialist = part.shares[-1].specialist if self._expected > 1 else None
        tokens = []
        for text in filter(None, texts):
            tokens.append(Token(self._run_id, text, self._length, specialist))
            self._texts.append(text)
            self._length += len(text)
        return tokens

    @property
    def shares(self) -> tuple[Share, ...]:
        """What was finished, in the order of the text."""
        return tuple(
            Share(number, share.specialist, part.start + share.start, part.start + share.end, share.done)
            for number, part in sorted(self._parts.items())
            for share in part.shares
            if share.done is not None
        )

    @property
    def results(self) -> tuple[PartDone, ...]:
        """The finished parts in their order."""
        return tuple(share.done for share in self.shares)

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(citation for result in self.results for citation in result.answered.citations)

    @property
    def unsupported(self) -> tuple[UnsupportedSpan, ...]:
        """What no passage supports, at its place in the whole answer."""
        return tuple(
            replace(span, start=span.start + share.start, end=span.end + share.start)
            for share in self.shares
            for span in share.done.answered.unsupported
        )

    @property
    def misplaced(self) -> tuple[MisplacedMarker, ...]:
        """The markers whose passage does not support them, at their places in the whole answer."""
        return tuple(
            replace(marker, start=marker.start + share.start, end=marker.end + share.start)
            for share in self.shares
            for marker in share.done.answered.misplaced
        )

    @property
    def usage(self) -> Usage:
        usages = [result.answered.usage for result in self.results]
        return Usage(
            sum(usage.input_tokens for usage in usages),
            sum(usage.output_tokens for usage in usages),
            next((usage.model for usage in usages if usage.model), ""),
            sum(usage.cached_tokens for usage in usages),
        )
