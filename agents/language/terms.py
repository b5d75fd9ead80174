"""Texts as terms, with the notations of the trade: a trouble code, a tyre size and an engine are one term each, however
they are written."""

import tomllib
from functools import lru_cache
from pathlib import Path

from rag.analyzer import Analyzer, Notation


def _notations(path: Path) -> tuple[Notation, ...]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Notation(name, entry["pattern"], tuple(entry.get("parts", ())), entry.get("identifier", False))
        for name, entry in listed.items()
    )


ANALYZER = Analyzer(_notations(Path(__file__).with_name("notations.toml")))

identifiers = ANALYZER.identifiers
respelt = ANALYZER.respelt


def terms(text: str) -> list[str]:
    """The terms under which a text is found, see `rag.analyzer.Analyzer.terms`."""
    return list(_terms(text))


@lru_cache(maxsize=1_024)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(ANALYZER.terms(text))
