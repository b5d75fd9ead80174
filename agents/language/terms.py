"""Texts as terms, with the notations of the trade: a trouble code, a tyre size and an engine are one term each, however
they are written."""

import tomllib
from pathlib import Path

from rag.analyzer import Analyzer, Notation


def _notations(path: Path) -> tuple[Notation, ...]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Notation(name, entry["pattern"], tuple(entry.get("parts", ())), entry.get("identifier", False))
        for name, entry in listed.items()
    )


ANALYZER = Analyzer(_notations(Path(__file__).with_name("notations.toml")))

terms = ANALYZER.terms
identifiers = ANALYZER.identifiers
respelt = ANALYZER.respelt
