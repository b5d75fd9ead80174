"""The words of a text and pieces of them as a vector: what a model of meaning blurs in a short message. "finger in
door" and "fingerprints on door" mean much the same to it."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from agents.language.words import words
from agents.learning.kernels import Floats

WIDTH = 4096
_PIECES = (3, 4)
"""Letters of the pieces of a word. Measured beside words and pairs of words: of 675 unseen dangers, with a false alarm
in 50, 79 % were told with all three, 74 % without pieces, 67 % by the meaning alone."""
_SIGN = 1 << 30


def spelt(texts: Sequence[str]) -> Floats:
    """Unit vectors of texts, shape (texts, WIDTH): a sign for each word, pair of words and piece of a word, at a place
    that its checksum gives (feature hashing, Weinberger et al. 2009). Texts without words are 0."""
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for part in set(_parts(words(text))):
            checksum = zlib.crc32(part.encode(errors="replace"))
            row[checksum % WIDTH] += 1.0 if checksum & _SIGN else -1.0
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9))


def _parts(spoken: Sequence[str]) -> Iterator[str]:
    yield from spoken
    yield from map(" ".join, pairwise(spoken))
    for word in spoken:
        whole = f"<{word}>"
        for length in _PIECES:
            yield from (f"_{whole[at : at + length]}" for at in range(len(whole) - length + 1))
