"""What a chunk looks like to search by meaning: each short stretch of its sentences, under its title and headings.

The vector of a whole chunk blurs what only one of its sentences says, and its model reads no more than the chunk's
beginning; a stretch stands out. A chunk is as near to a question as its nearest view. A view of the whole beside them
was measured to bring nothing (`docs/retrieval.md`), at almost twice the cost.
"""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

from rag.embedder import Embedder, Vectors
from rag.types import Chunk

LEAST = 120
"""Characters below which a sentence is joined by the next one."""
MOST_VIEWS = 16
"""Views of one chunk; the last one holds what is left."""
LAYOUT = 2
"""Raised whenever the rows change that an index has of views: those of an older layout are not looked at."""

_SENTENCE_END = re.compile(r"[.!?;][\"')\]]*\s+|\n+")


def views(chunk: Chunk) -> tuple[str, ...]:
    """The texts to embed for a chunk: its stretches, or the searchable whole where there are not several."""
    stretches = _stretches(chunk.text)
    if len(stretches) < 2:
        return (chunk.searchable,)
    lead = " > ".join(dict.fromkeys((chunk.title, *chunk.section)))
    columns = " | ".join(chunk.header)
    return tuple("\n".join(part for part in (lead, columns, stretch) if part) for stretch in stretches)


def embedded(chunks: Sequence[Chunk], embedder: Embedder) -> list[Vectors]:
    """For each chunk its vectors, shape (views, dimensions)."""
    texts = [views(chunk) for chunk in chunks]
    vectors = embedder.embed([text for some in texts for text in some])
    bounds = accumulate((len(some) for some in texts), initial=0)
    return [vectors[start:end] for start, end in pairwise(bounds)]


def _stretches(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    stretches: list[str] = []
    start = 0
    for end in (*ends, len(text)):
        last = end == len(text)
        if (end - start >= LEAST and len(stretches) < MOST_VIEWS - 1) or last:
            if last and stretches and end - start < LEAST // 2:
                stretches[-1] += text[start:end]
            else:
                stretches.append(text[start:end])
            start = end
    return [stretch.strip() for stretch in stretches if stretch.strip()]
