"""The words that names are made of."""

import pytest

from agents.analyst.reading.tokens import parts


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("openedAt", ("opened", "at")),
        ("opened_at", ("opened", "at")),
        ("OPENED AT", ("opened", "at")),
        ("HTTPServer2go", ("http", "server", "2", "go")),
        ("Größe_in_m", ("grösse", "in", "m")),
        ("größeInM", ("grösse", "in", "m")),
        ("GEWICHTSGRÖSSE", ("gewichtsgrösse",)),
        ("цена_eur", ("цена", "eur")),
        ("数量", ("数量",)),
        ("__", ()),
    ],
)
def test_parts_of_identifiers(name: str, words: tuple[str, ...]) -> None:
    assert parts(name) == words
