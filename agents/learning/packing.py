"""Vectors of examples in few bytes: three bits for each of their figures.

Measured by cross-validation on every choice of the product: three bits lose nothing, two cost one answer in 200, one
costs one in 40; half of the principal components with a byte each cost one in 100 and are larger.
"""

import numpy as np
from numpy.typing import NDArray

from agents.learning.kernels import Floats

_BITS = 3
_STEP = 0.586
"""Of a uniform quantiser with eight levels, in standard deviations of a normal distribution (Max 1960)."""
Packed = NDArray[np.uint8]


def pack(vectors: Floats) -> Packed:
    """Unit vectors, shape (texts, width), as bytes, one row each."""
    codes = np.floor(vectors * np.sqrt(vectors.shape[1]) / _STEP) + 2 ** (_BITS - 1)
    levels = np.clip(codes, 0, 2**_BITS - 1).astype(np.uint8)
    return np.packbits((levels[:, :, None] >> np.arange(_BITS, dtype=np.uint8) & 1).reshape(len(vectors), -1), axis=1)


def unpack(packed: Packed, width: int) -> Floats:
    """The unit vectors of `width` that were packed, as nearly as their bits tell."""
    bits = np.unpackbits(packed, axis=1, count=_BITS * width).reshape(len(packed), width, _BITS)
    levels = bits @ (1 << np.arange(_BITS, dtype=np.uint8))
    vectors = levels.astype(np.float32) + np.float32(0.5 - 2 ** (_BITS - 1))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
