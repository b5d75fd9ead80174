"""A small manual in chunks, a range of vehicles, and an embedder that compares words: enough to answer from."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agents.language.terms import terms
from agents.vehicles.range import Vehicles
from rag.embedder import Vectors
from rag.ingestion.split import split
from rag.loaders.markdown import LOADER as MARKDOWN
from rag.terms import STOP_WORDS
from rag.types import Chunk, Document, Passage

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Teal,Teal 40,2025;2026,electric,electricity,
Teal,Teal 60,2025;2026,electric,electricity,
Rook,Rook Diesel,2025;2026,diesel,diesel,
"""
)

MANUALS = {
    "specs/teal.md": """# Skelby Teal: technical data

## Motor

| | Teal 40 | Teal 60, 2025 | Teal 60, 2026 |
|---|---|---|---|
| Maximum power | 80 kW | 110 kW | 115 kW |
| Maximum torque | 210 Nm | 260 Nm | 260 Nm |

The Teal has a permanent-magnet motor. The cable is stored under the boot floor.

## Charging the 12-volt battery

1. Switch everything off.
2. Connect the red clamp to the plus terminal.
3. Connect the black clamp to the earth stud.
""",
    "specs/rook.md": """# Skelby Rook: technical data

## Engine

| | Value |
|---|---|
| Maximum power | 130 kW |
| Engine oil | 7.4 litres 5W-30 |

The wading depth is 600 mm in model year 2025 and 700 mm in model year 2026.
""",
    "maintenance/fluids.md": """# Brake fluid

Brake fluid is changed every 2 years on all models. Use DOT 4 only, e.g. from a sealed can.
""",
}


class WordEmbedder:
    """Each word is a direction of its own: texts are alike as far as they share words."""

    name = "words"
    dimensions = 512

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term in set(terms(text)) - STOP_WORDS:
                row[zlib.crc32(term.encode()) % self.dimensions] = 1.0
            row /= np.linalg.norm(row) or 1.0
        return vectors


def documents(folder: Path, manuals: dict[str, str] = MANUALS) -> dict[str, Document]:
    """The manuals as the Markdown loader reads them from files below a folder."""

    loaded = {}
    for name, text in manuals.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        loaded[name] = Document(name, name.split("/")[0], str(zlib.crc32(text.encode())), MARKDOWN.load(path))
    return loaded


def passages(loaded: dict[str, Document], *names: str, score: float = 0.6) -> tuple[Passage, ...]:
    """All chunks of the named documents, of all when none is named."""
    return tuple(Passage(chunk, score) for name in names or loaded for chunk in split(loaded[name]))


def chunk(
    text: str, *, title: str = "Manual", section: tuple[str, ...] = (), header: tuple[str, ...] = (), start: int = 100
) -> Chunk:
    """A chunk that begins at `start` of its document."""
    return Chunk(f"{title}{start}", "manual.md", "specs", title, section, None, start, start + len(text), text, header)
