"""Makes choices of examples, and keeps what was learnt: the vectors of the examples and their weights.

What is kept of a choice holds for its examples, its features and its embedder, and for nothing else; a vector holds for
its text, so that of changed examples only the new ones are embedded. `LEARNT` holds all choices of the product with its
own embedder (`make fit`); what else is learnt goes to a file in the data folder.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from agents.learning.choice import Choice, Features, embedded, shaped
from agents.learning.kernels import Floats, Kernel, leaning, softmax, temperature
from agents.learning.packing import pack, unpack
from agents.learning.spelling import spelt
from rag import array_file
from rag.embedder import Embedder

E = TypeVar("E")
Mask = NDArray[np.bool_]
Sift = Callable[[Mapping[str, Floats]], Mapping[str, Mask]]
"""Which of the rows of each label are learnt."""
LEARNT = Path(__file__).with_name("learnt.npz")
_SOURCES = b"".join(
    Path(__file__).with_name(name).read_bytes() for name in ("kernels.py", "training.py", "packing.py", "spelling.py")
)
"""What was learnt holds for as long as it would be taught in the same way."""
_UNCERTAIN = 0.02
"""Share of unseen examples that are less certain than a choice's `doubt`."""


_Lesson = tuple[Floats, Floats, Floats]
"""The weights of a choice's examples, its figures (heat, doubt, leaning) and the weights of its words."""


@dataclass(slots=True)
class _Memory:
    """Vectors by the digests of their texts, and by the digests of choices the weights of their examples and
    the figures of the whole."""

    vectors: dict[int, Floats] = field(default_factory=dict)
    weights: dict[str, _Lesson] = field(default_factory=dict)


class Teacher:
    """For one thread. Its choices are for all."""

    def __init__(
        self, embedder: Embedder, own: Path | None = None, shipped: Path | None = LEARNT, *, packs: bool = False
    ) -> None:
        """`own`: the file for what is not in `shipped`; either may be missing, damaged or of another embedder. `packs`:
        whether vectors are packed, which is for embedders whose figures are spread like a normal distribution's."""
        self.embedder = embedder
        self._own = own
        self._from = shipped
        self._packs = packs
        self._used = _Memory()

    @cached_property
    def _shipped(self) -> _Memory:
        return _read(self._from, self.embedder.name)

    @cached_property
    def _known(self) -> _Memory:
        return _read(self._own, self.embedder.name)

    def choice(
        self,
        examples: Mapping[str, Sequence[E]],
        features: Features[E] | None = None,
        sift: Sift | None = None,
        *,
        spells: bool = False,
    ) -> Choice[E]:
        """The choice among the labels of these examples, by `features` or by those of texts, `shaped`; `spells`: of
        texts, by their words as well. Embeds what nobody has yet, so that it blocks. Raises ValueError for fewer than
        two labels with examples."""
        features = features or cast(Features[E], shaped)
        lists = {label: tuple(dict.fromkeys(lines)) for label, lines in examples.items() if lines}
        if len(lists) < 2:
            raise ValueError("a choice needs two labels at least")
        ways = [inspect.getsource(way) for way in (features, sift) if way is not None]
        told = repr((self.embedder.name, lists, ways, spells)).encode(errors="replace")
        key = hashlib.sha256(told + _SOURCES).hexdigest()[:32]
        items = [item for lines in lists.values() for item in lines]
        rows = features(items, self.vectors)
        kept = self._shipped.weights.get(key)
        if kept is None:
            sizes = {label: len(lines) for label, lines in lists.items()}
            kept = self._used.weights[key] = self._known.weights.get(key) or _learnt(
                rows, sizes, sift, spelt([str(item) for item in items] if spells else [])
            )
        weights, (heat, doubt, lean), spelling = kept
        kernel = Kernel(
            rows.astype(np.float32), weights.astype(np.float32), spelling.astype(np.float32) if spells else None
        )
        return Choice(tuple(lists), kernel, float(lean), float(heat), float(doubt), self.embedder, features)

    def settle(self, *, drop: bool = True) -> None:
        """Write what was used and is not shipped; the rest is dropped, or left as it was. Raises OSError."""
        if not self._own or not (drop or self._used.vectors or self._used.weights):
            return
        used, known = self._used, self._known
        if not drop:
            used = _Memory(known.vectors | used.vectors, known.weights | used.weights)
        if (used.vectors.keys(), used.weights.keys()) != (known.vectors.keys(), known.weights.keys()):
            texts = np.array([*used.vectors], dtype=np.uint64)
            vectors = np.array([*used.vectors.values()])
            arrays: dict[str, Any] = {"embedder": self.embedder.name, "texts": texts, "vectors": vectors}
            if self._packs:
                arrays |= {"vectors": pack(vectors), "width": vectors.shape[1]}
            for key, (weights, figures, spelling) in used.weights.items():
                arrays |= {f"{key}.weights": weights, f"{key}.figures": figures, f"{key}.spelling": spelling}
            array_file.write(self._own, arrays)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Unit vectors of texts that are kept, or are to be, shape (texts, width). Embeds what nobody has yet."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        keys = [int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:8]) for text in texts]
        shipped, known, used = self._shipped.vectors, self._known.vectors, self._used.vectors
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in shipped and key not in used}
        unknown = {key: text for key, text in new.items() if key not in known}
        if unknown:
            rows = embedded(self.embedder, list(unknown.values()))
            kept = unpack(pack(rows), rows.shape[1]) if self._packs else rows
            used |= dict(zip(unknown, kept.astype(np.float16), strict=True))
        used |= {key: known[key] for key in new.keys() - unknown.keys()}
        return np.stack([shipped[key] if key in shipped else used[key] for key in keys]).astype(np.float32)


def _learnt(rows: Floats, sizes: Mapping[str, int], sift: Sift | None, spelt: Floats) -> _Lesson:
    from agents.learning import training  # noqa: PLC0415 (a start that has nothing new to learn is quicker without it)

    numbers = np.repeat(np.arange(len(sizes)), list(sizes.values()))
    ends = np.cumsum(list(sizes.values()))[:-1]
    kept = np.ones(len(rows), dtype=bool)
    if sift:
        kept = np.concatenate([*sift(dict(zip(sizes, np.split(rows, ends), strict=True))).values()])
    own = spelt[kept] if len(spelt) else None
    fitted, unseen, words = training.learn(rows[kept], numbers[kept], len(sizes), own)
    lean = leaning(unseen, numbers[kept])
    unseen[:, 0] += lean
    heat = temperature(unseen, numbers[kept])
    weights = np.zeros((len(rows), len(sizes)), dtype=np.float16)
    weights[kept] = fitted
    doubt = np.quantile(softmax(unseen / heat).max(axis=1), _UNCERTAIN)
    return weights, np.array([heat, doubt, lean]), words.astype(np.float16)


def _read(path: Path | None, name: str) -> _Memory:
    """What `settle` wrote with the same embedder."""
    kept = array_file.read(path) if path else {}
    if str(kept.get("embedder", "")) != name:
        return _Memory()
    vectors = unpack(kept["vectors"], int(kept["width"])).astype(np.float16) if "width" in kept else kept["vectors"]
    keys = [key.removesuffix(".spelling") for key in kept if key.endswith(".spelling")]  # the youngest of the three
    found = {key: (kept[f"{key}.weights"], kept[f"{key}.figures"], kept[f"{key}.spelling"]) for key in keys}
    return _Memory(dict(zip(map(int, kept["texts"]), vectors, strict=True)), found)
