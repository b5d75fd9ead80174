"""The words that identifiers are made of: what `fact_ServiceOrders` and "service orders" have in common."""

import re
from functools import lru_cache

from agents.language.words import vocabulary

_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_PART = re.compile(
    rf"\d+[a-z](?![^\W_])|[{_UPPER}]+(?![{_LOWER}])|[{_UPPER}]?[{_LOWER}]+|[^\W\d_{_UPPER}{_LOWER}]+|[{_UPPER}]|\d+"
)
_TICKS = re.compile(r"`+")
_MARKUP = re.compile(r"[\\`*\[\]<>~]|(?<![^\W_])_|_(?![^\W_])")  # of _ those within a word are none
_LONGEST = 200
PREFIXES = vocabulary("fact fct dim dimv dimension tbl table t v vw view stg staging raw lkp lookup mst")
"""Words before a table's name that say what kind of table it is, in the habits of data warehouses."""
ID_WORDS = vocabulary("id key code no nr num number sk fk ref uuid guid")
"""Words at the end of a column's name that say that it holds a key."""


def singular(word: str) -> str:
    """An English word without the ending of its plural, in lower case; near enough to compare words by."""
    plain = word.casefold()
    if len(plain) > 4 and plain.endswith("ies"):
        return plain[:-3] + "y"
    if len(plain) > 4 and plain.endswith(("sses", "xes", "zes", "ches", "shes")):
        return plain[:-2]
    if len(plain) > 3 and plain.endswith("s") and not plain.endswith(("ss", "us", "is")):
        return plain[:-1]
    return plain


@lru_cache(maxsize=20_000)
def spelt(name: str) -> tuple[str, ...]:
    """The words in an identifier, in lower case: `openedAt`, `opened_at` and `OPENED AT` are `opened`, `at`."""
    return tuple(found.casefold() for found in _PART.findall(name))


def parts(name: str) -> tuple[str, ...]:
    """The words of an identifier, each in the singular: `("service", "order")` of `ServiceOrders`."""
    return tuple(map(singular, spelt(name[:_LONGEST])))


def subject(name: str) -> tuple[str, ...]:
    """The words of a table's name that say what it holds, without those that say what kind of table it is."""
    words = parts(name)
    start = 0
    while start < len(words) - 1 and words[start] in PREFIXES:
        start += 1
    return words[start:]


def code(name: str) -> str:
    """An identifier as Markdown shows it, on one line and safe in a table's cell."""
    plain = " ".join(name.split()).replace("|", "¦") or "(no name)"
    longest = max(map(len, _TICKS.findall(plain)), default=0)
    return f"{'`' * (longest + 1)} {plain} {'`' * (longest + 1)}" if longest else f"`{plain}`"


def prose(text: str) -> str:
    """What somebody wrote of a table, as plain text of Markdown: on one line, and nothing in it is markup."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()).replace("|", "¦"))
