"""What a chunk looks like to search by meaning: the whole of it, and each short stretch of its sentences.

The vector of a whole chunk blurs what only one of its sentences says, and its model reads no more than the chunk's
beginning; a stretch under the same title and headings stands out. A chunk is as near to a question as its nearest view.
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

_SENTENCE_END = re.compile(r"[.!?;][\"')\]]*\s+|\n+")


def views(chunk: Chunk) -> tuple[str, ...]:
    """The texts to embed for a chunk: the searchable whole first, then its stretches where there are several."""
    stretches = _stretches(chunk.text)
    if len(stretches) < 2:
        return (chunk.searchable,)
    lead = " > ".join(dict.fromkeys((chunk.title, *chunk.section)))
    return (chunk.searchable, *("\n".join(part for part in (lead, stretch) if part) for stretch in stretches))


def embedded(chunks: Sequence[Chunk], embedder: Embedder) -> list[Vectors]:
    """For each chunk its vectors, shape (views, dimensions), the whole first."""
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
        if (end - start >= LEAST and len(stretches) < MOST_VIEWS - 2) or last:
            if last and stretches and end - start < LEAST // 2:
                stretches[-1] += text[start:end]
            else:
                stretches.append(text[start:end])
            start = end
    return [stretch.strip() for stretch in stretches if stretch.strip()]
