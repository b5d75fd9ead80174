"""The answerer that words nothing: what is known about the customer, and the passages that answer, as they stand."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from agents.chat.output_filter import calm
from agents.extractive.pieces import pieces
from agents.extractive.wording import decline
from agents.types import Answered, Citation, Task

MOST_CHARACTERS = 1_000
"""Characters of one passage."""
MOST_AHEAD = 200
"""Characters before the evidence, for the beginning of its line."""
_MARKER = re.compile(r"\[(\d+)\]")

Find = Callable[[Task], tuple[str, Answered]]
"""Answers a task; only its citations are used. Blocks."""


class VerbatimAnswerer:
    """Shows the passages that another answerer would cite."""

    def __init__(self, find: Find) -> None:
        self._find = find

    @property
    def name(self) -> str:
        return "verbatim"

    @property
    def calls_tools(self) -> bool:
        return False

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        text, answered = await asyncio.to_thread(self.compose, task)
        async for piece in pieces(text):
            yield piece
        yield answered

    def compose(self, task: Task) -> tuple[str, Answered]:
        """The whole answer at once; blocks as `find` does. Each citation is what is shown of its passage."""
        _, original = self._find(task)
        citations = tuple(_widen(citation) for citation in original.citations)
        paragraphs = [decline(task.unknown)] if original.declined else [_facts(task.facts)]
        paragraphs += [_quoted(citation) for citation in citations]
        answered = Answered(citations, declined=original.declined)
        return "\n\n".join(filter(None, paragraphs)), answered


def _facts(facts: Mapping[str, str]) -> str:
    """What is known about the customer, a line for each."""
    return "\n".join(f"- {name.capitalize()}: {_plain(value)}" for name, value in facts.items())


def _widen(citation: Citation) -> Citation:
    """The citation widened to what there is room for: the passage, or of a long one what begins with the evidence's
    line."""
    chunk = citation.passage.chunk
    if len(chunk.text) <= MOST_CHARACTERS:
        return replace(citation, start=chunk.start, end=chunk.end)
    evidence = citation.start - chunk.start
    line = chunk.text.rfind("\n", max(0, evidence - MOST_AHEAD), evidence) + 1
    start = line or (evidence if evidence > MOST_AHEAD else 0)
    end = start + MOST_CHARACTERS
    if end < len(chunk.text):
        end = max(chunk.text.rfind(" ", start, end), chunk.text.rfind("\n", start, end), start + MOST_CHARACTERS // 2)
    return replace(citation, start=chunk.start + start, end=min(chunk.start + end, chunk.end))


def _quoted(citation: Citation) -> str:
    """The passage under its heading, with its marker."""
    chunk = citation.passage.chunk
    heading = " > ".join(dict.fromkeys((chunk.title, *chunk.section)))
    page = f", page {chunk.page}" if chunk.page is not None else ""
    text = chunk.text[citation.start - chunk.start : citation.end - chunk.start].strip()
    before = "… " if citation.start > chunk.start else ""
    after = " …" if citation.end < chunk.end else ""
    columns = f"{_plain(' | '.join(chunk.header))}\n" if chunk.header else ""
    return f"**{_plain(heading)}**{page}\n\n{columns}{before}{_plain(text)}{after} [{citation.number}]"


def _plain(text: str) -> str:
    """The text, in which nothing is a marker, an image or a tag."""
    plain: str = calm(_MARKER.sub(r"\\[\1\\]", text))
    return plain
