"""Texts as terms, with the notations of the trade: a trouble code, a tyre size and an engine are one term each, however
they are written."""

from functools import lru_cache

from agents.language.lexicon import lexicon
from rag.analyzer import Analyzer, Notation

ANALYZER = Analyzer(
    tuple(
        Notation(name, entry["pattern"], tuple(entry.get("parts", ())), entry.get("identifier", False))
        for name, entry in lexicon(__file__, "notations.toml").items()
    )
)

identifiers = ANALYZER.identifiers
respelt = ANALYZER.respelt


def terms(text: str) -> list[str]:
    """The terms under which a text is found, see `rag.analyzer.Analyzer.terms`."""
    return list(_terms(text))


@lru_cache(maxsize=1_024)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(ANALYZER.terms(text))
